#include "spool_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NEW_PARTS = 4 };
_Static_assert((int)BT_SDK_SPOOL_PATH >= PATH_MAX, "realpath writes PATH_MAX");

static bool parent_of(const char *path, char to[BT_SDK_SPOOL_PATH]) {
  char copy[BT_SDK_SPOOL_PATH];
  if (snprintf(copy, sizeof copy, "%s", path) >= (int)sizeof copy)
    return false;
  snprintf(to, BT_SDK_SPOOL_PATH, "%s", dirname(copy));
  return true;
}

/* As realpath, also where the last parts (`most` at most) are not there yet. */
static bool real(const char *path, int most, char to[BT_SDK_SPOOL_PATH]) {
  char parent[BT_SDK_SPOOL_PATH], copy[BT_SDK_SPOOL_PATH];
  if (realpath(path, to))
    return true;
  if (most == 0 || !parent_of(path, copy) || !real(copy, most - 1, parent) ||
      snprintf(copy, sizeof copy, "%s", path) >= (int)sizeof copy)
    return false;
  return snprintf(to, BT_SDK_SPOOL_PATH, "%s/%s", strcmp(parent, "/") == 0 ? "" : parent, basename(copy)) <
         BT_SDK_SPOOL_PATH;
}

bool bt_sdk_spool_inside(const char *folder, const char *file) {
  char outer[BT_SDK_SPOOL_PATH], inner[BT_SDK_SPOOL_PATH];
  if (!real(folder, NEW_PARTS, outer) || !real(file, NEW_PARTS, inner))
    return false; /* not there: opening it will say so */
  size_t n = strlen(outer);
  return strncmp(inner, outer, n) == 0 && (inner[n] == '/' || inner[n] == '\0');
}

/* ---- Making it ---- */

static bool sync_path(const char *path, int flags) {
  int fd = open(path, flags | O_RDONLY | O_CLOEXEC);
  bool good = fd >= 0 && fsync(fd) == 0;
  int why = errno;
  if (fd >= 0)
    close(fd);
  errno = why;
  return good;
}

bool bt_sdk_spool_sync_parent(const char *path) {
  char parent[BT_SDK_SPOOL_PATH];
  return parent_of(path, parent) && sync_path(parent, O_DIRECTORY);
}

static bool sync_file(const char *path) {
  return sync_path(path, 0);
}

static bool remove_file(const char *path) {
  return unlink(path) == 0;
}

static bool each_file(const char *folder, bool (*call)(const char *path)) {
  char path[BT_SDK_SPOOL_PATH];
  DIR *d = opendir(folder);
  bool good = d != NULL;
  for (struct dirent *e; good && (e = readdir(d));)
    if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
      good = snprintf(path, sizeof path, "%s/%s", folder, e->d_name) < (int)sizeof path && call(path);
  int why = errno;
  if (d)
    closedir(d);
  errno = why;
  return good;
}

static void remove_folder(const char *folder) {
  if (each_file(folder, remove_file))
    rmdir(folder);
}

int bt_sdk_spool_build(const char *folder, int (*fill)(const char *folder, void *context), void *context) {
  char fresh[BT_SDK_SPOOL_PATH];
  size_t n = strlen(folder);
  while (n > 1 && folder[n - 1] == '/')
    n--;
  if (snprintf(fresh, sizeof fresh, "%.*s.new-%ld", (int)n, folder, (long)getpid()) >= (int)sizeof fresh)
    return -ENAMETOOLONG;
  remove_folder(fresh); /* of a process that ended half-way and had the same number */
  if (mkdir(fresh, 0700) != 0)
    return -errno;
  int rc = fill(fresh, context);
  if (rc == 0) {
    bool good = each_file(fresh, sync_file) && sync_path(fresh, O_DIRECTORY) && rename(fresh, folder) == 0 &&
                bt_sdk_spool_sync_parent(folder);
    rc = good ? 0 : -errno;
  }
  if (rc)
    remove_folder(fresh);
  return rc;
}

/* ---- Claiming it ---- */

int bt_sdk_spool_claim(const char *folder, pid_t *ret_holder) {
  char path[BT_SDK_SPOOL_PATH], text[24] = "";
  *ret_holder = 0;
  if (snprintf(path, sizeof path, "%s/pid", folder) >= (int)sizeof path) {
    errno = ENAMETOOLONG;
    return -1;
  }
  int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0)
    return -1;
  if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    int why = errno;
    long pid = 0;
    if (why == EWOULDBLOCK && pread(fd, text, sizeof text - 1, 0) > 0 && sscanf(text, "%ld", &pid) == 1)
      *ret_holder = (pid_t)pid;
    close(fd);
    errno = why;
    return -1;
  }
  /* The lock is the claim; the number only tells who has it. Always as long, so that it fits on a full disk too. */
  int n = snprintf(text, sizeof text, "%11ld\n", (long)getpid());
  ssize_t written = pwrite(fd, text, (size_t)n, 0);
  (void)written;
  return fd;
}

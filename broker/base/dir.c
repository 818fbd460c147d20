#include "base/dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

int bt_path_join(char *buf, const char *dir, const char *name) {
  int n = snprintf(buf, BT_PATH_SIZE, "%s/%s", dir, name);
  return n < 0 || n >= BT_PATH_SIZE ? -BT_LIMIT : 0;
}

int bt_path_parent(char *buf, const char *path) {
  size_t n = strlen(path);
  while (n > 1 && path[n - 1] == '/')
    n--;
  while (n > 0 && path[n - 1] != '/')
    n--;
  while (n > 1 && path[n - 1] == '/')
    n--;
  if (n >= BT_PATH_SIZE)
    return -BT_LIMIT;
  if (n == 0)
    return strcpy(buf, "."), 0;
  memcpy(buf, path, n);
  buf[n] = '\0';
  return 0;
}

bool bt_path_exists(const char *path) {
  struct stat st;
  return stat(path, &st) == 0;
}

int bt_path_look(const char *path) {
  struct stat st;
  if (stat(path, &st) == 0)
    return 1;
  return errno == ENOENT || errno == ENOTDIR ? 0 : -BT_IO;
}

/* A new folder lasts only once its parent is synced. */
static int make_one(const char *path) {
  char parent[BT_PATH_SIZE];
  if (mkdir(path, 0700) != 0)
    return errno == EEXIST ? 0 : -BT_IO;
  int rc = bt_path_parent(parent, path);
  return rc < 0 ? rc : bt_dir_sync(parent);
}

int bt_dir_make(const char *path) {
  char buf[BT_PATH_SIZE];
  size_t n = strlen(path);
  if (n >= sizeof(buf))
    return -BT_LIMIT;
  memcpy(buf, path, n + 1);
  int rc = 0;
  for (size_t i = 1; rc == 0 && i <= n; i++) {
    if (buf[i] != '/' && buf[i] != '\0')
      continue;
    buf[i] = '\0';
    rc = make_one(buf);
    if (i < n)
      buf[i] = '/';
  }
  return rc;
}

static int sync_path(const char *path, int flags) {
  int fd = open(path, flags | O_CLOEXEC);
  if (fd < 0)
    return -BT_IO;
  int rc = fsync(fd);
  close(fd);
  return rc == 0 ? 0 : -BT_IO;
}

int bt_dir_sync(const char *path) {
  return sync_path(path, O_RDONLY | O_DIRECTORY);
}

/* Calls `each` with the path of every name in the folder; stops at the first error. */
static int for_each_name(const char *path, int (*each)(const char *path)) {
  char name[BT_PATH_SIZE];
  DIR *d = opendir(path);
  if (!d)
    return -BT_IO;
  int rc = 0;
  for (struct dirent *e; rc == 0 && (e = readdir(d)) != NULL;) {
    if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
      continue;
    rc = bt_path_join(name, path, e->d_name);
    if (rc == 0)
      rc = each(name);
  }
  closedir(d);
  return rc;
}

static int sync_file(const char *path) {
  return sync_path(path, O_RDONLY);
}

int bt_dir_sync_all(const char *path) {
  int rc = for_each_name(path, sync_file);
  return rc == 0 ? bt_dir_sync(path) : rc;
}

/* Both have the same parent. */
static int publish(const char *from, const char *to) {
  char parent[BT_PATH_SIZE];
  int rc = bt_path_parent(parent, to);
  if (rc == 0)
    rc = for_each_name(from, sync_file);
  if (rc == 0)
    rc = bt_dir_sync(from);
  if (rc < 0)
    return rc;
  if (rename(from, to) != 0)
    return errno == ENOTEMPTY || errno == EEXIST ? -BT_LOCKED : -BT_IO;
  return bt_dir_sync(parent);
}

static int remove_file(const char *path) {
  return unlink(path) == 0 || errno == ENOENT ? 0 : -BT_IO;
}

static int remove_name(const char *path) {
  struct stat st;
  if (lstat(path, &st) != 0)
    return errno == ENOENT ? 0 : -BT_IO;
  if (!S_ISDIR(st.st_mode))
    return remove_file(path);
  int rc = for_each_name(path, remove_file);
  return rc == 0 && rmdir(path) != 0 ? -BT_IO : rc;
}

int bt_dir_remove(const char *path) {
  struct stat st;
  if (lstat(path, &st) != 0)
    return errno == ENOENT ? 0 : -BT_IO;
  int rc = for_each_name(path, remove_name);
  return rc == 0 && rmdir(path) != 0 ? -BT_IO : rc;
}

int bt_dir_build(const char *path, bt_dir_fill_fn *fill, const void *context) {
  char parent[BT_PATH_SIZE], fresh[BT_PATH_SIZE];
  int n = snprintf(fresh, sizeof fresh, "%s.new-%ld", path, (long)getpid());
  int rc = n < 0 || n >= BT_PATH_SIZE ? -BT_LIMIT : bt_path_parent(parent, path);
  if (rc == 0)
    rc = bt_dir_make(parent);
  if (rc == 0)
    rc = bt_dir_remove(fresh);
  if (rc == 0)
    rc = bt_dir_make(fresh);
  if (rc < 0)
    return rc;
  rc = fill(fresh, context);
  if (rc == 0)
    rc = publish(fresh, path);
  if (rc < 0)
    (void)!bt_dir_remove(fresh);
  return rc;
}

/* ---- claims -------------------------------------------------------------------------------------------------------
 */

/* What this process has open: a lock between processes does not see it. A broker has two, a verification four. */
enum { MAX_CLAIMS = 16 };
static struct bt_claim held[MAX_CLAIMS];

static struct bt_claim *find_held(dev_t device, ino_t inode, pid_t owner) {
  for (int i = 0; i < MAX_CLAIMS; i++)
    if (held[i].owner == owner && (owner == 0 || (held[i].device == device && held[i].inode == inode)))
      return &held[i];
  return NULL;
}

/* A child starts with a copy of its parent's claims, which are not its own. */
static void drop_inherited(void) {
  for (int i = 0; i < MAX_CLAIMS; i++)
    if (held[i].owner != getpid())
      held[i].owner = 0;
}

static int lock_file(const char *dir, int *ret_fd, pid_t *ret_pid) {
  char path[BT_PATH_SIZE], text[24] = "";
  int rc = bt_path_join(path, dir, "pid");
  if (rc < 0)
    return rc;
  int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0)
    return -BT_IO;
  if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    rc = errno == EWOULDBLOCK ? -BT_LOCKED : -BT_IO;
    long pid = 0;
    if (pread(fd, text, sizeof(text) - 1, 0) > 0 && sscanf(text, "%ld", &pid) == 1 && ret_pid)
      *ret_pid = (pid_t)pid;
    close(fd);
    return rc;
  }
  int n = snprintf(text, sizeof(text), "%ld\n", (long)getpid());
  if (pwrite(fd, text, (size_t)n, 0) != n || ftruncate(fd, n) != 0) { /* in this order a full disk does not matter */
    close(fd);
    return -BT_IO;
  }
  *ret_fd = fd;
  return 0;
}

int bt_claim_take(struct bt_claim *c, const char *dir, bool exclusive, pid_t *ret_pid) {
  struct stat st;
  int fd = -1;
  if (ret_pid)
    *ret_pid = 0;
  if (stat(dir, &st) != 0)
    return -BT_IO;
  drop_inherited();
  if (find_held(st.st_dev, st.st_ino, getpid())) {
    if (ret_pid)
      *ret_pid = getpid();
    return -BT_LOCKED;
  }
  struct bt_claim *slot = find_held(0, 0, 0);
  if (!slot)
    return -BT_LIMIT;
  int rc = exclusive ? lock_file(dir, &fd, ret_pid) : 0;
  if (rc < 0)
    return rc;
  *slot = *c = (struct bt_claim){.device = st.st_dev, .inode = st.st_ino, .fd = fd, .owner = getpid()};
  return 0;
}

pid_t bt_claim_holder(const char *dir) {
  char path[BT_PATH_SIZE], text[24] = "";
  long pid = 0;
  if (bt_path_join(path, dir, "pid") < 0)
    return 0;
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return 0;
  if (flock(fd, LOCK_SH | LOCK_NB) == 0 || read(fd, text, sizeof text - 1) <= 0 || sscanf(text, "%ld", &pid) != 1)
    pid = 0;
  close(fd);
  return (pid_t)pid;
}

void bt_claim_release(struct bt_claim *c) {
  struct bt_claim *slot = bt_claim_is_ours(c) ? find_held(c->device, c->inode, c->owner) : NULL;
  if (slot)
    *slot = (struct bt_claim){0};
  if (c->owner != 0 && c->fd >= 0)
    close(c->fd);
  *c = (struct bt_claim){.fd = -1};
}

/* The process's own id, asked for once: claims are checked at every step, and a system call each time costs more than
 * the step. */
static pid_t own_pid;

static void forget_pid(void) {
  own_pid = 0;
}

static pid_t pid_now(void) {
  static bool watched;
  if (!watched)
    watched = pthread_atfork(NULL, NULL, forget_pid) == 0;
  if (!own_pid || !watched)
    own_pid = getpid();
  return own_pid;
}

bool bt_claim_is_ours(const struct bt_claim *c) {
  return c->owner != 0 && c->owner == pid_now();
}

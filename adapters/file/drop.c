#include "drop.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

static int drop_path(const struct drop *d, const char *folder, const char *name, char ret[PATH_MAX]) {
  int n = snprintf(ret, PATH_MAX, "%s/%s%s%s", d->folder, folder, *folder && *name ? "/" : "", name);
  return n < PATH_MAX ? 0 : (errno = ENAMETOOLONG, -1);
}

static bool drop_is_data(const char *name) {
  static const char *const not_yet[] = {".part", ".tmp", ".rejects", ".reasons"};
  size_t n = strlen(name);
  for (size_t i = 0; i < sizeof not_yet / sizeof *not_yet; i++) {
    size_t m = strlen(not_yet[i]);
    if (n >= m && strcmp(name + n - m, not_yet[i]) == 0)
      return false;
  }
  return name[0] != '.';
}

/* Into its place in the order; a name that is there already stays once. */
static int drop_ready(struct drop *d, const char *name) {
  size_t low = d->n_left, high = d->n;
  while (low < high) {
    size_t mid = (low + high) / 2;
    int c = strcmp(d->name[mid], name);
    if (c == 0)
      return 0;
    *(c < 0 ? &low : &high) = c < 0 ? mid + 1 : mid;
  }
  char **grown = d->n & (d->n - 1) ? d->name : realloc(d->name, (d->n ? 2 * d->n : 1) * sizeof *grown);
  if (grown)
    d->name = grown;
  char *copy = grown ? strdup(name) : NULL;
  if (!copy)
    return errno = ENOMEM, -1;
  memmove(d->name + low + 1, d->name + low, (d->n - low) * sizeof *d->name);
  d->name[low] = copy;
  d->n++;
  return 0;
}

/* folder: "" or "taken". */
static int drop_scan(struct drop *d, const char *folder) {
  char path[PATH_MAX];
  if (drop_path(d, folder, "", path) < 0)
    return -1;
  DIR *dir = opendir(path);
  if (!dir)
    return -1;
  const struct dirent *e;
  int bad = 0;
  while (!bad && (e = readdir(dir))) {
    struct stat st;
    if (drop_is_data(e->d_name) && fstatat(dirfd(dir), e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode))
      bad = drop_ready(d, e->d_name);
  }
  closedir(dir);
  return bad;
}

/* Watched first, read after: nothing falls between. */
static int drop_watch(struct drop *d) {
  d->watch = inotify_add_watch(d->inotify, d->folder,
                               IN_CLOSE_WRITE | IN_MOVED_TO | IN_ONLYDIR | IN_DELETE_SELF | IN_MOVE_SELF);
  return d->watch < 0 ? -1 : drop_scan(d, "");
}

int drop_open(struct drop *d, const char *folder) {
  static const char *const folders[] = {"", "taken", "done", "rejects"};
  char path[PATH_MAX];
  *d = (struct drop){.folder = folder, .inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC), .watch = -1};
  if (d->inotify < 0)
    return -1;
  for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
    if (drop_path(d, folders[i], "", path) < 0 || (mkdir(path, 0770) < 0 && errno != EEXIST))
      return -1;
  if (drop_scan(d, "taken") < 0)
    return -1;
  d->n_left = d->n;
  return drop_watch(d);
}

void drop_close(struct drop *d) {
  if (d->inotify >= 0)
    close(d->inotify);
  for (size_t i = 0; i < d->n; i++)
    free(d->name[i]);
  free(d->name);
  *d = (struct drop){.inotify = -1, .watch = -1};
}

static int drop_event(struct drop *d, const struct inotify_event *e) {
  if (e->mask & IN_Q_OVERFLOW)
    return drop_scan(d, "");
  if (e->wd != d->watch)
    return 0;
  if (e->mask & IN_MOVE_SELF)
    inotify_rm_watch(d->inotify, d->watch);
  if (e->mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED))
    d->watch = -1;
  else if (!(e->mask & IN_ISDIR) && e->len && drop_is_data(e->name))
    return drop_ready(d, e->name);
  return 0;
}

int drop_collect(struct drop *d) {
  _Alignas(struct inotify_event) char buffer[16 * 1024];
  ssize_t n;
  while ((n = read(d->inotify, buffer, sizeof buffer)) > 0)
    for (char *p = buffer; p < buffer + n;) {
      const struct inotify_event *e = (const void *)p;
      if (drop_event(d, e) < 0)
        return -1;
      p += sizeof *e + e->len;
    }
  return d->watch < 0 ? drop_watch(d) : 0;
}

bool drop_is_passing(int error) {
  return error == EMFILE || error == ENFILE || error == ENOMEM || error == ENOSPC || error == EDQUOT;
}

/* A read lease is only granted while nobody has the file open for writing. Where leases are not to be had (another
 * owner, another file system), closing it or moving it in has to be sign enough. 1 or 0; -1 with errno: cannot be told
 * at the moment. */
static int drop_still_written(const char *path) {
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (fd < 0)
    return drop_is_passing(errno) ? -1 : 0;
  bool written = fcntl(fd, F_SETLEASE, F_RDLCK) < 0 && errno == EAGAIN;
  close(fd);
  return written;
}

int drop_move(const char *from, const char *to) {
  if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
    return 0;
  if (errno != EINVAL) /* a file system without that flag */
    return -1;
  return access(to, F_OK) == 0 ? (errno = EEXIST, -1) : rename(from, to);
}

int drop_take(struct drop *d, char **ret_name) {
  while (d->n > 0) {
    char from[PATH_MAX], to[PATH_MAX];
    struct stat st;
    char *name = d->name[0];
    bool left = d->n_left > 0;
    memmove(d->name, d->name + 1, --d->n * sizeof *d->name);
    d->n_left -= left;
    *ret_name = name;
    if (left)
      return 1;
    if (drop_path(d, "", name, from) < 0 || drop_path(d, "taken", name, to) < 0)
      return -1;
    int written = lstat(from, &st) == 0 && S_ISREG(st.st_mode) ? drop_still_written(from) : 1;
    if (written <= 0)
      return written < 0 || drop_move(from, to) < 0 ? -1 : 1;
    free(name); /* gone again, no file, or its writer will close it some day */
    *ret_name = NULL;
  }
  return 0;
}

void drop_wait(struct drop *d, char *name, bool taken) {
  memmove(d->name + 1, d->name, d->n++ * sizeof *d->name); /* the place that it had is still there */
  d->name[0] = name;
  d->n_left += taken;
}

int drop_put(const struct drop *d, const char *name, const char *folder, uint64_t digest) {
  char from[PATH_MAX], to[PATH_MAX], longer[NAME_MAX + 32];
  if (drop_path(d, "taken", name, from) < 0 || drop_path(d, folder, name, to) < 0)
    return -1;
  if (drop_move(from, to) == 0 || errno == ENOENT)
    return 0;
  if (errno != EEXIST)
    return -1;
  snprintf(longer, sizeof longer, "%s.%016llx", name, (unsigned long long)digest);
  if (drop_path(d, folder, longer, to) < 0)
    return -1;
  return rename(from, to); /* the same digest: the same file again */
}

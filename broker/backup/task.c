#include "backup/task.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/io.h"

enum { CHUNK = 1 << 20, SYNC_EVERY = 4 };

int bt_task_fail(struct bt_task *w, int code, const char *format, ...) {
  va_list args;
  if (w->text[0])
    return code;
  va_start(args, format);
  vsnprintf(w->text, sizeof w->text, format, args);
  va_end(args);
  return code;
}

void bt_task_tell(struct bt_task *w, const char *what, uint64_t done, uint64_t of) {
  if (w->tell)
    w->tell(w->context, what, done, of);
}

bool bt_unhex(const char *text, uint8_t *to, size_t n) {
  size_t got;
  return sodium_hex2bin(to, n, text, 2 * n, NULL, &got, NULL) == 0 && got == n;
}

void bt_file_digest_of(const void *bytes, size_t n, uint8_t ret[BT_FILE_DIGEST]) {
  crypto_generichash(ret, BT_FILE_DIGEST, bytes, n, NULL, 0);
}

/* to: -1: only read. */
static int pass(int from, int to, uint64_t *ret_bytes, uint8_t digest[BT_FILE_DIGEST]) {
  crypto_generichash_state state;
  char *chunk = malloc(CHUNK);
  uint64_t bytes = 0;
  ssize_t n = 0;
  int rc = chunk ? 0 : -BT_NOMEM;
  crypto_generichash_init(&state, NULL, 0, BT_FILE_DIGEST);
  for (int i = 1; rc == 0 && (n = read(from, chunk, CHUNK)) > 0; i++) {
    crypto_generichash_update(&state, (const uint8_t *)chunk, (size_t)n);
    bytes += (uint64_t)n;
    if (to >= 0 && !bt_io_write(to, chunk, (size_t)n))
      rc = bt_io_code();
    if (to >= 0 && i % SYNC_EVERY == 0 && fdatasync(to) != 0)
      rc = bt_io_code();
  }
  if (rc == 0 && n < 0)
    rc = -BT_IO;
  if (rc == 0 && to >= 0 && fsync(to) != 0)
    rc = bt_io_code();
  free(chunk);
  crypto_generichash_final(&state, digest, BT_FILE_DIGEST);
  *ret_bytes = bytes;
  return rc;
}

int bt_file_digest(const char *path, uint64_t max, uint64_t *ret_bytes, uint8_t ret[BT_FILE_DIGEST]) {
  uint64_t bytes;
  int fd;
  int rc = bt_file_open(path, &fd, &bytes);
  if (rc < 0)
    return rc;
  rc = bytes > max ? -BT_LIMIT : pass(fd, -1, ret_bytes, ret);
  close(fd);
  return rc;
}

static int name_new(char fresh[BT_PATH_SIZE], const char *path) {
  int n = snprintf(fresh, BT_PATH_SIZE, "%s.new", path);
  return n < 0 || n >= BT_PATH_SIZE ? -BT_LIMIT : 0;
}

static int put_in_place(const char *fresh, const char *path) {
  char parent[BT_PATH_SIZE];
  int rc = bt_path_parent(parent, path);
  if (rc == 0 && rename(fresh, path) != 0)
    rc = bt_io_code();
  return rc < 0 ? rc : bt_dir_sync(parent);
}

int bt_file_copy(const char *from, const char *to, uint64_t max, uint64_t *ret_bytes, uint8_t ret[BT_FILE_DIGEST]) {
  char fresh[BT_PATH_SIZE];
  int rc = name_new(fresh, to);
  if (rc < 0)
    return rc;
  uint64_t bytes;
  int in, out = -1;
  rc = bt_file_open(from, &in, &bytes);
  if (rc < 0)
    return rc;
  if (bytes <= max)
    out = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  rc = bytes > max ? -BT_LIMIT : out >= 0 ? pass(in, out, ret_bytes, ret) : bt_io_code();
  close(in);
  if (out >= 0 && close(out) != 0 && rc == 0)
    rc = bt_io_code();
  if (rc == 0)
    rc = put_in_place(fresh, to);
  if (rc < 0)
    unlink(fresh);
  return rc;
}

int bt_file_put(const char *path, const void *bytes, size_t n) {
  char fresh[BT_PATH_SIZE];
  int rc = name_new(fresh, path);
  if (rc < 0)
    return rc;
  int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0)
    return bt_io_code();
  if (!bt_io_write(fd, bytes, n) || fsync(fd) != 0)
    rc = bt_io_code();
  if (close(fd) != 0 && rc == 0)
    rc = bt_io_code();
  if (rc == 0)
    rc = put_in_place(fresh, path);
  if (rc < 0)
    unlink(fresh);
  return rc;
}

int bt_file_get(const char *path, size_t max, char **ret, size_t *ret_n) {
  uint64_t size;
  int fd;
  int rc = bt_file_open(path, &fd, &size);
  if (rc < 0)
    return rc;
  rc = size > max ? -BT_LIMIT : 0;
  char *bytes = rc == 0 ? malloc(size + 1) : NULL;
  if (rc == 0 && !bytes)
    rc = -BT_NOMEM;
  size_t at = 0;
  for (ssize_t n = 1; rc == 0 && n > 0 && at<size; at += n> 0 ? (size_t)n : 0)
    if ((n = read(fd, bytes + at, size - at)) < 0)
      rc = -BT_IO;
  close(fd);
  if (rc < 0) {
    free(bytes);
    return rc;
  }
  bytes[at] = '\0';
  *ret = bytes;
  *ret_n = at;
  return 0;
}

int bt_dir_private(struct bt_task *w, const char *path) {
  struct stat st;
  if (mkdir(path, 0700) == 0)
    return 0;
  if (errno != EEXIST)
    return bt_task_fail(w, -BT_IO, "%s: %s: its parent folder must be there and writable", path, strerror(errno));
  if (stat(path, &st) != 0 || !S_ISDIR(st.st_mode))
    return bt_task_fail(w, -BT_USAGE, "%s is no folder", path);
  if (st.st_uid != geteuid() && st.st_uid != 0)
    return bt_task_fail(w, -BT_USAGE, "%s belongs to somebody else: what is written there could be read by them", path);
  if (st.st_mode & 077)
    return bt_task_fail(
        w, -BT_USAGE,
        "%s is open to others (mode %03o), and would hold customers' data and the identifier key: chmod "
        "0700 it",
        path, st.st_mode & 0777);
  return 0;
}

bool bt_dir_is_empty(const char *path) {
  DIR *d = opendir(path);
  bool empty = true;
  if (!d)
    return errno == ENOENT;
  for (struct dirent *e; empty && (e = readdir(d));)
    empty = strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0 || strcmp(e->d_name, "lost+found") == 0;
  closedir(d);
  return empty;
}

#include "export_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "baton.h"
#include "drop.h"

#define BATCH_MAX 256

static int path_of(const struct export_file *f, const char *name, const char *end, char ret[PATH_MAX]) {
  return snprintf(ret, PATH_MAX, "%s/%s%s", f->folder, name, end) < PATH_MAX ? 0 : (errno = ENAMETOOLONG, -1);
}

/* ---- At the start ---- */

static bool is_part(const char *name) {
  static const char begin[] = "deliveries-", end[] = ".part";
  size_t n = strlen(name);
  return n > sizeof begin + sizeof end && strncmp(name, begin, sizeof begin - 1) == 0 &&
         strcmp(name + n - (sizeof end - 1), end) == 0;
}

/* Under its final name, and durably so. Where only the latter fails, the next try does that alone: a reader may have
 * taken the file by then. */
static int appear(struct export_file *f, const char *name) {
  char from[PATH_MAX], to[PATH_MAX];
  if (!f->has_appeared &&
      (path_of(f, name, ".part", from) < 0 || path_of(f, name, "", to) < 0 || drop_move(from, to) < 0))
    return -1;
  f->has_appeared = true;
  int rc = ledger_sync_folder(f->folder);
  f->has_appeared = rc < 0;
  return rc;
}

static int mend(struct export_file *f, const char *path, char *why) {
  struct stat st;
  if (stat(path, &st) < 0 || st.st_size < f->ledger.upto) {
    snprintf(why, 256, "%.120s has fewer bytes than were acknowledged: it was changed, or the disk lost them", path);
    return -1;
  }
  if (truncate(path, f->ledger.upto) == 0 && appear(f, f->ledger.name) == 0)
    return baton_log("info", "export-finished", "file", f->ledger.name, "after", "a crash", NULL), 0;
  snprintf(why, 256, "%.120s cannot be finished: %s", path, strerror(errno));
  return -1;
}

/* What lies here under a name of ours with .part: the one that the ledger names has rows that count. */
static int left(struct export_file *f, const char *name, bool had_ledger, char *why) {
  char path[PATH_MAX];
  size_t n = strlen(name) - strlen(".part");
  if (path_of(f, name, "", path) < 0)
    return snprintf(why, 256, "%.120s: the path is too long", name), -1;
  if (!had_ledger) {
    unlink(f->ledger.path);
    snprintf(why, 256,
             "%.90s lies there but .exported, which says what of it counts, does not: bring that back, or "
             "move the file away",
             path);
    return -1;
  }
  if (strlen(f->ledger.name) == n && strncmp(name, f->ledger.name, n) == 0)
    return mend(f, path, why);
  return unlink(path); /* nothing in it was acknowledged: it comes again */
}

static int find_left(struct export_file *f, bool had_ledger, char *why) {
  DIR *dir = opendir(f->folder);
  const struct dirent *e;
  int bad = 0;
  while (dir && !bad && (e = readdir(dir)))
    if (is_part(e->d_name))
      bad = left(f, e->d_name, had_ledger, why);
  if (dir)
    closedir(dir);
  return dir ? bad : -1;
}

int export_file_open(struct export_file *f, char *why) {
  f->fd = f->lock = f->ledger.fd = -1;
  snprintf(why, 256, "%.120s: ", f->folder);
  size_t n = strlen(why);
  if ((mkdir(f->folder, 0770) == 0 || errno == EEXIST) &&
      (f->lock = open(f->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) >= 0) {
    if (flock(f->lock, LOCK_EX | LOCK_NB) < 0)
      return snprintf(why + n, 256 - n, "another adapter writes there"), -1;
    int had = ledger_open(&f->ledger, f->folder);
    why[n] = '\0';
    if (had >= 0)
      return find_left(f, had == 1, why);
    if (errno == EBADMSG)
      return snprintf(why + n, 256 - n, ".exported is damaged"), -1;
  }
  return snprintf(why + n, 256 - n, "%s", strerror(errno)), -1;
}

/* ---- Writing ---- */

static int begin(struct export_file *f, uint64_t sequence) {
  char path[PATH_MAX], final[PATH_MAX];
  for (int i = 1; i < 1000; i++) {
    char again[16] = "";
    if (i > 1)
      snprintf(again, sizeof again, "-%d", i);
    snprintf(f->name, sizeof f->name, "deliveries-%020" PRIu64 "%s.%s", sequence, again, f->end);
    if (path_of(f, f->name, "", final) < 0 || path_of(f, f->name, ".part", path) < 0)
      return -1;
    if (access(final, F_OK) < 0)
      break;
  }
  f->fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
  f->size = 0;
  f->rows = 0;
  return f->fd < 0 ? -1 : ledger_sync_folder(f->folder);
}

/* A file without a row that counts is none. */
static void undo(struct export_file *f) {
  char path[PATH_MAX];
  int saved = errno;
  if (f->fd >= 0 && f->rows == 0) {
    close(f->fd);
    f->fd = -1;
    if (path_of(f, f->name, ".part", path) == 0)
      unlink(path);
  }
  errno = saved;
}

static int put(const struct export_file *f, const char *text, size_t n, int64_t *at) {
  ssize_t wrote = pwrite(f->fd, text, n, *at);
  if (wrote != (ssize_t)n)
    return wrote < 0 ? -1 : (errno = ENOSPC, -1);
  *at += (int64_t)n;
  return 0;
}

static int write_rows(struct export_file *f, const struct export_row *first, size_t most) {
  uint64_t sequence[BATCH_MAX];
  size_t n = 0;
  int64_t at = f->size;
  if (ftruncate(f->fd, f->size) < 0) /* what a try that failed may have left */
    return -1;
  if (at == 0 && put(f, f->header, strlen(f->header), &at) < 0)
    return -1;
  for (const struct export_row *r = first; r && n < most; r = r->next) {
    if (put(f, r->text, r->size, &at) < 0)
      return -1;
    sequence[n++] = r->sequence;
  }
  if (fdatasync(f->fd) < 0 || ledger_add(&f->ledger, f->name, at, sequence, n) < 0)
    return -1;
  f->size = at;
  f->rows += n;
  return (int)n;
}

int export_file_write(struct export_file *f, const struct export_row *first, uint64_t rows_max) {
  if (f->fd < 0 && begin(f, first->sequence) < 0)
    return undo(f), -1;
  uint64_t room = rows_max > f->rows ? rows_max - f->rows : 1;
  int n = write_rows(f, first, room < BATCH_MAX ? (size_t)room : BATCH_MAX);
  if (n < 0)
    undo(f);
  return n;
}

int export_file_finish(struct export_file *f) {
  char rows[24];
  if (f->fd < 0)
    return 0;
  if (ftruncate(f->fd, f->size) < 0 || fdatasync(f->fd) < 0 || appear(f, f->name) < 0)
    return -1; /* cut: a try that failed may have left something behind the rows that count */
  close(f->fd);
  f->fd = -1;
  snprintf(rows, sizeof rows, "%" PRIu64, f->rows);
  baton_log("info", "export-finished", "file", f->name, "rows", rows, NULL);
  return 0;
}

void export_file_close(struct export_file *f) {
  if (f->fd >= 0)
    close(f->fd);
  if (f->lock >= 0)
    close(f->lock);
  ledger_close(&f->ledger);
  f->fd = f->lock = -1;
}

/* Snapshots on the disk: making, listing, throwing away. */
#include "loop/snapshot.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/dir.h"
#include "base/file.h"

#define PAGE "snapshot"
#define FORMAT 1

static int folder_of(const char *data_dir, uint64_t position, char ret[BT_PATH_SIZE]) {
  int n = snprintf(ret, BT_PATH_SIZE, "%s/snapshots/%020" PRIu64, data_dir, position);
  return n < 0 || n >= BT_PATH_SIZE ? -BT_LIMIT : 0;
}

/* ---- the page ---- */

static bool unhex(const char *text, uint8_t *to, size_t n) {
  for (size_t i = 0; i < n; i++) {
    unsigned byte;
    if (sscanf(text + 2 * i, "%2x", &byte) != 1)
      return false;
    to[i] = (uint8_t)byte;
  }
  return true;
}

static int read_page(const char *folder, struct bt_snapshot *ret) {
  char path[BT_PATH_SIZE], digest[2 * BT_SUM_SIZE + 1];
  struct bt_snapshot s = {0};
  struct stat st;
  unsigned format;
  int fd = -1, rc = bt_path_join(path, folder, PAGE);
  if (rc == 0)
    rc = bt_file_open(path, &fd, NULL);
  FILE *f = rc == 0 ? fdopen(fd, "r") : NULL;
  if (!f) {
    if (fd >= 0)
      close(fd);
    return -BT_ABSENT;
  }
  int n = fscanf(
      f, "baton snapshot %u\nposition %" SCNu64 "\nrecorded_us %" SCNd64 "\ndigest %64[0-9a-f]\nformat %" SCNu32 "\n",
      &format, &s.position, &s.recorded_us, digest, &s.format);
  fclose(f);
  if (n < 4 || format != FORMAT || strlen(digest) != 2 * BT_SUM_SIZE || !unhex(digest, s.digest, BT_SUM_SIZE))
    return -BT_CORRUPT;
  rc = bt_path_join(path, folder, "record/data.mdb");
  if (rc < 0 || stat(path, &st) != 0)
    return -BT_ABSENT;
  s.bytes = (uint64_t)st.st_size;
  *ret = s;
  return 0;
}

static int write_page(const char *folder, const struct bt_snapshot *s) {
  char path[BT_PATH_SIZE], digest[2 * BT_SUM_SIZE + 1];
  int rc = bt_path_join(path, folder, PAGE);
  FILE *f = rc == 0 ? fopen(path, "we") : NULL;
  if (!f)
    return -BT_IO;
  bt_hex(digest, s->digest, BT_SUM_SIZE);
  fprintf(f, "baton snapshot %u\nposition %" PRIu64 "\nrecorded_us %" PRId64 "\ndigest %s\nformat %" PRIu32 "\n",
          FORMAT, s->position, s->recorded_us, digest, s->format);
  bool written = ferror(f) == 0;
  return fclose(f) == 0 && written ? 0 : -BT_IO;
}

/* ---- listing ---- */

static int newest_first(const void *left, const void *right) {
  const struct bt_snapshot *a = left, *b = right;
  return (a->position < b->position) - (a->position > b->position);
}

/* Sorted; the oldest makes room for one more. */
static void add(struct bt_snapshot v[BT_SNAPSHOTS_MAX], uint32_t *n, const struct bt_snapshot *s) {
  if (*n == BT_SNAPSHOTS_MAX && v[*n - 1].position > s->position)
    return;
  if (*n < BT_SNAPSHOTS_MAX)
    ++*n;
  v[*n - 1] = *s;
  qsort(v, *n, sizeof *v, newest_first);
}

uint32_t bt_snapshot_list(const char *data_dir, struct bt_snapshot v[BT_SNAPSHOTS_MAX]) {
  char folder[BT_PATH_SIZE], path[BT_PATH_SIZE], name[32];
  uint32_t n = 0;
  DIR *d = bt_path_join(folder, data_dir, "snapshots") == 0 ? opendir(folder) : NULL;
  for (struct dirent *e; d && (e = readdir(d));) {
    struct bt_snapshot s;
    if (bt_path_join(path, folder, e->d_name) < 0 || read_page(path, &s) < 0)
      continue;
    snprintf(name, sizeof name, "%020" PRIu64, s.position);
    if (strcmp(name, e->d_name) == 0)
      add(v, &n, &s);
  }
  if (d)
    closedir(d);
  return n;
}

/* ---- making ---- */

struct making {
  const char *data_dir;
  struct bt_snapshot *ret;
};

/* What stands in the copy, not what the record stood at when it began. */
static int describe(const char *copy, struct bt_snapshot *ret) {
  struct bt_store *s;
  struct bt_snapshot made = {0};
  int rc = bt_store_open(&(struct bt_store_options){.dir = copy, .read_only = true}, &s, NULL);
  if (rc < 0)
    return rc;
  made.position = bt_store_position(s, BT_AS_OF);
  made.recorded_us = bt_store_recorded_us(s, BT_AS_OF);
  made.bytes = bt_store_bytes(s);
  made.format = BT_RECORD_FORMAT;
  rc = bt_store_sum(s, BT_AS_OF, made.digest);
  bt_store_close(s);
  if (rc == 0)
    *ret = made;
  return rc;
}

static int copy_record(const char *data_dir, const char *to) {
  char path[BT_PATH_SIZE];
  struct bt_store *live;
  int rc = bt_path_join(path, data_dir, "record");
  if (rc == 0)
    rc = bt_store_open(&(struct bt_store_options){.dir = path, .read_only = true}, &live, NULL);
  if (rc < 0)
    return rc;
  rc = bt_store_copy(live, to);
  bt_store_close(live);
  return rc;
}

static int remove_lock(const char *record) {
  char path[BT_PATH_SIZE];
  int rc = bt_path_join(path, record, "lock.mdb"); /* made by looking at it */
  if (rc == 0)
    (void)remove(path);
  return rc;
}

static int fill(const char *dir, const void *context) {
  const struct making *m = context;
  char record[BT_PATH_SIZE];
  int rc = bt_path_join(record, dir, "record");
  if (rc == 0)
    rc = copy_record(m->data_dir, record);
  if (rc == 0)
    rc = describe(record, m->ret);
  if (rc == 0)
    rc = remove_lock(record);
  if (rc == 0)
    rc = bt_dir_sync_all(record);
  return rc < 0 ? rc : write_page(dir, m->ret);
}

int bt_snapshot_make(const char *data_dir, const char *into, struct bt_snapshot *ret) {
  char fresh[BT_PATH_SIZE], folder[BT_PATH_SIZE], parent[BT_PATH_SIZE];
  const struct making m = {data_dir, ret};
  int rc = bt_path_join(parent, into, "snapshots");
  if (rc == 0)
    rc = bt_path_join(fresh, parent, "made");
  if (rc == 0)
    rc = bt_dir_remove(fresh);
  /* Its name is only known once it is there. */
  if (rc == 0)
    rc = bt_dir_build(fresh, fill, &m);
  if (rc == 0)
    rc = folder_of(into, ret->position, folder);
  if (rc < 0)
    return rc;
  if (rename(fresh, folder) != 0) {
    (void)!bt_dir_remove(fresh);
    return bt_path_exists(folder) ? -BT_AGAIN : -BT_IO;
  }
  return bt_dir_sync(parent);
}

/* ---- throwing away ---- */

static int remove_one(const char *data_dir, uint64_t position) {
  char folder[BT_PATH_SIZE];
  int rc = folder_of(data_dir, position, folder);
  return rc < 0 ? rc : bt_dir_remove(folder);
}

/* "made" and "made.new-PID". */
static int remove_unfinished(const char *data_dir) {
  char folder[BT_PATH_SIZE], path[BT_PATH_SIZE];
  int rc = bt_path_join(folder, data_dir, "snapshots");
  DIR *d = rc == 0 ? opendir(folder) : NULL;
  for (struct dirent *e; d && rc == 0 && (e = readdir(d));)
    if (strncmp(e->d_name, "made", 4) == 0 && (rc = bt_path_join(path, folder, e->d_name)) == 0)
      rc = bt_dir_remove(path);
  if (d)
    closedir(d);
  return rc;
}

int bt_snapshot_prune(const char *data_dir) {
  struct bt_snapshot v[BT_SNAPSHOTS_MAX];
  uint32_t n = bt_snapshot_list(data_dir, v);
  int rc = remove_unfinished(data_dir);
  for (uint32_t i = BT_SNAPSHOTS_KEPT; i < n && rc == 0; i++)
    rc = remove_one(data_dir, v[i].position);
  return rc;
}

int bt_snapshot_forget_unknown(const char *data_dir, struct bt_journal *journal) {
  struct bt_snapshot v[BT_SNAPSHOTS_MAX];
  uint32_t n = bt_snapshot_list(data_dir, v);
  int rc = 0;
  for (uint32_t i = 0; i < n && rc == 0; i++) {
    rc = bt_snapshot_known(journal, &v[i]);
    if (rc == -BT_ABSENT || rc == -BT_CORRUPT)
      rc = remove_one(data_dir, v[i].position);
    else if (rc == 0)
      break; /* older ones were known when this one was made */
  }
  return rc;
}

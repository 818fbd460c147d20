/* Making a backup: the record first, then all of the log that came since the last time, then the page that says so. */
#include <dirent.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive/archive.h"
#include "backup/backup.h"
#include "backup/making.h"
#include "base/clock.h"
#include "codec/event_codec.h"

enum {
  SNAPSHOT_EVERY = 100000, /* entries: a restore replays so many in seconds */
  ENTRY_ARENA = 4 << 20,
  KEY_MAX = 4096,
};

/* In a backup from its first moment until there is a manifest: what else lies there may be thrown away. */
#define UNFINISHED "unfinished"

static int mark_unfinished(const char *dir) {
  char path[BT_PATH_SIZE];
  int rc = bt_path_join(path, dir, UNFINISHED);
  return rc < 0 ? rc : bt_file_put(path, "", 0);
}

static bool is_unfinished(const char *dir) {
  char path[BT_PATH_SIZE];
  return bt_path_join(path, dir, UNFINISHED) == 0 && bt_path_exists(path);
}

static void mark_finished(const char *dir) {
  char path[BT_PATH_SIZE];
  if (bt_path_join(path, dir, UNFINISHED) == 0)
    unlink(path);
}

/* What lies in the data folder is lost with it, and may be taken for a part of it. */
static bool lies_inside(const char *dir, const char *data_dir) {
  char parent[BT_PATH_SIZE];
  char *data = realpath(data_dir, NULL), *here = realpath(dir, NULL);
  if (!here && bt_path_parent(parent, dir) == 0)
    here = realpath(parent, NULL);
  const size_t n = data ? strlen(data) : 0;
  const bool inside = data && here && strncmp(here, data, n) == 0 && (here[n] == '/' || !here[n]);
  free(data);
  free(here);
  return inside;
}

/* ---- what a run that died has left ---- */

static bool named(const struct bt_manifest *m, const char *name) {
  char own[BT_SEGMENT_NAME_SIZE + 8];
  uint64_t first, last;
  if (sscanf(name, "%20" SCNu64 "-%20" SCNu64 ".segment", &first, &last) != 2)
    return false;
  uint32_t i = bt_manifest_segment_of(m, first);
  if (i == m->n || !m->v[i].s.here)
    return false;
  bt_segment_name(m->v[i].s.first, m->v[i].s.last, own);
  return strcmp(own, name) == 0;
}

static int sweep_segments(struct making *k) {
  char path[BT_PATH_SIZE];
  DIR *d = opendir(k->archive_dir);
  for (struct dirent *e; d && (e = readdir(d));)
    if (*e->d_name != '.' && !named(&k->m, e->d_name) && bt_path_join(path, k->archive_dir, e->d_name) == 0)
      unlink(path);
  if (d)
    closedir(d);
  return 0;
}

static bool has_snapshot(const struct bt_manifest *m, const char *name) {
  char own[24];
  for (uint32_t i = 0; i < m->n_snapshots; i++) {
    snprintf(own, sizeof own, "%020" PRIu64, m->snapshots[i].s.position);
    if (strcmp(own, name) == 0)
      return true;
  }
  return false;
}

/* Before a run, and after it: only what the manifest names stays. */
static int sweep_snapshots(struct making *k) {
  char folder[BT_PATH_SIZE], path[BT_PATH_SIZE];
  int rc = bt_path_join(folder, k->o->dir, "snapshots");
  DIR *d = rc == 0 ? opendir(folder) : NULL;
  for (struct dirent *e; d && rc == 0 && (e = readdir(d));)
    if (*e->d_name != '.' && !has_snapshot(&k->m, e->d_name) && (rc = bt_path_join(path, folder, e->d_name)) == 0)
      rc = bt_dir_remove(path);
  if (d)
    closedir(d);
  return rc;
}

/* ---- the record ---- */

static bool snapshot_is_due(const struct making *k, uint64_t durable) {
  return k->o->snapshot || !k->m.n_snapshots || durable - k->m.snapshots[0].s.position >= SNAPSHOT_EVERY;
}

static int snapshot_path(const char *dir, uint64_t position, char ret[BT_PATH_SIZE]) {
  int n = snprintf(ret, BT_PATH_SIZE, "%s/snapshots/%020" PRIu64 "/record/data.mdb", dir, position);
  return n < 0 || n >= BT_PATH_SIZE ? -BT_LIMIT : 0;
}

static int take_snapshot(struct making *k) {
  char path[BT_PATH_SIZE];
  struct bt_backup_snapshot b = {0};
  bt_task_tell(k->w, "record", 0, 1);
  int rc = bt_snapshot_make(k->o->data_dir, k->o->dir, &b.s);
  if (rc == -BT_AGAIN || (rc == 0 && !b.s.position)) /* nothing has changed since, or there is nothing in it yet */
    return 0;
  if (rc == 0)
    rc = snapshot_path(k->o->dir, b.s.position, path);
  if (rc == 0)
    rc = bt_file_digest(path, UINT64_MAX, &b.s.bytes, b.digest);
  if (rc < 0)
    return bt_task_fail(k->w, rc, "the record cannot be copied: %s", bt_code_text(rc));
  bt_manifest_add_snapshot(&k->m, &b);
  k->report->snapshot_new = true;
  k->report->bytes += b.s.bytes;
  bt_task_tell(k->w, "record", 1, 1);
  return 0;
}

/* ---- opening ---- */

static int open_journal(struct making *k) {
  char path[BT_PATH_SIZE];
  const char *text = "";
  int rc = bt_path_join(path, k->o->data_dir, "journal");
  if (rc == 0)
    rc = bt_journal_open(&(struct bt_journal_options){.dir = path, .archive_dir = k->own_archive, .read_only = true},
                         &k->journal, &text);
  if (rc < 0)
    return bt_task_fail(k->w, rc, "%s: %s", k->o->data_dir, *text ? text : bt_code_text(rc));
  k->upto = bt_journal_durable(k->journal);
  return k->upto ? 0 : bt_task_fail(k->w, -BT_USAGE, "there is nothing in the journal yet");
}

/* ---- the rest ---- */

static int note_time(struct making *k) {
  struct bt_journal_record r;
  struct bt_entry e;
  struct bt_arena arena;
  bt_arena_init(&arena, ENTRY_ARENA);
  int rc = bt_journal_read(k->journal, k->upto, &arena, &r);
  if (rc == 0)
    rc = bt_entry_decode(r.head, (struct bt_str){0}, &arena, &e);
  if (rc == 0)
    k->m.recorded_us = e.recorded_at_us;
  bt_arena_fini(&arena);
  return rc;
}

static int put_file(struct making *k, const char *name, struct bt_str bytes, struct bt_backup_file *ret) {
  char path[BT_PATH_SIZE];
  struct bt_backup_file file = {.there = true, .bytes = bytes.n};
  bt_file_digest_of(bytes.p, bytes.n, file.digest);
  int rc = bt_path_join(path, k->o->dir, name);
  if (rc == 0 && (!ret->there || memcmp(ret->digest, file.digest, sizeof file.digest) != 0 || !bt_path_exists(path)))
    rc = bt_file_put(path, bytes.p, bytes.n);
  if (rc == 0)
    *ret = file;
  return rc < 0 ? bt_task_fail(k->w, rc, "%s/%s: %s", k->o->dir, name, bt_code_text(rc)) : 0;
}

static int put_key(struct making *k) {
  char path[BT_PATH_SIZE], *bytes = NULL;
  size_t n = 0;
  uint8_t digest[BT_FILE_DIGEST];
  int rc = bt_path_join(path, k->o->data_dir, BT_BACKUP_KEY);
  if (rc == 0)
    rc = bt_file_get(path, KEY_MAX, &bytes, &n);
  if (rc < 0)
    return bt_task_fail(k->w, rc, "%s cannot be read: %s", path, bt_code_text(rc));
  bt_file_digest_of(bytes, n, digest);
  if (k->m.key.there && memcmp(digest, k->m.key.digest, sizeof digest) != 0)
    rc = bt_task_fail(k->w, -BT_USAGE, "%s is another key than the one in the backup: use a new folder", path);
  else
    rc = put_file(k, BT_BACKUP_KEY, (struct bt_str){bytes, n}, &k->m.key);
  explicit_bzero(bytes, n);
  free(bytes);
  return rc;
}

static int finish(struct making *k) {
  int rc = note_time(k);
  if (rc == 0)
    rc = bt_journal_epoch(k->journal, &k->m.epoch);
  if (rc < 0)
    return bt_task_fail(k->w, rc, "the journal's end cannot be read: %s", bt_code_text(rc));
  rc = put_key(k);
  if (rc == 0 && k->o->configuration.n)
    rc = put_file(k, BT_BACKUP_CONF, k->o->configuration, &k->m.conf);
  if (rc < 0)
    return rc;
  k->m.position = k->upto;
  k->m.made_us = bt_clock_wall_us();
  rc = bt_manifest_write(k->w, k->o->dir, &k->m);
  if (rc == 0)
    mark_finished(k->o->dir);
  return rc;
}

static int run(struct making *k) {
  int rc = bt_manifest_read(k->w, k->o->dir, &k->m);
  const bool first = rc == -BT_ABSENT;
  if (first && !is_unfinished(k->o->dir))
    return bt_task_fail(k->w, -BT_USAGE, "%s is not empty, and no backup: use a new folder", k->o->dir);
  if (rc < 0 && !first)
    return rc;
  rc = bt_dir_make(k->archive_dir);
  if (rc == 0)
    rc = sweep_segments(k);
  if (rc == 0)
    rc = sweep_snapshots(k);
  if (rc == 0)
    rc = open_journal(k);
  if (rc == 0)
    rc = first ? bt_making_begin(k) : bt_making_go_on(k);
  if (rc < 0)
    return bt_task_fail(k->w, rc, "%s", bt_code_text(rc));
  const bool snapshot = snapshot_is_due(k, k->upto);
  if (snapshot) {
    /* The record never leads the journal: read after it, the journal has all that is in it. */
    bt_journal_close(k->journal);
    k->journal = NULL;
    rc = take_snapshot(k);
    if (rc == 0)
      rc = open_journal(k);
  }
  if (rc == 0)
    rc = bt_making_write_log(k);
  k->report->entries = k->upto - (first ? k->m.from - 1 : k->m.position);
  if (rc == 0)
    rc = finish(k);
  return rc < 0 ? bt_task_fail(k->w, rc, "%s", bt_code_text(rc)) : sweep_snapshots(k);
}

int bt_backup_make(struct bt_task *w, const struct bt_backup_order *o, struct bt_backup_report *ret) {
  struct making k = {.w = w, .o = o, .report = ret};
  struct bt_claim claim = {.fd = -1};
  *ret = (struct bt_backup_report){0};
  if (lies_inside(o->dir, o->data_dir))
    return bt_task_fail(w, -BT_USAGE, "%s lies in the data folder: what harms that would harm the backup, too", o->dir);
  int rc = bt_dir_private(w, o->dir);
  if (rc < 0)
    return rc;
  rc = bt_path_join(k.archive_dir, o->dir, "archive");
  if (rc == 0)
    rc = bt_path_join(k.own_archive, o->data_dir, "archive");
  if (rc == 0 && bt_dir_is_empty(o->dir)) /* so that a run that is broken off is known for what it is */
    rc = mark_unfinished(o->dir);
  if (rc == 0)
    rc = bt_claim_take(&claim, o->dir, true, NULL);
  if (rc < 0)
    return bt_task_fail(w, rc, "%s: %s", o->dir,
                        rc == -BT_LOCKED ? "another backup is being made there" : bt_code_text(rc));
  k.archive = bt_archive_new(k.archive_dir);
  if (rc == 0)
    rc = k.archive ? run(&k) : -BT_NOMEM;
  bt_archive_free(k.archive);
  bt_journal_close(k.journal);
  bt_claim_release(&claim);
  if (rc == 0) {
    ret->from = k.m.from;
    ret->position = k.m.position;
    ret->recorded_us = k.m.recorded_us;
    ret->snapshot = k.m.snapshots[0].s.position;
  }
  bt_manifest_fini(&k.m);
  return rc;
}

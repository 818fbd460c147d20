/* A data folder from a backup, up to any entry of it. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "archive/archive.h"
#include "backup/backup.h"
#include "backup/build.h"
#include "base/file.h"
#include "codec/event_codec.h"

enum { ENTRY_ARENA = 4 << 20, KEY_MAX = 4096, TELL_EVERY = 4096 };

struct restoring {
  struct bt_task *w;
  const struct bt_restore_order *o;
  struct bt_restore_report *report;
  struct bt_manifest m;
  char archive_dir[BT_PATH_SIZE];
  struct bt_archive *archive;
  struct bt_arena arena;
  uint64_t upto;
  uint8_t chain[BT_CHAIN];             /* of the last entry that was put */
  struct bt_backup_snapshot *snapshot; /* NULL: none */
  struct bt_build build;
};

/* ---- entries of the backup ---- */

static int find(struct restoring *r, uint64_t sequence, struct bt_archived *ret) {
  char name[BT_SEGMENT_NAME_SIZE + 8];
  uint32_t i = bt_manifest_segment_of(&r->m, sequence);
  if (i == r->m.n || !r->m.v[i].s.here)
    return bt_task_fail(r->w, -BT_AWAY, "entry %" PRIu64 " is not in the backup, which begins at %" PRIu64, sequence,
                        r->m.from);
  const struct bt_journal_segment *s = &r->m.v[i].s;
  int rc = bt_archive_read(r->archive, s->first, s->last, s->after, sequence, ret);
  bt_segment_name(s->first, s->last, name);
  return rc < 0 ? bt_task_fail(r->w, rc, "entry %" PRIu64 " cannot be read from archive/%s of the backup: %s", sequence,
                               name, bt_code_text(rc))
                : 0;
}

static int recorded_us(struct restoring *r, uint64_t sequence, int64_t *ret) {
  struct bt_archived a;
  struct bt_entry e;
  int rc = find(r, sequence, &a);
  bt_arena_reset(&r->arena);
  if (rc == 0)
    rc = bt_entry_decode(a.head, (struct bt_str){0}, &r->arena, &e);
  if (rc == 0)
    *ret = e.recorded_at_us;
  return rc;
}

/* Recorded times never go back. */
static int find_time(struct restoring *r) {
  uint64_t low = r->m.from - 1, high = r->m.position; /* low was recorded by then */
  int rc = 0;
  while (rc == 0 && low < high) {
    const uint64_t middle = low + (high - low + 1) / 2;
    int64_t at_us;
    rc = recorded_us(r, middle, &at_us);
    if (rc == 0 && at_us <= r->o->upto_us)
      low = middle;
    else
      high = middle - 1;
  }
  r->upto = low;
  return rc;
}

/* ---- what is to be restored ---- */

static int choose(struct restoring *r) {
  int rc = 0;
  r->upto = r->o->upto ? r->o->upto : r->m.position;
  if (r->o->upto_us)
    rc = find_time(r);
  if (rc < 0)
    return rc;
  if (r->upto > r->m.position || r->upto < r->m.from)
    return bt_task_fail(r->w, -BT_USAGE,
                        "the backup holds entries %" PRIu64 " to %" PRIu64 ": there is no state at %" PRIu64, r->m.from,
                        r->m.position, r->upto);
  for (uint32_t i = 0; i < r->m.n_snapshots && !r->snapshot; i++)
    if (r->m.snapshots[i].s.position <= r->upto)
      r->snapshot = &r->m.snapshots[i];
  if (!r->snapshot && r->m.from > 1)
    return bt_task_fail(r->w, -BT_AWAY,
                        "the backup begins at entry %" PRIu64 ", and no snapshot in it is as old as %" PRIu64
                        ": the oldest state that it holds is at %" PRIu64,
                        r->m.from, r->upto,
                        r->m.n_snapshots ? r->m.snapshots[r->m.n_snapshots - 1].s.position : r->m.position);
  return 0;
}

static int check_snapshot(struct restoring *r) {
  char path[BT_PATH_SIZE];
  uint8_t digest[BT_FILE_DIGEST];
  uint64_t bytes;
  int n =
      snprintf(path, sizeof path, "%s/snapshots/%020" PRIu64 "/record/data.mdb", r->o->dir, r->snapshot->s.position);
  int rc = n < 0 || n >= BT_PATH_SIZE ? -BT_LIMIT : bt_file_digest(path, r->snapshot->s.bytes, &bytes, digest);
  if (rc == 0 && memcmp(digest, r->snapshot->digest, sizeof digest) != 0)
    rc = -BT_CORRUPT;
  return rc;
}

/* One that is damaged is passed by for an older one, or for the entries alone. */
static int use_snapshot(struct restoring *r) {
  while (r->snapshot && check_snapshot(r) < 0) {
    const bool last = r->snapshot == &r->m.snapshots[r->m.n_snapshots - 1];
    if (last && r->m.from > 1)
      return bt_task_fail(r->w, -BT_CORRUPT,
                          "the snapshot at %" PRIu64 " of the backup is damaged, and no other serves",
                          r->snapshot->s.position);
    bt_task_tell(r->w, "a damaged snapshot is passed by", r->snapshot->s.position, r->upto);
    r->snapshot = last ? NULL : r->snapshot + 1;
  }
  return 0;
}

/* ---- doing it ---- */

/* What lies whole before the snapshot stays archive; the rest becomes journal again. */
static int put_segments(struct restoring *r, uint64_t *ret_next) {
  uint64_t next = 1;
  int rc = 0;
  for (uint32_t i = 0; rc == 0 && i < r->m.n; i++) {
    const struct bt_journal_segment *s = &r->m.v[i].s;
    if (s->here && (!r->snapshot || s->last > r->snapshot->s.position || s->last >= r->upto))
      break;
    rc = s->here ? bt_build_segment(&r->build, r->archive_dir, s) : bt_build_away(&r->build, s);
    r->report->segments += s->here;
    next = s->last + 1;
    memcpy(r->chain, s->after, sizeof r->chain);
    bt_task_tell(r->w, "archive", s->last, r->upto);
  }
  *ret_next = next;
  return rc;
}

static int put_entries(struct restoring *r, uint64_t from) {
  int rc = bt_build_journal(&r->build, r->m.epoch);
  for (uint64_t s = from; rc == 0 && s <= r->upto; s++) {
    struct bt_archived a;
    rc = find(r, s, &a);
    if (rc == 0 && memcmp(a.before, r->chain, sizeof r->chain) != 0)
      rc =
          bt_task_fail(r->w, -BT_CORRUPT,
                       "entry %" PRIu64 " of the backup does not follow the one before: they are of different logs", s);
    if (rc == 0)
      memcpy(r->chain, a.chain, sizeof r->chain);
    if (rc == 0)
      rc = bt_build_add(&r->build, s, a.head, a.body);
    if (s % TELL_EVERY == 0)
      bt_task_tell(r->w, "journal", s, r->upto);
    r->report->entries++;
  }
  return rc;
}

static int put_key(struct restoring *r) {
  char path[BT_PATH_SIZE], *bytes;
  uint8_t digest[BT_FILE_DIGEST];
  size_t n;
  int rc = bt_path_join(path, r->o->dir, BT_BACKUP_KEY);
  if (rc == 0)
    rc = bt_file_get(path, KEY_MAX, &bytes, &n);
  if (rc < 0)
    return bt_task_fail(r->w, -BT_CORRUPT, "%s: %s", path, bt_file_text(rc));
  bt_file_digest_of(bytes, n, digest);
  rc = memcmp(digest, r->m.key.digest, sizeof digest) == 0
           ? bt_build_key(&r->build, bytes, n)
           : bt_task_fail(r->w, -BT_CORRUPT, "%s fails its digest", path);
  explicit_bzero(bytes, n);
  free(bytes);
  return rc;
}

/* A snapshot that an older version wrote serves that one alone; the entries serve every version. */
static int put_record(struct restoring *r, uint64_t *ret_position) {
  int rc = bt_build_record(&r->build, r->o->dir, r->snapshot ? &r->snapshot->s : NULL, ret_position);
  if (rc != -BT_OLDER)
    return rc;
  if (r->m.from > 1)
    return bt_task_fail(r->w, rc,
                        "the snapshot at %" PRIu64
                        " was written by an older version of the broker, and the backup does not begin at entry 1: "
                        "restore it with that version, and upgrade then",
                        r->snapshot->s.position);
  bt_task_tell(r->w, "a snapshot of an older version is passed by", r->snapshot->s.position, r->upto);
  r->snapshot = NULL;
  return bt_build_record(&r->build, r->o->dir, NULL, ret_position);
}

static int build(struct restoring *r) {
  uint64_t next, position;
  int rc = bt_build_begin(&r->build, r->w, r->o->data_dir);
  if (rc == 0)
    rc = put_segments(r, &next);
  if (rc == 0)
    rc = put_entries(r, next);
  if (rc == 0)
    rc = put_record(r, &position);
  if (rc == 0 && position != r->upto)
    rc = bt_task_fail(r->w, -BT_CORRUPT, "the record came to %" PRIu64 " and not to %" PRIu64, position, r->upto);
  if (rc == 0)
    rc = put_key(r);
  if (rc == 0)
    rc = bt_build_end(&r->build);
  bt_build_drop(&r->build);
  return rc;
}

static int run(struct restoring *r) {
  int rc = bt_manifest_read(r->w, r->o->dir, &r->m);
  if (rc == -BT_ABSENT)
    return bt_task_fail(r->w, rc, "%s is no backup: there is no manifest in it", r->o->dir);
  if (rc == 0)
    rc = choose(r);
  if (rc == 0 && r->snapshot)
    rc = use_snapshot(r);
  if (rc == 0)
    rc = recorded_us(r, r->upto, &r->report->recorded_us);
  if (rc == 0)
    rc = build(r);
  if (rc < 0)
    return bt_task_fail(r->w, rc, "%s", bt_code_text(rc));
  r->report->position = r->upto;
  r->report->left_out = r->m.position - r->upto;
  r->report->snapshot = r->snapshot ? r->snapshot->s.position : 0;
  return 0;
}

int bt_restore(struct bt_task *w, const struct bt_restore_order *o, struct bt_restore_report *ret) {
  struct restoring r = {.w = w, .o = o, .report = ret};
  *ret = (struct bt_restore_report){0};
  int rc = bt_path_join(r.archive_dir, o->dir, "archive");
  r.archive = bt_archive_new(r.archive_dir);
  bt_arena_init(&r.arena, ENTRY_ARENA);
  if (rc == 0)
    rc = r.archive ? run(&r) : -BT_NOMEM;
  bt_arena_fini(&r.arena);
  bt_archive_free(r.archive);
  bt_manifest_fini(&r.m);
  return rc;
}

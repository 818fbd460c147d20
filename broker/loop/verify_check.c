/* What a verification checks, in order: the journal by itself, the record by itself, one against the other. */
#include <inttypes.h>
#include <string.h>

#include "base/bytes.h"
#include "base/dir.h"
#include "loop/checking.h"
#include "loop/replay.h"
#include "loop/snapshot.h"

enum { ROW_ARENA = 4 * 1024 * 1024 };

int bt_check_fail(struct bt_check *c, int code, const char *text) {
  c->report->code = code;
  snprintf(c->report->text, sizeof(c->report->text), "%s", text);
  return code;
}

void bt_check_say(struct bt_check *c, const char *what, uint64_t done, uint64_t of) {
  bt_progress_say(&c->progress, what, done, of);
}

static int blame_row(struct bt_check *c, enum bt_table table, struct bt_str key, int code, const char *text) {
  c->report->table = (int)table;
  bt_hex(c->report->key, key.p, key.n <= 511 ? key.n : 511);
  return bt_check_fail(c, code, text);
}

/* ---- the record's checkpoint ----------------------------------------------------------------------------------------
 */

/* Copied first, so that the long comparison holds no snapshot of the running broker's record. */
static int copy_record(struct bt_check *c) {
  char path[BT_PATH_SIZE], copy[BT_PATH_SIZE];
  struct bt_store *live;
  const char *text = "";
  int rc = bt_path_join(path, c->data_dir, "record");
  if (rc == 0)
    rc = bt_path_join(copy, c->temporary, "stored");
  if (rc == 0)
    rc = bt_store_open(&(struct bt_store_options){.dir = path, .read_only = true}, &live, &text);
  if (rc < 0)
    return bt_check_fail(c, rc, text);
  rc = bt_store_copy(live, copy);
  bt_store_close(live);
  if (rc < 0)
    return bt_check_fail(c, rc, "the record cannot be copied");
  rc = bt_store_open(&(struct bt_store_options){.dir = copy, .read_only = true}, &c->stored, &text);
  if (rc < 0)
    return bt_check_fail(c, rc, text);
  c->report->position = bt_store_position(c->stored, BT_AS_OF);
  return 0;
}

/* ---- one against the other ------------------------------------------------------------------------------------------
 */

static void say_replayed(void *context, uint64_t sequence, uint64_t upto) {
  struct bt_check *c = context;
  if (sequence == upto || sequence % BT_CHECK_LINE == 0)
    bt_check_say(c, "rebuild", sequence, upto);
}

/* A snapshot to begin with, the oldest that serves. */
static int begin_with_snapshot(struct bt_check *c, const struct bt_snapshot *v, uint32_t n, const char *record) {
  for (uint32_t i = n; i-- > 0;) {
    if (v[i].format != BT_RECORD_FORMAT || v[i].position + 1 < c->report->from || v[i].position > c->report->position ||
        bt_snapshot_known(c->journal, &v[i]) < 0)
      continue;
    int rc = bt_snapshot_copy(c->data_dir, &v[i], record);
    if (rc == -BT_CORRUPT)
      continue;
    c->report->snapshot = v[i].position;
    return rc < 0 ? bt_check_fail(c, rc, "a snapshot cannot be copied") : 0;
  }
  return bt_check_fail(
      c, -BT_AWAY, "archive segments are not here, and no snapshot behind them serves: the record cannot be rebuilt");
}

static int replay(struct bt_check *c, uint64_t upto) {
  int rc = bt_replay(c->journal, c->rebuilt, upto, 0, say_replayed, c);
  if (rc < 0) {
    c->report->sequence = bt_store_position(c->rebuilt, BT_NOW) + 1;
    return bt_check_fail(c, rc, "an entry of the journal cannot be applied");
  }
  bt_store_refresh(c->rebuilt);
  return 0;
}

/* The record as the journal makes it is what the snapshot was taken of. */
static int check_snapshot(struct bt_check *c, const struct bt_snapshot *s) {
  uint8_t digest[BT_SUM_SIZE];
  char text[160];
  int rc = replay(c, s->position);
  if (rc < 0)
    return rc;
  rc = bt_store_sum(c->rebuilt, BT_AS_OF, digest);
  if (rc == 0)
    rc = bt_snapshot_known(c->journal, s);
  if (rc == -BT_ABSENT) /* written, and not noted yet */
    return 0;
  if (rc == 0 && memcmp(digest, s->digest, sizeof digest) != 0)
    rc = -BT_CORRUPT;
  snprintf(text, sizeof text, "the snapshot at position %" PRIu64 " is not what the journal makes", s->position);
  c->report->snapshots++;
  return rc < 0 ? bt_check_fail(c, rc, text) : 0;
}

static int rebuild(struct bt_check *c) {
  char path[BT_PATH_SIZE];
  struct bt_snapshot v[BT_SNAPSHOTS_MAX];
  const char *text = "";
  const uint32_t n = bt_snapshot_list(c->data_dir, v);
  int rc = bt_path_join(path, c->temporary, "rebuilt");
  if (rc == 0 && c->report->from > 1)
    rc = begin_with_snapshot(c, v, n, path);
  if (rc < 0)
    return rc;
  rc = bt_store_open(&(struct bt_store_options){.dir = path,
                                                .map_size = bt_store_bytes(c->stored) * 2 + (64 << 20),
                                                .without_key = true},
                     &c->rebuilt, &text);
  if (rc < 0)
    return bt_check_fail(c, rc, text);
  for (uint32_t i = n; i-- > 0 && rc == 0;)
    if (v[i].format == BT_RECORD_FORMAT && v[i].position > c->report->snapshot && v[i].position <= c->report->position)
      rc = check_snapshot(c, &v[i]);
  if (rc == 0)
    rc = replay(c, c->report->position);
  return rc < 0 ? rc : bt_store_sum(c->rebuilt, BT_AS_OF, c->report->digest);
}

static int compare_row(struct bt_check *c, enum bt_table table, int left, int right, struct bt_str keys[2],
                       struct bt_str values[2]) {
  int order = left < 0 ? 1 : right < 0 ? -1 : bt_str_cmp(keys[0], keys[1]);
  if (order < 0)
    return blame_row(c, table, keys[0], -BT_CORRUPT, "the record has a row that the journal does not make");
  if (order > 0)
    return blame_row(c, table, keys[1], -BT_CORRUPT, "the record lacks a row that the journal makes");
  bt_arena_reset(&c->arena);
  int rc = bt_store_check_row(table, keys[0], values[0], &c->arena);
  if (rc < 0)
    return blame_row(c, table, keys[0], rc, "a row of the record fails its checksum or does not decode");
  if (!bt_str_eq(values[0], values[1]))
    return blame_row(c, table, keys[0], -BT_CORRUPT, "a row of the record has another value than the journal makes");
  c->report->rows[table]++;
  return 0;
}

static int compare_table(struct bt_check *c, enum bt_table table) {
  struct bt_store *stores[2] = {c->stored, c->rebuilt};
  struct bt_str keys[2], values[2], after = {NULL, 0};
  char last[512];
  for (;;) {
    int rcs[2];
    for (int i = 0; i < 2; i++) {
      rcs[i] = bt_store_next_row(stores[i], BT_AS_OF, table, after, &keys[i], &values[i]);
      if (rcs[i] < 0 && rcs[i] != -BT_ABSENT)
        return blame_row(c, table, after, rcs[i], "a row behind this key cannot be read");
    }
    if (rcs[0] < 0 && rcs[1] < 0)
      return 0;
    int rc = compare_row(c, table, rcs[0], rcs[1], keys, values);
    if (rc < 0)
      return rc;
    memcpy(last, keys[0].p, keys[0].n);
    after = (struct bt_str){last, keys[0].n};
  }
}

static int compare(struct bt_check *c) {
  c->report->journal_ok = true;
  for (int table = 0; table < BT_T_COUNT; table++) {
    int rc = compare_table(c, (enum bt_table)table);
    if (rc < 0)
      return rc;
    bt_check_say(c, bt_table_names[table], c->report->rows[table],
                 bt_store_count(c->rebuilt, BT_AS_OF, (enum bt_table)table));
  }
  return 0;
}

/* The record cannot be read: what to do about that depends on the journal. */
static void check_journal_alone(struct bt_check *c) {
  struct bt_verify_report *found = c->report, journal = {.table = -1};
  c->report = &journal;
  found->journal_ok = bt_check_journal(c) == 0;
  found->entries = journal.entries;
  found->sequence = journal.sequence;
  c->report = found;
}

void bt_verify_check(const char *data_dir, const char *temporary, FILE *progress, struct bt_verify_report *ret) {
  static int (*const steps[])(struct bt_check *) = {copy_record, bt_check_journal, rebuild, compare, bt_check_timers};
  struct bt_check c = {.data_dir = data_dir, .temporary = temporary, .progress = {.to = progress}, .report = ret};
  *ret = (struct bt_verify_report){.table = -1};
  bt_arena_init(&c.arena, ROW_ARENA);
  int rc = 0;
  for (size_t i = 0; rc == 0 && i < sizeof(steps) / sizeof(steps[0]); i++)
    rc = steps[i](&c);
  if (rc < 0 && !c.stored)
    check_journal_alone(&c);
  bt_progress_end(&c.progress);
  ret->ok = rc == 0;
  bt_store_close(c.rebuilt);
  bt_store_close(c.stored);
  bt_journal_close(c.journal);
  bt_arena_fini(&c.arena);
}

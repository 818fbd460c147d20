/* What a verification checks, in order: the journal by itself, the record by itself, one against the other. */
#include <inttypes.h>
#include <string.h>

#include "base/bytes.h"
#include "base/dir.h"
#include "codec/event_codec.h"
#include "core/timers.h"
#include "journal/journal.h"
#include "loop/replay.h"
#include "loop/verify.h"

enum { ROW_ARENA = 4 * 1024 * 1024, ENTRIES_PER_LINE = 1 << 16 };

struct check {
  const char *data_dir, *temporary;
  FILE *progress;
  struct bt_verify_report *report;
  struct bt_journal *journal;
  struct bt_store *stored, *rebuilt; /* both private: a copy of the record's checkpoint, and the one made anew */
  struct bt_arena arena;             /* of one row or entry */
  uint64_t visited;
};

static int fail(struct check *c, int code, const char *text) {
  c->report->code = code;
  snprintf(c->report->text, sizeof(c->report->text), "%s", text);
  return code;
}

static int blame_row(struct check *c, enum bt_table table, struct bt_str key, int code, const char *text) {
  c->report->table = (int)table;
  bt_hex(c->report->key, key.p, key.n <= 511 ? key.n : 511);
  return fail(c, code, text);
}

static void say(struct check *c, const char *what, uint64_t done, uint64_t of) {
  if (c->progress) {
    fprintf(c->progress, "%s: %" PRIu64 " of %" PRIu64 "\n", what, done, of);
    fflush(c->progress);
  }
}

/* ---- the record's checkpoint ----------------------------------------------------------------------------------------
 */

/* Copied first, so that the long comparison holds no snapshot of the running broker's record. */
static int copy_record(struct check *c) {
  char path[BT_PATH_SIZE], copy[BT_PATH_SIZE];
  struct bt_store *live;
  const char *text = "";
  int rc = bt_path_join(path, c->data_dir, "record");
  if (rc == 0)
    rc = bt_path_join(copy, c->temporary, "stored");
  if (rc == 0)
    rc = bt_store_open(&(struct bt_store_options){.dir = path, .read_only = true}, &live, &text);
  if (rc < 0)
    return fail(c, rc, text);
  rc = bt_store_copy(live, copy);
  bt_store_close(live);
  if (rc < 0)
    return fail(c, rc, "the record cannot be copied");
  rc = bt_store_open(&(struct bt_store_options){.dir = copy, .read_only = true}, &c->stored, &text);
  if (rc < 0)
    return fail(c, rc, text);
  c->report->position = bt_store_position(c->stored, BT_AS_OF);
  return 0;
}

/* ---- the journal ----------------------------------------------------------------------------------------------------
 */

static int check_entry(void *context, const struct bt_journal_record *record, const uint8_t chain[32]) {
  struct check *c = context;
  struct bt_entry entry;
  (void)chain;
  bt_arena_reset(&c->arena);
  int rc = bt_entry_decode(record->head, record->body, &c->arena, &entry);
  if (rc < 0)
    return rc;
  c->report->entries++;
  c->visited = record->sequence;
  if (c->report->entries % ENTRIES_PER_LINE == 0)
    say(c, "journal", record->sequence, bt_journal_durable(c->journal));
  return 0;
}

static int check_journal(struct check *c) {
  char path[BT_PATH_SIZE];
  const char *text = "";
  int rc = bt_path_join(path, c->data_dir, "journal");
  if (rc == 0)
    rc = bt_journal_open(&(struct bt_journal_options){.dir = path, .read_only = true}, &c->journal, &text);
  if (rc < 0)
    return fail(c, rc, text);
  uint64_t first = bt_journal_first(c->journal), last = bt_journal_durable(c->journal);
  c->visited = first - 1;
  if (first <= last)
    rc = bt_journal_scan(c->journal, first, last, true, check_entry, c);
  say(c, "journal", c->visited, last);
  if (rc < 0) {
    c->report->sequence = c->visited + 1;
    return fail(c, rc, "an entry of the journal fails its chain hash or does not decode");
  }
  if (c->report->position > last)
    return fail(c, -BT_CORRUPT, "the record stands at a later position than the journal");
  return first == 1 ? 0 : fail(c, -BT_ABSENT, "the journal was cut: the record cannot be rebuilt from it alone");
}

/* ---- one against the other ------------------------------------------------------------------------------------------
 */

static void say_replayed(void *context, uint64_t sequence, uint64_t upto) {
  struct check *c = context;
  if (sequence == upto || sequence % ENTRIES_PER_LINE == 0)
    say(c, "rebuild", sequence, upto);
}

static int rebuild(struct check *c) {
  char path[BT_PATH_SIZE];
  const char *text = "";
  int rc = bt_path_join(path, c->temporary, "rebuilt");
  if (rc == 0)
    rc = bt_store_open(&(struct bt_store_options){.dir = path, .map_size = bt_store_bytes(c->stored) * 2 + (64 << 20)},
                       &c->rebuilt, &text);
  if (rc < 0)
    return fail(c, rc, text);
  rc = bt_replay(c->journal, c->rebuilt, c->report->position, 0, say_replayed, c);
  if (rc < 0) {
    c->report->sequence = bt_store_position(c->rebuilt, BT_NOW) + 1;
    return fail(c, rc, "an entry of the journal cannot be applied");
  }
  bt_store_refresh(c->rebuilt);
  return 0;
}

static int compare_row(struct check *c, enum bt_table table, int left, int right, struct bt_str keys[2],
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

static int compare_table(struct check *c, enum bt_table table) {
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

static int compare(struct check *c) {
  c->report->journal_ok = true;
  for (int table = 0; table < BT_T_COUNT; table++) {
    int rc = compare_table(c, (enum bt_table)table);
    if (rc < 0)
      return rc;
    say(c, bt_table_names[table], c->report->rows[table], bt_store_count(c->rebuilt, BT_AS_OF, (enum bt_table)table));
  }
  return 0;
}

/* ---- the timers against what they are for
 * ----------------------------------------------------------------------------- */

static int check_timer(struct check *c, const struct bt_timer *t, uint64_t *found) {
  char text[160];
  int rc = bt_store_timer(c->stored, BT_AS_OF, t);
  ++*found;
  if (rc == 0)
    return 0;
  c->report->table = BT_T_TIMERS;
  snprintf(text, sizeof(text), "the %s timer %" PRIu64 " of case %" PRIu64 " is missing", bt_timer_name((int)t->kind),
           t->object, t->case_id);
  return fail(c, rc == -BT_ABSENT ? -BT_CORRUPT : rc, text);
}

static int check_timers_of_cases(struct check *c, uint64_t *found) {
  struct bt_timer v[BT_MAX_TIMERS];
  struct bt_case k = {.id = 0};
  int rc;
  do {
    bt_arena_reset(&c->arena);
    rc = bt_store_next_case(c->stored, BT_AS_OF, k.id + 1, &c->arena, &k);
    uint32_t n = rc == 0 ? bt_case_timers(&k, v) : 0;
    for (uint32_t i = 0; rc == 0 && i < n; i++)
      rc = check_timer(c, &v[i], found);
  } while (rc == 0);
  return rc == -BT_ABSENT ? 0 : rc;
}

static int check_timers_of_sweeps(struct check *c, uint64_t *found) {
  struct bt_sweep w = {.id = 0};
  int rc;
  do {
    bt_arena_reset(&c->arena);
    rc = bt_store_next_sweep(c->stored, BT_AS_OF, w.id + 1, &c->arena, &w);
    if (rc == 0)
      rc = check_timer(c, &(struct bt_timer){.due_us = w.since_us, .kind = BT_TIMER_SWEEP, .object = w.id}, found);
  } while (rc == 0);
  return rc == -BT_ABSENT ? 0 : rc;
}

static int check_timers_of_advisories(struct check *c, uint64_t *found) {
  struct bt_str key, value, after = {NULL, 0};
  char last[8];
  int rc;
  while ((rc = bt_store_next_row(c->stored, BT_AS_OF, BT_T_ADVISORIES, after, &key, &value)) == 0) {
    struct bt_advisory a;
    memcpy(last, key.p, sizeof(last));
    after = (struct bt_str){last, sizeof(last)};
    bt_arena_reset(&c->arena);
    rc = bt_store_advisory(c->stored, BT_AS_OF, bt_get_u64(last), &c->arena, &a);
    if (rc == 0 && a.until_us)
      rc = check_timer(c, &(struct bt_timer){.due_us = a.until_us, .kind = BT_TIMER_ADVISORY, .object = a.id}, found);
    if (rc < 0)
      return rc;
  }
  return rc == -BT_ABSENT ? 0 : rc;
}

/* No deadline without its timer, and no timer without what it is for. */
static int check_timers(struct check *c) {
  uint64_t found = 0;
  int rc = check_timers_of_cases(c, &found);
  if (rc == 0)
    rc = check_timers_of_sweeps(c, &found);
  if (rc == 0)
    rc = check_timers_of_advisories(c, &found);
  if (rc < 0 || found == bt_store_count(c->stored, BT_AS_OF, BT_T_TIMERS))
    return rc;
  c->report->table = BT_T_TIMERS;
  return fail(c, -BT_CORRUPT, "the record has a timer that nothing waits for");
}

/* The record cannot be read: what to do about that depends on the journal. */
static void check_journal_alone(struct check *c) {
  struct bt_verify_report *found = c->report, journal = {.table = -1};
  c->report = &journal;
  found->journal_ok = check_journal(c) == 0;
  found->entries = journal.entries;
  found->sequence = journal.sequence;
  c->report = found;
}

void bt_verify_check(const char *data_dir, const char *temporary, FILE *progress, struct bt_verify_report *ret) {
  static int (*const steps[])(struct check *) = {copy_record, check_journal, rebuild, compare, check_timers};
  struct check c = {.data_dir = data_dir, .temporary = temporary, .progress = progress, .report = ret};
  *ret = (struct bt_verify_report){.table = -1};
  bt_arena_init(&c.arena, ROW_ARENA);
  int rc = 0;
  for (size_t i = 0; rc == 0 && i < sizeof(steps) / sizeof(steps[0]); i++)
    rc = steps[i](&c);
  if (rc < 0 && !c.stored)
    check_journal_alone(&c);
  ret->ok = rc == 0;
  bt_store_close(c.rebuilt);
  bt_store_close(c.stored);
  bt_journal_close(c.journal);
  bt_arena_fini(&c.arena);
}

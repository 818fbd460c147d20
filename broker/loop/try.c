/* The way through the journal, unit by unit, behind the record that try_record.c makes. */
#include "loop/try.h"

#include "base/clock.h"
#include "base/dir.h"
#include "codec/event_codec.h"
#include "core/bounds.h"
#include "loop/replay.h"
#include "loop/trying.h"

enum { UNIT_ARENA = 64 << 20, CHECKPOINT_EVERY = 8192, TELL_EVERY = 256 };

int bt_trial_fail(struct bt_trial *t, int rc, const char *text) {
  t->report->text = text;
  return rc;
}

int bt_trial_entry(struct bt_trial *t, uint64_t sequence, struct bt_entry *ret) {
  struct bt_journal_record r;
  int rc = bt_journal_read(t->journal, sequence, &t->unit, &r);
  if (!rc)
    rc = bt_entry_decode(r.head, r.body, &t->unit, ret);
  if (!rc)
    ret->sequence = sequence;
  return rc;
}

static int load(struct bt_trial *t, const char *file, int64_t now_us, struct bt_config **ret) {
  int rc = bt_config_load(file, now_us, t->options->errors, ret);
  return rc ? bt_trial_fail(t, rc, rc == -BT_USAGE ? "a configuration is not right" : NULL) : 0;
}

/* With calendars as they were then. */
static int load_both(struct bt_trial *t) {
  struct bt_entry e = {.recorded_at_us = bt_clock_wall_us()};
  bt_arena_reset(&t->unit);
  int rc = t->report->from ? bt_trial_entry(t, t->report->from, &e) : 0;
  const int64_t now_us = e.recorded_at_us;
  if (!rc)
    rc = load(t, t->options->before, now_us, &t->before);
  return rc ? rc : load(t, t->options->after, now_us, &t->after);
}

/* ---- unit by unit ---- */

/* Reads the unit that begins here. A single entry of the broker's own is one as well. */
static int read_unit(struct bt_trial *t, uint64_t first, struct bt_unit *ret) {
  struct bt_entry *v = BT_NEW_ARRAY(&t->unit, struct bt_entry, BT_MAX_UNIT);
  if (!v)
    return -BT_NOMEM;
  int rc = bt_trial_entry(t, first, &v[0]);
  uint32_t n = rc ? 0 : v[0].unit_size ? v[0].unit_size : 1;
  if (n > BT_MAX_UNIT || first + n - 1 > t->report->to)
    return -BT_CORRUPT;
  for (uint32_t i = 1; i < n && !rc; i++)
    rc = bt_trial_entry(t, first + i, &v[i]);
  *ret = (struct bt_unit){.v = v, .n = n};
  if (!rc && bt_trial_ends_request(&v[n - 1])) {
    ret->receipt = &v[n - 1].receipt;
    for (uint32_t i = 0; i < n; i++)
      if (v[i].sequence == ret->receipt->sequence)
        ret->main = &v[i];
  }
  return rc;
}

static int apply(struct bt_trial *t, const struct bt_unit *unit) {
  const uint64_t upto = unit->v[unit->n - 1].sequence;
  int rc = 0;
  for (uint32_t i = 0; i < unit->n && !rc; i++)
    rc = bt_store_apply(t->store, &unit->v[i]);
  if (!rc && bt_store_pending(t->store) >= CHECKPOINT_EVERY)
    rc = bt_store_checkpoint(t->store);
  if (rc != -BT_FULL)
    return rc;
  bt_store_rollback(t->store);
  rc = bt_store_grow(t->store);
  return rc ? rc : bt_replay(t->journal, t->store, upto, 0, NULL, NULL);
}

/* The calendars go with the time of what is decided. */
static int extend(struct bt_trial *t, int64_t now_us) {
  int rc = bt_config_extend(t->before, now_us);
  if (rc >= 0)
    rc = bt_config_extend(t->after, now_us);
  return rc < 0 ? rc : 0;
}

static int try_unit(struct bt_trial *t, const struct bt_unit *unit) {
  struct bt_twice twice = {.revoked = false};
  int rc = extend(t, unit->v[0].recorded_at_us);
  if (!rc)
    rc = bt_trial_decide(t, unit, &twice);
  if (rc < 0)
    return rc;
  t->report->requests++;
  t->report->not_covered += rc == 1;
  t->report->otherwise += twice.otherwise;
  int applied = apply(t, unit);
  return applied || rc == 1 ? applied : bt_trial_compare(t, unit, &twice);
}

static int walk(struct bt_trial *t) {
  struct bt_try_report *r = t->report;
  for (uint64_t at = r->from; at && at <= r->to;) {
    struct bt_unit unit;
    bt_arena_reset(&t->unit);
    int rc = read_unit(t, at, &unit);
    if (!rc)
      rc = unit.main ? try_unit(t, &unit) : apply(t, &unit);
    if (rc)
      return bt_trial_fail(t, rc, "an entry of the journal cannot be decided or applied again: run batonctl verify");
    at += unit.n;
    if (at > r->to || r->requests % TELL_EVERY == 0)
      bt_progress_say(&t->progress, "deciding again", at - r->from, r->to - r->from + 1);
  }
  return 0;
}

/* ---- */

/* A snapshot that turns out to be of no use takes what only it reaches with it. */
static int build(struct bt_trial *t, const char *temporary) {
  for (;;) {
    int rc = t->report->from ? bt_trial_record(t, temporary) : 0;
    if (rc != -BT_AGAIN || (rc = bt_trial_first(t)))
      return rc;
  }
}

static int run(struct bt_trial *t) {
  char temporary[BT_PATH_SIZE];
  int rc = bt_trial_open(t);
  if (!rc)
    rc = bt_trial_first(t);
  if (!rc)
    rc = load_both(t);
  if (rc || !t->report->from)
    return rc;
  if ((rc = bt_dir_temporary(temporary, t->options->data_dir, "try")))
    return bt_trial_fail(t, rc, "no temporary folder can be made, neither in the data folder nor in $TMPDIR");
  rc = build(t, temporary);
  if (!rc)
    rc = walk(t);
  bt_store_close(t->store);
  int removed = bt_dir_remove(temporary);
  return rc ? rc : removed;
}

int bt_try(const struct bt_try_options *options, struct bt_arena *arena, struct bt_try_report *ret) {
  struct bt_trial t = {.options = options, .report = ret, .rows = arena, .progress = {.to = options->progress}};
  *ret = (struct bt_try_report){.v = BT_NEW_ARRAY(arena, struct bt_try_row, options->rows)};
  if (!ret->v)
    return -BT_NOMEM;
  bt_arena_init(&t.unit, UNIT_ARENA);
  int rc = run(&t);
  bt_progress_end(&t.progress);
  bt_config_free(t.before);
  bt_config_free(t.after);
  bt_journal_close(t.journal);
  bt_arena_fini(&t.unit);
  return rc;
}

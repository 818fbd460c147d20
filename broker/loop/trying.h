/* Inside bt_try: what its files share. */
#ifndef BT_LOOP_TRYING_H
#define BT_LOOP_TRYING_H

#include "base/progress.h"
#include "config/config.h"
#include "journal/journal.h"
#include "loop/snapshot.h"
#include "loop/try.h"
#include "store/store.h"

/* What one request came to, as it is recorded. */
struct bt_unit {
  struct bt_entry *v;
  uint32_t n;
  const struct bt_entry *main; /* the request's own event */
  const struct bt_receipt *receipt;
};

struct bt_trial {
  const struct bt_try_options *options;
  struct bt_try_report *report;
  struct bt_progress progress;
  struct bt_journal *journal;
  uint64_t whole_from;                            /* from this entry on nothing is in a segment that is not here */
  struct bt_snapshot snapshots[BT_SNAPSHOTS_MAX]; /* that may serve, the newest first */
  uint32_t n_snapshots;
  struct bt_store *store; /* private: it stands before the unit, and behind it when the two are compared */
  struct bt_config *before, *after;
  struct bt_arena unit; /* memory of one unit */
  struct bt_arena *rows;
};

/* Notes what to say, and returns rc. */
int bt_trial_fail(struct bt_trial *t, int rc, const char *text);
/* One entry, whole. */
int bt_trial_entry(struct bt_trial *t, uint64_t sequence, struct bt_entry *ret) BT_MUST_CHECK;

/* try_record.c: the journal, and what there is to begin with. */
int bt_trial_open(struct bt_trial *t) BT_MUST_CHECK;
/* Finds the first of the requests; the report's from, to and reach. */
int bt_trial_first(struct bt_trial *t) BT_MUST_CHECK;
/* Makes the record before it, in a folder of the trial's own. -BT_AGAIN: a snapshot does not serve after all, find the
 * first anew. */
int bt_trial_record(struct bt_trial *t, const char *temporary) BT_MUST_CHECK;
bool bt_trial_ends_request(const struct bt_entry *e);

/* try_scene.c: the scene of a request as it was then, for these rules. */
int bt_trial_scene(struct bt_trial *t, const struct bt_unit *unit, const struct bt_request *request,
                   const struct bt_rules *rules, struct bt_scene *ret) BT_MUST_CHECK;

/* try_request.c: the unit's request decided again under both rules. 1: it cannot be told what was asked. */
struct bt_twice {
  struct bt_decision was, would;
  bool otherwise; /* what was recorded with it came out otherwise, under other rules */
  bool revoked;   /* its adapter would not be let in */
};
int bt_trial_decide(struct bt_trial *t, const struct bt_unit *unit, struct bt_twice *ret) BT_MUST_CHECK;

/* try_compare.c: rows for what differs. */
int bt_trial_compare(struct bt_trial *t, const struct bt_unit *unit, const struct bt_twice *twice) BT_MUST_CHECK;

#endif

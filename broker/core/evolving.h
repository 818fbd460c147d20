/* Inside evolve: what each kind of event makes of a case. Not for other rooms. */
#ifndef BT_CORE_EVOLVING_H
#define BT_CORE_EVOLVING_H

#include "core/evolve.h"

/* *c is the case before the entry and, on return, after it. New arrays come from `arena`. 0 or -BT_NOMEM. */
typedef int bt_evolve_fn(struct bt_case *c, const struct bt_entry *e, struct bt_arena *arena);

bt_evolve_fn bt_evolve_opened, bt_evolve_contact, bt_evolve_attempt, bt_evolve_fact, bt_evolve_correction,
    bt_evolve_advisory_issued, bt_evolve_advisory_ended, bt_evolve_restricted_read;
bt_evolve_fn bt_evolve_offered, bt_evolve_accepted, bt_evolve_refused, bt_evolve_countered, bt_evolve_offer_over,
    bt_evolve_reported, bt_evolve_directed, bt_evolve_extended;
bt_evolve_fn bt_evolve_promised, bt_evolve_renegotiated, bt_evolve_promise_over, bt_evolve_at_risk, bt_evolve_broken;
bt_evolve_fn bt_evolve_asked, bt_evolve_question_answered, bt_evolve_question_withdrawn, bt_evolve_overdue;
bt_evolve_fn bt_evolve_work_started, bt_evolve_work_renewed, bt_evolve_work_over;
bt_evolve_fn bt_evolve_status, bt_evolve_resolved, bt_evolve_reopened, bt_evolve_closed, bt_evolve_merged,
    bt_evolve_unmerged, bt_evolve_linked, bt_evolve_revived;
bt_evolve_fn bt_evolve_owner, bt_evolve_escalated, bt_evolve_reminded;

/* evolve_handoff.c: custody is there from now on; what the old custodian has promised passes with it. */
int bt_take_custody(struct bt_case *c, struct bt_str department, uint64_t offer, const struct bt_entry *e,
                    struct bt_arena *arena) BT_MUST_CHECK;
/* evolve_status.c */
int bt_evolve_clocks(struct bt_case *c, const struct bt_clocks *clocks, struct bt_arena *arena) BT_MUST_CHECK;
/* evolve_concern.c: ends what this entry has settled, because its object is done with or somebody who was told has
 * acted. Runs after the change. */
int bt_concerns_follow(struct bt_case *c, const struct bt_entry *e, struct bt_arena *arena) BT_MUST_CHECK;

/* evolve.c: nobody has been at this case: a contact was about another one, an advisory is about its topic, a merge
 * about its customer; who breaks the glass reads and does nothing. */
bool bt_is_aside(const struct bt_entry *e);

/* A copy of an array with room for one more element behind it; NULL past the arena's limit. */
static inline void *bt_grown(struct bt_arena *arena, const void *v, uint32_t n, size_t size) {
  char *to = bt_arena_alloc(arena, (n + (size_t)1) * size);
  if (to && n)
    memcpy(to, v, n * size);
  return to;
}

/* A copy to write to: the values of a decoded case never are. */
static inline void *bt_copied(struct bt_arena *arena, const void *v, uint32_t n, size_t size) {
  char *to = bt_arena_alloc(arena, n * size);
  if (to && n)
    memcpy(to, v, n * size);
  return to;
}

/* A copy with one element left out. n is not 0. */
static inline void *bt_without(struct bt_arena *arena, const void *v, uint32_t n, uint32_t at, size_t size) {
  char *to = bt_arena_alloc(arena, n * size);
  if (!to)
    return NULL;
  memcpy(to, v, at * size);
  memcpy(to + at * size, (const char *)v + (at + 1) * size, (n - at - 1) * size);
  return to;
}

static inline struct bt_str bt_first_label(const struct bt_entry *e) {
  return e->event.labels.n ? e->event.labels.v[0] : (struct bt_str){0};
}

#endif

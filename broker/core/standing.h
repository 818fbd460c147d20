/* What stands open in a case, and who is to act on it: a pure function of its state, as its timers are.
 *
 * The record's table of what stands open is kept by comparing what this gives before and after an entry. One object
 * stands in one place; the kinds are ordered by the case's life, and a kind's name says how it stands. */
#ifndef BT_CORE_STANDING_H
#define BT_CORE_STANDING_H

#include "core/case.h"

/* Numbers are stored: new ones go to the end. */
enum bt_standing_kind {
  BT_STANDING_NONE,
  BT_STANDING_OFFER,            /* at: offered; for: who is to take it, while a counter-offer stands the offerer */
  BT_STANDING_OFFER_WAITING,    /* at: offered; for: the offerer. Until somebody opens */
  BT_STANDING_PROMISE,          /* at: due; for: the holder, as the next two */
  BT_STANDING_PROMISE_AT_RISK,  /* at: due */
  BT_STANDING_PROMISE_BROKEN,   /* at: was due */
  BT_STANDING_QUESTION,         /* at: due; for: who was asked, as the next one */
  BT_STANDING_QUESTION_OVERDUE, /* at: was due */
  BT_STANDING_WORK,             /* at: the end of the lease; for: the holder */
  BT_STANDING_CONCERN,          /* at: first raised; for: whom it was raised to last, as the next one */
  BT_STANDING_CONCERN_TOP,      /* at: first raised. Nobody is left above: it is said again and again */
  BT_STANDING_COUNT
};

enum {
  BT_MAX_STANDING = 1 + BT_MAX_PROMISES + BT_MAX_QUESTIONS + BT_MAX_WORK + BT_MAX_CONCERNS,
};

/* `at` of what is due but has no due time now, because its clock is stopped: behind everything that has. */
#define BT_STANDING_STOPPED INT64_MAX

struct bt_standing {
  uint32_t kind; /* enum bt_standing_kind */
  int64_t at_us;
  uint64_t case_id;
  uint64_t object; /* offer, promise, question, work, concern */
  struct bt_str department;
};

/* Fills v in order; returns how many. None of dormant history. What is owed outlives the case's
 * end, as its timers do. */
uint32_t bt_case_standing(const struct bt_case *c, struct bt_standing v[BT_MAX_STANDING]);
/* By kind, at, case, object: the department makes no difference. */
int bt_standing_cmp(const struct bt_standing *a, const struct bt_standing *b);

#endif

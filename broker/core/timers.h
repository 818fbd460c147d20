/* What a case waits for: a pure function of its state, so that a timer can neither be lost nor outlive what it is
 * about.
 *
 * The record's table of timers is kept by comparing what this gives before and after an entry. One object has one
 * timer: the next instant at which something must be decided about it. */
#ifndef BT_CORE_TIMERS_H
#define BT_CORE_TIMERS_H

#include "core/case.h"

struct bt_timer {
  int64_t due_us;
  uint64_t case_id; /* 0: of an advisory or a sweep */
  uint32_t kind;    /* enum bt_timer_kind */
  uint64_t object;  /* offer, promise, question, work, concern, advisory, sweep; else the case */
};

/* Fills v, sorted by due, kind and object; returns how many. None for dormant history. */
uint32_t bt_case_timers(const struct bt_case *c, struct bt_timer v[BT_MAX_TIMERS]);
/* By due, case, kind, object: the order in which they fire. */
int bt_timer_cmp(const struct bt_timer *a, const struct bt_timer *b);

#endif

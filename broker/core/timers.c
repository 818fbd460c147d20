#include "core/timers.h"

#include <stdlib.h>

#define DAY_US (INT64_C(86400) * 1000000)

int bt_timer_cmp(const struct bt_timer *a, const struct bt_timer *b) {
  if (a->due_us != b->due_us)
    return a->due_us < b->due_us ? -1 : 1;
  if (a->case_id != b->case_id)
    return a->case_id < b->case_id ? -1 : 1;
  if (a->kind != b->kind)
    return a->kind < b->kind ? -1 : 1;
  return (a->object > b->object) - (a->object < b->object);
}

static int by_order(const void *a, const void *b) {
  return bt_timer_cmp(a, b);
}

struct timers {
  const struct bt_case *c;
  struct bt_timer *v;
  uint32_t n;
};

/* A clock that is stopped has no due. */
static void add(struct timers *t, int64_t due_us, uint32_t kind, uint64_t object) {
  if (due_us && t->n < BT_MAX_TIMERS)
    t->v[t->n++] = (struct bt_timer){due_us, t->c->id, kind, object};
}

static void add_owed(struct timers *t) {
  const struct bt_case *c = t->c;
  for (uint32_t i = 0; i < c->promises.n; i++) {
    const struct bt_promise *p = &c->promises.v[i];
    if (p->state != BT_PROMISE_IS_BROKEN)
      add(t, p->state == BT_PROMISE_IS_OPEN && p->risk_us ? p->risk_us : p->due_us, BT_TIMER_PROMISE, p->id);
  }
  for (uint32_t i = 0; i < c->questions.n; i++)
    if (!c->questions.v[i].overdue)
      add(t, c->questions.v[i].due_us, BT_TIMER_QUESTION, c->questions.v[i].id);
  for (uint32_t i = 0; i < c->work.n; i++)
    add(t, c->work.v[i].until_us, BT_TIMER_WORK, c->work.v[i].id);
  for (uint32_t i = 0; i < c->concerns.n; i++)
    add(t, c->concerns.v[i].next_us, BT_TIMER_CONCERN, c->concerns.v[i].id);
}

static bool raised_as_idle(const struct bt_case *c) {
  for (uint32_t i = 0; i < c->concerns.n; i++)
    if (c->concerns.v[i].cause == BT_CAUSE_IDLE)
      return true;
  return false;
}

/* Rounded up to the day, so that a busy case moves this timer once a day and not with every event. */
static int64_t idle_due_us(const struct bt_case *c) {
  if (!c->idle_s || raised_as_idle(c) || (c->status == BT_STATUS_PENDING && c->pending_until_us))
    return 0;
  int64_t due_us = c->touched_at_us + (int64_t)c->idle_s * 1000000;
  return (due_us + DAY_US - 1) / DAY_US * DAY_US;
}

uint32_t bt_case_timers(const struct bt_case *c, struct bt_timer v[BT_MAX_TIMERS]) {
  struct timers t = {c, v, 0};
  if (c->dormant || !c->id)
    return 0;
  add_owed(&t); /* also where the case has ended, or points to another */
  if (bt_case_is_open(c)) {
    if (c->offer.id)
      add(&t, c->offer.opens_at_us ? c->offer.opens_at_us : c->offer.deadline_us, BT_TIMER_OFFER, c->offer.id);
    if (c->status == BT_STATUS_PENDING)
      add(&t, c->pending_until_us, BT_TIMER_PENDING, c->id);
    if (!c->customer_deadline_missed)
      add(&t, c->customer_deadline_us, BT_TIMER_CUSTOMER_DEADLINE, c->id);
    add(&t, idle_due_us(c), BT_TIMER_IDLE, c->id);
  }
  if (t.n > 1)
    qsort(v, t.n, sizeof *v, by_order);
  return t.n;
}

/* Clocks of a case: what stops while it is pending, what runs again after it, what a revived case starts with.
 *
 * A clock that stops keeps the time that was left and loses its due; running again it is due that much later. The list
 * in the event has the final values alone, so that evolve need not know what stopped. */
#include "core/deciding.h"

enum { MAX_CLOCKS = BT_MAX_PROMISES + BT_MAX_QUESTIONS + 2 };

typedef struct bt_clock change_fn(const struct bt_deciding *d, struct bt_clock k, uint32_t stops);

static struct bt_clock run(struct bt_clock k, int64_t now_us) {
  if (k.left_us)
    k.due_us = now_us + k.left_us;
  if (k.risk_left_us)
    k.risk_us = now_us + k.risk_left_us;
  k.left_us = k.risk_left_us = 0;
  return k;
}

/* What is due already has been missed, and does not stop. A warning that is due already comes once the clock runs. */
static struct bt_clock stop(struct bt_clock k, int64_t now_us) {
  if (k.due_us <= now_us)
    return k;
  k.left_us = k.due_us - now_us;
  if (k.risk_us)
    k.risk_left_us = k.risk_us > now_us ? k.risk_us - now_us : 1;
  k.due_us = k.risk_us = 0;
  return k;
}

/* First everything runs, then that stops which is to stop: so "pending" again may name somebody else. */
static struct bt_clock settle(const struct bt_deciding *d, struct bt_clock k, uint32_t stops) {
  k = run(k, d->now_us);
  return stops >> k.timer & 1 ? stop(k, d->now_us) : k;
}

static const struct bt_promise *promise_of(const struct bt_case *c, uint64_t id) {
  for (uint32_t i = 0; i < c->promises.n; i++)
    if (c->promises.v[i].id == id)
      return &c->promises.v[i];
  return NULL;
}

static const struct bt_question *question_of(const struct bt_case *c, uint64_t id) {
  for (uint32_t i = 0; i < c->questions.n; i++)
    if (c->questions.v[i].id == id)
      return &c->questions.v[i];
  return NULL;
}

/* History had no clocks. What lies ahead still counts; what is past gets the time that it would get today. */
static struct bt_clock start(const struct bt_deciding *d, struct bt_clock k, uint32_t stops) {
  bool past = k.due_us <= d->now_us;
  const struct bt_offer *o = &d->c.offer;
  if (k.timer == BT_TIMER_OFFER) {
    k.due_us = bt_open_or_plain_us(d, o->to, bt_rules_ola_us(d->rules, o->from, o->to));
  } else if (k.timer == BT_TIMER_PROMISE && past) {
    struct bt_str holder = promise_of(&d->c, k.object)->holder;
    k.due_us = bt_open_or_plain_us(d, holder, d->rules->callback_us);
    k.risk_us = bt_risk_us(d, holder, k.due_us);
  } else if (k.timer == BT_TIMER_QUESTION && past) {
    k.due_us = bt_open_or_plain_us(d, question_of(&d->c, k.object)->to, d->rules->question_us);
  }
  return settle(d, k, stops);
}

static void add(struct bt_clocks *to, struct bt_clock before, struct bt_clock after) {
  bool same = before.due_us == after.due_us && before.risk_us == after.risk_us && before.left_us == after.left_us &&
              before.risk_left_us == after.risk_left_us;
  if (!same && to->n < MAX_CLOCKS)
    to->v[to->n++] = after;
}

/* Every clock of the case that may still strike, changed; those that are as before are left out. */
static int change_all(struct bt_deciding *d, change_fn *change, uint32_t stops, struct bt_clocks *ret) {
  const struct bt_case *c = &d->c;
  struct bt_clocks list = {0, BT_NEW_ARRAY(d->arena, struct bt_clock, MAX_CLOCKS)};
  if (!list.v)
    return -BT_NOMEM;
  for (uint32_t i = 0; i < c->promises.n; i++) {
    const struct bt_promise *p = &c->promises.v[i];
    struct bt_clock k = {BT_TIMER_PROMISE, p->id, p->due_us, p->risk_us, p->left_us, p->risk_left_us};
    if (p->state != BT_PROMISE_IS_BROKEN)
      add(&list, k, change(d, k, stops));
  }
  for (uint32_t i = 0; i < c->questions.n; i++) {
    const struct bt_question *q = &c->questions.v[i];
    struct bt_clock k = {.timer = BT_TIMER_QUESTION, .object = q->id, .due_us = q->due_us, .left_us = q->left_us};
    if (!q->overdue)
      add(&list, k, change(d, k, stops));
  }
  struct bt_clock deadline = {.timer = BT_TIMER_CUSTOMER_DEADLINE,
                              .object = c->id,
                              .due_us = c->customer_deadline_us,
                              .left_us = c->customer_deadline_left_us};
  if ((deadline.due_us || deadline.left_us) && !c->customer_deadline_missed)
    add(&list, deadline, change(d, deadline, stops));
  *ret = list;
  return 0;
}

static uint32_t stopped_by(const struct bt_deciding *d, uint32_t pending_on) {
  const uint32_t n = sizeof d->rules->pending_stops / sizeof *d->rules->pending_stops;
  return pending_on < n ? d->rules->pending_stops[pending_on] : 0;
}

int bt_clocks_stop(struct bt_deciding *d, uint32_t pending_on, struct bt_clocks *ret) {
  return change_all(d, settle, stopped_by(d, pending_on), ret);
}

int bt_clocks_run(struct bt_deciding *d, struct bt_clocks *ret) {
  return change_all(d, settle, 0, ret);
}

int bt_clocks_start(struct bt_deciding *d, struct bt_clocks *ret) {
  int rc = change_all(d, start, d->c.status == BT_STATUS_PENDING ? stopped_by(d, d->c.pending_on) : 0, ret);
  struct bt_clock offer = {.timer = BT_TIMER_OFFER, .object = d->c.offer.id, .due_us = d->c.offer.deadline_us};
  if (!rc && offer.object && !d->c.offer.opens_at_us) /* one that waits has no time to run out */
    add(ret, offer, start(d, offer, 0));
  return rc;
}

/* The time for which the case was to be pending is over. */
int bt_timer_pending(struct bt_deciding *d, const struct bt_timer *t) {
  struct bt_clocks clocks;
  if (d->c.status != BT_STATUS_PENDING || d->c.pending_until_us != t->due_us)
    return 0;
  int rc = bt_clocks_run(d, &clocks);
  if (rc)
    return rc;
  struct bt_entry *e = bt_emit(d, BT_STATUS_CHANGED, (struct bt_str){0});
  if (!e)
    return -BT_LIMIT;
  e->event.status_changed = (struct bt_status_changed){
      .status = BT_STATUS_OPEN,
      .cause = BT_CAUSE_DUE,
      .clocks = clocks,
  };
  return bt_record(d, e);
}

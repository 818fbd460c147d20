/* What was raised to somebody, until somebody acts. */
#include "core/evolving.h"

int bt_evolve_owner(struct bt_case *c, const struct bt_entry *e, struct bt_arena *arena) {
  (void)arena;
  const struct bt_owner_appointed *o = &e->event.owner_appointed;
  c->owner = o->owner;
  if (o->cause == BT_CAUSE_GONE) /* nobody has decided anything about the case */
    return 0;
  c->breaker = o->cause == BT_CAUSE_PING_PONG;
  c->breaker_handoffs = c->journey.custody_handoffs; /* counted anew from here */
  c->breaker_bounces = c->journey.custody_bounces;
  return 0;
}

static struct bt_concern *find(struct bt_concern *v, uint32_t n, uint64_t id) {
  for (uint32_t i = 0; i < n; i++)
    if (v[i].id == id)
      return &v[i];
  return NULL;
}

/* Each once: what is raised anew keeps whom it was raised to before. */
static int tell(struct bt_strs *told, struct bt_str department, struct bt_arena *arena) {
  for (uint32_t i = 0; i < told->n; i++)
    if (bt_str_eq(told->v[i], department))
      return 0;
  struct bt_str *v = bt_grown(arena, told->v, told->n, sizeof *v);
  if (!v)
    return -BT_NOMEM;
  v[told->n] = department;
  *told = (struct bt_strs){told->n + 1, v};
  return 0;
}

int bt_evolve_escalated(struct bt_case *c, const struct bt_entry *e, struct bt_arena *arena) {
  const struct bt_escalated *x = &e->event.escalated;
  struct bt_concern *v = bt_grown(arena, c->concerns.v, c->concerns.n, sizeof *v);
  if (!v)
    return -BT_NOMEM;
  uint32_t n = c->concerns.n;
  struct bt_concern *k = find(v, n, x->concern);
  if (!k)
    k = &v[n++];
  const bool goes_on = k->raised_at_us && k->cause == x->cause && k->object == x->object && k->due_us == x->due_us;
  const int64_t raised_at_us = goes_on ? k->raised_at_us : e->recorded_at_us;
  struct bt_strs told = k->told;
  int rc = tell(&told, x->to, arena);
  *k = (struct bt_concern){
      .id = x->concern,
      .cause = x->cause,
      .object = x->object,
      .due_us = x->due_us,
      .level = x->level,
      .to = x->to,
      .next_us = x->next_us,
      .top = x->top,
      .told = told,
      .raised_at_us = raised_at_us,
  };
  c->concerns = (struct bt_concerns){n, v};
  if (x->cause == BT_CAUSE_CUSTOMER_DEADLINE)
    c->customer_deadline_missed = true;
  return rc;
}

int bt_evolve_reminded(struct bt_case *c, const struct bt_entry *e, struct bt_arena *arena) {
  struct bt_concern *v = bt_copied(arena, c->concerns.v, c->concerns.n, sizeof *v);
  if (!v)
    return -BT_NOMEM;
  struct bt_concern *k = find(v, c->concerns.n, e->event.reminded.concern);
  if (k) {
    k->next_us = e->event.reminded.next_us;
    k->times = e->event.reminded.times;
  }
  c->concerns.v = v;
  return 0;
}

/* Of the case as a whole, not of a promise or a question in it. */
static bool of_whole_case(const struct bt_concern *k) {
  return k->cause != BT_CAUSE_PROMISE_BROKEN && k->cause != BT_CAUSE_QUESTION_OVERDUE;
}

/* Custody has moved, or the case has ended: whatever was raised about it as a whole is answered. */
static bool settles_case(const struct bt_entry *e) {
  switch (e->kind) {
  case BT_HANDOFF_ACCEPTED:
  case BT_HANDOFF_REPORTED:
  case BT_CASE_RESOLVED:
  case BT_CASE_CLOSED:
    return true;
  case BT_HANDOFF_DIRECTED:
    return e->event.handoff_directed.moved;
  case BT_CASES_MERGED:
    return !e->event.cases_merged.merged;
  default:
    return false;
  }
}

/* A department decided something, and not the broker in its name. */
static bool is_act(const struct bt_entry *e) {
  const struct bt_event *v = &e->event;
  switch (e->kind) {
  case BT_HANDOFF_OFFERED:
    return v->handoff_offered.cause == BT_CAUSE_NAMED || v->handoff_offered.cause == BT_CAUSE_TOPIC;
  case BT_PROMISE_MADE:
    return v->promise_made.cause == BT_CAUSE_ASKED;
  case BT_STATUS_CHANGED:
    return v->status_changed.cause == BT_CAUSE_ASKED;
  case BT_CASE_REOPENED:
    return v->case_reopened.cause == BT_CAUSE_ASKED;
  case BT_OWNER_APPOINTED:
    return v->owner_appointed.cause == BT_CAUSE_ASKED;
  case BT_QUESTION_ASKED:
  case BT_PROMISE_RENEGOTIATED:
  case BT_PROMISE_KEPT:
  case BT_WORK_STARTED:
  case BT_WORK_FINISHED:
  case BT_REDRESS_GIVEN:
    return true;
  default:
    return false;
  }
}

/* Who answered for the case when this was decided, or was told. */
static bool answers_for(const struct bt_case *c, const struct bt_entry *e, const struct bt_concern *k) {
  const struct bt_str department = e->event.department;
  for (uint32_t i = 0; i < k->told.n; i++)
    if (bt_str_eq(k->told.v[i], department))
      return true;
  struct bt_str owner = e->kind == BT_OWNER_APPOINTED ? e->event.owner_appointed.from : c->owner;
  return bt_str_eq(department, c->custodian) || bt_str_eq(department, owner);
}

static bool still_there(const struct bt_case *c, const struct bt_concern *k) {
  if (k->cause == BT_CAUSE_PROMISE_BROKEN) {
    for (uint32_t i = 0; i < c->promises.n; i++)
      if (c->promises.v[i].id == k->object)
        return c->promises.v[i].state == BT_PROMISE_IS_BROKEN;
    return false;
  }
  for (uint32_t i = 0; i < c->questions.n; i++)
    if (c->questions.v[i].id == k->object)
      return true;
  return false;
}

static bool ends(const struct bt_case *c, const struct bt_entry *e, const struct bt_concern *k) {
  struct bt_str department = e->event.department;
  if (!of_whole_case(k))
    return !still_there(c, k);
  if (settles_case(e))
    return true;
  /* Whatever touches the case, as bt_evolve_case counts it: else it would be raised again at once. */
  bool touches = k->cause == BT_CAUSE_IDLE && !bt_is_aside(e);
  return department.n && (touches || is_act(e)) && answers_for(c, e, k);
}

int bt_concerns_follow(struct bt_case *c, const struct bt_entry *e, struct bt_arena *arena) {
  uint32_t n = 0;
  if (!c->concerns.n)
    return 0;
  struct bt_concern *v = bt_copied(arena, c->concerns.v, c->concerns.n, sizeof *v);
  if (!v)
    return -BT_NOMEM;
  for (uint32_t i = 0; i < c->concerns.n; i++)
    if (!ends(c, e, &v[i]))
      v[n++] = v[i];
  c->concerns = (struct bt_concerns){n, v};
  return 0;
}

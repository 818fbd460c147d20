/* Open, pending, ended; merged, linked, revived; and the clocks that stop and run again with it. */
#include "core/evolving.h"

static void set_status(struct bt_case *c, uint32_t status, uint32_t pending_on, int64_t until_us) {
  c->status = status;
  c->pending_on = pending_on;
  c->pending_until_us = until_us;
}

static int set_promise(struct bt_case *c, const struct bt_clock *k, struct bt_arena *arena) {
  struct bt_promise *v = bt_copied(arena, c->promises.v, c->promises.n, sizeof *v);
  if (!v)
    return -BT_NOMEM;
  for (uint32_t i = 0; i < c->promises.n; i++)
    if (v[i].id == k->object) {
      v[i].due_us = k->due_us, v[i].risk_us = k->risk_us;
      v[i].left_us = k->left_us, v[i].risk_left_us = k->risk_left_us;
    }
  c->promises.v = v;
  return 0;
}

static int set_question(struct bt_case *c, const struct bt_clock *k, struct bt_arena *arena) {
  struct bt_question *v = bt_copied(arena, c->questions.v, c->questions.n, sizeof *v);
  if (!v)
    return -BT_NOMEM;
  for (uint32_t i = 0; i < c->questions.n; i++)
    if (v[i].id == k->object)
      v[i].due_us = k->due_us, v[i].left_us = k->left_us;
  c->questions.v = v;
  return 0;
}

/* Each clock as it stands from now on: running until due, or stopped with what is left. */
int bt_evolve_clocks(struct bt_case *c, const struct bt_clocks *clocks, struct bt_arena *arena) {
  int rc = 0;
  for (uint32_t i = 0; i < clocks->n && !rc; i++) {
    const struct bt_clock *k = &clocks->v[i];
    switch (k->timer) {
    case BT_TIMER_PROMISE:
      rc = set_promise(c, k, arena);
      break;
    case BT_TIMER_QUESTION:
      rc = set_question(c, k, arena);
      break;
    case BT_TIMER_OFFER:
      c->offer.deadline_us = k->due_us;
      break;
    case BT_TIMER_CUSTOMER_DEADLINE:
      c->customer_deadline_us = k->due_us;
      c->customer_deadline_left_us = k->left_us;
      break;
    }
  }
  return rc;
}

int bt_evolve_status(struct bt_case *c, const struct bt_entry *e, struct bt_arena *arena) {
  const struct bt_status_changed *s = &e->event.status_changed;
  bool pending = s->status == BT_STATUS_PENDING;
  set_status(c, s->status, pending ? s->pending_on : BT_PENDING_NONE, pending ? s->until_us : 0);
  return bt_evolve_clocks(c, &s->clocks, arena);
}

static int end(struct bt_case *c, const struct bt_entry *e, uint32_t status, const struct bt_clocks *clocks,
               struct bt_arena *arena) {
  set_status(c, status, BT_PENDING_NONE, 0);
  c->ended_at_us = e->recorded_at_us;
  c->stalled = 0;
  return bt_evolve_clocks(c, clocks, arena);
}

int bt_evolve_resolved(struct bt_case *c, const struct bt_entry *e, struct bt_arena *arena) {
  return end(c, e, BT_STATUS_RESOLVED, &e->event.case_resolved.clocks, arena);
}

int bt_evolve_closed(struct bt_case *c, const struct bt_entry *e, struct bt_arena *arena) {
  return end(c, e, BT_STATUS_CLOSED, &e->event.case_closed.clocks, arena);
}

int bt_evolve_reopened(struct bt_case *c, const struct bt_entry *e, struct bt_arena *arena) {
  (void)e, (void)arena;
  set_status(c, BT_STATUS_OPEN, BT_PENDING_NONE, 0);
  c->ended_at_us = 0;
  c->stalled = 0;
  return 0;
}

static int add_number(struct bt_u64s *list, uint64_t number, struct bt_arena *arena) {
  uint64_t *v = bt_grown(arena, list->v, list->n, sizeof *v);
  if (!v)
    return -BT_NOMEM;
  v[list->n] = number;
  *list = (struct bt_u64s){list->n + 1, v};
  return 0;
}

int bt_evolve_merged(struct bt_case *c, const struct bt_entry *e, struct bt_arena *arena) {
  const struct bt_cases_merged *m = &e->event.cases_merged;
  if (m->merged)
    return add_number(&c->merged, m->merged, arena);
  c->merged_status = c->status;
  c->status = BT_STATUS_MERGED;
  c->merged_into = m->into;
  return 0;
}

int bt_evolve_unmerged(struct bt_case *c, const struct bt_entry *e, struct bt_arena *arena) {
  const struct bt_cases_unmerged *u = &e->event.cases_unmerged;
  if (!u->unmerged) {
    c->status = c->merged_status;
    c->merged_status = BT_STATUS_NONE;
    c->merged_into = 0;
    return 0;
  }
  for (uint32_t i = 0; i < c->merged.n; i++) {
    if (c->merged.v[i] != u->unmerged)
      continue;
    c->merged.v = bt_without(arena, c->merged.v, c->merged.n, i, sizeof *c->merged.v);
    c->merged.n--;
    return c->merged.v ? 0 : -BT_NOMEM;
  }
  return 0;
}

int bt_evolve_linked(struct bt_case *c, const struct bt_entry *e, struct bt_arena *arena) {
  for (uint32_t i = 0; i < c->links.n; i++)
    if (c->links.v[i] == e->event.case_linked.other)
      return 0;
  return add_number(&c->links, e->event.case_linked.other, arena);
}

int bt_evolve_revived(struct bt_case *c, const struct bt_entry *e, struct bt_arena *arena) {
  const struct bt_case_revived *r = &e->event.case_revived;
  c->dormant = false;
  if (r->owner.n)
    c->owner = r->owner;
  int rc = r->custodian.n ? bt_take_custody(c, r->custodian, 0, e, arena) : 0;
  return rc ? rc : bt_evolve_clocks(c, &r->clocks, arena);
}

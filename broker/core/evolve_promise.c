/* Promises to the customer. One that is broken stays until it is kept, renegotiated or withdrawn. */
#include "core/evolving.h"

int bt_evolve_promised(struct bt_case *c, const struct bt_entry *e, struct bt_arena *arena) {
  const struct bt_promise_made *p = &e->event.promise_made;
  struct bt_promise *v = bt_grown(arena, c->promises.v, c->promises.n, sizeof *v);
  if (!v)
    return -BT_NOMEM;
  v[c->promises.n] = (struct bt_promise){
      .id = e->sequence,
      .type = p->type,
      .text = p->text,
      .holder = e->event.department,
      .made_at_us = e->recorded_at_us,
      .due_us = p->due_us,
      .risk_us = p->risk_us,
      .state = BT_PROMISE_IS_OPEN,
      .cause = p->cause,
      .label = bt_first_label(e),
  };
  c->promises = (struct bt_promises){c->promises.n + 1, v};
  return 0;
}

/* The promise in an array that may be written to; NULL: none of this number, or no memory (*ret_rc says which). */
static struct bt_promise *own(struct bt_case *c, uint64_t id, struct bt_arena *arena, int *ret_rc) {
  *ret_rc = 0;
  for (uint32_t i = 0; i < c->promises.n; i++) {
    if (c->promises.v[i].id != id)
      continue;
    struct bt_promise *v = bt_copied(arena, c->promises.v, c->promises.n, sizeof *v);
    *ret_rc = v ? 0 : -BT_NOMEM;
    if (!v)
      return NULL;
    c->promises.v = v;
    return &v[i];
  }
  return NULL;
}

int bt_evolve_renegotiated(struct bt_case *c, const struct bt_entry *e, struct bt_arena *arena) {
  const struct bt_promise_renegotiated *r = &e->event.promise_renegotiated;
  int rc;
  struct bt_promise *p = own(c, r->promise, arena, &rc);
  if (!p)
    return rc;
  p->due_us = r->due_us;
  p->risk_us = r->risk_us;
  p->left_us = p->risk_left_us = 0;
  p->state = BT_PROMISE_IS_OPEN;
  return 0;
}

static int set_state(struct bt_case *c, uint64_t id, uint32_t state, struct bt_arena *arena) {
  int rc;
  struct bt_promise *p = own(c, id, arena, &rc);
  if (p)
    p->state = state;
  return rc;
}

int bt_evolve_at_risk(struct bt_case *c, const struct bt_entry *e, struct bt_arena *arena) {
  return set_state(c, e->event.promise_at_risk.promise, BT_PROMISE_IS_AT_RISK, arena);
}

int bt_evolve_broken(struct bt_case *c, const struct bt_entry *e, struct bt_arena *arena) {
  return set_state(c, e->event.promise_broken.promise, BT_PROMISE_IS_BROKEN, arena);
}

/* Kept, withdrawn. */
int bt_evolve_promise_over(struct bt_case *c, const struct bt_entry *e, struct bt_arena *arena) {
  bool kept = e->kind == BT_PROMISE_KEPT;
  const uint64_t id = kept ? e->event.promise_kept.promise : e->event.promise_withdrawn.promise;
  if (kept)
    c->stalled = 0;
  for (uint32_t i = 0; i < c->promises.n; i++) {
    if (c->promises.v[i].id != id)
      continue;
    c->promises.v = bt_without(arena, c->promises.v, c->promises.n, i, sizeof *c->promises.v);
    c->promises.n--;
    return c->promises.v ? 0 : -BT_NOMEM;
  }
  return 0;
}

/* Offers and custody. */
#include "core/evolving.h"

static int pass_promises(struct bt_case *c, struct bt_str from, struct bt_str to, struct bt_arena *arena) {
  struct bt_promise *v = bt_copied(arena, c->promises.v, c->promises.n, sizeof *v);
  if (!v)
    return -BT_NOMEM;
  for (uint32_t i = 0; i < c->promises.n; i++)
    if (bt_str_eq(v[i].holder, from))
      v[i].holder = to;
  c->promises.v = v;
  return 0;
}

int bt_take_custody(struct bt_case *c, struct bt_str department, uint64_t offer, const struct bt_entry *e,
                    struct bt_arena *arena) {
  int rc = c->promises.n ? pass_promises(c, c->custodian, department, arena) : 0;
  if (rc)
    return rc;
  c->custodian = department;
  c->stalled = 0;
  struct bt_stops kept = c->trail;
  if (kept.n == BT_MAX_TRAIL)
    kept.v++, kept.n--; /* older ones stay in the history */
  struct bt_stop *v = bt_grown(arena, kept.v, kept.n, sizeof *v);
  if (!v)
    return -BT_NOMEM;
  v[kept.n] = (struct bt_stop){department, e->event.occurred_at_us, offer};
  c->trail = (struct bt_stops){kept.n + 1, v};
  return 0;
}

int bt_evolve_offered(struct bt_case *c, const struct bt_entry *e, struct bt_arena *arena) {
  (void)arena;
  const struct bt_handoff_offered *o = &e->event.handoff_offered;
  bool named = o->cause == BT_CAUSE_NAMED;
  c->offer = (struct bt_offer){
      .id = e->sequence,
      .from = o->from,
      .to = o->to,
      .offered_at_us = e->recorded_at_us,
      .deadline_us = o->deadline_us,
      .digest = o->digest,
      .topic = o->topic,
      .next_step = o->next_step,
      .asked = o->asked,
      .opens_at_us = o->opens_at_us,
      .customer_waiting = o->customer_waiting,
      .label = bt_first_label(e),
      .department = named ? o->to : (struct bt_str){0},
  };
  return 0;
}

int bt_evolve_accepted(struct bt_case *c, const struct bt_entry *e, struct bt_arena *arena) {
  uint64_t offer = c->offer.id;
  c->offer = (struct bt_offer){0};
  return bt_take_custody(c, e->event.handoff_accepted.to, offer, e, arena);
}

int bt_evolve_reported(struct bt_case *c, const struct bt_entry *e, struct bt_arena *arena) {
  uint64_t offer = c->offer.id;
  c->offer = (struct bt_offer){0};
  return bt_take_custody(c, e->event.handoff_reported.to, offer, e, arena);
}

/* Refused for want of information: the offerer is to supply it, and is watched until it does. */
int bt_evolve_refused(struct bt_case *c, const struct bt_entry *e, struct bt_arena *arena) {
  const struct bt_handoff_refused *r = &e->event.handoff_refused;
  const uint64_t offer = c->offer.id;
  c->offer = (struct bt_offer){0};
  if (!r->answer_by_us)
    return 0;
  struct bt_concern *v = bt_grown(arena, c->concerns.v, c->concerns.n, sizeof *v);
  if (!v)
    return -BT_NOMEM;
  v[c->concerns.n] = (struct bt_concern){
      .id = e->sequence,
      .cause = BT_CAUSE_INFORMATION_MISSING,
      .object = offer,
      .due_us = r->answer_by_us,
      .to = c->custodian,
      .next_us = r->answer_by_us,
  };
  c->concerns = (struct bt_concerns){c->concerns.n + 1, v};
  return 0;
}

int bt_evolve_countered(struct bt_case *c, const struct bt_entry *e, struct bt_arena *arena) {
  (void)arena;
  const struct bt_handoff_countered *o = &e->event.handoff_countered;
  c->offer.counter_us = o->at_us;
  c->offer.counter_type = o->type;
  /* What is kept of it is for everybody, and becomes a promise without a label. */
  c->offer.counter_text = e->event.labels.n ? (struct bt_str){0} : o->text;
  c->offer.deadline_us = o->deadline_us;
  c->offer.extended_at_us = e->recorded_at_us; /* its time begins now: no downtime before this is owed to it */
  return 0;
}

/* Withdrawn, expired. */
int bt_evolve_offer_over(struct bt_case *c, const struct bt_entry *e, struct bt_arena *arena) {
  (void)e, (void)arena;
  c->offer = (struct bt_offer){0};
  return 0;
}

int bt_evolve_directed(struct bt_case *c, const struct bt_entry *e, struct bt_arena *arena) {
  const struct bt_handoff_directed *d = &e->event.handoff_directed;
  if (d->moved) {
    c->offer = (struct bt_offer){0};
    return bt_take_custody(c, d->to, d->offer, e, arena);
  }
  c->offer.to = d->to;
  c->offer.offered_at_us = e->recorded_at_us; /* to this department: its time runs from now */
  c->offer.deadline_us = d->deadline_us;
  c->offer.digest = d->digest;
  c->offer.opens_at_us = 0;
  c->offer.extended_at_us = e->recorded_at_us;
  return 0;
}

int bt_evolve_extended(struct bt_case *c, const struct bt_entry *e, struct bt_arena *arena) {
  (void)arena;
  const struct bt_handoff_extended *x = &e->event.handoff_extended;
  c->offer.deadline_us = x->deadline_us;
  c->offer.opens_at_us = x->opens_at_us;
  c->offer.extended_at_us = e->recorded_at_us;
  return 0;
}

/* Answers to an offer: accepted, refused. */
#include "core/handing.h"

int bt_check_offer(struct bt_deciding *d, uint64_t offer) {
  if (!d->c.offer.id || (offer != d->c.offer.id && !(d->backfill && !offer)))
    return bt_refuse(d, BT_NO_SUCH_OFFER, NULL, NULL);
  return 0;
}

int bt_check_made(struct bt_deciding *d, uint64_t offer) {
  int rc = bt_check_offer(d, offer);
  if (!rc && d->c.offer.opens_at_us)
    return bt_refuse(d, BT_NO_SUCH_OFFER, NULL, "it waits until somebody opens, and is made then");
  return rc;
}

int bt_check_offered_to(struct bt_deciding *d) {
#ifdef BT_FLAW_TAKE_ANYTHING
  return 0;
#endif
  if (!bt_str_eq(d->department, d->c.offer.to))
    return bt_refuse(d, BT_NOT_OFFERED, "department", "to %.*s", BT_STR_ARG(d->c.offer.to));
  return 0;
}

/* ---- accepted ---- */

static bool takes_counter(const struct bt_deciding *d) {
  return d->c.offer.counter_us && bt_str_eq(d->department, d->c.offer.from);
}

static int check_accepted(struct bt_deciding *d) {
  const struct bt_handoff_accepted *asked = &d->event->handoff_accepted;
  int rc = bt_check_made(d, asked->offer);
  if (!rc && !takes_counter(d))
    rc = bt_check_offered_to(d);
  if (rc)
    return rc;
#ifndef BT_FLAW_ANY_CARD
  if (!bt_str_eq(asked->digest, d->c.offer.digest) && !(d->backfill && !asked->digest.n))
    return bt_refuse(d, BT_WRONG_CARD, "handoff_accepted.digest", NULL);
#endif
  if (takes_counter(d) && d->c.offer.counter_us <= d->now_us && !d->backfill)
    return bt_refuse(d, BT_INVALID, "handoff_accepted.offer",
                     "the time that was proposed instead has passed: withdraw the offer and make another");
  return 0;
}

/* The offerer agrees to the time that was proposed: it is owed to the customer by who proposed it. */
static int promise_counter(struct bt_deciding *d, const struct bt_offer *o) {
  uint32_t type = o->counter_type ? o->counter_type : BT_PROMISE_VISIT;
  return bt_promise(d, type, o->counter_us, o->counter_text, BT_CAUSE_COUNTERED, o->id);
}

int bt_rule_accepted(struct bt_deciding *d) {
  const struct bt_offer offer = d->c.offer;
  int rc = check_accepted(d);
  if (rc)
    return rc;
  const bool countered = takes_counter(d);
  struct bt_entry *e = bt_emit_request(d);
  if (!e)
    return -BT_LIMIT;
  struct bt_handoff_accepted *a = &e->event.handoff_accepted;
  a->offer = e->offer = offer.id;
  a->digest = offer.digest;
  a->from = offer.from;
  a->to = offer.to;
  rc = bt_entry_join_if_room(d, e, a->to);
  if (!rc)
    rc = bt_record(d, e);
  if (!rc && countered)
    rc = promise_counter(d, &offer);
  return rc || d->backfill ? rc : bt_after_custody(d);
}

/* ---- refused ---- */

static int check_right(struct bt_deciding *d, struct bt_str right) {
  static const char field[] = "handoff_refused.right_department";
  const struct bt_department *dep = bt_rules_department(d->rules, right);
  if (!right.n)
    return 0;
  if (!dep)
    return bt_refuse(d, BT_UNKNOWN_DEPARTMENT, field, NULL);
  if (d->backfill)
    return 0;
  if (dep->unattended)
    return bt_refuse(d, BT_INVALID, field, "nobody attends that department: it never holds a case");
  if (bt_str_eq(right, d->c.custodian))
    return bt_refuse(d, BT_INVALID, field, "that department holds the case, and offers it: say why in a text instead");
  if (bt_str_eq(right, d->department))
    return bt_refuse(d, BT_INVALID, field, "that is the department that refuses");
  return 0;
}

static int check_refused(struct bt_deciding *d) {
  const struct bt_handoff_refused *asked = &d->event->handoff_refused;
  int rc = bt_check_made(d, asked->offer);
  if (rc || (rc = bt_check_offered_to(d)))
    return rc;
  const struct bt_department *dep = bt_rules_department(d->rules, d->department);
  if (dep->must_take && !d->backfill)
    return bt_refuse(d, BT_MUST_TAKE, "department", "accept it, or propose another time");
  return check_right(d, asked->right_department);
}

int bt_rule_refused(struct bt_deciding *d) {
  const struct bt_handoff_refused *asked = &d->event->handoff_refused;
  const struct bt_offer offer = d->c.offer;
  int rc = check_refused(d);
  if (rc)
    return rc;
  const bool missing = asked->reason == BT_REFUSAL_MISSING_INFORMATION;
  struct bt_entry *e = bt_emit_request(d);
  if (!e)
    return -BT_LIMIT;
  struct bt_handoff_refused *r = &e->event.handoff_refused;
  r->offer = e->offer = offer.id;
  r->from = offer.from;
  r->to = offer.to;
  if (missing && !d->backfill)
    r->answer_by_us = bt_open_or_plain_us(d, offer.from, bt_rules_ola_us(d->rules, offer.to, offer.from));
  rc = bt_record(d, e);
  if (rc || d->backfill || missing)
    return rc; /* who lacks information gets it, and is offered the case again */
  return bt_offer_next(d, &offer,
                       asked->reason == BT_REFUSAL_WRONG_DEPARTMENT ? asked->right_department : (struct bt_str){0});
}

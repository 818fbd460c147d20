/* Custody: offer, accept, refuse, withdraw, report. The custodian keeps the case until another department has taken it.
 */
#include "core/card.h"
#include "core/deciding.h"
#include "core/routing.h"

static int check_custodian(struct bt_deciding *d) {
  if (!bt_str_eq(d->department, d->c.custodian))
    return bt_refuse(d, BT_NOT_CUSTODIAN, "department", "%.*s holds the case", BT_STR_ARG(d->c.custodian));
  return 0;
}

static int check_open(struct bt_deciding *d) {
  if (!d->has_case)
    return bt_refuse(d, BT_UNKNOWN_CASE, "locator", NULL);
  if (!bt_case_is_open(&d->c))
    return bt_refuse(d, BT_WRONG_STATUS, NULL, "it is %s", bt_status_name((int)d->c.status));
  return 0;
}

/* A department that can be given the case. */
static int check_taker(struct bt_deciding *d, struct bt_str to, const char *field) {
  const struct bt_department *dep = bt_rules_department(d->rules, to);
  if (!dep)
    return bt_refuse(d, BT_UNKNOWN_DEPARTMENT, field, NULL);
  if (dep->unattended)
    return bt_refuse(d, BT_INVALID, field, "nobody attends that department: it never holds a case");
  if (bt_str_eq(to, d->c.custodian))
    return bt_refuse(d, BT_INVALID, field, "that department holds the case already");
  return 0;
}

int bt_rule_offered(struct bt_deciding *d) {
  const struct bt_handoff_offered *asked = &d->event->handoff_offered;
  int rc = check_open(d);
  if (rc || (rc = check_custodian(d)))
    return rc;
  if (d->c.offer.id)
    return bt_refuse(d, BT_OFFER_OPEN, NULL, "offer %llu to %.*s", (unsigned long long)d->c.offer.id,
                     BT_STR_ARG(d->c.offer.to));
  if (asked->deadline_us && asked->deadline_us <= d->now_us && !d->backfill)
    return bt_refuse(d, BT_INVALID, "handoff_offered.deadline_us", "lies in the past");
  struct bt_str to = asked->to;
  uint32_t cause = to.n ? BT_CAUSE_NAMED : BT_CAUSE_TOPIC;
  struct bt_strs considered = {0};
  if (to.n)
    rc = check_taker(d, to, "handoff_offered.to");
  else
    rc = bt_choose(d, asked->topic.n ? asked->topic : d->c.topic, &considered);
  if (rc)
    return rc;
  if (!to.n && !considered.n)
    return bt_refuse(d, BT_NO_HANDLER, "handoff_offered.topic", "name a department in `to`");
  struct bt_entry *e = bt_emit_request(d);
  if (!e)
    return -BT_LIMIT;
  e->event.handoff_offered.considered = considered;
  return bt_make_offer(d, e, to.n ? to : considered.v[0], cause);
}

/* History may say "the open one" by naming none. */
static int check_offer(struct bt_deciding *d, uint64_t offer) {
  if (!d->c.offer.id || (offer != d->c.offer.id && !(d->backfill && !offer)))
    return bt_refuse(d, BT_NO_SUCH_OFFER, NULL, NULL);
  return 0;
}

static int check_offered_to(struct bt_deciding *d) {
#ifdef BT_FLAW_TAKE_ANYTHING
  return 0;
#endif
  if (!bt_str_eq(d->department, d->c.offer.to))
    return bt_refuse(d, BT_NOT_OFFERED, "department", "to %.*s", BT_STR_ARG(d->c.offer.to));
  return 0;
}

int bt_rule_accepted(struct bt_deciding *d) {
  const struct bt_handoff_accepted *asked = &d->event->handoff_accepted;
  int rc = check_offer(d, asked->offer);
  if (rc || (rc = check_offered_to(d)))
    return rc;
#ifndef BT_FLAW_ANY_CARD
  if (!bt_str_eq(asked->digest, d->c.offer.digest) && !(d->backfill && !asked->digest.n))
    return bt_refuse(d, BT_WRONG_CARD, "handoff_accepted.digest", NULL);
#endif
  struct bt_entry *e = bt_emit_request(d);
  if (!e)
    return -BT_LIMIT;
  struct bt_handoff_accepted *a = &e->event.handoff_accepted;
  a->offer = e->offer = d->c.offer.id;
  a->digest = d->c.offer.digest;
  a->from = d->c.offer.from;
  a->to = d->c.offer.to;
  rc = bt_entry_join(d, e, &a->to, 1);
  return rc ? rc : bt_record(d, e);
}

int bt_rule_refused(struct bt_deciding *d) {
  const struct bt_handoff_refused *asked = &d->event->handoff_refused;
  int rc = check_offer(d, asked->offer);
  if (rc || (rc = check_offered_to(d)))
    return rc;
  if (asked->right_department.n && !bt_rules_department(d->rules, asked->right_department))
    return bt_refuse(d, BT_UNKNOWN_DEPARTMENT, "handoff_refused.right_department", NULL);
  struct bt_entry *e = bt_emit_request(d);
  if (!e)
    return -BT_LIMIT;
  struct bt_handoff_refused *r = &e->event.handoff_refused;
  r->offer = e->offer = d->c.offer.id;
  r->from = d->c.offer.from;
  r->to = d->c.offer.to;
  return bt_record(d, e);
}

static int withdraw(struct bt_deciding *d, struct bt_entry *e) {
  if (!e)
    return -BT_LIMIT;
  struct bt_handoff_withdrawn *w = &e->event.handoff_withdrawn;
  w->offer = e->offer = d->c.offer.id;
  w->from = d->c.offer.from;
  w->to = d->c.offer.to;
  return bt_record(d, e);
}

int bt_rule_withdrawn(struct bt_deciding *d) {
  if (!d->has_case)
    return bt_refuse(d, BT_UNKNOWN_CASE, "locator", NULL);
  int rc = check_custodian(d);
  if (!rc)
    rc = check_offer(d, d->event->handoff_withdrawn.offer);
  return rc ? rc : withdraw(d, bt_emit_request(d));
}

int bt_rule_reported(struct bt_deciding *d) {
  struct bt_str to = d->event->handoff_reported.to;
  int rc = check_open(d);
  if (rc || (rc = check_taker(d, to, "handoff_reported.to")))
    return rc;
  const struct bt_adapter *a = d->request->adapter;
  if (!bt_adapter_acts_for(a, d->c.custodian) || !bt_adapter_acts_for(a, to))
    return bt_refuse(d, BT_NOT_GRANTED, "handoff_reported.to",
                     "it takes a grant for both departments: make an offer instead");
  /* An offer to somebody else is over by what happened, and they are told. */
  if (d->c.offer.id && !bt_str_eq(d->c.offer.to, to) &&
      (rc = withdraw(d, bt_emit(d, BT_HANDOFF_WITHDRAWN, d->c.custodian))))
    return rc;
  struct bt_entry *e = bt_emit_request(d);
  if (!e)
    return -BT_LIMIT;
  struct bt_handoff_reported *r = &e->event.handoff_reported;
  r->from = d->c.custodian;
  e->offer = d->c.offer.id;
  uint8_t digest[16];
  rc = bt_card_make(&d->c, r->next_step, d->arena, &r->card);
  if (!rc)
    rc = bt_card_digest(r->card, d->digest, d->arena, digest);
  if (!rc)
    rc = bt_entry_join(d, e, &r->to, 1);
  if (rc)
    return rc;
  r->digest = bt_arena_copy(d->arena, (struct bt_str){(const char *)digest, sizeof digest});
  return bt_record(d, e);
}

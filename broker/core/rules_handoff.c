/* Custody: offer, accept, refuse, withdraw, report. The custodian keeps the case until another department has taken it.
 */
#include "core/handing.h"
#include "core/policy.h"
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

/* ---- the offer ---- */

static int refuse_labels(struct bt_deciding *d) {
  return bt_refuse(d, BT_NOT_GRANTED, "labels", "who would be asked may not read what bears this label");
}

/* Says when it opens, and who would take the case now. */
static int refuse_closed(struct bt_deciding *d, const struct bt_department *to) {
  const struct bt_str topic = d->event->handoff_offered.topic;
  struct bt_str name = to->name;
  struct bt_candidates others;
  struct bt_considereds considered;
  int rc = bt_choose_readers(d, topic.n ? topic : d->c.topic, (struct bt_strs){1, &name}, &d->event->labels, &others,
                             &considered);
  if (rc)
    return rc;
  struct bt_strs open = {0, BT_NEW_ARRAY(d->arena, struct bt_str, BT_MAX_CONSIDERED)};
  if (!open.v)
    return -BT_NOMEM;
  for (uint32_t i = 0; i < others.n && others.v[i].open && open.n < BT_MAX_CONSIDERED; i++)
    open.v[open.n++] = others.v[i].department->name;
  d->receipt.alternatives = open;
  if (bt_calendar_opens(&to->calendar, d->now_us, &d->receipt.opens_at_us))
    return bt_refuse(d, BT_CLOSED, "handoff_offered.to", "it does not open again within the calendar");
  return bt_refuse(d, BT_CLOSED, "handoff_offered.to", NULL);
}

static int offer_named(struct bt_deciding *d) {
  const struct bt_handoff_offered *asked = &d->event->handoff_offered;
  const struct bt_department *to = bt_rules_department(d->rules, asked->to);
  int rc = check_taker(d, asked->to, "handoff_offered.to");
  if (rc)
    return rc;
  if (!d->backfill && d->event->labels.n && !bt_policy_reads(d->rules, asked->to, &d->event->labels))
    return refuse_labels(d);
  if (!d->backfill && !bt_calendar_is_open(&to->calendar, d->now_us))
    return refuse_closed(d, to);
  struct bt_entry *e = bt_emit_request(d);
  return e ? bt_make_offer(d, e, to, BT_CAUSE_NAMED, 0) : -BT_LIMIT;
}

static int refuse_topic(struct bt_deciding *d, struct bt_str topic) {
  struct bt_candidates all;
  struct bt_considereds considered;
  int rc = bt_choose(d, topic, (struct bt_strs){0}, &all, &considered);
  if (rc)
    return rc;
  if (all.n)
    return refuse_labels(d);
  return bt_refuse(d, BT_NO_HANDLER, "handoff_offered.topic", "name a department in `to`");
}

static int offer_by_topic(struct bt_deciding *d) {
  const struct bt_str asked = d->event->handoff_offered.topic, topic = asked.n ? asked : d->c.topic;
  struct bt_candidates found;
  struct bt_considereds considered;
  int rc = bt_choose_readers(d, topic, (struct bt_strs){0}, &d->event->labels, &found, &considered);
  if (rc)
    return rc;
  if (!found.n)
    return refuse_topic(d, topic);
  const struct bt_candidate *first = &found.v[0];
  const bool waits = !first->open && !d->backfill; /* history is not kept waiting */
  if (waits && !first->opens_at_us)
    return bt_refuse(d, BT_HORIZON, "handoff_offered.topic", "nobody who handles it opens within it");
  struct bt_entry *e = bt_emit_request(d);
  if (!e)
    return -BT_LIMIT;
  e->event.handoff_offered.topic = topic;
  e->event.handoff_offered.considered = considered;
  return bt_make_offer(d, e, waits ? NULL : first->department, BT_CAUSE_TOPIC, waits ? first->opens_at_us : 0);
}

int bt_rule_offered(struct bt_deciding *d) {
  const struct bt_handoff_offered *asked = &d->event->handoff_offered;
  int rc = check_open(d);
  if (rc || (rc = check_custodian(d)))
    return rc;
  if (d->c.offer.id)
    return bt_refuse_offer_open(d);
  if (d->c.breaker && !d->backfill && !bt_str_eq(d->c.custodian, d->c.owner))
    return bt_refuse(d, BT_PING_PONG, NULL, "that is %.*s", BT_STR_ARG(d->c.owner));
  if (asked->deadline_us && asked->deadline_us <= d->now_us && !d->backfill)
    return bt_refuse(d, BT_INVALID, "handoff_offered.deadline_us", "lies in the past");
  return asked->to.n ? offer_named(d) : offer_by_topic(d);
}

int bt_withdraw_offer(struct bt_deciding *d, struct bt_entry *e) {
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
    rc = bt_check_offer(d, d->event->handoff_withdrawn.offer);
  return rc ? rc : bt_withdraw_offer(d, bt_emit_request(d));
}

/* ---- what has happened already ---- */

static int check_reported(struct bt_deciding *d) {
  const struct bt_str to = d->event->handoff_reported.to;
  const struct bt_adapter *a = d->request->adapter;
  int rc = check_open(d);
  if (rc || (rc = check_taker(d, to, "handoff_reported.to")))
    return rc;
  if (!bt_adapter_acts_for(a, d->c.custodian) || !bt_adapter_acts_for(a, to))
    return bt_refuse(d, BT_NOT_GRANTED, "handoff_reported.to",
                     "it takes a grant for both departments: make an offer instead");
  return 0;
}

int bt_rule_reported(struct bt_deciding *d) {
  const struct bt_str to = d->event->handoff_reported.to;
  int rc = check_reported(d);
  if (rc)
    return rc;
  /* An offer to somebody else is over by what happened, and they are told. */
  if (d->c.offer.id && !bt_str_eq(d->c.offer.to, to) &&
      (rc = bt_withdraw_offer(d, bt_emit(d, BT_HANDOFF_WITHDRAWN, d->c.custodian))))
    return rc;
  struct bt_entry *e = bt_emit_request(d);
  if (!e)
    return -BT_LIMIT;
  struct bt_handoff_reported *r = &e->event.handoff_reported;
  const struct bt_str label = e->event.labels.n ? e->event.labels.v[0] : (struct bt_str){0};
  r->from = d->c.custodian;
  e->offer = d->c.offer.id;
  rc = bt_hand_card(d, r->next_step, label, &r->card, &r->digest);
  if (!rc)
    rc = bt_entry_join_if_room(d, e, r->to);
  if (!rc)
    rc = bt_record(d, e);
  return rc || d->backfill ? rc : bt_after_custody(d);
}

/* An offer has ended in vain, or custody moves by decision: nobody's silence can lose a case. All that is offered here
 * is offered in the custodian's name, who still holds the case. */
#include "core/handing.h"
#include "core/policy.h"
#include "core/routing.h"

/* ---- custody by decision ---- */

static int direct(struct bt_deciding *d, struct bt_str to, uint32_t cause, const struct bt_offer *offer) {
  struct bt_entry *e = bt_emit(d, BT_HANDOFF_DIRECTED, (struct bt_str){0});
  if (!e)
    return -BT_LIMIT;
  struct bt_handoff_directed *x = &e->event.handoff_directed;
  x->offer = e->offer = offer->id;
  x->from = d->c.custodian;
  x->to = to;
  x->moved = true;
  x->cause = cause;
  int rc = bt_hand_card(d, offer->next_step, offer->label, &x->card, &x->digest);
  if (!rc)
    rc = bt_entry_join_if_room(d, e, to);
  if (!rc)
    rc = bt_record(d, e);
  /* The breaker is what moves it for going to and fro: it has looked already. */
  return rc || d->backfill || cause == BT_CAUSE_PING_PONG ? rc : bt_after_custody(d);
}

int bt_direct(struct bt_deciding *d, struct bt_str to, uint32_t cause) {
  int rc = 0;
  if (d->c.offer.id && !bt_str_eq(d->c.offer.to, to)) /* whom it was offered to is told that it is over */
    rc = bt_withdraw_offer(d, bt_emit(d, BT_HANDOFF_WITHDRAWN, (struct bt_str){0}));
  const struct bt_offer offer = d->c.offer;
  return rc ? rc : direct(d, to, cause, &offer);
}

/* ---- the next offer ---- */

struct next {
  const struct bt_offer *ended;
  struct bt_strs asked; /* with who has just been asked in vain */
  struct bt_candidates by_topic;
  struct bt_considereds considered;
  bool found;
};

static int add_asked(struct bt_deciding *d, struct next *n) {
  const struct bt_offer *o = n->ended;
  n->asked = o->asked;
  if (!o->to.n || o->asked.n >= BT_MAX_ASKED)
    return 0;
  struct bt_str *v = BT_NEW_ARRAY(d->arena, struct bt_str, o->asked.n + 1);
  if (!v)
    return -BT_NOMEM;
  for (uint32_t i = 0; i < o->asked.n; i++)
    v[i] = o->asked.v[i];
  v[o->asked.n] = o->to;
  n->asked = (struct bt_strs){o->asked.n + 1, v};
  return 0;
}

/* The department, where it can still be asked. */
static const struct bt_department *askable(const struct bt_deciding *d, const struct next *n, struct bt_str name) {
  const struct bt_department *dep = bt_rules_department(d->rules, name);
  if (!dep || dep->unattended || bt_str_eq(name, d->c.custodian) || bt_str_eq(name, n->ended->to))
    return NULL;
  for (uint32_t i = 0; i < n->asked.n; i++)
    if (bt_str_eq(n->asked.v[i], name))
      return NULL;
  return dep;
}

static int offer(struct bt_deciding *d, struct next *n, const struct bt_department *to, uint32_t cause,
                 int64_t opens_at_us) {
  n->found = true;
  struct bt_entry *e = bt_emit(d, BT_HANDOFF_OFFERED, d->c.custodian);
  if (!e)
    return -BT_LIMIT;
  struct bt_handoff_offered *o = &e->event.handoff_offered;
  o->topic = n->ended->topic;
  o->next_step = n->ended->next_step;
  o->customer_waiting = n->ended->customer_waiting;
  o->asked = n->asked;
  if (cause == BT_CAUSE_NEXT)
    o->considered = n->considered;
  int rc = bt_label_set(d, n->ended->label, &e->event.labels);
  return rc ? rc : bt_make_offer(d, e, to, cause, opens_at_us);
}

/* Whom the refusal named. */
static int try_right(struct bt_deciding *d, struct next *n, struct bt_str right) {
  struct bt_strs labels;
  const struct bt_department *dep = askable(d, n, right);
  int rc = bt_label_set(d, n->ended->label, &labels);
  if (rc || !dep || !bt_calendar_is_open(&dep->calendar, d->now_us) ||
      (labels.n && !bt_policy_reads(d->rules, right, &labels)))
    return rc;
  return offer(d, n, dep, BT_CAUSE_RIGHT_DEPARTMENT, 0);
}

/* Who handles the topic and is open. */
static int try_topic(struct bt_deciding *d, struct next *n) {
  struct bt_strs labels;
  int rc = bt_label_set(d, n->ended->label, &labels);
  if (!rc && n->ended->topic.n)
    rc = bt_choose_readers(d, n->ended->topic, n->asked, &labels, &n->by_topic, &n->considered);
  if (rc || !n->by_topic.n || !n->by_topic.v[0].open)
    return rc;
  return offer(d, n, n->by_topic.v[0].department, BT_CAUSE_NEXT, 0);
}

/* The fallback of who did not take it, else of who holds it; even when it is closed. One that must take it has it at
 * once. */
static int try_fallback(struct bt_deciding *d, struct next *n, bool may_offer) {
  const struct bt_department *by = bt_rules_department(d->rules, n->ended->to);
  if (!by || !by->fallback.n)
    by = bt_rules_department(d->rules, d->c.custodian);
  const struct bt_department *to = by ? askable(d, n, by->fallback) : NULL;
  if (!to || (!to->must_take && !may_offer))
    return 0;
  n->found = true;
  return to->must_take ? direct(d, to->name, BT_CAUSE_FALLBACK, n->ended) : offer(d, n, to, BT_CAUSE_FALLBACK, 0);
}

/* Who handles the topic and is going to open. */
static int try_waiting(struct bt_deciding *d, struct next *n) {
  int64_t opens_at_us = n->by_topic.n ? n->by_topic.v[0].opens_at_us : 0;
  return opens_at_us ? offer(d, n, NULL, BT_CAUSE_NEXT, opens_at_us) : 0;
}

/* Over whoever did not take it; where nobody was asked, or that department is gone, over who holds it. */
static int escalate(struct bt_deciding *d, const struct bt_offer *ended) {
  bool known = ended->to.n && bt_rules_department(d->rules, ended->to);
  return bt_escalate(d, BT_CAUSE_OFFER_FAILED, ended->id, d->now_us, known ? ended->to : d->c.custodian);
}

int bt_offer_next(struct bt_deciding *d, const struct bt_offer *ended, struct bt_str right_department) {
  struct next n = {.ended = ended};
  const bool may_offer = ended->asked.n < BT_MAX_ASKED; /* else the list could not say who was asked */
  int rc = add_asked(d, &n);
  if (!rc && may_offer)
    rc = try_right(d, &n, right_department);
  if (!rc && !n.found && may_offer)
    rc = try_topic(d, &n);
  if (!rc && !n.found)
    rc = try_fallback(d, &n, may_offer);
  if (!rc && !n.found)
    rc = try_waiting(d, &n);
  return rc || n.found ? rc : escalate(d, ended);
}

int bt_expire_offer(struct bt_deciding *d, bool by_topic) {
  struct bt_offer ended = d->c.offer;
  if (!by_topic)
    ended.topic = (struct bt_str){0};
  struct bt_entry *e = bt_emit(d, BT_HANDOFF_EXPIRED, (struct bt_str){0});
  if (!e)
    return -BT_LIMIT;
  e->event.handoff_expired = (struct bt_handoff_expired){.offer = ended.id, .from = ended.from, .to = ended.to};
  e->offer = ended.id;
  int rc = bt_record(d, e);
  return rc ? rc : bt_offer_next(d, &ended, (struct bt_str){0});
}

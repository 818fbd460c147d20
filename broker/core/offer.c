/* Making an offer: who is asked, until when, and the card that goes with it. */
#include "core/card.h"
#include "core/handing.h"
#include "core/policy.h"
#include "core/routing.h"

static int write_down(struct bt_deciding *d, const struct bt_candidates *from, struct bt_considereds *ret) {
  uint32_t n = from->n < BT_MAX_CONSIDERED ? from->n : BT_MAX_CONSIDERED;
  struct bt_considered *v = BT_NEW_ARRAY(d->arena, struct bt_considered, n);
  if (!v)
    return -BT_NOMEM;
  for (uint32_t i = 0; i < n; i++) {
    const struct bt_candidate *k = &from->v[i];
    v[i] = (struct bt_considered){
        .department = k->department->name,
        .handles = k->handles,
        .open = k->open,
        .opens_at_us = k->opens_at_us,
        .held_before = k->held_before,
        .connected = k->connected,
        .load = k->load,
    };
  }
  *ret = (struct bt_considereds){n, v};
  return 0;
}

int bt_choose_readers(struct bt_deciding *d, struct bt_str topic, struct bt_strs asked, const struct bt_strs *labels,
                      struct bt_candidates *ret, struct bt_considereds *ret_considered) {
  const struct bt_routing routing = {
      .topic = topic,
      .c = &d->c,
      .except = d->c.custodian,
      .asked = asked,
      .connected = {d->scene->connected.n, d->scene->connected.v},
      .loads = d->scene->loads,
      .now_us = d->now_us,
  };
  int rc = bt_route(d->rules, &routing, d->arena, ret);
  if (rc)
    return rc;
  uint32_t n = 0;
  for (uint32_t i = 0; i < ret->n; i++)
    if (!labels->n || bt_policy_reads(d->rules, ret->v[i].department->name, labels))
      ret->v[n++] = ret->v[i];
  ret->n = n;
  return write_down(d, ret, ret_considered);
}

int bt_choose(struct bt_deciding *d, struct bt_str topic, struct bt_strs asked, struct bt_candidates *ret,
              struct bt_considereds *ret_considered) {
  static const struct bt_strs none;
  return bt_choose_readers(d, topic, asked, &none, ret, ret_considered);
}

int bt_hand_card(struct bt_deciding *d, struct bt_str next_step, struct bt_str label, struct bt_card **ret_card,
                 struct bt_str *ret_digest) {
  uint8_t digest[16];
  int rc = bt_card_make(&d->c, next_step, d->arena, ret_card);
  if (rc)
    return rc;
  if (next_step.n)
    (*ret_card)->next_step_label = label;
  rc = bt_card_digest(*ret_card, d->digest, d->arena, digest);
  if (rc)
    return rc;
  *ret_digest = bt_arena_copy(d->arena, (struct bt_str){(const char *)digest, sizeof digest});
  return ret_digest->p ? 0 : -BT_NOMEM;
}

int bt_label_set(struct bt_deciding *d, struct bt_str label, struct bt_strs *ret) {
  *ret = (struct bt_strs){0};
  if (!label.n)
    return 0;
  struct bt_str *v = BT_NEW(d->arena, struct bt_str);
  if (!v)
    return -BT_NOMEM;
  *v = label;
  *ret = (struct bt_strs){1, v};
  return 0;
}

/* A department asked for this offer, and may be told that it cannot be. What the broker offers in its name is made as
 * well as can be. */
static bool was_asked_for(uint32_t cause) {
  return cause == BT_CAUSE_NAMED || cause == BT_CAUSE_TOPIC;
}

static int set_deadline(struct bt_deciding *d, struct bt_handoff_offered *o) {
  static const char field[] = "handoff_offered.deadline_us";
  const int64_t ola_us = bt_rules_ola_us(d->rules, o->from, o->to);
  if (!o->to.n)
    o->deadline_us = 0; /* the time to answer begins when somebody has opened */
  else if (d->backfill && !o->deadline_us)
    o->deadline_us = d->event->occurred_at_us + ola_us;
  else if (o->deadline_us)
    return d->backfill ? 0 : bt_check_within(d, o->to, o->deadline_us, field);
  else if (was_asked_for(o->cause))
    return bt_open_deadline(d, o->to, ola_us, field, &o->deadline_us);
  else
    o->deadline_us = bt_open_or_plain_us(d, o->to, ola_us);
  return 0;
}

/* The sender learns whom its own words brought the case to; not where it went after somebody refused it. */
static void tell_sender(struct bt_deciding *d, const struct bt_handoff_offered *o, uint64_t offer) {
  if (!was_asked_for(o->cause) && o->cause != BT_CAUSE_NO_WRONG_DOOR)
    return;
  d->receipt.to = o->to;
  d->receipt.offer = offer;
  d->receipt.opens_at_us = o->opens_at_us;
}

int bt_make_offer(struct bt_deciding *d, struct bt_entry *e, const struct bt_department *to, uint32_t cause,
                  int64_t opens_at_us) {
  struct bt_handoff_offered *o = &e->event.handoff_offered;
  o->to = to ? to->name : (struct bt_str){0};
  o->from = d->c.custodian;
  o->cause = cause;
  o->opens_at_us = opens_at_us;
  const struct bt_str label = e->event.labels.n ? e->event.labels.v[0] : (struct bt_str){0};
  int rc = set_deadline(d, o);
  if (!rc)
    rc = bt_hand_card(d, o->next_step, label, &o->card, &o->digest);
  if (rc)
    return rc;
  const uint64_t offer = e->offer = e->sequence;
  const bool waits = o->customer_waiting || bt_kind_is_contact((int)d->event->kind);
  tell_sender(d, o, offer);
  rc = bt_record(d, e);
  if (rc || !opens_at_us || !waits || d->backfill)
    return rc;
  return bt_callback(d, opens_at_us, BT_CAUSE_WAITING, offer);
}

int bt_offer_on(struct bt_deciding *d) {
  struct bt_candidates to = {0};
  struct bt_considereds considered;
  if (d->backfill || !d->c.topic.n || bt_rules_handles(d->rules, d->c.custodian, d->c.topic))
    return 0;
  int rc = bt_choose(d, d->c.topic, (struct bt_strs){0}, &to, &considered);
  if (rc || !to.n || (!to.v[0].open && !to.v[0].opens_at_us))
    return rc; /* nobody will ever take it: whoever opened it keeps it */
  struct bt_entry *e = bt_emit(d, BT_HANDOFF_OFFERED, d->c.custodian);
  if (!e)
    return -BT_LIMIT;
  e->event.handoff_offered.topic = d->c.topic;
  e->event.handoff_offered.considered = considered;
  return bt_make_offer(d, e, to.v[0].open ? to.v[0].department : NULL, BT_CAUSE_NO_WRONG_DOOR, to.v[0].opens_at_us);
}

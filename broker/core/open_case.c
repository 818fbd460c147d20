/* A new case: its customer where the broker meets one for the first time, its custodian, its owner, and the offer that
 * sends it on from a wrong door. */
#include "core/card.h"
#include "core/deciding.h"
#include "core/routing.h"

int bt_check_open_cases(struct bt_deciding *d) {
  uint32_t open = 0;
  for (uint32_t i = 0; i < d->scene->cases.n; i++)
    open += bt_case_is_open(d->scene->cases.v[i]);
  if (open >= BT_MAX_OPEN_CASES)
    return bt_refuse(d, BT_LIMIT, "locator.identifier", "a customer has %d open cases at most", BT_MAX_OPEN_CASES);
  return 0;
}

static int meet_customer(struct bt_deciding *d) {
  const struct bt_request *r = d->request;
  struct bt_entry *e = bt_emit(d, BT_IDENTIFIER_LINKED, d->department);
  if (!e)
    return -BT_LIMIT;
  struct bt_identifier_linked *l = &e->event.identifier_linked;
  l->identifier = (struct bt_identifier){d->event->locator.identifier.domain, r->identifier_value};
  l->customer = e->sequence;
  l->key = bt_arena_copy(d->arena, (struct bt_str){(const char *)r->identifier_key, sizeof r->identifier_key});
  e->stream = BT_STREAM_CUSTOMER;
  e->stream_id = e->customer = e->sequence;
  e->version = 1;
  d->customer = e->sequence;
  return 0;
}

/* A form or a robot cannot answer for a case: its fallback does. */
static struct bt_str custodian_for(const struct bt_deciding *d) {
  const struct bt_department *dep = bt_rules_department(d->rules, d->department);
  return dep->unattended && dep->fallback.n ? dep->fallback : dep->name;
}

int bt_open_case(struct bt_deciding *d, struct bt_str need) {
  int rc = bt_check_open_cases(d);
  if (!rc && d->event->locator.identifier.domain.n && !d->customer)
    rc = meet_customer(d);
  if (rc)
    return rc;
  bool asked = d->event->kind == BT_CASE_OPENED;
  struct bt_entry *e = asked ? bt_emit_request(d) : bt_emit(d, BT_CASE_OPENED, d->department);
  if (!e)
    return -BT_LIMIT;
  struct bt_case_opened *o = &e->event.case_opened;
  if (!o->topic.n)
    o->topic = d->event->locator.topic;
  if (!o->topic.n)
    o->topic = d->c.topic; /* of the ended case that it is linked to */

  if (!o->need.n)
    o->need = need;
  if (!o->priority)
    o->priority = BT_PRIORITY_NORMAL;
  o->custodian = custodian_for(d);
  o->owner = bt_route_owner(d->rules, o->topic);
  if (!o->owner.n)
    o->owner = o->custodian;
  o->number = d->scene->next_number;
  o->customer = d->customer;
  if (d->has_case) { /* the case that was found ended too long ago */
    o->linked_to = d->c.id;
    d->receipt.found = BT_FOUND_NEW_LINKED;
  }
  if (!asked) {
    e->event.actor = d->event->actor;
    e->event.labels = d->event->labels;
  }
  bt_entry_bind(d, e); /* also where it meant the case that ended */

  d->c = (struct bt_case){0};
  const struct bt_str joined[] = {o->custodian, o->owner, d->department};
  rc = bt_entry_join(d, e, joined, 3);
  return rc ? rc : bt_record(d, e);
}

int bt_make_offer(struct bt_deciding *d, struct bt_entry *e, struct bt_str to, uint32_t cause) {
  struct bt_handoff_offered *o = &e->event.handoff_offered;
  o->to = to;
  o->from = d->c.custodian;
  o->cause = cause;
  if (!o->deadline_us)
    o->deadline_us = (d->backfill ? d->event->occurred_at_us : d->now_us) + d->rules->ola_us;
  uint8_t digest[16];
  int rc = bt_card_make(&d->c, o->next_step, d->arena, &o->card);
  if (!rc)
    rc = bt_card_digest(o->card, d->digest, d->arena, digest);
  if (rc)
    return rc;
  o->digest = bt_arena_copy(d->arena, (struct bt_str){(const char *)digest, sizeof digest});
  e->offer = e->sequence;
  d->receipt.to = to;
  d->receipt.offer = e->sequence;
  return bt_record(d, e);
}

static bool handles(const struct bt_rules *rules, struct bt_str department, struct bt_str topic) {
  const struct bt_department *dep = bt_rules_department(rules, department);
  for (uint32_t i = 0; dep && i < dep->topics.n; i++)
    if (bt_topic_under(topic, dep->topics.v[i]))
      return true;
  return false;
}

int bt_choose(struct bt_deciding *d, struct bt_str topic, struct bt_strs *ret) {
  struct bt_candidates to;
  const struct bt_strs connected = {d->scene->connected.n, d->scene->connected.v};
  int rc = bt_route(d->rules, topic, &d->c, d->c.custodian, &connected, d->arena, &to);
  if (rc)
    return rc;
  uint32_t n = to.n < BT_MAX_CONSIDERED ? to.n : BT_MAX_CONSIDERED;
  struct bt_str *names = BT_NEW_ARRAY(d->arena, struct bt_str, n);
  if (!names)
    return -BT_NOMEM;
  for (uint32_t i = 0; i < n; i++)
    names[i] = to.v[i].department->name;
  *ret = (struct bt_strs){n, names};
  return 0;
}

int bt_offer_on(struct bt_deciding *d) {
  struct bt_strs to = {0};
  if (d->backfill || !d->c.topic.n || handles(d->rules, d->c.custodian, d->c.topic))
    return 0;
  int rc = bt_choose(d, d->c.topic, &to);
  if (rc || !to.n)
    return rc;
  struct bt_entry *e = bt_emit(d, BT_HANDOFF_OFFERED, d->c.custodian);
  if (!e)
    return -BT_LIMIT;
  e->event.handoff_offered.topic = d->c.topic;
  e->event.handoff_offered.considered = to;
  return bt_make_offer(d, e, to.v[0], BT_CAUSE_NO_WRONG_DOOR);
}

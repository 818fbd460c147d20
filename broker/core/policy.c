#include "core/policy.h"

bool bt_policy_takes_part(const struct bt_case *c, struct bt_str department) {
  if (!department.n)
    return false;
#ifdef BT_FLAW_TELL_ANYONE
  return true;
#endif
  if (bt_str_eq(c->custodian, department) || bt_str_eq(c->owner, department))
    return true;
  if (c->offer.id && bt_str_eq(c->offer.to, department))
    return true;
  return bt_strs_has(&c->participants, department);
}

enum bt_sight bt_policy_case(const struct bt_rules *rules, const struct bt_case *c, struct bt_str department) {
  if (!rules || !bt_rules_department(rules, department))
    return BT_SIGHT_NONE;
  return bt_policy_takes_part(c, department) ? BT_SIGHT_FULL : BT_SIGHT_NONE;
}

/* The two ends of a handoff, for the events that have them. */
static void ends(const struct bt_event *e, struct bt_str *from, struct bt_str *to) {
  *from = *to = (struct bt_str){0};
  switch (e->kind) {
  case BT_HANDOFF_OFFERED:
    *from = e->handoff_offered.from, *to = e->handoff_offered.to;
    break;
  case BT_HANDOFF_ACCEPTED:
    *from = e->handoff_accepted.from, *to = e->handoff_accepted.to;
    break;
  case BT_HANDOFF_REFUSED:
    *from = e->handoff_refused.from, *to = e->handoff_refused.to;
    break;
  case BT_HANDOFF_WITHDRAWN:
    *from = e->handoff_withdrawn.from, *to = e->handoff_withdrawn.to;
    break;
  case BT_HANDOFF_REPORTED:
    *from = e->handoff_reported.from, *to = e->handoff_reported.to;
    break;
  }
}

/* The end of an offer must reach the department it was made to, which then no longer takes part. The offer itself does
 * not: once it is over, its card is none of that department's business. */
static bool addressed(const struct bt_entry *e, struct bt_str department) {
  struct bt_str from, to;
  ends(&e->event, &from, &to);
  return e->kind != BT_HANDOFF_OFFERED && (bt_str_eq(from, department) || bt_str_eq(to, department));
}

enum bt_sight bt_policy_entry(const struct bt_rules *rules, const struct bt_case *c, const struct bt_entry *e,
                              struct bt_str department) {
  if (!rules || !department.n || !bt_rules_department(rules, department))
    return BT_SIGHT_NONE;
  return bt_policy_takes_part(c, department) || addressed(e, department) ? BT_SIGHT_FULL : BT_SIGHT_NONE;
}

enum bt_sight bt_policy_entry_adapter(const struct bt_rules *rules, const struct bt_case *c, const struct bt_entry *e,
                                      const struct bt_adapter *adapter) {
  enum bt_sight best = BT_SIGHT_NONE;
  for (uint32_t i = 0; i < adapter->acts_for.n && best < BT_SIGHT_FULL; i++) {
    enum bt_sight s = bt_policy_entry(rules, c, e, adapter->acts_for.v[i]);
    if (s > best)
      best = s;
  }
  return best;
}

bool bt_policy_customer(const struct bt_rules *rules, struct bt_str department, bool takes_part_in_one) {
  const struct bt_department *d = rules ? bt_rules_department(rules, department) : NULL;
  return d && (d->front || takes_part_in_one);
}

/* Built from what is allowed, never by clearing what is not: a field added later stays out by itself. */
void bt_policy_cut_to_stub(struct bt_entry *e) {
  struct bt_entry stub = {
      .sequence = e->sequence,
      .kind = e->kind,
      .stream = e->stream,
      .stream_id = e->stream_id,
      .version = e->version,
      .recorded_at_us = e->recorded_at_us,
      .case_id = e->case_id,
  };
  stub.event.kind = e->event.kind;
  stub.event.occurred_at_us = e->event.occurred_at_us;
  *e = stub;
}

struct bt_str bt_policy_called(const struct bt_entry *e) {
  switch (e->kind) {
  case BT_HANDOFF_OFFERED:
    return e->event.handoff_offered.to;
  case BT_HANDOFF_REPORTED:
    return e->event.handoff_reported.to;
  default:
    return (struct bt_str){0};
  }
}

void bt_policy_take_card(struct bt_entry *e, const struct bt_card **ret_card, struct bt_str *ret_digest) {
  struct bt_card **card = NULL;
  struct bt_str *digest = NULL;
  *ret_card = NULL;
  *ret_digest = (struct bt_str){0};
  if (e->kind == BT_HANDOFF_OFFERED) {
    card = &e->event.handoff_offered.card;
    digest = &e->event.handoff_offered.digest;
  } else if (e->kind == BT_HANDOFF_REPORTED) {
    card = &e->event.handoff_reported.card;
    digest = &e->event.handoff_reported.digest;
  } else if (e->kind == BT_HANDOFF_ACCEPTED) {
    e->event.handoff_accepted.digest = (struct bt_str){0};
  }
  if (!card)
    return;
  *ret_card = *card;
  *ret_digest = *digest;
  *card = NULL;
  *digest = (struct bt_str){0};
}

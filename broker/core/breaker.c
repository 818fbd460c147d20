/* The ping-pong breaker: a case that goes to and fro, or on and on, is taken out of the game. Somebody is made
 * answerable for it, their superiors are told, and it is offered no further. */
#include "core/deciding.h"

static bool too_often(const struct bt_deciding *d) {
  const struct bt_rules *r = d->rules;
  const uint32_t bounces = d->c.journey.custody_bounces - d->c.breaker_bounces;
  const uint32_t handoffs = d->c.journey.custody_handoffs - d->c.breaker_handoffs;
  return (r->bounces && bounces >= r->bounces) || (r->handoffs && handoffs >= r->handoffs);
}

/* Who handles the topic; where that is who got the case just now, somebody who looks at it from outside. */
static struct bt_str owner_for(const struct bt_deciding *d) {
  struct bt_str owner = bt_route_owner(d->rules, d->c.topic);
  if (!owner.n || bt_str_eq(owner, d->c.custodian))
    owner = d->rules->last_owner;
  return owner.n ? owner : d->c.owner;
}

static int appoint(struct bt_deciding *d, struct bt_str owner) {
  struct bt_entry *e = bt_emit(d, BT_OWNER_APPOINTED, (struct bt_str){0});
  if (!e)
    return -BT_LIMIT;
  e->event.owner_appointed = (struct bt_owner_appointed){
      .owner = owner,
      .from = d->c.owner,
      .cause = BT_CAUSE_PING_PONG,
  };
  int rc = bt_entry_join_if_room(d, e, owner);
  return rc ? rc : bt_record(d, e);
}

/* It is escalated last: a move of custody would end what was raised before it. */
int bt_after_custody(struct bt_deciding *d) {
  if (d->backfill || d->c.breaker || !too_often(d))
    return 0;
  const struct bt_str owner = owner_for(d), over = d->c.custodian;
  const struct bt_department *dep = bt_rules_department(d->rules, owner);
  int rc = appoint(d, owner);
  if (!rc && dep && dep->must_take && !bt_str_eq(owner, d->c.custodian))
    rc = bt_direct(d, owner, BT_CAUSE_PING_PONG);
  return rc ? rc : bt_escalate(d, BT_CAUSE_PING_PONG, d->c.id, d->now_us, over);
}

/* Who is answerable for the whole journey. To appoint somebody also ends what the ping-pong breaker forbids. */
#include "core/deciding.h"

/* The owner hands it on; who was told that something goes wrong may step in; and where nobody else is left, the owner
 * of last resort that holds the case. */
static bool may_appoint(const struct bt_deciding *d) {
  const struct bt_case *c = &d->c;
  if (bt_str_eq(d->department, c->owner))
    return true;
  if (bt_str_eq(d->department, c->custodian) && bt_str_eq(d->department, d->rules->last_owner))
    return true;
  for (uint32_t i = 0; i < c->concerns.n; i++)
    if (c->concerns.v[i].level && bt_str_eq(d->department, c->concerns.v[i].to))
      return true;
  return false;
}

static int check_owner(struct bt_deciding *d, struct bt_str owner) {
  const struct bt_department *dep = bt_rules_department(d->rules, owner);
  if (!dep)
    return bt_refuse(d, BT_UNKNOWN_DEPARTMENT, "owner_appointed.owner", NULL);
  if (dep->unattended)
    return bt_refuse(d, BT_INVALID, "owner_appointed.owner",
                     "nobody attends that department: it cannot answer for a case");
  if (dep->external)
    return bt_refuse(d, BT_INVALID, "owner_appointed.owner",
                     "an external department does not see the whole journey: it cannot answer for it");
  return 0;
}

int bt_rule_owner(struct bt_deciding *d) {
  if (!d->has_case)
    return bt_refuse(d, BT_UNKNOWN_CASE, "locator", NULL);
  if (!may_appoint(d)) {
    d->receipt.holder = d->c.owner;
    return bt_refuse(d, BT_NOT_YOURS, "department",
                     "%.*s answers for this case: it appoints the next owner, or a department this was escalated to",
                     BT_STR_ARG(d->c.owner));
  }
  int rc = check_owner(d, d->event->owner_appointed.owner);
  if (rc)
    return rc;
  struct bt_entry *e = bt_emit_request(d);
  if (!e)
    return -BT_LIMIT;
  struct bt_owner_appointed *o = &e->event.owner_appointed;
  o->from = d->c.owner;
  o->cause = BT_CAUSE_ASKED;
  rc = bt_entry_join_if_room(d, e, o->owner);
  return rc ? rc : bt_record(d, e);
}

/* Told history becomes a live case: by a decision, or because the customer is there. */
#include "core/handing.h"

static bool can_hold(const struct bt_deciding *d, struct bt_str department) {
  const struct bt_department *dep = bt_rules_department(d->rules, department);
  return dep && !dep->unattended;
}

/* Who answers for it from now on, where those of then are gone. */
static void replace_gone(const struct bt_deciding *d, struct bt_case_revived *r) {
  if (!can_hold(d, d->c.custodian))
    r->custodian = d->rules->last_owner.n ? d->rules->last_owner : d->department;
  if (!can_hold(d, d->c.owner))
    r->owner = bt_route_owner(d->rules, d->c.topic);
  if (!can_hold(d, d->c.owner) && !r->owner.n)
    r->owner = r->custodian.n ? r->custodian : d->c.custodian;
}

/* Promises of a custodian that is gone pass to the next one, and so it is that one's open hours in which they run. */
static int start_clocks(struct bt_deciding *d, struct bt_case_revived *r) {
  const struct bt_case was = d->c;
  struct bt_promise *v = BT_NEW_ARRAY(d->arena, struct bt_promise, was.promises.n);
  if (!v)
    return -BT_NOMEM;
  for (uint32_t i = 0; i < was.promises.n; i++) {
    v[i] = was.promises.v[i];
    if (r->custodian.n && bt_str_eq(v[i].holder, was.custodian))
      v[i].holder = r->custodian;
  }
  d->c.promises.v = v;
  int rc = bt_clocks_start(d, &r->clocks);
  d->c = was;
  return rc;
}

static int revive(struct bt_deciding *d, uint32_t cause) {
  int rc = 0;
  /* Who made it is gone, and nobody is left to answer for it: who holds the case now offers anew. */
  if (d->c.offer.id && !can_hold(d, d->c.custodian))
    rc = bt_withdraw_offer(d, bt_emit(d, BT_HANDOFF_WITHDRAWN, (struct bt_str){0}));
  if (rc)
    return rc;
  bool asked = cause == BT_CAUSE_ASKED;
  struct bt_entry *e = asked ? bt_emit_request(d) : bt_emit(d, BT_CASE_REVIVED, d->department);
  if (!e)
    return -BT_LIMIT;
  struct bt_case_revived *r = &e->event.case_revived;
  r->cause = cause;
  replace_gone(d, r);
  rc = start_clocks(d, r);
  const struct bt_str joined[] = {r->custodian, r->owner, asked ? (struct bt_str){0} : d->department};
  if (!rc)
    rc = bt_entry_join(d, e, joined, 3);
  if (!rc)
    rc = bt_record(d, e);
  return rc || !bt_case_is_open(&d->c) ? rc : bt_attach_advisories(d);
}

int bt_rule_revived(struct bt_deciding *d) {
  bool may =
      bt_str_eq(d->department, d->c.custodian) || bt_str_eq(d->department, d->c.owner) || d->request->adapter->backfill;
  if (d->backfill)
    return bt_refuse(d, BT_INVALID, "backfill", "a case is revived now: that is no history");
  if (!may)
    return bt_refuse(d, BT_NOT_CUSTODIAN, "department", "%.*s holds the case", BT_STR_ARG(d->c.custodian));
  if (!d->c.dormant)
    return bt_refuse(d, BT_WRONG_STATUS, NULL, "it is no dormant history");
  return revive(d, BT_CAUSE_ASKED);
}

int bt_revive_by_contact(struct bt_deciding *d) {
  if (!d->has_case || !d->c.dormant || d->backfill || !bt_kind_is_contact((int)d->event->kind))
    return 0;
  if (!bt_case_is_open(&d->c) && d->now_us - d->c.ended_at_us > d->rules->reopen_within_us)
    return 0; /* it stays history, and the new case is linked to it */
  int rc = revive(d, BT_CAUSE_CONTACT);
  d->receipt.found = BT_FOUND_REVIVED;
  return rc;
}

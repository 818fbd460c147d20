/* What operators do: their requests go the way of any other, in the name of the department whose thing it is. */
#include "core/handing.h"
#include "core/owed.h"
#include "core/policy.h"

const struct bt_adapter bt_operators_adapter = {.acts_for_all = true};

struct bt_str bt_entry_operator(const struct bt_entry *e, struct bt_str *ret_reason) {
  switch (e->kind) {
  case BT_ADAPTER_HELD:
    *ret_reason = e->adapter_held.reason;
    return e->adapter_held.by;
  case BT_CLOCK_ACCEPTED:
    *ret_reason = e->clock_accepted.reason;
    return e->clock_accepted.by;
  case BT_REQUEUED:
    *ret_reason = e->requeued.reason;
    return e->requeued.by;
  case BT_DEAD_DROPPED:
    *ret_reason = e->dead_dropped.reason;
    return e->dead_dropped.by;
  case BT_OPERATOR_DID:
    *ret_reason = (struct bt_str){0};
    return e->operator_did.by;
  default:
    *ret_reason = e->event.operator_reason;
    return e->event.operator;
  }
}

/* ---- in whose name ---- */

static struct bt_str holder_of(const struct bt_case *c, uint64_t id) {
  for (uint32_t i = 0; i < c->promises.n; i++)
    if (c->promises.v[i].id == id)
      return c->promises.v[i].holder;
  for (uint32_t i = 0; i < c->questions.n; i++)
    if (c->questions.v[i].id == id)
      return c->questions.v[i].from;
  for (uint32_t i = 0; i < c->work.n; i++)
    if (c->work.v[i].id == id)
      return c->work.v[i].holder;
  return (struct bt_str){0};
}

static struct bt_str whose(const struct bt_case *c, const struct bt_event *e) {
  switch (e->kind) {
  case BT_PROMISE_KEPT:
    return holder_of(c, e->promise_kept.promise);
  case BT_PROMISE_WITHDRAWN:
    return holder_of(c, e->promise_withdrawn.promise);
  case BT_PROMISE_RENEGOTIATED:
    return holder_of(c, e->promise_renegotiated.promise);
  case BT_QUESTION_WITHDRAWN:
    return holder_of(c, e->question_withdrawn.question);
  case BT_WORK_FAILED:
    return holder_of(c, e->work_failed.work);
  case BT_OWNER_APPOINTED:
    return c->owner;
  default:
    return c->custodian;
  }
}

/* Where that department is gone, or sees the case no longer, who holds the case now answers for what it left. */
struct bt_str bt_operator_department(const struct bt_rules *rules, const struct bt_scene *scene,
                                     const struct bt_event *event) {
  const struct bt_case *named = scene->by_id ? scene->by_id : scene->by_reference;
  if (!named)
    return (struct bt_str){0};
  const struct bt_case *held = named->merged_into && scene->survivor ? scene->survivor : named;
  struct bt_str department = whose(named, event);
  if (named != held && bt_str_eq(department, named->custodian))
    return held->custodian;
  return bt_rules_department(rules, department) && bt_policy_takes_part(rules, named, department) ? department
                                                                                                  : held->custodian;
}

/* ---- an offer that nobody may answer any more ---- */

/* The same as when its time has come: nobody acts, so it is no answer to what was raised. One that waits for somebody
 * to open waits no longer. */
int bt_rule_expired(struct bt_deciding *d) {
  if (!d->request->operator.n)
    return bt_refuse(d, BT_BROKER_ONLY, NULL, NULL);
  if (!d->has_case)
    return bt_refuse(d, BT_UNKNOWN_CASE, "locator", NULL);
  int rc = bt_check_offer(d, d->event->handoff_expired.offer);
  if (rc)
    return rc;
  d->department = (struct bt_str){0};
  rc = d->c.offer.opens_at_us ? bt_expire_offer(d, false) : bt_offer_unanswered(d);
  if (rc || !d->n)
    return rc;
  d->entries[0].event.operator= d->event->operator;
  d->entries[0].event.operator_reason = d->event->operator_reason;
  d->main = d->entries[0].sequence;
  return 0;
}

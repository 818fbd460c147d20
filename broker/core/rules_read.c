/* Breaking the glass: a department reads, with a reason and for a short while, what its labels or its part in a case do
 * not allow. Whoever takes part in the case is told. It joins nothing and decides nothing. */
#include "core/deciding.h"
#include "core/policy.h"
#include "core/ref.h"

/* Who breaks the glass knows which case he means: nothing is looked for in his name. A case that points to another one
 * is read as it is. */
int bt_find_any_case(struct bt_deciding *d) {
  const struct bt_locator *l = &d->event->locator;
  const struct bt_case *c = d->scene->by_id;
  uint64_t number;
  if (!bt_rules_department(d->rules, d->department)->break_glass)
    return bt_refuse(d, BT_NOT_GRANTED, "department", "this needs the grant `break_glass`");
  if (d->backfill)
    return bt_refuse(d, BT_INVALID, "backfill", "history is not read later");
  if ((!l->id && !l->ref.n) || l->reference.local_id.n || l->identifier.domain.n)
    return bt_refuse(d, BT_INVALID, "locator", "name the case by its id or its ref, and by nothing else");
  if (!l->id && bt_ref_parse(l->ref, &number))
    return bt_refuse(d, BT_INVALID, "locator.ref", "the check symbol does not fit: one of its characters is wrong");
  if (!c)
    return bt_refuse(d, BT_UNKNOWN_CASE, "locator", NULL);
  d->c = *c;
  d->has_case = true;
  d->customer = c->customer;
  d->receipt.found = l->id ? BT_FOUND_BY_ID : BT_FOUND_BY_REF;
  return 0;
}

/* Others that read this case with the glass broken now. */
static uint32_t other_readers(const struct bt_deciding *d) {
  uint32_t n = 0;
  for (uint32_t i = 0; i < d->c.glass.n; i++)
    n += d->c.glass.v[i].until_us > d->now_us && !bt_str_eq(d->c.glass.v[i].department, d->department);
  return n;
}

int bt_rule_restricted_read(struct bt_deciding *d) {
  if (other_readers(d) >= BT_MAX_GLASS)
    return bt_refuse(d, BT_LIMIT, NULL, "%d departments read a case like this at a time", BT_MAX_GLASS);
  struct bt_entry *e = bt_emit_request(d);
  if (!e)
    return -BT_LIMIT;
  e->event.restricted_read.until_us = d->now_us + d->rules->glass_us;
  return bt_record(d, e);
}

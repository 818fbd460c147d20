#include "core/owed.h"

#include "core/policy.h"

int bt_owed_status(struct bt_deciding *d, bool or_resolved) {
  if (bt_case_is_open(&d->c) || (or_resolved && d->c.status == BT_STATUS_RESOLVED))
    return 0;
  return bt_refuse(d, BT_WRONG_STATUS, NULL, "it is %s", bt_status_name((int)d->c.status));
}

int bt_owed_due(struct bt_deciding *d, struct bt_str department, int64_t due_us, const char *field) {
  const struct bt_department *dep = bt_rules_department(d->rules, department);
  if (d->backfill)
    return 0;
  if (due_us <= d->now_us)
    return bt_refuse(d, BT_INVALID, field, "must lie in the future");
  if (dep && dep->calendar.limited && due_us > dep->calendar.until_us)
    return bt_refuse(d, BT_HORIZON, field, "nobody knows yet when %.*s is open then: set an earlier time",
                     BT_STR_ARG(department));
  return 0;
}

const struct bt_case *bt_owed_case(const struct bt_deciding *d) {
  return d->c.merged_into && d->scene->survivor ? d->scene->survivor : &d->c;
}

struct bt_str bt_owed_by(const struct bt_deciding *d, struct bt_str holder) {
  return bt_str_eq(holder, d->c.custodian) ? bt_owed_case(d)->custodian : holder;
}

/* Who made it may also go on with it: nobody else knows of the work that is under way. */
bool bt_owed_is_mine(const struct bt_deciding *d, struct bt_str holder) {
  return bt_str_eq(d->department, holder) || bt_str_eq(d->department, bt_owed_by(d, holder));
}

int bt_owed_not_yours(struct bt_deciding *d, struct bt_str holder, struct bt_str label, const char *field) {
  const struct bt_strs labels = {label.n ? 1 : 0, &label};
  if (!bt_policy_reads(d->rules, d->department, &labels))
    return bt_refuse(d, BT_NOT_OPEN, field, NULL);
  d->receipt.holder = bt_owed_by(d, holder);
  return bt_refuse(d, BT_NOT_YOURS, "department", "to %.*s", BT_STR_ARG(d->receipt.holder));
}

/* Beside a label that the kind has by default, and which nobody has thought about. */
static int inherit(struct bt_deciding *d, struct bt_entry *e, struct bt_str label) {
  const struct bt_strs *by_default = &e->event.labels;
  if (!label.n || d->request->event.labels.n || (by_default->n && bt_str_eq(by_default->v[0], label)))
    return 0;
  struct bt_str *v = BT_NEW_ARRAY(d->arena, struct bt_str, 2);
  if (!v)
    return -BT_NOMEM;
  v[0] = label;
  if (by_default->n)
    v[1] = by_default->v[0];
  e->event.labels = (struct bt_strs){1 + (by_default->n != 0), v};
  return 0;
}

int bt_owed_record(struct bt_deciding *d, struct bt_entry *e, struct bt_str holder, struct bt_str label) {
  struct bt_str by = bt_owed_by(d, holder);
  bool joins = d->c.merged_into && !bt_strs_has(&d->c.participants, by);
  int rc = inherit(d, e, label);
  if (!rc && joins)
    rc = bt_entry_join_if_room(d, e, by);
  return rc ? rc : bt_record(d, e);
}

/* What is written onto a case without moving it: notes, facts, corrections. */
#include "core/deciding.h"

/* History may begin with any kind: the case is opened under it. */
static int have_case(struct bt_deciding *d) {
  return d->has_case ? 0 : bt_open_case(d, (struct bt_str){0});
}

static int record_request(struct bt_deciding *d) {
  int rc = have_case(d);
  if (rc)
    return rc;
  struct bt_entry *e = bt_emit_request(d);
  return e ? bt_record(d, e) : -BT_LIMIT;
}

int bt_rule_note(struct bt_deciding *d) {
  return record_request(d);
}

int bt_rule_fact(struct bt_deciding *d) {
  return record_request(d);
}

int bt_rule_correction(struct bt_deciding *d) {
  const struct bt_scene *s = d->scene;
  if (!d->has_case || !s->superseded_exists || s->superseded_case != d->c.id)
    return bt_refuse(d, BT_NOT_FOUND, "correction_made.supersedes", "no such event in this case");
  if (!bt_str_eq(d->department, s->superseded_department) && !bt_str_eq(d->department, d->c.custodian))
    return bt_refuse(d, BT_NOT_CUSTODIAN, "correction_made.supersedes",
                     "an event is corrected by the department that made it, or by the custodian");
  return record_request(d);
}

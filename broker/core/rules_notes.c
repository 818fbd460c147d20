/* What is written onto a case without moving it: notes, facts, corrections. */
#include "core/deciding.h"

static int record_request(struct bt_deciding *d) {
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
  if (!s->superseded_exists || s->superseded_case != d->c.id)
    return bt_refuse(d, BT_NOT_FOUND, "correction_made.supersedes", "no such event in this case");
  if (!bt_str_eq(d->department, s->superseded_department) && !bt_str_eq(d->department, d->c.custodian))
    return bt_refuse(d, BT_NOT_CUSTODIAN, "correction_made.supersedes",
                     "an event is corrected by the department that made it, or by the custodian");
  return record_request(d);
}

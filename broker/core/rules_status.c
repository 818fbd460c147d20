/* Pending, resolved, closed, and open again. */
#include "core/deciding.h"

enum {
  OPEN = 1 << BT_STATUS_OPEN,
  PENDING = 1 << BT_STATUS_PENDING,
  RESOLVED = 1 << BT_STATUS_RESOLVED,
  CLOSED = 1 << BT_STATUS_CLOSED
};

/* The case must be in one of `statuses`, and the department answer for it. */
static int check(struct bt_deciding *d, unsigned statuses, bool owner_may) {
  if (!d->has_case)
    return bt_refuse(d, BT_UNKNOWN_CASE, "locator", NULL);
  bool may = bt_str_eq(d->department, d->c.custodian) || (owner_may && bt_str_eq(d->department, d->c.owner));
  if (!may)
    return bt_refuse(d, BT_NOT_CUSTODIAN, "department", "%.*s holds the case", BT_STR_ARG(d->c.custodian));
  if (!(statuses >> d->c.status & 1))
    return bt_refuse(d, BT_WRONG_STATUS, NULL, "it is %s", bt_status_name((int)d->c.status));
  return 0;
}

static int record_request(struct bt_deciding *d) {
  struct bt_entry *e = bt_emit_request(d);
  return e ? bt_record(d, e) : -BT_LIMIT;
}

int bt_rule_status(struct bt_deciding *d) {
  /* Nobody says "open" of an open case; "pending" again may name somebody else. */
  bool to_open = d->event->status_changed.status == BT_STATUS_OPEN;
  int rc = check(d, to_open ? PENDING : OPEN | PENDING, false);
  return rc ? rc : record_request(d);
}

static int end_case(struct bt_deciding *d, unsigned statuses) {
  int rc = check(d, statuses, true);
  if (rc)
    return rc;
  if (d->c.offer.id)
    return bt_refuse(d, BT_OFFER_OPEN, NULL, "offer %llu to %.*s", (unsigned long long)d->c.offer.id,
                     BT_STR_ARG(d->c.offer.to));
  return record_request(d);
}

int bt_rule_resolved(struct bt_deciding *d) {
  return end_case(d, OPEN | PENDING);
}

int bt_rule_closed(struct bt_deciding *d) {
  return end_case(d, OPEN | PENDING | RESOLVED);
}

int bt_rule_reopened(struct bt_deciding *d) {
  int rc = check(d, RESOLVED | CLOSED, true);
  if (rc)
    return rc;
  struct bt_entry *e = bt_emit_request(d);
  if (!e)
    return -BT_LIMIT;
  e->event.case_reopened.cause = BT_CAUSE_ASKED;
  return bt_record(d, e);
}

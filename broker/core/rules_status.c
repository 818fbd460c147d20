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

/* History has no clocks: they start when the case is revived. */
static int set_clocks(struct bt_deciding *d, uint32_t pending_on, struct bt_clocks *ret) {
  if (d->backfill)
    return 0;
  return pending_on ? bt_clocks_stop(d, pending_on, ret) : bt_clocks_run(d, ret);
}

int bt_rule_status(struct bt_deciding *d) {
  const struct bt_status_changed *asked = &d->event->status_changed;
  /* Nobody says "open" of an open case; "pending" again may name somebody else. */
  bool to_open = asked->status == BT_STATUS_OPEN;
  struct bt_clocks clocks = {0};
  int rc = check(d, to_open ? PENDING : OPEN | PENDING, false);
  if (rc)
    return rc;
  if (!to_open && asked->until_us && asked->until_us <= d->now_us && !d->backfill)
    return bt_refuse(d, BT_INVALID, "status_changed.until_us", "lies in the past");
  if ((rc = set_clocks(d, to_open ? BT_PENDING_NONE : asked->pending_on, &clocks)))
    return rc;
  struct bt_entry *e = bt_emit_request(d);
  if (!e)
    return -BT_LIMIT;
  e->event.status_changed.cause = BT_CAUSE_ASKED;
  e->event.status_changed.clocks = clocks;
  return bt_record(d, e);
}

struct open_thing {
  const char *what;
  uint64_t id;
  struct bt_str department;
};

/* What another department would be cut off from. A question concerns two of them, so one is always another. */
static bool find_of_others(const struct bt_deciding *d, struct open_thing *ret) {
  const struct bt_case *c = &d->c;
  for (uint32_t i = 0; i < c->promises.n; i++)
    if (!bt_str_eq(c->promises.v[i].holder, d->department)) {
      *ret = (struct open_thing){"promise", c->promises.v[i].id, c->promises.v[i].holder};
      return true;
    }
  if (c->questions.n) {
    const struct bt_question *q = &c->questions.v[0];
    *ret = (struct open_thing){"question", q->id, bt_str_eq(q->from, d->department) ? q->to : q->from};
    return true;
  }
  for (uint32_t i = 0; i < c->work.n; i++)
    if (!bt_str_eq(c->work.v[i].holder, d->department)) {
      *ret = (struct open_thing){"work", c->work.v[i].id, c->work.v[i].holder};
      return true;
    }
  return false;
}

static int check_others(struct bt_deciding *d, struct bt_str reason, const char *field) {
  struct open_thing open;
  bool owner = bt_str_eq(d->department, d->c.owner);
  if (d->backfill || (owner && reason.n) || !find_of_others(d, &open))
    return 0;
  return bt_refuse(d, BT_OTHERS_OPEN, owner ? field : NULL, "%s %llu with %.*s", open.what, (unsigned long long)open.id,
                   BT_STR_ARG(open.department));
}

static int end_case(struct bt_deciding *d, unsigned statuses, struct bt_str reason, const char *field) {
  struct bt_clocks clocks = {0};
  int rc = check(d, statuses, true);
  if (rc)
    return rc;
  if (d->c.offer.id)
    return bt_refuse_offer_open(d);
  if ((rc = check_others(d, reason, field)) || (rc = set_clocks(d, BT_PENDING_NONE, &clocks)))
    return rc;
  struct bt_entry *e = bt_emit_request(d);
  if (!e)
    return -BT_LIMIT;
  if (e->kind == BT_CASE_RESOLVED)
    e->event.case_resolved.clocks = clocks;
  else
    e->event.case_closed.clocks = clocks;
  return bt_record(d, e);
}

int bt_rule_resolved(struct bt_deciding *d) {
  return end_case(d, OPEN | PENDING, d->event->case_resolved.reason, "case_resolved.reason");
}

int bt_rule_closed(struct bt_deciding *d) {
  return end_case(d, OPEN | PENDING | RESOLVED, d->event->case_closed.reason, "case_closed.reason");
}

int bt_rule_reopened(struct bt_deciding *d) {
  int rc = check(d, RESOLVED | CLOSED, true);
  if (!rc && !d->backfill)
    rc = bt_check_open_cases(d);
  if (rc)
    return rc;
  struct bt_entry *e = bt_emit_request(d);
  if (!e)
    return -BT_LIMIT;
  e->event.case_reopened.cause = BT_CAUSE_ASKED;
  rc = bt_record(d, e);
  return rc ? rc : bt_after_reopening(d);
}

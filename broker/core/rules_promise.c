/* Promises to the customer: made, at risk, broken, renegotiated, kept, withdrawn. Who holds one owes it; the case's
 * custodian and owner may also say what became of it. */
#include "core/owed.h"

int bt_rule_promised(struct bt_deciding *d) {
  int64_t due_us = d->event->promise_made.due_us;
  int rc = bt_owed_status(d, true);
  if (rc || (rc = bt_owed_due(d, d->department, due_us, "promise_made.due_us")))
    return rc;
  if (d->c.promises.n >= BT_MAX_PROMISES)
    return bt_refuse(d, BT_LIMIT, NULL, "a case has %d open promises at most: keep or renegotiate one of them",
                     BT_MAX_PROMISES);
  struct bt_entry *e = bt_emit_request(d);
  if (!e)
    return -BT_LIMIT;
  struct bt_promise_made *p = &e->event.promise_made;
  p->risk_us = bt_risk_us(d, d->department, due_us);
  p->cause = BT_CAUSE_ASKED;
  rc = bt_entry_join(d, e, &d->department, 1);
  return rc ? rc : bt_record(d, e);
}

static const struct bt_promise *find(const struct bt_deciding *d, uint64_t id) {
  for (uint32_t i = 0; i < d->c.promises.n; i++)
    if (d->c.promises.v[i].id == id)
      return &d->c.promises.v[i];
  return NULL;
}

/* The promise that the request is about, where the department may say something about it. */
static int find_mine(struct bt_deciding *d, uint64_t id, const char *field, const struct bt_promise **ret) {
  const struct bt_promise *p = find(d, id);
  const struct bt_case *c = bt_owed_case(d);
  if (!p)
    return bt_refuse(d, BT_NOT_OPEN, field, NULL);
  if (!bt_owed_is_mine(d, p->holder) && !bt_str_eq(d->department, c->custodian) && !bt_str_eq(d->department, c->owner))
    return bt_owed_not_yours(d, p->holder, p->label, field);
  *ret = p;
  return 0;
}

int bt_rule_renegotiated(struct bt_deciding *d) {
  const struct bt_promise_renegotiated *asked = &d->event->promise_renegotiated;
  const struct bt_promise *p = NULL;
  int rc = find_mine(d, asked->promise, "promise_renegotiated.promise", &p);
  if (rc)
    return rc;
  struct bt_str holder = bt_owed_by(d, p->holder);
  rc = bt_owed_due(d, holder, asked->due_us, "promise_renegotiated.due_us");
  if (rc)
    return rc;
  struct bt_entry *e = bt_emit_request(d);
  if (!e)
    return -BT_LIMIT;
  e->event.promise_renegotiated.holder = holder;
  e->event.promise_renegotiated.risk_us = bt_risk_us(d, holder, asked->due_us);
  return bt_owed_record(d, e, p->holder, p->label);
}

int bt_rule_kept(struct bt_deciding *d) {
  const struct bt_promise *p = NULL;
  int rc = find_mine(d, d->event->promise_kept.promise, "promise_kept.promise", &p);
  if (rc)
    return rc;
  struct bt_entry *e = bt_emit_request(d);
  if (!e)
    return -BT_LIMIT;
  e->event.promise_kept.holder = bt_owed_by(d, p->holder);
  e->event.promise_kept.late = p->state == BT_PROMISE_IS_BROKEN;
  return bt_owed_record(d, e, p->holder, p->label);
}

int bt_rule_promise_withdrawn(struct bt_deciding *d) {
  const struct bt_promise *p = NULL;
  int rc = find_mine(d, d->event->promise_withdrawn.promise, "promise_withdrawn.promise", &p);
  if (rc)
    return rc;
  struct bt_entry *e = bt_emit_request(d);
  if (!e)
    return -BT_LIMIT;
  e->event.promise_withdrawn.holder = bt_owed_by(d, p->holder);
  return bt_owed_record(d, e, p->holder, p->label);
}

/* ---- its time ---- */

static int at_risk(struct bt_deciding *d, const struct bt_promise *p) {
  struct bt_entry *e = bt_emit(d, BT_PROMISE_AT_RISK, d->department);
  if (!e)
    return -BT_LIMIT;
  e->event.promise_at_risk = (struct bt_promise_at_risk){p->id, bt_owed_by(d, p->holder), p->due_us};
  return bt_owed_record(d, e, p->holder, p->label);
}

static int broken(struct bt_deciding *d, const struct bt_promise *p) {
  struct bt_str holder = bt_owed_by(d, p->holder);
  struct bt_entry *e = bt_emit(d, BT_PROMISE_BROKEN, d->department);
  if (!e)
    return -BT_LIMIT;
  e->event.promise_broken = (struct bt_promise_broken){p->id, holder, p->due_us};
  int rc = bt_owed_record(d, e, p->holder, p->label);
  return rc ? rc : bt_escalate(d, BT_CAUSE_PROMISE_BROKEN, p->id, p->due_us, holder);
}

/* A warning that comes when the time itself has come is none: it is left out. */
int bt_timer_promise(struct bt_deciding *d, const struct bt_timer *t) {
  const struct bt_promise *p = find(d, t->object);
  if (!p || !p->due_us || p->state == BT_PROMISE_IS_BROKEN)
    return 0;
  /* The warning first, also when it comes too late: the promise breaks in its turn, which is at its due time, behind
   * whatever was due before that. */
  if (p->state == BT_PROMISE_IS_OPEN && p->risk_us)
    return p->risk_us <= d->now_us ? at_risk(d, p) : 0;
  return p->due_us <= d->now_us ? broken(d, p) : 0;
}

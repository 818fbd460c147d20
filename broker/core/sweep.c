/* Wide effects on custody: the broker was down, or departments are no longer configured. */
#include "core/handing.h"
#include "core/routing.h"

#define GRACE_US (INT64_C(60) * 1000000)

static bool is_live(const struct bt_case *c) {
  return bt_case_is_open(c) && !c->dormant;
}

/* Nobody could answer while the broker was down. Once per downtime; what was promised to the customer is due as it was.
 */
int bt_sweep_downtime(struct bt_deciding *d, const struct bt_sweep *s) {
  const struct bt_offer *o = &d->c.offer;
  if (!is_live(&d->c) || !o->id || o->opens_at_us || o->offered_at_us >= s->down_until_us ||
      o->extended_at_us >= s->down_until_us)
    return 0;
  const int64_t from_us = o->offered_at_us > s->down_from_us ? o->offered_at_us : s->down_from_us;
  struct bt_entry *e = bt_emit(d, BT_HANDOFF_EXTENDED, (struct bt_str){0});
  if (!e)
    return -BT_LIMIT;
  e->offer = o->id;
  e->event.handoff_extended = (struct bt_handoff_extended){
      .offer = o->id,
      .deadline_us = o->deadline_us + (s->down_until_us - from_us) + GRACE_US,
      .cause = BT_CAUSE_DOWNTIME,
  };
  return bt_record(d, e);
}

static bool attended(const struct bt_deciding *d, struct bt_str name) {
  const struct bt_department *dep = bt_rules_department(d->rules, name);
  return dep && !dep->unattended;
}

/* A department that came back in the meantime is not gone. */
static bool is_gone(const struct bt_deciding *d, const struct bt_sweep *s, struct bt_str name) {
  if (!name.n || bt_rules_department(d->rules, name))
    return false;
  for (uint32_t i = 0; i < s->departments.n; i++)
    if (bt_str_eq(s->departments.v[i], name))
      return true;
  return false;
}

static int replace_custodian(struct bt_deciding *d) {
  const struct bt_str to = attended(d, d->c.owner) ? d->c.owner : d->rules->last_owner;
  return attended(d, to) ? bt_direct(d, to, BT_CAUSE_GONE) : 0;
}

static int replace_owner(struct bt_deciding *d) {
  const struct bt_str owner = bt_route_owner(d->rules, d->c.topic);
  if (!attended(d, owner))
    return 0;
  struct bt_entry *e = bt_emit(d, BT_OWNER_APPOINTED, (struct bt_str){0});
  if (!e)
    return -BT_LIMIT;
  e->event.owner_appointed = (struct bt_owner_appointed){.owner = owner, .from = d->c.owner, .cause = BT_CAUSE_GONE};
  int rc = bt_entry_join_if_room(d, e, owner);
  return rc ? rc : bt_record(d, e);
}

/* Nobody is going to answer it. */
static int fail_question(struct bt_deciding *d, const struct bt_question *q) {
  struct bt_entry *e = bt_emit(d, BT_QUESTION_OVERDUE, (struct bt_str){0});
  if (!e)
    return -BT_LIMIT;
  e->event.question_overdue =
      (struct bt_question_overdue){.question = q->id, .from = q->from, .to = q->to, .due_us = q->due_us};
  int rc = bt_record(d, e);
  return rc ? rc : bt_escalate(d, BT_CAUSE_QUESTION_OVERDUE, q->id, q->due_us, q->to);
}

static int fail_questions(struct bt_deciding *d, const struct bt_sweep *s) {
  const struct bt_questions all = d->c.questions; /* what is recorded makes the case's own anew */
  int rc = 0;
  for (uint32_t i = 0; i < all.n && !rc; i++)
    if (!all.v[i].overdue && is_gone(d, s, all.v[i].to))
      rc = fail_question(d, &all.v[i]);
  return rc;
}

int bt_sweep_gone(struct bt_deciding *d, const struct bt_sweep *s) {
  int rc = 0;
  if (!is_live(&d->c))
    return 0;
  if (is_gone(d, s, d->c.custodian))
    rc = replace_custodian(d);
  else if (d->c.offer.id && is_gone(d, s, d->c.offer.to))
    rc = bt_expire_offer(d, true);
  if (!rc && is_gone(d, s, d->c.owner))
    rc = replace_owner(d);
  return rc ? rc : fail_questions(d, s);
}

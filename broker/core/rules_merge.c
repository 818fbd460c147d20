/* Two cases that are one need, or have to do with each other. A merge is a pointer: nothing moves, each row keeps the
 * id it was written under, and undo takes the pointer away. */
#include "core/deciding.h"
#include "core/policy.h"

static bool answers_for(const struct bt_deciding *d, const struct bt_case *c) {
  return bt_str_eq(d->department, c->custodian) || bt_str_eq(d->department, c->owner);
}

static bool takes_part(const struct bt_deciding *d, const struct bt_case *c) {
  return c && bt_policy_takes_part(d->rules, c, d->department);
}

/* The entry on the other case tells as much as the request: who takes part there wants the reason too, under the same
 * labels. */
static struct bt_entry *emit_mirror(struct bt_deciding *d) {
  struct bt_entry *e = bt_emit(d, (int)d->event->kind, d->department);
  if (e) {
    e->event.actor = d->event->actor;
    e->event.labels = d->event->labels;
  }
  return e;
}

/* ---- merged ---- */

static bool same_customer(const struct bt_deciding *d, uint64_t a, uint64_t b) {
  const struct bt_scene *s = d->scene;
  return !a || !b || a == b || (s->into && s->merged && s->into->id == s->merged->id);
}

static int check_survivor(struct bt_deciding *d, uint64_t into) {
  const struct bt_case *to = d->scene->other;
  if (into == d->c.id)
    return bt_refuse(d, BT_INVALID, "cases_merged.into", "that is the same case");
  if (!takes_part(d, to))
    return bt_refuse(d, BT_UNKNOWN_CASE, "cases_merged.into", NULL);
  if (to->id != into)
    return bt_refuse(d, BT_MERGED, "cases_merged.into", "it points to case %llu", (unsigned long long)to->id);
  if (to->dormant)
    return bt_refuse(d, BT_NOT_YET, "cases_merged.into", "the case is dormant history: revive it first");
  if (!bt_case_is_open(to))
    return bt_refuse(d, BT_WRONG_STATUS, "cases_merged.into", "the case that goes on is %s",
                     bt_status_name((int)to->status));
  if (!same_customer(d, d->c.customer, to->customer))
    return bt_refuse(d, BT_INVALID, "cases_merged.into", "the two cases are of different customers");
  if (to->merged.n >= BT_MAX_MERGED)
    return bt_refuse(d, BT_LIMIT, "cases_merged.into", "%d cases point to one at most", BT_MAX_MERGED);
  return 0;
}

static int check_merge(struct bt_deciding *d) {
  if (d->backfill || d->c.dormant)
    return bt_refuse(d, BT_NOT_YET, "locator", "dormant history is not merged: revive the case first");
  if (!answers_for(d, &d->c))
    return bt_refuse(d, BT_NOT_CUSTODIAN, "department", "%.*s holds the case that would end",
                     BT_STR_ARG(d->c.custodian));
  int rc = check_survivor(d, d->event->cases_merged.into);
  if (!rc && d->c.offer.id)
    rc = bt_refuse_offer_open(d);
  return rc;
}

/* Nobody could end the pending of a case that points to another: what it has stopped would never run again. */
static int leave_pending(struct bt_deciding *d) {
  struct bt_clocks clocks = {0};
  int rc = d->c.status == BT_STATUS_PENDING ? bt_clocks_run(d, &clocks) : 0;
  if (rc || !clocks.n)
    return rc;
  struct bt_entry *e = bt_emit(d, BT_STATUS_CHANGED, d->department);
  if (!e)
    return -BT_LIMIT;
  e->event.status_changed =
      (struct bt_status_changed){.status = BT_STATUS_OPEN, .cause = BT_CAUSE_ASKED, .clocks = clocks};
  return bt_record(d, e);
}

/* The case that goes on: whoever answered for the other has a part in it. */
static int record_survivor(struct bt_deciding *d, const struct bt_case *to) {
  struct bt_case survivor = *to;
  struct bt_entry *e = emit_mirror(d);
  if (!e)
    return -BT_LIMIT;
  e->event.cases_merged = d->event->cases_merged;
  e->event.cases_merged.merged = d->c.id;
  const struct bt_str joined[] = {d->c.custodian, d->c.owner};
  int rc = bt_entry_join(d, e, joined, 2);
  return rc ? rc : bt_record_on(d, e, &survivor);
}

int bt_rule_merged(struct bt_deciding *d) {
  int rc = check_merge(d);
  if (rc || (rc = leave_pending(d)))
    return rc;
  struct bt_entry *e = bt_emit_request(d);
  if (!e)
    return -BT_LIMIT;
  rc = bt_record(d, e);
  return rc ? rc : record_survivor(d, d->scene->other);
}

/* ---- unmerged ---- */

int bt_rule_unmerged(struct bt_deciding *d) {
  const struct bt_scene *s = d->scene;
  const struct bt_case *from = s->other ? s->other : s->survivor;
  if (d->c.status != BT_STATUS_MERGED)
    return bt_refuse(d, BT_WRONG_STATUS, NULL, "it is %s, and points to no other case",
                     bt_status_name((int)d->c.status));
  if (!from || from->id != d->c.merged_into)
    return bt_refuse(d, BT_MERGED, "locator", "the case that it points to points on: undo that first");
  if (!answers_for(d, &d->c) && !answers_for(d, from) && !(s->survivor && answers_for(d, s->survivor)))
    return bt_refuse(d, BT_NOT_CUSTODIAN, "department", "it takes who holds or owns one of the two cases");
  struct bt_case survivor = *from;
  struct bt_entry *e = bt_emit_request(d);
  if (!e)
    return -BT_LIMIT;
  e->event.cases_unmerged.from = from->id;
  int rc = bt_record(d, e);
  if (rc)
    return rc;
  if (!(e = emit_mirror(d)))
    return -BT_LIMIT;
  e->event.cases_unmerged = (struct bt_cases_unmerged){
      .reason = d->event->cases_unmerged.reason,
      .from = from->id,
      .unmerged = d->c.id,
  };
  rc = bt_record_on(d, e, &survivor);
  return rc ? rc : bt_after_reopening(d);
}

/* ---- linked ---- */

static int check_room(struct bt_deciding *d, const struct bt_case *c, uint64_t other) {
  for (uint32_t i = 0; i < c->links.n; i++)
    if (c->links.v[i] == other)
      return 0;
  if (c->links.n >= BT_MAX_LINKS)
    return bt_refuse(d, BT_LIMIT, "case_linked.other", "a case is linked to %d others at most", BT_MAX_LINKS);
  return 0;
}

static int check_link(struct bt_deciding *d) {
  const struct bt_case *other = d->scene->other;
  if (!takes_part(d, &d->c))
    return bt_refuse(d, BT_UNKNOWN_CASE, "locator", NULL);
  if (d->event->case_linked.other == d->c.id)
    return bt_refuse(d, BT_INVALID, "case_linked.other", "that is the same case");
  if (!takes_part(d, other))
    return bt_refuse(d, BT_UNKNOWN_CASE, "case_linked.other", NULL);
  if (other->id == d->c.id)
    return bt_refuse(d, BT_INVALID, "case_linked.other", "the two cases are merged");
  if (d->c.dormant || other->dormant)
    return bt_refuse(d, BT_NOT_YET, "case_linked.other", "dormant history is not linked: revive the case first");
  int rc = check_room(d, &d->c, other->id);
  return rc ? rc : check_room(d, other, d->c.id);
}

int bt_rule_linked(struct bt_deciding *d) {
  int rc = check_link(d);
  if (rc)
    return rc;
  struct bt_case other = *d->scene->other;
  struct bt_entry *e = bt_emit_request(d);
  if (!e)
    return -BT_LIMIT;
  e->event.case_linked.other = other.id;
  if ((rc = bt_record(d, e)))
    return rc;
  if (!(e = emit_mirror(d)))
    return -BT_LIMIT;
  e->event.case_linked = (struct bt_case_linked){d->c.id, d->event->case_linked.note};
  return bt_record_on(d, e, &other);
}

/* Work that departments say they are doing, and where two of them do what cannot both be right. */
#include "core/owed.h"

/* ---- conflicts ---- */

static bool same_pair(const struct bt_contradiction *k, struct bt_str a, struct bt_str b) {
  return bt_str_eq(k->one, a) && bt_str_eq(k->other, b);
}

/* The same thing twice, or one of the pairs that are configured: in either order. */
static bool contradict(const struct bt_rules *rules, struct bt_str a, struct bt_str b) {
  for (uint32_t i = 0; i < rules->contradictions.n; i++)
    if (same_pair(&rules->contradictions.v[i], a, b) || same_pair(&rules->contradictions.v[i], b, a))
      return true;
  return bt_str_eq(a, b);
}

/* Another department's work on the subject. */
static bool meets(const struct bt_deciding *d, const struct bt_work *w) {
  return bt_str_eq(w->subject, d->event->work_started.subject) && !bt_str_eq(w->holder, d->department);
}

static int check_exclusive(struct bt_deciding *d) {
  for (uint32_t i = 0; i < d->c.work.n && !d->backfill; i++) {
    const struct bt_work *w = &d->c.work.v[i];
    if (!meets(d, w) || (!w->exclusive && !d->event->work_started.exclusive))
      continue;
    d->receipt.holder = w->holder;
    return bt_refuse(d, BT_EXCLUSIVE, "work_started.subject", w->exclusive ? "%.*s" : "%.*s works on it already",
                     BT_STR_ARG(w->holder));
  }
  return 0;
}

/* Of both: nobody reads by the one what the other keeps from him. The departments at work are called in any case. */
static struct bt_strs labels_of(struct bt_deciding *d, const struct bt_work *other) {
  const struct bt_strs *mine = &d->event->labels;
  struct bt_strs both = {0, BT_NEW_ARRAY(d->arena, struct bt_str, 2)};
  if (!both.v)
    return both;
  if (mine->n)
    both.v[both.n++] = mine->v[0];
  if (other->label.n && !(both.n && bt_str_eq(both.v[0], other->label)))
    both.v[both.n++] = other->label;
  return both;
}

static int emit_conflict(struct bt_deciding *d, const struct bt_work *other) {
  struct bt_entry *e = bt_emit(d, BT_CONFLICT_FOUND, (struct bt_str){0});
  if (!e)
    return -BT_LIMIT;
  e->event.conflict_found = (struct bt_conflict_found){
      .work = d->main,
      .other = other->id,
      .holder = d->department,
      .other_holder = other->holder,
      .custodian = d->c.custodian,
  };
  e->event.labels = labels_of(d, other);
  return e->event.labels.v ? bt_record(d, e) : -BT_NOMEM;
}

/* before: the work that was there when this one was started. In history nobody can be told any more. */
static int find_conflicts(struct bt_deciding *d, const struct bt_works *before) {
  struct bt_u64s found = {0, BT_NEW_ARRAY(d->arena, uint64_t, before->n)};
  if (!found.v)
    return -BT_NOMEM;
  for (uint32_t i = 0; i < before->n && !d->backfill; i++) {
    const struct bt_work *w = &before->v[i];
    if (!meets(d, w) || !contradict(d->rules, w->action, d->event->work_started.action))
      continue;
    found.v[found.n++] = w->id;
    int rc = emit_conflict(d, w);
    if (rc)
      return rc;
  }
  d->receipt.conflicts = found;
  return 0;
}

/* ---- the rules ---- */

/* A lease is a plain time, not one of open hours: it guards against work that nobody does any more. */
static int64_t until_us(const struct bt_deciding *d, uint32_t lease_s) {
  int64_t from_us = d->backfill ? d->event->occurred_at_us : d->now_us;
  return from_us + (lease_s ? (int64_t)lease_s * 1000000 : d->rules->lease_us);
}

int bt_rule_work_started(struct bt_deciding *d) {
  const struct bt_works before = d->c.work;
  int rc = bt_owed_status(d, false);
  if (rc || (rc = check_exclusive(d)))
    return rc;
  if (before.n >= BT_MAX_WORK)
    return bt_refuse(d, BT_LIMIT, NULL, "a case has %d open pieces of work at most", BT_MAX_WORK);
  struct bt_entry *e = bt_emit_request(d);
  if (!e)
    return -BT_LIMIT;
  e->event.work_started.until_us = until_us(d, d->event->work_started.lease_s);
  if ((rc = bt_entry_join(d, e, &d->department, 1)) || (rc = bt_record(d, e)))
    return rc;
  return find_conflicts(d, &before);
}

static const struct bt_work *find(const struct bt_deciding *d, uint64_t id) {
  for (uint32_t i = 0; i < d->c.work.n; i++)
    if (d->c.work.v[i].id == id)
      return &d->c.work.v[i];
  return NULL;
}

/* Who answers for the case may say that work has failed: a lease that is renewed and renewed must not block it. */
static bool may_end(const struct bt_deciding *d) {
  const struct bt_case *c = bt_owed_case(d);
  return d->event->kind == BT_WORK_FAILED &&
         (bt_str_eq(d->department, c->custodian) || bt_str_eq(d->department, c->owner));
}

/* What a department says about work of its own. renewed_until_us: when the lease goes on, else 0. */
static int record_about(struct bt_deciding *d, uint64_t id, const char *field, int64_t renewed_until_us) {
  const struct bt_work *w = find(d, id);
  if (!w)
    return bt_refuse(d, BT_NOT_OPEN, field, NULL);
  if (!bt_owed_is_mine(d, w->holder) && !may_end(d))
    return bt_owed_not_yours(d, w->holder, w->label, field);
  struct bt_entry *e = bt_emit_request(d);
  if (!e)
    return -BT_LIMIT;
  if (renewed_until_us)
    e->event.work_renewed.until_us = renewed_until_us;
  return bt_owed_record(d, e, w->holder, w->label);
}

int bt_rule_work_renewed(struct bt_deciding *d) {
  const struct bt_work_renewed *r = &d->event->work_renewed;
  return record_about(d, r->work, "work_renewed.work", until_us(d, r->lease_s));
}

int bt_rule_work_finished(struct bt_deciding *d) {
  return record_about(d, d->event->work_finished.work, "work_finished.work", 0);
}

int bt_rule_work_failed(struct bt_deciding *d) {
  return record_about(d, d->event->work_failed.work, "work_failed.work", 0);
}

int bt_timer_work(struct bt_deciding *d, const struct bt_timer *t) {
  const struct bt_work *w = find(d, t->object);
  if (!w || w->until_us > d->now_us)
    return 0;
  struct bt_entry *e = bt_emit(d, BT_WORK_LAPSED, d->department);
  if (!e)
    return -BT_LIMIT;
  e->event.work_lapsed = (struct bt_work_lapsed){w->id, w->holder};
  return bt_owed_record(d, e, w->holder, w->label);
}

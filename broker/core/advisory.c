/* Known trouble on a topic: announced once, on the topic, and told on every case that it concerns, with what to do
 * instead. The cases that are open are reached by a sweep, those opened later as they open. */
#include "core/deciding.h"

enum {
  MAX_OPEN = 64,
  MAX_OWN = 8 /* of one department: the others need room */,
  MAX_ALTERNATIVE = 64,
  MAX_SWEEPS = 128 /* as many as 64 issued and ended */
};

/* The next entry on the stream of an advisory: no case, so nobody receives it. The cases tell. */
static struct bt_entry *emit_on_topic(struct bt_deciding *d, int kind, uint64_t advisory) {
  struct bt_entry *e = bt_emit(d, kind, d->department);
  if (!e)
    return NULL;
  e->stream = BT_STREAM_TOPIC;
  e->stream_id = advisory ? advisory : e->sequence;
  e->version = advisory ? 2 : 1; /* it is issued, and it ends */
  e->previous = advisory;
  return e;
}

static uint32_t own_open(const struct bt_deciding *d) {
  uint32_t n = 0;
  for (uint32_t i = 0; i < d->scene->advisories.n; i++)
    n += bt_str_eq(d->scene->advisories.v[i].department, d->department);
  return n;
}

static int check_issued(struct bt_deciding *d) {
  const struct bt_advisory_issued *a = &d->event->advisory_issued;
  if (!bt_rules_handles(d->rules, d->department, a->topic))
    return bt_refuse(d, BT_NOT_GRANTED, "advisory_issued.topic", "the department does not handle this topic");
  if (d->backfill)
    return bt_refuse(d, BT_INVALID, "backfill", "an advisory is about cases that are open now");
  if (a->until_us && a->until_us <= d->now_us)
    return bt_refuse(d, BT_INVALID, "advisory_issued.until_us", "lies in the past");
  for (uint32_t i = 0; i < a->alternatives.n; i++)
    if (a->alternatives.v[i].n > MAX_ALTERNATIVE)
      return bt_refuse(d, BT_LIMIT, "advisory_issued.alternatives", "at most %d bytes each", MAX_ALTERNATIVE);
  if (own_open(d) >= MAX_OWN)
    return bt_refuse(d, BT_LIMIT, NULL, "a department has %d advisories open at most: end one first", MAX_OWN);
  if (d->scene->advisories.n >= MAX_OPEN)
    return bt_refuse(d, BT_LIMIT, NULL, "%d advisories are open at most: end one first", MAX_OPEN);
  if (d->scene->sweeps >= MAX_SWEEPS) /* else one that issues and ends without pause keeps all others from the cases */
    return bt_refuse(d, BT_LIMIT, NULL, "%d are on their way to the cases: try again later", MAX_SWEEPS);
  return 0;
}

int bt_rule_advisory_issued(struct bt_deciding *d) {
  int rc = check_issued(d);
  if (rc)
    return rc;
  struct bt_entry *e = emit_on_topic(d, BT_ADVISORY_ISSUED, 0);
  if (!e)
    return -BT_LIMIT;
  e->event = *d->event;
  d->main = e->sequence;
  return 0;
}

/* Who issued it; where that department is not configured any more, who handles the topic. */
static bool may_end(const struct bt_deciding *d, const struct bt_advisory *a) {
  if (bt_rules_department(d->rules, a->department))
    return bt_str_eq(a->department, d->department);
  return bt_rules_handles(d->rules, d->department, a->topic);
}

int bt_rule_advisory_ended(struct bt_deciding *d) {
  const struct bt_advisory *a = d->scene->advisory;
  if (!a || a->ended)
    return bt_refuse(d, BT_NOT_OPEN, "advisory_ended.advisory", NULL);
  if (!may_end(d, a)) {
    d->receipt.holder = a->department;
    return bt_refuse(d, BT_NOT_YOURS, "advisory_ended.advisory", "%.*s issued it", BT_STR_ARG(a->department));
  }
  struct bt_entry *e = emit_on_topic(d, BT_ADVISORY_ENDED, a->id);
  if (!e)
    return -BT_LIMIT;
  e->event = *d->event;
  e->event.advisory_ended.topic = a->topic;
  d->main = e->sequence;
  return 0;
}

int bt_timer_advisory(struct bt_deciding *d, const struct bt_timer *t) {
  const struct bt_advisory *a = d->scene->advisory;
  if (!a || a->id != t->object || a->ended || !a->until_us || a->until_us > d->now_us)
    return 0;
  struct bt_entry *e = emit_on_topic(d, BT_ADVISORY_ENDED, a->id);
  if (!e)
    return -BT_LIMIT;
  e->event.advisory_ended = (struct bt_advisory_ended){.advisory = a->id, .topic = a->topic};
  return 0;
}

/* ---- on the cases ---- */

static bool carries(const struct bt_case *c, uint64_t advisory) {
  for (uint32_t i = 0; i < c->advisories.n; i++)
    if (c->advisories.v[i].id == advisory)
      return true;
  return false;
}

/* A case carries the newest ones: an older one does not push one of them out. */
static bool concerns(const struct bt_deciding *d, const struct bt_advisory *a) {
  const struct bt_case *c = &d->c;
  if (!bt_case_is_open(c) || c->dormant || a->ended || (a->until_us && a->until_us <= d->now_us))
    return false;
  bool older = c->advisories.n == BT_MAX_NOTES && a->id < c->advisories.v[0].id;
  return !older && !carries(c, a->id) && bt_topic_under(c->topic, a->topic);
}

static int attach(struct bt_deciding *d, const struct bt_advisory *a) {
  struct bt_entry *e = bt_emit(d, BT_ADVISORY_ISSUED, a->department);
  if (!e)
    return -BT_LIMIT;
  e->event.advisory_issued = (struct bt_advisory_issued){
      .topic = a->topic,
      .text = a->text,
      .alternatives = a->alternatives,
      .until_us = a->until_us,
      .advisory = a->id,
  };
  return bt_record(d, e);
}

/* A case that has no room for it goes on without: the customer is heard all the same. */
static int attach_if_room(struct bt_deciding *d, const struct bt_advisory *a) {
  const struct bt_receipt told = d->receipt;
  const struct bt_case c = d->c;
  const uint32_t n = d->n;
  int rc = attach(d, a);
  if (rc != -BT_LIMIT)
    return rc;
  d->receipt = told;
  d->c = c;
  d->n = n;
  return 0;
}

int bt_attach_advisories(struct bt_deciding *d) {
  const struct bt_advisory *v = d->scene->advisories.v;
  uint32_t fit = 0, n = d->scene->advisories.n;
  if (d->backfill)
    return 0;
  for (uint32_t i = 0; i < n; i++)
    fit += concerns(d, &v[i]);
  for (uint32_t i = 0; i < n; i++) {
    if (!concerns(d, &v[i]) || fit-- > BT_MAX_NOTES)
      continue;
    int rc = attach_if_room(d, &v[i]);
    if (rc)
      return rc;
  }
  return 0;
}

int bt_sweep_advisory_issued(struct bt_deciding *d, const struct bt_sweep *s) {
  const struct bt_advisory *a = d->scene->advisory;
  if (!a || a->id != s->object || d->c.id > a->id || !concerns(d, a)) /* a later case knew of it as it opened */
    return 0;
  return attach_if_room(d, a);
}

/* Also off a case that has ended: it may be opened again. */
int bt_sweep_advisory_ended(struct bt_deciding *d, const struct bt_sweep *s) {
  if (!carries(&d->c, s->object))
    return 0;
  struct bt_entry *e = bt_emit(d, BT_ADVISORY_ENDED, (struct bt_str){0});
  if (!e)
    return -BT_LIMIT;
  e->event.advisory_ended.advisory = s->object;
  if (d->scene->advisory)
    e->event.advisory_ended.topic = d->scene->advisory->topic;
  return bt_record(d, e);
}

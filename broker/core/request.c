/* What every request must stand, before the rule of its kind: is it new, may this sender say it, does it make sense. */
#include <stddef.h>

#include "core/deciding.h"
#include "core/policy.h"

/* The stored receipt, or CONFLICT. 1: this key is new. */
static int seen_before(struct bt_deciding *d) {
  const struct bt_scene *s = d->scene;
#ifdef BT_FLAW_NO_DEDUPE
  return 1;
#endif
  if (!s->seen || s->seen_until_us <= d->now_us)
    return 1;
  if (memcmp(s->seen_hash, d->request->content_hash, sizeof s->seen_hash) != 0)
    return bt_refuse(d, BT_CONFLICT, "source_key", NULL);
  d->receipt = s->seen_receipt;
  d->receipt.duplicate = true;
  return 0;
}

static int check_age(struct bt_deciding *d) {
  int64_t first_us = d->request->first_tried_at_us;
  if (!d->request->source_key.n)
    return 0;
  if (first_us <= 0)
    return bt_refuse(d, BT_INVALID, "first_tried_at_us", "say when this key was first sent");
  if (first_us <= d->now_us - d->rules->idempotency_us)
    return bt_refuse(d, BT_TOO_OLD, "first_tried_at_us", NULL);
  if (first_us > d->now_us + d->rules->max_future_us)
    return bt_refuse(d, BT_INVALID, "first_tried_at_us", "lies in the future: is the clock right?");
  return 0;
}

static int check_sender(struct bt_deciding *d) {
  if (d->request->operator.n && !d->department.n) /* of no case, so in nobody's name */
    return bt_refuse(d, BT_UNKNOWN_CASE, "locator", NULL);
  if (!bt_rules_department(d->rules, d->department))
    return bt_refuse(d, BT_UNKNOWN_DEPARTMENT, "department", NULL);
  if (!bt_adapter_acts_for(d->request->adapter, d->department))
    return bt_refuse(d, BT_NOT_GRANTED, "department", "this adapter does not act for the department");
  if (d->backfill && !d->request->adapter->backfill)
    return bt_refuse(d, BT_NOT_GRANTED, "backfill", "this adapter may not record history");
  struct bt_str owner = d->event->locator.reference.department;
  if (owner.n && !bt_adapter_acts_for(d->request->adapter, owner))
    return bt_refuse(d, BT_NOT_GRANTED, "locator.reference.department", "this adapter does not act for the department");
  return 0;
}

/* What becomes part of the state bears one label there, and an advisory, which is for every case on its topic, none:
 * whatever else the event said would be forgotten, and the rest shown to the wrong people. */
static int check_labels(struct bt_deciding *d) {
  static const struct {
    uint32_t kind, most;
  } bounds[] = {
      {BT_CASE_OPENED, 1},     {BT_FACT_RECORDED, 1},    {BT_ATTEMPT_FAILED, 1},
      {BT_HANDOFF_OFFERED, 1}, {BT_QUESTION_ASKED, 1},   {BT_PROMISE_MADE, 1},
      {BT_WORK_STARTED, 1},    {BT_HANDOFF_REPORTED, 1}, {BT_ADVISORY_ISSUED, 0},
  };
  for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++)
    if (bounds[i].kind == d->event->kind && d->event->labels.n > bounds[i].most)
      return bt_refuse(d, BT_LIMIT, "labels", "this kind of event bears %s",
                       bounds[i].most ? "one label at most: give it a label of its own" : "none");
  return 0;
}

/* Farther than anybody plans, and near enough that what is added to it stays a time. */
#define FAR_US (INT64_C(100) * 366 * 86400 * 1000000)

static int check_times(struct bt_deciding *d) {
  static const struct {
    uint32_t kind;
    size_t offset;
    const char *field;
  } times[] = {
#define TIME(kind, field) {kind, offsetof(struct bt_event, field), #field}
      TIME(BT_CASE_OPENED, case_opened.customer_deadline_us),
      TIME(BT_HANDOFF_OFFERED, handoff_offered.deadline_us),
      TIME(BT_HANDOFF_COUNTERED, handoff_countered.at_us),
      TIME(BT_QUESTION_ASKED, question_asked.due_us),
      TIME(BT_PROMISE_MADE, promise_made.due_us),
      TIME(BT_PROMISE_RENEGOTIATED, promise_renegotiated.due_us),
      TIME(BT_STATUS_CHANGED, status_changed.until_us),
      TIME(BT_ADVISORY_ISSUED, advisory_issued.until_us),
#undef TIME
  };
  for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
    int64_t at_us;
    memcpy(&at_us, (const char *)d->event + times[i].offset, sizeof at_us);
    if (times[i].kind == d->event->kind && at_us > d->now_us + FAR_US)
      return bt_refuse(d, BT_HORIZON, times[i].field, "that is more than a hundred years from now");
  }
  return 0;
}

static int check_event(struct bt_deciding *d) {
  if (d->event->occurred_at_us > d->now_us + d->rules->max_future_us)
    return bt_refuse(d, BT_INVALID, "occurred_at_us", "lies in the future: is the clock right?");
  for (uint32_t i = 0; i < d->event->labels.n; i++)
    if (!bt_strs_has(&d->rules->labels, d->event->labels.v[i]))
      return bt_refuse(d, BT_INVALID, "labels", "no such label is configured");
  int rc = check_labels(d);
  return rc ? rc : check_times(d);
}

int bt_check_version(struct bt_deciding *d, enum bt_nature nature) {
  uint64_t expected = d->event->expected_version;
  if (!d->has_case || d->backfill || expected == d->c.version)
    return 0;
  if (nature != BT_DECIDED && (!expected || !bt_policy_takes_part(d->rules, &d->c, d->department)))
    return 0; /* what is told from outside: what the sender may not read cannot be stale for it */
  if (!expected)
    return bt_refuse(d, BT_INVALID, "expected_version", "say which version of the case this was decided on");
  d->receipt.case_id = d->c.id;
  d->receipt.version = d->c.version;
  return bt_refuse(d, BT_STALE, "expected_version", "the case is at version %llu now",
                   (unsigned long long)d->c.version);
}

int bt_check_request(struct bt_deciding *d) {
  int rc = seen_before(d);
  if (rc <= 0 || (rc = check_age(d)) || (rc = check_sender(d)) || (rc = check_event(d)))
    return rc;
  return 1;
}

#include "core/journey.h"

static void sent_to(struct bt_journey *j, struct bt_str department) {
  if (bt_str_eq(j->sent_at, department))
    return;
  if (j->sent_at.n) {
    j->sent_handoffs++;
    j->sent_bounces += bt_str_eq(j->sent_before, department);
  }
  j->sent_before = j->sent_at;
  j->sent_at = department;
}

static void taken_by(struct bt_journey *j, const struct bt_case *before, struct bt_str department) {
  sent_to(j, department);
  if (bt_str_eq(before->custodian, department))
    return;
  j->custody_handoffs++;
  uint32_t n = before->trail.n;
  j->custody_bounces += n >= 2 && bt_str_eq(before->trail.v[n - 2].department, department);
}

static int64_t *waiting(struct bt_journey *j, uint32_t pending_on) {
  switch (pending_on) {
  case BT_PENDING_CUSTOMER:
    return &j->waiting_customer_us;
  case BT_PENDING_VENDOR:
    return &j->waiting_vendor_us;
  default:
    return &j->waiting_other_us;
  }
}

/* Changes of status end a wait; one to pending begins the next. */
static void follow_waiting(struct bt_journey *j, const struct bt_case *before, const struct bt_entry *e) {
  bool changes = e->kind == BT_STATUS_CHANGED || e->kind == BT_CASE_RESOLVED || e->kind == BT_CASE_CLOSED;
  int64_t at_us = e->event.occurred_at_us;
  if (changes && before->status == BT_STATUS_PENDING && at_us > j->pending_since_us)
    *waiting(j, before->pending_on) += at_us - j->pending_since_us;
  if (e->kind == BT_STATUS_CHANGED && e->event.status_changed.status == BT_STATUS_PENDING)
    j->pending_since_us = at_us;
}

static void follow_endings(struct bt_journey *j, const struct bt_entry *e) {
  bool worked = e->kind == BT_CASE_CLOSED || (e->kind == BT_CASE_RESOLVED && !e->event.case_resolved.first_contact);
  if (e->kind == BT_CASE_RESOLVED || e->kind == BT_CASE_CLOSED) {
    j->resolved++;
    j->worked += worked;
    j->last_end_worked |= worked;
  } else if (e->kind == BT_CASE_REOPENED) {
    j->reopened++;
    j->worked_reopened += j->last_end_worked;
    j->last_end_worked = false;
  }
}

static void follow_place(struct bt_journey *j, const struct bt_case *before, const struct bt_entry *e) {
  switch (e->kind) {
  case BT_CASE_OPENED:
    sent_to(j, e->event.case_opened.custodian);
    return;
  case BT_HANDOFF_OFFERED:
    if (e->event.handoff_offered.to.n) /* else it waits, and is sent to whom it is directed to */
      sent_to(j, e->event.handoff_offered.to);
    return;
  case BT_HANDOFF_DIRECTED:
    if (e->event.handoff_directed.moved)
      taken_by(j, before, e->event.handoff_directed.to);
    else
      sent_to(j, e->event.handoff_directed.to);
    return;
  case BT_HANDOFF_ACCEPTED:
    taken_by(j, before, e->event.handoff_accepted.to);
    return;
  case BT_HANDOFF_REPORTED:
    taken_by(j, before, e->event.handoff_reported.to);
    return;
  case BT_HANDOFF_WITHDRAWN: /* says where the case is not; the next act of its custodian says where it is */
    return;
  default:
    if (!before->offer.id && bt_str_eq(e->event.department, before->custodian))
      sent_to(j, before->custodian);
  }
}

void bt_journey_follow(struct bt_journey *j, const struct bt_case *before, const struct bt_entry *entry) {
  int64_t at_us = entry->event.occurred_at_us;
  if (!j->events)
    j->first_us = at_us;
  else if (at_us < j->last_us)
    j->clamped_gaps++;
  j->events++;
  j->last_us = at_us;
  follow_place(j, before, entry);
  follow_waiting(j, before, entry);
  follow_endings(j, entry);
}

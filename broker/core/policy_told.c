/* Whom an event is meant for: who is called to act by it, and who is told because it is about something of theirs. */
#include <stddef.h>

#include "core/policy.h"

/* A field of an event that names a department. */
#define NAMES(kind, field)                                                                                             \
  { kind, offsetof(struct bt_event, field) }

struct naming {
  uint32_t kind;
  size_t offset;
};

static struct bt_str named_by(const struct naming *n, const struct bt_event *e) {
  struct bt_str name;
  memcpy(&name, (const char *)e + n->offset, sizeof name);
  return name;
}

/* A called department's adapters get the event whatever they follow. At most BT_MAX_CALLED of a kind. */
static const struct naming called[] = {
    NAMES(BT_HANDOFF_OFFERED, handoff_offered.to),
    NAMES(BT_HANDOFF_REPORTED, handoff_reported.to),
    NAMES(BT_HANDOFF_DIRECTED, handoff_directed.to),
    NAMES(BT_HANDOFF_COUNTERED, handoff_countered.from),
    NAMES(BT_HANDOFF_EXPIRED, handoff_expired.from),
    NAMES(BT_HANDOFF_EXPIRED, handoff_expired.to),
    NAMES(BT_QUESTION_ASKED, question_asked.to),
    NAMES(BT_QUESTION_ANSWERED, question_answered.from),
    NAMES(BT_QUESTION_ANSWERED, question_answered.custodian),
    NAMES(BT_QUESTION_OVERDUE, question_overdue.from),
    NAMES(BT_QUESTION_OVERDUE, question_overdue.to),
    NAMES(BT_PROMISE_AT_RISK, promise_at_risk.holder),
    NAMES(BT_PROMISE_BROKEN, promise_broken.holder),
    NAMES(BT_WORK_LAPSED, work_lapsed.holder),
    NAMES(BT_CONFLICT_FOUND, conflict_found.holder),
    NAMES(BT_CONFLICT_FOUND, conflict_found.other_holder),
    NAMES(BT_CONFLICT_FOUND, conflict_found.custodian),
    NAMES(BT_ESCALATED, escalated.to),
    NAMES(BT_REMINDED, reminded.to),
};

/* Beside those that are called: the other end of it, and the end of what it had to do with. */
static const struct naming told[] = {
    NAMES(BT_HANDOFF_ACCEPTED, handoff_accepted.from),
    NAMES(BT_HANDOFF_ACCEPTED, handoff_accepted.to),
    NAMES(BT_HANDOFF_REFUSED, handoff_refused.from),
    NAMES(BT_HANDOFF_REFUSED, handoff_refused.to),
    NAMES(BT_HANDOFF_COUNTERED, handoff_countered.to),
    NAMES(BT_HANDOFF_WITHDRAWN, handoff_withdrawn.from),
    NAMES(BT_HANDOFF_WITHDRAWN, handoff_withdrawn.to),
    NAMES(BT_HANDOFF_REPORTED, handoff_reported.from),
    NAMES(BT_HANDOFF_DIRECTED, handoff_directed.from),
    NAMES(BT_QUESTION_ANSWERED, question_answered.to),
    NAMES(BT_QUESTION_WITHDRAWN, question_withdrawn.from),
    NAMES(BT_QUESTION_WITHDRAWN, question_withdrawn.to),
    NAMES(BT_PROMISE_RENEGOTIATED, promise_renegotiated.holder),
    NAMES(BT_PROMISE_KEPT, promise_kept.holder),
    NAMES(BT_PROMISE_WITHDRAWN, promise_withdrawn.holder),
    NAMES(BT_OWNER_APPOINTED, owner_appointed.owner),
    NAMES(BT_OWNER_APPOINTED, owner_appointed.from),
    NAMES(BT_ESCALATED, escalated.over),
};

uint32_t bt_policy_called(const struct bt_entry *e, struct bt_str v[BT_MAX_CALLED]) {
  uint32_t n = 0;
  for (size_t i = 0; i < sizeof called / sizeof *called && n < BT_MAX_CALLED; i++)
    if (called[i].kind == e->kind)
      v[n++] = named_by(&called[i], &e->event);
  return n;
}

struct bt_str bt_policy_called_of(const struct bt_entry *e, const struct bt_adapter *adapter) {
  struct bt_str v[BT_MAX_CALLED];
  uint32_t n = bt_policy_called(e, v);
  for (uint32_t i = 0; i < n; i++)
    if (v[i].n && bt_strs_has(&adapter->acts_for, v[i]))
      return v[i];
  return (struct bt_str){0};
}

bool bt_policy_invites(const struct bt_entry *e) {
  return e->kind == BT_HANDOFF_OFFERED || e->kind == BT_HANDOFF_DIRECTED || e->kind == BT_HANDOFF_REPORTED ||
         e->kind == BT_QUESTION_ASKED;
}

bool bt_policy_tells(const struct bt_entry *e, struct bt_str department) {
  for (size_t i = 0; i < sizeof told / sizeof *told; i++)
    if (told[i].kind == e->kind && bt_str_eq(named_by(&told[i], &e->event), department))
      return true;
  return false;
}

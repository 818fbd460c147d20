#include "core/evolve.h"

#include "core/evolving.h"
#include "core/journey.h"

/* What each kind makes of a case. The others change nothing but the history. */
static bt_evolve_fn *const changes[BT_KIND_LAST + 1] = {
    [BT_CASE_OPENED] = bt_evolve_opened,
    [BT_CONTACT_LOGGED] = bt_evolve_contact,
    [BT_ATTEMPT_FAILED] = bt_evolve_attempt,
    [BT_FACT_RECORDED] = bt_evolve_fact,
    [BT_CORRECTION_MADE] = bt_evolve_correction,
    [BT_HANDOFF_OFFERED] = bt_evolve_offered,
    [BT_HANDOFF_ACCEPTED] = bt_evolve_accepted,
    [BT_HANDOFF_REFUSED] = bt_evolve_refused,
    [BT_HANDOFF_COUNTERED] = bt_evolve_countered,
    [BT_HANDOFF_WITHDRAWN] = bt_evolve_offer_over,
    [BT_HANDOFF_REPORTED] = bt_evolve_reported,
    [BT_HANDOFF_DIRECTED] = bt_evolve_directed,
    [BT_HANDOFF_EXTENDED] = bt_evolve_extended,
    [BT_HANDOFF_EXPIRED] = bt_evolve_offer_over,
    [BT_QUESTION_ASKED] = bt_evolve_asked,
    [BT_QUESTION_ANSWERED] = bt_evolve_question_answered,
    [BT_QUESTION_WITHDRAWN] = bt_evolve_question_withdrawn,
    [BT_QUESTION_OVERDUE] = bt_evolve_overdue,
    [BT_PROMISE_MADE] = bt_evolve_promised,
    [BT_PROMISE_RENEGOTIATED] = bt_evolve_renegotiated,
    [BT_PROMISE_KEPT] = bt_evolve_promise_over,
    [BT_PROMISE_WITHDRAWN] = bt_evolve_promise_over,
    [BT_PROMISE_AT_RISK] = bt_evolve_at_risk,
    [BT_PROMISE_BROKEN] = bt_evolve_broken,
    [BT_WORK_STARTED] = bt_evolve_work_started,
    [BT_WORK_RENEWED] = bt_evolve_work_renewed,
    [BT_WORK_FINISHED] = bt_evolve_work_over,
    [BT_WORK_FAILED] = bt_evolve_work_over,
    [BT_WORK_LAPSED] = bt_evolve_work_over,
    [BT_STATUS_CHANGED] = bt_evolve_status,
    [BT_CASE_RESOLVED] = bt_evolve_resolved,
    [BT_CASE_REOPENED] = bt_evolve_reopened,
    [BT_CASE_CLOSED] = bt_evolve_closed,
    [BT_CASES_MERGED] = bt_evolve_merged,
    [BT_CASES_UNMERGED] = bt_evolve_unmerged,
    [BT_CASE_LINKED] = bt_evolve_linked,
    [BT_CASE_REVIVED] = bt_evolve_revived,
    [BT_OWNER_APPOINTED] = bt_evolve_owner,
    [BT_ESCALATED] = bt_evolve_escalated,
    [BT_REMINDED] = bt_evolve_reminded,
    [BT_ADVISORY_ISSUED] = bt_evolve_advisory_issued,
    [BT_ADVISORY_ENDED] = bt_evolve_advisory_ended,
    [BT_RESTRICTED_READ] = bt_evolve_restricted_read,
};

static int join(struct bt_case *c, struct bt_str department, struct bt_arena *arena) {
  uint32_t at = 0;
  while (at < c->participants.n && bt_str_cmp(c->participants.v[at], department) < 0)
    at++;
  if (at < c->participants.n && bt_str_eq(c->participants.v[at], department))
    return 0;
  struct bt_str *v = bt_grown(arena, c->participants.v, c->participants.n, sizeof *v);
  if (!v)
    return -BT_NOMEM;
  memmove(v + at + 1, v + at, (c->participants.n - at) * sizeof *v);
  v[at] = department;
  c->participants.v = v;
  c->participants.n++;
  return 0;
}

bool bt_is_aside(const struct bt_entry *e) {
  switch (e->kind) {
  case BT_CONTACT_LOGGED:
    return e->event.contact_logged.mention;
  case BT_ADVISORY_ISSUED:
  case BT_ADVISORY_ENDED:
  case BT_CUSTOMERS_MERGED:
  case BT_CUSTOMERS_UNMERGED:
  case BT_RESTRICTED_READ:
    return true;
  default:
    return false;
  }
}

int bt_evolve_case(struct bt_case *c, const struct bt_entry *entry, struct bt_arena *arena) {
  bt_journey_follow(&c->journey, c, entry); /* looks at the state before the change */
  bt_evolve_fn *change = entry->kind <= BT_KIND_LAST ? changes[entry->kind] : NULL;
  int rc = change ? change(c, entry, arena) : 0;
  for (uint32_t i = 0; !rc && i < entry->joined.n; i++)
    rc = join(c, entry->joined.v[i], arena);
  if (!rc)
    rc = bt_concerns_follow(c, entry, arena);
  c->version = entry->version;
  c->last_sequence = entry->sequence;
  if (!bt_is_aside(entry)) {
    c->active_sequence = entry->sequence;
    c->changed_at_us = entry->recorded_at_us;
  }
  if (entry->event.department.n && !bt_is_aside(entry))
    c->touched_at_us = entry->recorded_at_us;
  return rc;
}

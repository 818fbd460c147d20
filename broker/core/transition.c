#include "core/deciding.h"

/* The transition table: which rule decides a kind. What the rule may rely on has been checked before it runs. */
static const struct bt_transition transitions[] = {
    /* clang-format off */
    {BT_CASE_OPENED, bt_rule_case_opened, BT_TOLD},
    {BT_CONTACT_LOGGED, bt_rule_contact, BT_TOLD},
    {BT_ATTEMPT_FAILED, bt_rule_contact, BT_TOLD},
    {BT_NOTE_ADDED, bt_rule_note, BT_TOLD},
    {BT_FACT_RECORDED, bt_rule_fact, BT_TOLD},
    {BT_CORRECTION_MADE, bt_rule_correction, BT_TOLD},
    {BT_HANDOFF_OFFERED, bt_rule_offered, BT_DECIDED},
    {BT_HANDOFF_ACCEPTED, bt_rule_accepted, BT_DECIDED},
    {BT_HANDOFF_REFUSED, bt_rule_refused, BT_DECIDED},
    {BT_HANDOFF_COUNTERED, bt_rule_countered, BT_DECIDED},
    {BT_HANDOFF_WITHDRAWN, bt_rule_withdrawn, BT_DECIDED},
    {BT_HANDOFF_REPORTED, bt_rule_reported, BT_TOLD},
    {BT_HANDOFF_EXPIRED, bt_rule_expired, BT_DECIDED},
    {BT_QUESTION_ASKED, bt_rule_asked, BT_TOLD},
    {BT_QUESTION_ANSWERED, bt_rule_answered, BT_TOLD},
    {BT_QUESTION_WITHDRAWN, bt_rule_question_withdrawn, BT_DECIDED},
    {BT_PROMISE_MADE, bt_rule_promised, BT_TOLD},
    {BT_PROMISE_RENEGOTIATED, bt_rule_renegotiated, BT_DECIDED},
    {BT_PROMISE_KEPT, bt_rule_kept, BT_TOLD},
    {BT_PROMISE_WITHDRAWN, bt_rule_promise_withdrawn, BT_DECIDED},
    {BT_WORK_STARTED, bt_rule_work_started, BT_TOLD},
    {BT_WORK_RENEWED, bt_rule_work_renewed, BT_TOLD},
    {BT_WORK_FINISHED, bt_rule_work_finished, BT_TOLD},
    {BT_WORK_FAILED, bt_rule_work_failed, BT_TOLD},
    {BT_STATUS_CHANGED, bt_rule_status, BT_DECIDED},
    {BT_CASE_RESOLVED, bt_rule_resolved, BT_DECIDED},
    {BT_CASE_REOPENED, bt_rule_reopened, BT_DECIDED},
    {BT_CASE_CLOSED, bt_rule_closed, BT_DECIDED},
    {BT_CASES_MERGED, bt_rule_merged, BT_DECIDED},
    {BT_CASES_UNMERGED, bt_rule_unmerged, BT_DECIDED},
    {BT_CASE_LINKED, bt_rule_linked, BT_TOLD},
    {BT_CASE_REVIVED, bt_rule_revived, BT_DECIDED},
    {BT_OWNER_APPOINTED, bt_rule_owner, BT_DECIDED},
    {BT_FEEDBACK_GIVEN, bt_rule_feedback, BT_TOLD},
    {BT_REDRESS_GIVEN, bt_rule_redress, BT_TOLD},
    {BT_ADVISORY_ISSUED, bt_rule_advisory_issued, BT_NO_CASE},
    {BT_ADVISORY_ENDED, bt_rule_advisory_ended, BT_NO_CASE},
    {BT_RESTRICTED_READ, bt_rule_restricted_read, BT_ANY_CASE},
    {BT_IDENTIFIER_LINKED, bt_rule_identifier_linked, BT_NO_CASE},
    {BT_IDENTIFIER_UNLINKED, bt_rule_identifier_unlinked, BT_NO_CASE},
    {BT_CUSTOMERS_MERGED, bt_rule_customers_merged, BT_NO_CASE},
    {BT_CUSTOMERS_UNMERGED, bt_rule_customers_unmerged, BT_NO_CASE},
    /* clang-format on */
};

const struct bt_transition *bt_transition_of(uint32_t kind) {
  for (size_t i = 0; i < sizeof transitions / sizeof transitions[0]; i++)
    if (transitions[i].kind == kind)
      return &transitions[i];
  return NULL;
}

"""Which function decides which kind, and what each timer does: the oracle's one table."""
import oracle_concerns
import oracle_duties
import oracle_handoff
import oracle_merge
import oracle_status

RULES = {
    "case_opened": oracle_status.opened,
    "contact_logged": oracle_status.contact_logged,
    "attempt_failed": oracle_status.attempt_failed,
    "note_added": oracle_status.note_added,
    "fact_recorded": oracle_status.fact_recorded,
    "redress_given": oracle_status.redress_given,
    "handoff_offered": oracle_handoff.handoff_offered,
    "handoff_accepted": oracle_handoff.handoff_accepted,
    "handoff_refused": oracle_handoff.handoff_refused,
    "handoff_countered": oracle_handoff.handoff_countered,
    "handoff_withdrawn": oracle_handoff.handoff_withdrawn,
    "handoff_reported": oracle_handoff.handoff_reported,
    "promise_made": oracle_duties.promise_made,
    "promise_kept": oracle_duties.promise_kept,
    "promise_renegotiated": oracle_duties.promise_renegotiated,
    "promise_withdrawn": oracle_duties.promise_withdrawn,
    "question_asked": oracle_duties.question_asked,
    "question_answered": oracle_duties.question_answered,
    "question_withdrawn": oracle_duties.question_withdrawn,
    "work_started": oracle_duties.work_started,
    "work_renewed": oracle_duties.work_renewed,
    "work_finished": oracle_duties.work_finished,
    "work_failed": oracle_duties.work_failed,
    "status_changed": oracle_status.status_changed,
    "case_resolved": oracle_status.case_ends("case_resolved", "resolved"),
    "case_closed": oracle_status.case_ends("case_closed", "closed"),
    "case_reopened": oracle_status.case_reopened,
    "cases_merged": oracle_merge.cases_merged,
    "cases_unmerged": oracle_merge.cases_unmerged,
    "case_linked": oracle_merge.case_linked,
    "owner_appointed": oracle_status.owner_appointed,
    "feedback_given": oracle_status.feedback_given,
}

# In the order of the protocol's Timer: what is due at one instant fires in this order.
TIMERS = {
    "offer": oracle_handoff.offer_due,
    "risk": oracle_duties.risk_due,
    "promise": oracle_duties.promise_due,
    "question": oracle_duties.question_due,
    "work": oracle_duties.work_due,
    "concern": oracle_concerns.concern_due,
    "pending": oracle_status.pending_due,
    "deadline": oracle_status.deadline_due,
    "idle": oracle_status.idle_due,
}


def fill(world):
    world.rules, world.timers = RULES, TIMERS

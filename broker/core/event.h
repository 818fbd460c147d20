/* A case event, in the core's terms.
 *
 * One struct serves a submitted event, a decided one and one read back from the journal. It mirrors baton.v1.Event
 * field by field (proto/baton/event.proto has the meaning, unit and limit of each); the codec maps between the two.
 * Slices and arrays borrow: they live as long as the arena or generation they came from. A zero value means "not
 * given". */
#ifndef BT_CORE_EVENT_H
#define BT_CORE_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

/* Numbers are those of the fields in baton.v1.Event.kind. From 1000 on: entries that only the broker writes. */
enum bt_kind {
  BT_KIND_NONE = 0,
  BT_CASE_OPENED = 16,
  BT_CONTACT_LOGGED = 17,
  BT_ATTEMPT_FAILED = 18,
  BT_NOTE_ADDED = 19,
  BT_FACT_RECORDED = 20,
  BT_CORRECTION_MADE = 21,
  BT_HANDOFF_OFFERED = 22,
  BT_HANDOFF_ACCEPTED = 23,
  BT_HANDOFF_REFUSED = 24,
  BT_HANDOFF_COUNTERED = 25,
  BT_HANDOFF_WITHDRAWN = 26,
  BT_HANDOFF_REPORTED = 27,
  BT_HANDOFF_DIRECTED = 28,
  BT_HANDOFF_EXTENDED = 29,
  BT_HANDOFF_EXPIRED = 30,
  BT_QUESTION_ASKED = 31,
  BT_QUESTION_ANSWERED = 32,
  BT_QUESTION_WITHDRAWN = 33,
  BT_QUESTION_OVERDUE = 34,
  BT_PROMISE_MADE = 35,
  BT_PROMISE_RENEGOTIATED = 36,
  BT_PROMISE_KEPT = 37,
  BT_PROMISE_WITHDRAWN = 38,
  BT_PROMISE_AT_RISK = 39,
  BT_PROMISE_BROKEN = 40,
  BT_WORK_STARTED = 41,
  BT_WORK_RENEWED = 42,
  BT_WORK_FINISHED = 43,
  BT_WORK_FAILED = 44,
  BT_WORK_LAPSED = 45,
  BT_CONFLICT_FOUND = 46,
  BT_STATUS_CHANGED = 47,
  BT_CASE_RESOLVED = 48,
  BT_CASE_REOPENED = 49,
  BT_CASE_CLOSED = 50,
  BT_CASES_MERGED = 51,
  BT_CASES_UNMERGED = 52,
  BT_CASE_LINKED = 53,
  BT_CASE_REVIVED = 54,
  BT_OWNER_APPOINTED = 55,
  BT_ESCALATED = 56,
  BT_REMINDED = 57,
  BT_FEEDBACK_GIVEN = 58,
  BT_REDRESS_GIVEN = 59,
  BT_ADVISORY_ISSUED = 60,
  BT_ADVISORY_ENDED = 61,
  BT_RESTRICTED_READ = 62,
  BT_IDENTIFIER_LINKED = 63,
  BT_IDENTIFIER_UNLINKED = 64,
  BT_CUSTOMERS_MERGED = 65,
  BT_CUSTOMERS_UNMERGED = 66,
  BT_CUSTOMER_ERASED = 67,
  BT_KIND_LAST = 67,

  BT_SETTLED = 1000,
  BT_CURSOR_MOVED = 1001,
  BT_ADAPTER_HELD = 1002,
  BT_CONFIG_ADOPTED = 1003,
  BT_RESUMED = 1004,
  BT_SWEPT = 1005,
  BT_CLOCK_ACCEPTED = 1006,
  BT_REQUEUED = 1007,
  BT_DEAD_DROPPED = 1008,
  BT_OPERATOR_DID = 1009,
  BT_RESYNCED = 1010,
  BT_SNAPSHOTTED = 1011,
  BT_KIND_NEWEST = BT_SNAPSHOTTED,
};

/* "CaseOpened", or "?" for a number without a name. */
const char *bt_kind_name(int kind);
/* 0 where the name is unknown. */
int bt_kind_parse(struct bt_str name);
/* Has rules in this version. */
bool bt_kind_has_rules(int kind);

enum bt_priority { BT_PRIORITY_NONE, BT_PRIORITY_LOW, BT_PRIORITY_NORMAL, BT_PRIORITY_HIGH, BT_PRIORITY_URGENT };
enum bt_direction { BT_DIRECTION_NONE, BT_DIRECTION_INBOUND, BT_DIRECTION_OUTBOUND };
enum bt_outcome {
  BT_OUTCOME_NONE,
  BT_OUTCOME_SERVED,
  BT_OUTCOME_DROPPED,
  BT_OUTCOME_ABANDONED,
  BT_OUTCOME_NOT_REACHED
};
enum bt_pending { BT_PENDING_NONE, BT_PENDING_CUSTOMER, BT_PENDING_VENDOR, BT_PENDING_OTHER };
enum bt_status {
  BT_STATUS_NONE,
  BT_STATUS_OPEN,
  BT_STATUS_PENDING,
  BT_STATUS_RESOLVED,
  BT_STATUS_CLOSED,
  BT_STATUS_MERGED
};
enum bt_refusal {
  BT_REFUSAL_NONE,
  BT_REFUSAL_WRONG_DEPARTMENT,
  BT_REFUSAL_NO_CAPACITY,
  BT_REFUSAL_MISSING_INFORMATION,
  BT_REFUSAL_CLOSED,
  BT_REFUSAL_OTHER
};
enum bt_cause {
  BT_CAUSE_NONE,
  BT_CAUSE_ASKED,
  BT_CAUSE_NAMED,
  BT_CAUSE_TOPIC,
  BT_CAUSE_NO_WRONG_DOOR,
  BT_CAUSE_CONTACT,
  BT_CAUSE_NEXT,
  BT_CAUSE_RIGHT_DEPARTMENT,
  BT_CAUSE_FALLBACK,
  BT_CAUSE_MUST_TAKE,
  BT_CAUSE_OPENED,
  BT_CAUSE_WAITING,
  BT_CAUSE_DROPPED,
  BT_CAUSE_COUNTERED,
  BT_CAUSE_DOWNTIME,
  BT_CAUSE_GONE,
  BT_CAUSE_DUE,
  BT_CAUSE_OFFER_FAILED,
  BT_CAUSE_INFORMATION_MISSING,
  BT_CAUSE_PROMISE_BROKEN,
  BT_CAUSE_QUESTION_OVERDUE,
  BT_CAUSE_REPEATS,
  BT_CAUSE_PING_PONG,
  BT_CAUSE_FEEDBACK,
  BT_CAUSE_IDLE,
  BT_CAUSE_CUSTOMER_DEADLINE
};
enum bt_promise_type {
  BT_PROMISE_TYPE_NONE,
  BT_PROMISE_CALLBACK,
  BT_PROMISE_VISIT,
  BT_PROMISE_ANSWER,
  BT_PROMISE_REFUND,
  BT_PROMISE_OTHER
};
enum bt_promise_state { BT_PROMISE_STATE_NONE, BT_PROMISE_IS_OPEN, BT_PROMISE_IS_AT_RISK, BT_PROMISE_IS_BROKEN };
enum bt_feedback_source { BT_FEEDBACK_NONE, BT_FEEDBACK_CUSTOMER, BT_FEEDBACK_DEPARTMENT };
enum bt_timer_kind {
  BT_TIMER_NONE,
  BT_TIMER_OFFER,
  BT_TIMER_PROMISE,
  BT_TIMER_QUESTION,
  BT_TIMER_WORK,
  BT_TIMER_CONCERN,
  BT_TIMER_PENDING,
  BT_TIMER_CUSTOMER_DEADLINE,
  BT_TIMER_IDLE,
  BT_TIMER_ADVISORY,
  BT_TIMER_SWEEP
};
enum bt_found {
  BT_FOUND_NONE,
  BT_FOUND_BY_ID,
  BT_FOUND_BY_REF,
  BT_FOUND_BY_REFERENCE,
  BT_FOUND_BY_TOPIC,
  BT_FOUND_BY_CUSTOMER,
  BT_FOUND_NEW,
  BT_FOUND_NEW_LINKED,
  BT_FOUND_REOPENED,
  BT_FOUND_MERGED,
  BT_FOUND_REVIVED
};

/* What each enum is called in text output: "pending", "no-capacity". "?" past the end. */
const char *bt_status_name(int status);
const char *bt_pending_name(int pending);
const char *bt_refusal_name(int reason);
const char *bt_found_name(int found);
const char *bt_cause_name(int cause);
const char *bt_promise_type_name(int type);
const char *bt_promise_state_name(int state);
const char *bt_feedback_source_name(int source);
const char *bt_timer_name(int timer);

struct bt_strs {
  uint32_t n;
  struct bt_str *v;
};
struct bt_u64s {
  uint32_t n;
  uint64_t *v;
};

struct bt_identifier {
  struct bt_str domain, value;
};
struct bt_identifiers {
  uint32_t n;
  struct bt_identifier *v;
};
struct bt_reference {
  struct bt_str department, local_id;
};
struct bt_locator {
  uint64_t id;
  struct bt_str ref;
  struct bt_reference reference;
  struct bt_identifier identifier;
  struct bt_str topic;
};

struct bt_fact {
  struct bt_str key, value, label, department;
  int64_t at_us;
  uint64_t sequence;
};
struct bt_facts {
  uint32_t n;
  struct bt_fact *v;
};
struct bt_tried {
  struct bt_str route;
  uint32_t times;
  struct bt_str error_code;
  int64_t last_us;
  struct bt_str label;
};
struct bt_trieds {
  uint32_t n;
  struct bt_tried *v;
};
struct bt_stop {
  struct bt_str department;
  int64_t since_us;
  uint64_t offer;
};
struct bt_stops {
  uint32_t n;
  struct bt_stop *v;
};

struct bt_promise {
  uint64_t id;
  uint32_t type;
  struct bt_str text, holder;
  int64_t made_at_us, due_us, risk_us;
  uint32_t state, cause;
  struct bt_str label;
  int64_t left_us, risk_left_us;
};
struct bt_promises {
  uint32_t n;
  struct bt_promise *v;
};
struct bt_question {
  uint64_t id;
  struct bt_str from, to, text;
  int64_t asked_at_us, due_us;
  bool overdue;
  struct bt_str label;
  int64_t left_us;
};
struct bt_questions {
  uint32_t n;
  struct bt_question *v;
};
struct bt_work {
  uint64_t id;
  struct bt_str holder, action, subject;
  bool exclusive;
  int64_t started_at_us, until_us;
  struct bt_str label;
};
struct bt_works {
  uint32_t n;
  struct bt_work *v;
};
struct bt_advisory_note {
  uint64_t id;
  struct bt_str department, text;
  struct bt_strs alternatives;
  int64_t until_us;
};
struct bt_advisory_notes {
  uint32_t n;
  struct bt_advisory_note *v;
};
struct bt_considered {
  struct bt_str department, handles;
  bool open;
  int64_t opens_at_us;
  bool held_before, connected;
  uint32_t load;
};
struct bt_considereds {
  uint32_t n;
  struct bt_considered *v;
};
struct bt_clock {
  uint32_t timer; /* enum bt_timer_kind */
  uint64_t object;
  int64_t due_us, risk_us, left_us, risk_left_us;
};
struct bt_clocks {
  uint32_t n;
  struct bt_clock *v;
};

struct bt_card {
  uint64_t case_id;
  struct bt_str ref, topic, title, need;
  uint32_t priority, status;
  int64_t opened_at_us, customer_deadline_us;
  struct bt_facts facts;
  struct bt_trieds tried;
  struct bt_stops trail;
  struct bt_str next_step;
  uint32_t contacts, facts_left_out;
  struct bt_str custodian, owner;
  struct bt_promises promised;
  struct bt_questions open_questions;
  struct bt_advisory_notes advisories;
  uint32_t others_left_out, hidden;
  struct bt_str label, next_step_label;
};

struct bt_case_opened {
  struct bt_str topic, title, need;
  uint32_t priority;
  int64_t customer_deadline_us;
  uint32_t channel;
  struct bt_str custodian, owner;
  uint64_t number, customer, linked_to;
  uint32_t idle_s;
};
struct bt_contact_logged {
  uint32_t channel, direction, outcome;
  struct bt_str summary;
  uint32_t duration_s;
  struct bt_str sent_to;
  bool mention, dead_end;
};
struct bt_attempt_failed {
  struct bt_str route;
  uint32_t channel;
  struct bt_str error_code, detail;
};
struct bt_note_added {
  struct bt_str text;
};
struct bt_fact_recorded {
  struct bt_str key, value;
};
struct bt_correction_made {
  uint64_t supersedes;
  struct bt_str text, reason;
};
struct bt_handoff_offered {
  struct bt_str to, topic, next_step;
  int64_t deadline_us;
  bool customer_waiting;
  struct bt_str from;
  uint32_t cause;
  struct bt_str digest;
  struct bt_card *card; /* NULL: not given, or sealed */
  struct bt_considereds considered;
  int64_t opens_at_us;
  struct bt_strs asked;
};
struct bt_handoff_accepted {
  uint64_t offer;
  struct bt_str digest, read_back, from, to;
};
struct bt_handoff_refused {
  uint64_t offer;
  uint32_t reason;
  struct bt_str right_department, text, from, to;
  int64_t answer_by_us;
};
struct bt_handoff_withdrawn {
  uint64_t offer;
  struct bt_str text, from, to;
};
struct bt_handoff_reported {
  struct bt_str to, next_step, from, digest;
  struct bt_card *card;
};
struct bt_status_changed {
  uint32_t status, pending_on;
  int64_t until_us;
  struct bt_str reason;
  uint32_t cause;
  struct bt_clocks clocks;
};
struct bt_case_resolved {
  struct bt_str resolution;
  bool first_contact;
  struct bt_str reason;
  struct bt_clocks clocks;
};
struct bt_case_reopened {
  struct bt_str reason;
  uint32_t cause;
};
struct bt_case_closed {
  struct bt_str text, reason;
  struct bt_clocks clocks;
};
struct bt_identifier_linked {
  struct bt_identifier identifier, same_as;
  struct bt_str note;
  uint64_t customer;
  struct bt_str key; /* keyed hash of the identifier, 16 bytes */
};

struct bt_handoff_countered {
  uint64_t offer;
  int64_t at_us;
  uint32_t type;
  struct bt_str text, from, to;
  int64_t deadline_us;
};
struct bt_handoff_directed {
  uint64_t offer;
  struct bt_str from, to;
  int64_t deadline_us;
  bool moved;
  uint32_t cause;
  struct bt_str digest;
  struct bt_card *card;
  struct bt_considereds considered;
};
struct bt_handoff_extended {
  uint64_t offer;
  int64_t deadline_us, opens_at_us;
  uint32_t cause;
};
struct bt_handoff_expired {
  uint64_t offer;
  struct bt_str from, to;
};
struct bt_question_asked {
  struct bt_str to, topic, text;
  int64_t due_us;
  struct bt_considereds considered;
};
struct bt_question_answered {
  uint64_t question;
  struct bt_str text, from, to;
  int64_t asked_at_us;
  struct bt_str custodian;
};
struct bt_question_withdrawn {
  uint64_t question;
  struct bt_str reason, from, to;
};
struct bt_question_overdue {
  uint64_t question;
  struct bt_str from, to;
  int64_t due_us;
};
struct bt_promise_made {
  uint32_t type;
  struct bt_str text;
  int64_t due_us, risk_us;
  uint32_t cause;
  uint64_t object;
};
struct bt_promise_renegotiated {
  uint64_t promise;
  int64_t due_us;
  struct bt_str agreed_with, reason;
  int64_t risk_us;
  struct bt_str holder;
};
struct bt_promise_kept {
  uint64_t promise;
  struct bt_str text, holder;
  bool late;
};
struct bt_promise_withdrawn {
  uint64_t promise;
  struct bt_str reason, holder;
};
struct bt_promise_at_risk {
  uint64_t promise;
  struct bt_str holder;
  int64_t due_us;
};
struct bt_promise_broken {
  uint64_t promise;
  struct bt_str holder;
  int64_t due_us;
};
struct bt_work_started {
  struct bt_str action, subject;
  uint32_t lease_s;
  bool exclusive;
  int64_t until_us;
};
struct bt_work_renewed {
  uint64_t work;
  uint32_t lease_s;
  int64_t until_us;
};
struct bt_work_finished {
  uint64_t work;
  struct bt_str text;
};
struct bt_work_failed {
  uint64_t work;
  struct bt_str text;
};
struct bt_work_lapsed {
  uint64_t work;
  struct bt_str holder;
};
struct bt_conflict_found {
  uint64_t work, other;
  struct bt_str holder, other_holder, custodian;
};
struct bt_cases_merged {
  uint64_t into;
  struct bt_str reason;
  uint64_t merged;
};
struct bt_cases_unmerged {
  struct bt_str reason;
  uint64_t from, unmerged;
};
struct bt_case_linked {
  uint64_t other;
  struct bt_str note;
};
struct bt_case_revived {
  struct bt_str reason;
  uint32_t cause;
  struct bt_clocks clocks;
  struct bt_str custodian, owner;
};
struct bt_owner_appointed {
  struct bt_str owner, reason, from;
  uint32_t cause;
};
struct bt_escalated {
  uint32_t cause;
  uint64_t object;
  int64_t due_us;
  uint32_t level;
  struct bt_str over, to;
  int64_t next_us;
  uint64_t concern;
  bool top;
  struct bt_card *card;
};
struct bt_reminded {
  uint64_t concern;
  struct bt_str to;
  int64_t next_us;
  uint32_t times;
};
struct bt_feedback_given {
  uint32_t source, score;
  struct bt_str text;
  uint64_t about;
  struct bt_strs rated;
};
struct bt_redress_given {
  struct bt_str form, value, text;
};
struct bt_advisory_issued {
  struct bt_str topic, text;
  struct bt_strs alternatives;
  int64_t until_us;
  uint64_t advisory;
};
struct bt_advisory_ended {
  uint64_t advisory;
  struct bt_str text, topic;
};
struct bt_restricted_read {
  struct bt_str reason;
  int64_t until_us;
};
struct bt_identifier_unlinked {
  struct bt_identifier identifier;
  struct bt_str reason;
  uint64_t customer;
  struct bt_str key;
};
struct bt_customers_merged {
  uint64_t into, merged;
  struct bt_identifier into_identifier, merged_identifier;
  struct bt_str reason;
};
struct bt_customers_unmerged {
  uint64_t merged;
  struct bt_str reason;
  uint64_t into;
};

struct bt_event {
  int64_t occurred_at_us;
  struct bt_str department, actor;
  struct bt_locator locator;
  uint64_t expected_version;
  bool backfill;
  struct bt_strs labels;
  struct bt_str operator, operator_reason; /* an operator did it in the department's name, and why */
  uint32_t kind;                           /* enum bt_kind; selects the member below */
  union {
    struct bt_case_opened case_opened;
    struct bt_contact_logged contact_logged;
    struct bt_attempt_failed attempt_failed;
    struct bt_note_added note_added;
    struct bt_fact_recorded fact_recorded;
    struct bt_correction_made correction_made;
    struct bt_handoff_offered handoff_offered;
    struct bt_handoff_accepted handoff_accepted;
    struct bt_handoff_refused handoff_refused;
    struct bt_handoff_withdrawn handoff_withdrawn;
    struct bt_handoff_reported handoff_reported;
    struct bt_status_changed status_changed;
    struct bt_case_resolved case_resolved;
    struct bt_case_reopened case_reopened;
    struct bt_case_closed case_closed;
    struct bt_identifier_linked identifier_linked;
    struct bt_handoff_countered handoff_countered;
    struct bt_handoff_directed handoff_directed;
    struct bt_handoff_extended handoff_extended;
    struct bt_handoff_expired handoff_expired;
    struct bt_question_asked question_asked;
    struct bt_question_answered question_answered;
    struct bt_question_withdrawn question_withdrawn;
    struct bt_question_overdue question_overdue;
    struct bt_promise_made promise_made;
    struct bt_promise_renegotiated promise_renegotiated;
    struct bt_promise_kept promise_kept;
    struct bt_promise_withdrawn promise_withdrawn;
    struct bt_promise_at_risk promise_at_risk;
    struct bt_promise_broken promise_broken;
    struct bt_work_started work_started;
    struct bt_work_renewed work_renewed;
    struct bt_work_finished work_finished;
    struct bt_work_failed work_failed;
    struct bt_work_lapsed work_lapsed;
    struct bt_conflict_found conflict_found;
    struct bt_cases_merged cases_merged;
    struct bt_cases_unmerged cases_unmerged;
    struct bt_case_linked case_linked;
    struct bt_case_revived case_revived;
    struct bt_owner_appointed owner_appointed;
    struct bt_escalated escalated;
    struct bt_reminded reminded;
    struct bt_feedback_given feedback_given;
    struct bt_redress_given redress_given;
    struct bt_advisory_issued advisory_issued;
    struct bt_advisory_ended advisory_ended;
    struct bt_restricted_read restricted_read;
    struct bt_identifier_unlinked identifier_unlinked;
    struct bt_customers_merged customers_merged;
    struct bt_customers_unmerged customers_unmerged;
  };
};

#endif

#include "core/event.h"

#include <stddef.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

/* In the order of their numbers, from 16 on. */
static const char *const kind_names[] = {
    "CaseOpened",          "ContactLogged",    "AttemptFailed",     "NoteAdded",          "FactRecorded",
    "CorrectionMade",      "HandoffOffered",   "HandoffAccepted",   "HandoffRefused",     "HandoffCountered",
    "HandoffWithdrawn",    "HandoffReported",  "HandoffDirected",   "HandoffExtended",    "HandoffExpired",
    "QuestionAsked",       "QuestionAnswered", "QuestionWithdrawn", "QuestionOverdue",    "PromiseMade",
    "PromiseRenegotiated", "PromiseKept",      "PromiseWithdrawn",  "PromiseAtRisk",      "PromiseBroken",
    "WorkStarted",         "WorkRenewed",      "WorkFinished",      "WorkFailed",         "WorkLapsed",
    "ConflictFound",       "StatusChanged",    "CaseResolved",      "CaseReopened",       "CaseClosed",
    "CasesMerged",         "CasesUnmerged",    "CaseLinked",        "CaseRevived",        "OwnerAppointed",
    "Escalated",           "Reminded",         "FeedbackGiven",     "RedressGiven",       "AdvisoryIssued",
    "AdvisoryEnded",       "RestrictedRead",   "IdentifierLinked",  "IdentifierUnlinked", "CustomersMerged",
    "CustomersUnmerged",   "CustomerErased",
};
_Static_assert(COUNT(kind_names) == BT_KIND_LAST - BT_CASE_OPENED + 1, "every kind has a name");

/* From 1000 on. */
static const char *const broker_kind_names[] = {"Settled",     "CursorMoved", "AdapterHeld",   "ConfigAdopted",
                                                "Resumed",     "Swept",       "ClockAccepted", "Requeued",
                                                "DeadDropped", "OperatorDid", "Resynced",      "Snapshotted"};
_Static_assert(COUNT(broker_kind_names) == BT_KIND_NEWEST - BT_SETTLED + 1, "every kind has a name");

const char *bt_kind_name(int kind) {
  if (kind >= BT_CASE_OPENED && kind <= BT_KIND_LAST)
    return kind_names[kind - BT_CASE_OPENED];
  if (kind >= BT_SETTLED && (size_t)(kind - BT_SETTLED) < COUNT(broker_kind_names) &&
      broker_kind_names[kind - BT_SETTLED])
    return broker_kind_names[kind - BT_SETTLED];
  return "?";
}

int bt_kind_parse(struct bt_str name) {
  for (size_t i = 0; i < COUNT(kind_names); i++)
    if (bt_str_eq(name, bt_str(kind_names[i])))
      return BT_CASE_OPENED + (int)i;
  return 0;
}

bool bt_kind_has_rules(int kind) {
  return kind >= BT_CASE_OPENED && kind < BT_CUSTOMER_ERASED;
}

static const char *name_in(const char *const *names, size_t n, int value) {
  return value >= 0 && (size_t)value < n ? names[value] : "?";
}

const char *bt_status_name(int status) {
  static const char *const names[] = {"none", "open", "pending", "resolved", "closed", "merged"};
  return name_in(names, COUNT(names), status);
}

const char *bt_pending_name(int pending) {
  static const char *const names[] = {"nobody", "customer", "vendor", "other"};
  return name_in(names, COUNT(names), pending);
}

const char *bt_refusal_name(int reason) {
  static const char *const names[] = {"none", "wrong-department", "no-capacity", "missing-information", "closed",
                                      "other"};
  return name_in(names, COUNT(names), reason);
}

const char *bt_found_name(int found) {
  static const char *const names[] = {"none", "by-id",      "by-ref",   "by-reference", "by-topic", "by-customer",
                                      "new",  "new-linked", "reopened", "merged",       "revived"};
  return name_in(names, COUNT(names), found);
}

const char *bt_cause_name(int cause) {
  static const char *const names[] = {"none",
                                      "asked",
                                      "named",
                                      "topic",
                                      "no-wrong-door",
                                      "contact",
                                      "next",
                                      "right-department",
                                      "fallback",
                                      "must-take",
                                      "opened",
                                      "waiting",
                                      "dropped",
                                      "countered",
                                      "downtime",
                                      "gone",
                                      "due",
                                      "offer-failed",
                                      "information-missing",
                                      "promise-broken",
                                      "question-overdue",
                                      "repeats",
                                      "ping-pong",
                                      "feedback",
                                      "idle",
                                      "customer-deadline"};
  _Static_assert(COUNT(names) == BT_CAUSE_CUSTOMER_DEADLINE + 1, "every cause has a name");
  return name_in(names, COUNT(names), cause);
}

const char *bt_promise_type_name(int type) {
  static const char *const names[] = {"none", "callback", "visit", "answer", "refund", "other"};
  return name_in(names, COUNT(names), type);
}

const char *bt_promise_state_name(int state) {
  static const char *const names[] = {"none", "open", "at-risk", "broken"};
  return name_in(names, COUNT(names), state);
}

const char *bt_feedback_source_name(int source) {
  static const char *const names[] = {"none", "customer", "department"};
  return name_in(names, COUNT(names), source);
}

const char *bt_timer_name(int timer) {
  static const char *const names[] = {"none", "offer",    "promise", "question",
                                      "work", "concern",  "pending", "customer-deadline",
                                      "idle", "advisory", "sweep"};
  return name_in(names, COUNT(names), timer);
}

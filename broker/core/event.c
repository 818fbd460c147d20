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
static const char *const broker_kind_names[] = {"Settled", "CursorMoved", "AdapterHeld", "ConfigAdopted"};

const char *bt_kind_name(int kind) {
  if (kind >= BT_CASE_OPENED && kind <= BT_KIND_LAST)
    return kind_names[kind - BT_CASE_OPENED];
  if (kind >= BT_SETTLED && (size_t)(kind - BT_SETTLED) < COUNT(broker_kind_names))
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
  switch (kind) {
  case BT_CASE_OPENED:
  case BT_CONTACT_LOGGED:
  case BT_ATTEMPT_FAILED:
  case BT_NOTE_ADDED:
  case BT_FACT_RECORDED:
  case BT_CORRECTION_MADE:
  case BT_HANDOFF_OFFERED:
  case BT_HANDOFF_ACCEPTED:
  case BT_HANDOFF_REFUSED:
  case BT_HANDOFF_WITHDRAWN:
  case BT_HANDOFF_REPORTED:
  case BT_STATUS_CHANGED:
  case BT_CASE_RESOLVED:
  case BT_CASE_REOPENED:
  case BT_CASE_CLOSED:
  case BT_IDENTIFIER_LINKED:
    return true;
  default:
    return false;
  }
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
  static const char *const names[] = {"none",        "by-id", "by-ref",     "by-reference", "by-topic",
                                      "by-customer", "new",   "new-linked", "reopened"};
  return name_in(names, COUNT(names), found);
}

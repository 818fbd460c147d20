/* Events in one line of words. */
#include <inttypes.h>

#include "control/command.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])
#define S(s) BT_STR_ARG(s)

static const char *name_in(const char *const *names, size_t n, uint32_t value) {
  return value < n ? names[value] : "?";
}

static const char *channel(uint32_t value) {
  static const char *const names[] = {"contact", "telephone", "e-mail", "web",     "chat",
                                      "letter",  "in person", "app",    "internal"};
  return name_in(names, COUNT(names), value);
}

static const char *outcome(uint32_t value) {
  static const char *const names[] = {"served", "served", "dropped", "abandoned", "not reached"};
  return name_in(names, COUNT(names), value);
}

const char *bt_priority_text(uint32_t priority) {
  static const char *const names[] = {"normal", "low", "normal", "high", "urgent"};
  return name_in(names, COUNT(names), priority);
}

/* ": text", or nothing. */
static struct bt_str tail(struct bt_arena *a, const char *before, struct bt_str text, const char *after) {
  return text.n ? bt_arena_printf(a, "%s%.*s%s", before, S(text), after) : (struct bt_str){0};
}
#define TAIL(text) S(tail(a, ": ", (text), ""))
#define QUOTED(text) S(tail(a, ": “", (text), "”"))

static struct bt_str opened(struct bt_arena *a, const struct bt_case_opened *e) {
  struct bt_str linked =
      e->linked_to ? bt_arena_printf(a, ", follows case %" PRIu64, e->linked_to) : (struct bt_str){0};
  return bt_arena_printf(a, "opened on %.*s, held by %.*s%s%s%.*s%.*s%.*s", S(e->topic), S(e->custodian),
                         e->priority > BT_PRIORITY_NORMAL ? ", " : "",
                         e->priority > BT_PRIORITY_NORMAL ? bt_priority_text(e->priority) : "", S(linked),
                         TAIL(e->title), QUOTED(e->need));
}

static struct bt_str contact(struct bt_arena *a, const struct bt_contact_logged *e) {
  struct bt_str time = e->duration_s ? bt_arena_printf(a, ", %" PRIu32 " s", e->duration_s) : (struct bt_str){0};
  struct bt_str other = e->mention ? BT_LIT(", about another case") : (struct bt_str){0};
  return bt_arena_printf(a, "%s %s, %s%.*s%.*s%.*s", channel(e->channel),
                         e->direction == BT_DIRECTION_OUTBOUND ? "to the customer" : "from the customer",
                         outcome(e->outcome), S(time), S(other), QUOTED(e->summary));
}

static struct bt_str attempt(struct bt_arena *a, const struct bt_attempt_failed *e) {
  return bt_arena_printf(a, "attempt failed on %.*s%.*s%.*s", S(e->route), S(tail(a, " (", e->error_code, ")")),
                         TAIL(e->detail));
}

static struct bt_str refused(struct bt_arena *a, const struct bt_handoff_refused *e) {
  return bt_arena_printf(a, "refused (%s%.*s)%.*s", bt_refusal_name((int)e->reason),
                         S(tail(a, ", rather ", e->right_department, "")), QUOTED(e->text));
}

static struct bt_str offered(struct bt_arena *a, const struct bt_handoff_offered *e) {
  const char *why = e->cause == BT_CAUSE_NO_WRONG_DOOR ? " by the broker, as who handles the topic"
                    : e->cause == BT_CAUSE_TOPIC       ? ", chosen by topic"
                                                       : "";
  return bt_arena_printf(a, "offered to %.*s%s%.*s", S(e->to), why, QUOTED(e->next_step));
}

static struct bt_str status(struct bt_arena *a, const struct bt_status_changed *e) {
  if (e->status == BT_STATUS_PENDING)
    return bt_arena_printf(a, "waits for %s%.*s", bt_pending_name((int)e->pending_on), TAIL(e->reason));
  return bt_arena_printf(a, "%s%.*s", bt_status_name((int)e->status), TAIL(e->reason));
}

struct bt_str bt_what(struct bt_arena *a, const struct bt_event *e) {
  switch (e->kind) {
  case BT_CASE_OPENED:
    return opened(a, &e->case_opened);
  case BT_CONTACT_LOGGED:
    return contact(a, &e->contact_logged);
  case BT_ATTEMPT_FAILED:
    return attempt(a, &e->attempt_failed);
  case BT_NOTE_ADDED:
    return e->note_added.text;
  case BT_FACT_RECORDED:
    return bt_arena_printf(a, "%.*s = %.*s", S(e->fact_recorded.key), S(e->fact_recorded.value));
  case BT_CORRECTION_MADE:
    return bt_arena_printf(a, "corrects #%" PRIu64 "%.*s%.*s", e->correction_made.supersedes,
                           QUOTED(e->correction_made.text), S(tail(a, " (", e->correction_made.reason, ")")));
  case BT_HANDOFF_OFFERED:
    return offered(a, &e->handoff_offered);
  case BT_HANDOFF_ACCEPTED:
    return bt_arena_printf(a, "accepted from %.*s%.*s", S(e->handoff_accepted.from),
                           QUOTED(e->handoff_accepted.read_back));
  case BT_HANDOFF_REFUSED:
    return refused(a, &e->handoff_refused);
  case BT_HANDOFF_WITHDRAWN:
    return bt_arena_printf(a, "offer to %.*s withdrawn%.*s", S(e->handoff_withdrawn.to),
                           TAIL(e->handoff_withdrawn.text));
  case BT_HANDOFF_REPORTED:
    return bt_arena_printf(a, "moved from %.*s to %.*s%.*s", S(e->handoff_reported.from), S(e->handoff_reported.to),
                           QUOTED(e->handoff_reported.next_step));
  case BT_STATUS_CHANGED:
    return status(a, &e->status_changed);
  case BT_CASE_RESOLVED:
    return bt_arena_printf(a, "resolved%s%.*s", e->case_resolved.first_contact ? " on first contact" : "",
                           TAIL(e->case_resolved.resolution));
  case BT_CASE_REOPENED:
    return bt_arena_printf(a, "reopened%s%.*s",
                           e->case_reopened.cause == BT_CAUSE_CONTACT ? ", the customer came back" : "",
                           TAIL(e->case_reopened.reason));
  case BT_CASE_CLOSED:
    return bt_arena_printf(a, "closed%.*s", TAIL(e->case_closed.text));
  case BT_IDENTIFIER_LINKED:
    return bt_arena_printf(a, "customer known by %.*s too%.*s", S(e->identifier_linked.identifier.domain),
                           TAIL(e->identifier_linked.note));
  default:
    return (struct bt_str){0};
  }
}

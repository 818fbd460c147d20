/* What departments tell: cases opened, contacts, attempts, notes, facts. */
#include <inttypes.h>

#include "control/command.h"
#include "control/what.h"

static struct bt_str opened(struct bt_arena *a, const struct bt_event *event) {
  const struct bt_case_opened *e = &event->case_opened;
  struct bt_str linked =
      e->linked_to ? bt_arena_printf(a, ", follows case %" PRIu64, e->linked_to) : (struct bt_str){0};
  return bt_arena_printf(a, "opened%s%.*s, held by %.*s%s%s%.*s%.*s%.*s%.*s", e->topic.n ? " on " : " without a topic",
                         S(e->topic), S(e->custodian), e->priority > BT_PRIORITY_NORMAL ? ", " : "",
                         e->priority > BT_PRIORITY_NORMAL ? bt_priority_text(e->priority) : "", S(linked),
                         AT(", the customer wants it by ", e->customer_deadline_us), TAIL(e->title), QUOTED(e->need));
}

static struct bt_str contact(struct bt_arena *a, const struct bt_event *event) {
  const struct bt_contact_logged *e = &event->contact_logged;
  struct bt_str time = e->duration_s ? bt_arena_printf(a, ", %" PRIu32 " s", e->duration_s) : (struct bt_str){0};
  struct bt_str other = e->mention ? BT_LIT(", about another case") : (struct bt_str){0};
  return bt_arena_printf(
      a, "%s %s, %s%.*s%.*s%.*s%.*s", bt_words_channel(e->channel),
      e->direction == BT_DIRECTION_OUTBOUND ? "to the customer" : "from the customer", bt_words_outcome(e->outcome),
      S(time), S(other),
      S(bt_words_around(a, ", sent to ", e->sent_to, e->dead_end ? ", which has failed here before" : "")),
      QUOTED(e->summary));
}

static struct bt_str attempt(struct bt_arena *a, const struct bt_event *event) {
  const struct bt_attempt_failed *e = &event->attempt_failed;
  return bt_arena_printf(a, "attempt failed on %.*s%.*s%.*s", S(e->route),
                         S(bt_words_around(a, " (", e->error_code, ")")), TAIL(e->detail));
}

static struct bt_str note(struct bt_arena *a, const struct bt_event *event) {
  (void)a;
  return event->note_added.text;
}

static struct bt_str fact(struct bt_arena *a, const struct bt_event *event) {
  return bt_arena_printf(a, "%.*s = %.*s", S(event->fact_recorded.key), S(event->fact_recorded.value));
}

static struct bt_str correction(struct bt_arena *a, const struct bt_event *event) {
  const struct bt_correction_made *e = &event->correction_made;
  return bt_arena_printf(a, "corrects #%" PRIu64 "%.*s%.*s", e->supersedes, QUOTED(e->text),
                         S(bt_words_around(a, " (", e->reason, ")")));
}

const struct bt_what_row bt_what_told[] = {
    {BT_CASE_OPENED, opened},
    {BT_CONTACT_LOGGED, contact},
    {BT_ATTEMPT_FAILED, attempt},
    {BT_NOTE_ADDED, note},
    {BT_FACT_RECORDED, fact},
    {BT_CORRECTION_MADE, correction},
    {0},
};

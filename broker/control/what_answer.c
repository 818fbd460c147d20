/* Who has to answer for it: escalations, reminders, feedback, redress. */
#include <inttypes.h>

#include "control/what.h"

static struct bt_str escalated(struct bt_arena *a, const struct bt_event *event) {
  const struct bt_escalated *e = &event->escalated;
  return bt_arena_printf(a, "raised to %.*s, level %" PRIu32 "%.*s: %.*s%.*s", S(e->to), e->level,
                         S(bt_words_around(a, ", over ", e->over, "")),
                         S(bt_words_concern(a, e->cause, e->object, e->due_us)),
                         AT(e->top ? "; reminded from " : "; goes higher ", e->next_us));
}

static struct bt_str reminded(struct bt_arena *a, const struct bt_event *event) {
  const struct bt_reminded *e = &event->reminded;
  return bt_arena_printf(a, "reminds %.*s of #%" PRIu64 ", time %" PRIu32 "%.*s", S(e->to), e->concern, e->times,
                         AT("; again ", e->next_us));
}

static struct bt_str feedback(struct bt_arena *a, const struct bt_event *event) {
  const struct bt_feedback_given *e = &event->feedback_given;
  bool inner = e->source == BT_FEEDBACK_DEPARTMENT;
  struct bt_str who =
      inner && event->department.n ? event->department : bt_str(bt_feedback_source_name((int)e->source));
  struct bt_str about = e->about ? bt_arena_printf(a, " for #%" PRIu64, e->about) : (struct bt_str){0};
  return bt_arena_printf(a, "%.*s: %" PRIu32 " of 10%.*s%.*s%.*s", S(who), e->score, S(about), QUOTED(e->text),
                         S(bt_words_around(a, " (about ", bt_words_list(a, &e->rated), ")")));
}

static struct bt_str redress(struct bt_arena *a, const struct bt_event *event) {
  const struct bt_redress_given *e = &event->redress_given;
  return bt_arena_printf(a, "made good: %.*s%.*s%.*s", S(e->form), S(bt_words_around(a, " ", e->value, "")),
                         QUOTED(e->text));
}

const struct bt_what_row bt_what_answer[] = {
    {BT_ESCALATED, escalated}, {BT_REMINDED, reminded}, {BT_FEEDBACK_GIVEN, feedback}, {BT_REDRESS_GIVEN, redress}, {0},
};

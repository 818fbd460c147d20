/* What is owed to somebody: answers, promises, work in hand. */
#include <inttypes.h>

#include "control/what.h"

static struct bt_str asked(struct bt_arena *a, const struct bt_event *event) {
  const struct bt_question_asked *e = &event->question_asked;
  return bt_arena_printf(a, "asks %.*s%.*s%.*s%.*s", S(e->to), S(bt_words_around(a, " (topic ", e->topic, ")")),
                         AT(", to be answered by ", e->due_us), QUOTED(e->text));
}

static struct bt_str answered(struct bt_arena *a, const struct bt_event *event) {
  const struct bt_question_answered *e = &event->question_answered;
  return bt_arena_printf(a, "answers question #%" PRIu64 " of %.*s%.*s", e->question, S(e->from), QUOTED(e->text));
}

static struct bt_str question_withdrawn(struct bt_arena *a, const struct bt_event *event) {
  const struct bt_question_withdrawn *e = &event->question_withdrawn;
  return bt_arena_printf(a, "question #%" PRIu64 " of %.*s to %.*s withdrawn%.*s", e->question, S(e->from), S(e->to),
                         TAIL(e->reason));
}

static struct bt_str overdue(struct bt_arena *a, const struct bt_event *event) {
  const struct bt_question_overdue *e = &event->question_overdue;
  return bt_arena_printf(a, "question #%" PRIu64 " of %.*s not answered by %.*s%.*s", e->question, S(e->from), S(e->to),
                         AT(": was due ", e->due_us));
}

/* The maker holds it. */
static struct bt_str made(struct bt_arena *a, const struct bt_event *event) {
  const struct bt_promise_made *e = &event->promise_made;
  return bt_arena_printf(a, "promises %s%.*s, held by %.*s%.*s%.*s", bt_words_promise(e->type), AT(" by ", e->due_us),
                         S(event->department), WHY(e->cause), QUOTED(e->text));
}

static struct bt_str renegotiated(struct bt_arena *a, const struct bt_event *event) {
  const struct bt_promise_renegotiated *e = &event->promise_renegotiated;
  return bt_arena_printf(a, "promise #%" PRIu64 " of %.*s%.*s%.*s%.*s", e->promise, S(e->holder),
                         AT(" now due ", e->due_us), S(bt_words_around(a, ", agreed with ", e->agreed_with, "")),
                         TAIL(e->reason));
}

static struct bt_str kept(struct bt_arena *a, const struct bt_event *event) {
  const struct bt_promise_kept *e = &event->promise_kept;
  return bt_arena_printf(a, "promise #%" PRIu64 " of %.*s kept%s%.*s", e->promise, S(e->holder),
                         e->late ? ", too late" : "", QUOTED(e->text));
}

static struct bt_str promise_withdrawn(struct bt_arena *a, const struct bt_event *event) {
  const struct bt_promise_withdrawn *e = &event->promise_withdrawn;
  return bt_arena_printf(a, "promise #%" PRIu64 " of %.*s withdrawn%.*s", e->promise, S(e->holder), TAIL(e->reason));
}

static struct bt_str at_risk(struct bt_arena *a, const struct bt_event *event) {
  const struct bt_promise_at_risk *e = &event->promise_at_risk;
  return bt_arena_printf(a, "promise #%" PRIu64 " at risk: due %.*s, held by %.*s", e->promise,
                         S(bt_words_time(a, e->due_us)), S(e->holder));
}

static struct bt_str broken(struct bt_arena *a, const struct bt_event *event) {
  const struct bt_promise_broken *e = &event->promise_broken;
  return bt_arena_printf(a, "promise #%" PRIu64 " broken: was due %.*s, held by %.*s", e->promise,
                         S(bt_words_time(a, e->due_us)), S(e->holder));
}

static struct bt_str started(struct bt_arena *a, const struct bt_event *event) {
  const struct bt_work_started *e = &event->work_started;
  return bt_arena_printf(a, "starts %.*s on %.*s%s%.*s", S(e->action), S(e->subject),
                         e->exclusive ? ", nobody else may" : "", AT(", until ", e->until_us));
}

static struct bt_str renewed(struct bt_arena *a, const struct bt_event *event) {
  return bt_arena_printf(a, "work #%" PRIu64 " goes on%.*s", event->work_renewed.work,
                         AT(" until ", event->work_renewed.until_us));
}

static struct bt_str finished(struct bt_arena *a, const struct bt_event *event) {
  return bt_arena_printf(a, "work #%" PRIu64 " finished%.*s", event->work_finished.work,
                         QUOTED(event->work_finished.text));
}

static struct bt_str failed(struct bt_arena *a, const struct bt_event *event) {
  return bt_arena_printf(a, "work #%" PRIu64 " failed%.*s", event->work_failed.work, QUOTED(event->work_failed.text));
}

static struct bt_str lapsed(struct bt_arena *a, const struct bt_event *event) {
  return bt_arena_printf(a, "work #%" PRIu64 " of %.*s lapsed: neither finished nor renewed in time",
                         event->work_lapsed.work, S(event->work_lapsed.holder));
}

static struct bt_str work(struct bt_arena *a, struct bt_str action, uint64_t number) {
  return action.n ? action : bt_arena_printf(a, "work #%" PRIu64, number);
}

struct bt_str bt_words_conflict(struct bt_arena *a, const struct bt_conflict_found *c, struct bt_str action,
                                struct bt_str other_action) {
  return bt_arena_printf(a, "%.*s: %.*s against %.*s: %.*s", S(c->holder), S(work(a, action, c->work)),
                         S(c->other_holder), S(work(a, other_action, c->other)));
}

static struct bt_str conflict(struct bt_arena *a, const struct bt_event *event) {
  return bt_words_conflict(a, &event->conflict_found, (struct bt_str){0}, (struct bt_str){0});
}

const struct bt_what_row bt_what_owed[] = {
    {BT_QUESTION_ASKED, asked},
    {BT_QUESTION_ANSWERED, answered},
    {BT_QUESTION_WITHDRAWN, question_withdrawn},
    {BT_QUESTION_OVERDUE, overdue},
    {BT_PROMISE_MADE, made},
    {BT_PROMISE_RENEGOTIATED, renegotiated},
    {BT_PROMISE_KEPT, kept},
    {BT_PROMISE_WITHDRAWN, promise_withdrawn},
    {BT_PROMISE_AT_RISK, at_risk},
    {BT_PROMISE_BROKEN, broken},
    {BT_WORK_STARTED, started},
    {BT_WORK_RENEWED, renewed},
    {BT_WORK_FINISHED, finished},
    {BT_WORK_FAILED, failed},
    {BT_WORK_LAPSED, lapsed},
    {BT_CONFLICT_FOUND, conflict},
    {0},
};

/* One case's way through the company: a picture and words for people, tables for programs. */
#include "control/journey.h"

#include <stdlib.h>

#include "base/clock.h"
#include "control/out_text.h"

#define DAY_US (INT64_C(86400) * 1000000)

enum { DEFAULT_WIDTH = 100, INDENT = 2, NARROWEST = 20 };

const char *bt_came_name(uint32_t came) {
  static const char *const names[BT_CAME_COUNT] = {
      [BT_CAME_NONE] = "before",       [BT_CAME_OPENED] = "opened",     [BT_CAME_ACCEPTED] = "accepted",
      [BT_CAME_DIRECTED] = "directed", [BT_CAME_REPORTED] = "reported", [BT_CAME_REVIVED] = "revived"};
  return came < BT_CAME_COUNT ? names[came] : "?";
}

const char *bt_promise_outcome_name(uint32_t outcome) {
  static const char *const names[BT_PROMISE_OUTCOME_COUNT] = {
      [BT_PROMISE_OUTCOME_NONE] = "?",        [BT_PROMISE_OUTCOME_OPEN] = "open",
      [BT_PROMISE_OUTCOME_KEPT] = "kept",     [BT_PROMISE_OUTCOME_LATE] = "kept late",
      [BT_PROMISE_OUTCOME_BROKEN] = "broken", [BT_PROMISE_OUTCOME_WITHDRAWN] = "withdrawn"};
  return outcome < BT_PROMISE_OUTCOME_COUNT ? names[outcome] : "?";
}

struct bt_str bt_journey_time(const struct bt_picture *p, int64_t us) {
  char buf[40];
  if (!us)
    return BT_LIT("-");
  if (p->anonymous)
    return bt_arena_printf(p->call->arena, "day %d %02d:%02d", (int)(us / DAY_US), (int)(us % DAY_US / (DAY_US / 24)),
                           (int)(us % (DAY_US / 24) / (DAY_US / 1440)));
  bt_clock_format(us, buf, sizeof buf);
  return bt_arena_printf(p->call->arena, "%.10s %.5sZ", buf, buf + 11);
}

struct bt_str bt_journey_span(const struct bt_picture *p, int64_t us) {
  const struct bt_out_value v = bt_out_span(us);
  return bt_out_value_text(p->call->arena, &v);
}

int64_t bt_journey_spent(const struct bt_picture *p, const struct bt_journey_spans *s, uint32_t pending_on) {
  int64_t sum = 0;
  for (uint32_t i = 0; i < s->n; i++) {
    int64_t until_us = s->v[i].until_us ? s->v[i].until_us : p->until_us;
    if ((pending_on == BT_PENDING_ANY || s->v[i].pending_on == pending_on) && until_us > s->v[i].from_us)
      sum += until_us - s->v[i].from_us;
  }
  return sum;
}

void bt_journey_say(struct bt_str words, uint32_t width, FILE *to) {
  for (size_t used = 0; words.n; used = INDENT) {
    struct bt_str piece = bt_out_break(&words, width > used + NARROWEST ? width - used : NARROWEST);
    bt_out_put_spaces(used, to);
    fprintf(to, "%.*s\n", BT_STR_ARG(piece));
  }
}

/* ---- in words ---- */

static void say(const struct bt_picture *p, FILE *to, const char *format, ...) __attribute__((format(printf, 3, 4)));
static void say(const struct bt_picture *p, FILE *to, const char *format, ...) {
  va_list args;
  va_start(args, format);
  struct bt_str words = bt_arena_vprintf(p->call->arena, format, args);
  va_end(args);
  bt_journey_say(words, p->call->width, to);
}

#define T(us) BT_STR_ARG(bt_journey_time(p, (us)))
#define SPAN(us) BT_STR_ARG(bt_journey_span(p, (us)))

static uint32_t count_marks(const struct bt_picture *p, uint32_t kind) {
  uint32_t n = 0;
  for (uint32_t i = 0; i < p->view->marks.n; i++)
    n += p->view->marks.v[i].kind == kind;
  return n;
}

static void say_first(const struct bt_picture *p, FILE *to) {
  const struct bt_journey_view *v = p->view;
  const char *status = bt_status_name((int)v->status);
  if (p->anonymous)
    say(p, to, "A journey, %s", status);
  else
    say(p, to, "%.*s  %.*s  %s", BT_STR_ARG(v->ref), BT_STR_ARG(v->topic), status);
  putc('\n', to);
}

static void say_total(const struct bt_picture *p, FILE *to) {
  const struct bt_journey_view *v = p->view;
  int64_t ended_us = bt_journey_spent(p, &v->ends, BT_PENDING_ANY), offered_us = 0;
  uint32_t bounces = 0;
  for (uint32_t i = 0; i < v->stops.n; i++) {
    bounces += v->stops.v[i].bounce;
    offered_us += v->stops.v[i].offered_us ? v->stops.v[i].from_us - v->stops.v[i].offered_us : 0;
  }
  putc('\n', to);
  say(p, to, "In all %.*s%s; %u %s, %u of them back where it came from; offers waited %.*s before they were taken.",
      SPAN(p->until_us - v->first_us - ended_us), ended_us > 0 ? " open" : "", v->stops.n,
      v->stops.n == 1 ? "stop" : "stops", bounces, SPAN(offered_us));
  if (v->waits.n)
    say(p, to, "Pending %.*s: on the customer %.*s, a vendor %.*s, others %.*s.",
        SPAN(bt_journey_spent(p, &v->waits, BT_PENDING_ANY)), SPAN(bt_journey_spent(p, &v->waits, BT_PENDING_CUSTOMER)),
        SPAN(bt_journey_spent(p, &v->waits, BT_PENDING_VENDOR)),
        SPAN(bt_journey_spent(p, &v->waits, BT_PENDING_OTHER)));
  say(p, to, "Contacts %u, failed attempts %u, refused offers %u, unanswered %u, escalations %u, reminders %u.",
      count_marks(p, BT_CONTACT_LOGGED), count_marks(p, BT_ATTEMPT_FAILED), count_marks(p, BT_HANDOFF_REFUSED),
      count_marks(p, BT_HANDOFF_EXPIRED), count_marks(p, BT_ESCALATED), count_marks(p, BT_REMINDED));
}

static void say_promises(const struct bt_picture *p, FILE *to) {
  const struct bt_journey_promises *all = &p->view->promises;
  if (all->n)
    fputs("\nPromises\n", to);
  for (uint32_t i = 0; i < all->n; i++) {
    const struct bt_journey_promise *o = &all->v[i];
    struct bt_str often = {0}, ended = {0};
    if (o->renegotiated)
      often = bt_arena_printf(p->call->arena, ", renegotiated %u %s", o->renegotiated,
                              o->renegotiated == 1 ? "time" : "times");
    if (o->ended_us)
      ended = bt_arena_printf(p->call->arena, " %.*s", T(o->ended_us));
    say(p, to, "  %s by %.*s: made %.*s, due %.*s%.*s, %s%.*s", bt_promise_type_name((int)o->type),
        BT_STR_ARG(o->holder), T(o->made_us), T(o->due_us), BT_STR_ARG(often), bt_promise_outcome_name(o->outcome),
        BT_STR_ARG(ended));
  }
}

static void say_questions(const struct bt_picture *p, FILE *to) {
  const struct bt_journey_questions *all = &p->view->questions;
  if (all->n)
    fputs("\nQuestions\n", to);
  for (uint32_t i = 0; i < all->n; i++) {
    const struct bt_journey_question *q = &all->v[i];
    struct bt_str end = BT_LIT("not answered");
    if (q->withdrawn)
      end = BT_LIT("withdrawn");
    else if (q->answered_us && q->asked_us)
      end = bt_arena_printf(p->call->arena, "answered after %.*s", SPAN(q->answered_us - q->asked_us));
    else if (q->answered_us)
      end = BT_LIT("answered");
    say(p, to, "  %.*s asked %.*s %.*s: %.*s%s", BT_STR_ARG(q->from), BT_STR_ARG(q->to), T(q->asked_us),
        BT_STR_ARG(end), q->overdue ? ", overdue" : "");
  }
}

/* What somebody who was not there should know of beside promises and questions. */
static void say_trouble(const struct bt_picture *p, FILE *to) {
  bool any = false;
  for (uint32_t i = 0; i < p->view->marks.n; i++) {
    const struct bt_journey_mark *m = &p->view->marks.v[i];
    bool told =
        m->kind == BT_ESCALATED || m->kind == BT_HANDOFF_REFUSED || m->kind == BT_HANDOFF_EXPIRED ||
        m->operator.n || m->kind == BT_FEEDBACK_GIVEN || m->kind == BT_CASE_REOPENED || m->kind == BT_CONFLICT_FOUND;
    if (!told)
      continue;
    if (!any)
      fputs("\nTurning points\n", to);
    any = true;
    if (m->operator.n)
      say(p, to, "  %.*s  operator %.*s%s%.*s: %s", T(m->at_us), BT_STR_ARG(m->operator),
          m->department.n ? " for " : "", BT_STR_ARG(m->department), bt_kind_name((int)m->kind));
    else if (m->kind == BT_ESCALATED)
      say(p, to, "  %.*s  escalated to %.*s, level %u: %s", T(m->at_us), BT_STR_ARG(m->other), m->level,
          bt_cause_name((int)m->cause));
    else if (m->kind == BT_HANDOFF_REFUSED)
      say(p, to, "  %.*s  %.*s refused: %s", T(m->at_us), BT_STR_ARG(m->other), bt_refusal_name((int)m->reason));
    else if (m->kind == BT_HANDOFF_EXPIRED)
      say(p, to, "  %.*s  %.*s did not answer an offer", T(m->at_us),
          BT_STR_ARG(m->other.n ? m->other : BT_LIT("nobody")));
    else if (m->kind == BT_FEEDBACK_GIVEN)
      say(p, to, "  %.*s  feedback by %s: %u of 10", T(m->at_us),
          m->source == BT_FEEDBACK_CUSTOMER ? "the customer" : "a department", m->score);
    else if (m->kind == BT_CASE_REOPENED)
      say(p, to, "  %.*s  reopened", T(m->at_us));
    else
      say(p, to, "  %.*s  conflict of %.*s and %.*s", T(m->at_us), BT_STR_ARG(m->department), BT_STR_ARG(m->other));
  }
}

static int draw(const struct bt_picture *p) {
  struct bt_call *call = p->call;
  char *text = NULL;
  size_t n = 0;
  FILE *to = open_memstream(&text, &n);
  if (!to)
    return -BT_NOMEM;
  call->width = call->width ? call->width : DEFAULT_WIDTH;
  say_first(p, to);
  if (p->view->events) {
    bt_journey_draw(p, call->width, to);
    say_total(p, to);
    say_promises(p, to);
    say_questions(p, to);
    say_trouble(p, to);
  }
  if (p->view->events && (p->view->clamped_gaps || p->view->cut))
    putc('\n', to);
  if (p->view->clamped_gaps)
    say(p, to, "%u times ran backwards and count as the one before.", p->view->clamped_gaps);
  if (p->away.n)
    say(p, to, "%.*s.", BT_STR_ARG(p->away));
  else if (p->view->cut)
    say(p, to, "Only the newest %u events are in here; the history has all.", p->view->events);
  int rc = fclose(to) == 0 ? 0 : -BT_NOMEM;
  if (rc == 0)
    call->drawing = bt_arena_copy(call->arena, (struct bt_str){text, n});
  free(text);
  return rc == 0 && !call->drawing.p ? -BT_NOMEM : rc;
}

/* ---- the command ---- */

/* An ended case ends its journey; else it goes on now. Another clock than the broker's may be ahead. */
static int64_t end_of(const struct bt_journey_view *v) {
  const struct bt_journey_spans *ends = &v->ends;
  if (ends->n && !ends->v[ends->n - 1].until_us)
    return v->last_us;
  int64_t now_us = bt_clock_wall_us();
  return now_us > v->last_us ? now_us : v->last_us;
}

int bt_cmd_journey(struct bt_call *call) {
  struct bt_query q = {.kind = BT_QUERY_JOURNEY};
  struct bt_answer a;
  struct bt_picture p = {.call = call, .view = &a.journey, .anonymous = call->args.n == 2};
  if (p.anonymous && !bt_str_eq(call->args.v[1], BT_LIT("anonymous")))
    return bt_call_refuse(call, BT_USAGE, "usage: journey CASE [anonymous]");
  int rc = bt_call_locator(call, call->args.v[0], &q.locator);
  if (rc == 0)
    rc = bt_call_ask(call, &q, BT_ASK_POINT_US, &a);
  if (rc < 0)
    return rc;
  p.until_us = end_of(&a.journey);
  if (!p.anonymous)
    p.away = a.text;
  if (p.anonymous)
    rc = bt_journey_anonymise(call->arena, &a.journey, &p.until_us);
  if (rc < 0)
    return rc;
  if (!call->json)
    return draw(&p);
  bt_journey_put(&p);
  return 0;
}

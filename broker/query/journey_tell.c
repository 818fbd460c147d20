#include "query/journey.h"

typedef struct bt_journey_telling telling;
typedef void tell_fn(telling *t, const struct bt_entry *e);

/* The entry goes away, its names stay. Few departments take part in one case. */
static struct bt_str kept(telling *t, struct bt_str name) {
  if (!name.n)
    return (struct bt_str){0};
  for (uint32_t i = 0; i < t->names_n; i++)
    if (bt_str_eq(t->names[i], name))
      return t->names[i];
  struct bt_str copy = bt_arena_copy(t->arena, name);
  if (t->names_n < BT_JOURNEY_NAMES)
    t->names[t->names_n++] = copy;
  return copy;
}

/* ---- stops ---- */

/* Promises of who hands the case on go with it. */
static void pass_promises(telling *t, struct bt_str from, struct bt_str to) {
  for (uint32_t i = 0; i < t->view.promises.n; i++) {
    struct bt_journey_promise *p = &t->view.promises.v[i];
    if (!p->ended_us && bt_str_eq(p->holder, from))
      p->holder = to;
  }
}

static void stop_at(telling *t, struct bt_str department, enum bt_came came) {
  struct bt_journey_stops *s = &t->view.stops;
  struct bt_journey_stop *here = s->n ? &s->v[s->n - 1] : NULL;
  int64_t at_us = t->view.last_us, offered_us = t->offered_us;
  t->offered_us = 0;
  if (here && bt_str_eq(here->department, department))
    return;
  if (here)
    here->until_us = at_us;
  bool bounce = s->n >= 2 && bt_str_eq(s->v[s->n - 2].department, department);
  s->v[s->n++] = (struct bt_journey_stop){
      .department = department,
      .from_us = at_us,
      .came = came,
      .offered_us = came == BT_CAME_ACCEPTED || came == BT_CAME_DIRECTED ? offered_us : 0,
      .bounce = bounce,
  };
}

static void move(telling *t, struct bt_str from, struct bt_str to, enum bt_came came) {
  struct bt_journey_stops *s = &t->view.stops;
  from = kept(t, from), to = kept(t, to);
  if (s->n && !s->v[s->n - 1].department.n) /* began before what is shown, and now it is known where */
    s->v[s->n - 1].department = from;
  pass_promises(t, from, to);
  stop_at(t, to, came);
}

/* ---- marks ---- */

static struct bt_journey_mark *mark(telling *t, const struct bt_entry *e, struct bt_str other) {
  struct bt_journey_mark *m = &t->view.marks.v[t->view.marks.n++];
  *m = (struct bt_journey_mark){
      .kind = e->kind, .at_us = t->view.last_us, .department = kept(t, e->event.department), .other = kept(t, other)};
  return m;
}

static void contact(telling *t, const struct bt_entry *e) {
  if (!e->event.contact_logged.mention) /* about another case */
    mark(t, e, (struct bt_str){0})->outcome = e->event.contact_logged.outcome;
}

static void plain(telling *t, const struct bt_entry *e) {
  mark(t, e, (struct bt_str){0});
}

static void escalated(telling *t, const struct bt_entry *e) {
  struct bt_journey_mark *m = mark(t, e, e->event.escalated.to);
  m->cause = e->event.escalated.cause;
  m->level = e->event.escalated.level;
}

static void reminded(telling *t, const struct bt_entry *e) {
  mark(t, e, e->event.reminded.to);
}

static void conflict(telling *t, const struct bt_entry *e) {
  mark(t, e, e->event.conflict_found.other_holder)->department = kept(t, e->event.conflict_found.holder);
}

static void appointed(telling *t, const struct bt_entry *e) {
  mark(t, e, e->event.owner_appointed.owner)->cause = e->event.owner_appointed.cause;
}

static void feedback(telling *t, const struct bt_entry *e) {
  const struct bt_feedback_given *f = &e->event.feedback_given;
  bool one = f->source == BT_FEEDBACK_DEPARTMENT && f->rated.n;
  struct bt_journey_mark *m = mark(t, e, one ? f->rated.v[0] : (struct bt_str){0});
  m->source = f->source;
  m->score = f->score;
}

/* ---- offers and custody ---- */

static void opened(telling *t, const struct bt_entry *e) {
  stop_at(t, kept(t, e->event.case_opened.custodian), BT_CAME_OPENED);
}

static void offered(telling *t, const struct bt_entry *e) {
  mark(t, e, e->event.handoff_offered.to)->cause = e->event.handoff_offered.cause;
  t->offered_us = t->view.last_us;
}

static void accepted(telling *t, const struct bt_entry *e) {
  move(t, e->event.handoff_accepted.from, e->event.handoff_accepted.to, BT_CAME_ACCEPTED);
}

static void refused(telling *t, const struct bt_entry *e) {
  mark(t, e, e->event.handoff_refused.to)->reason = e->event.handoff_refused.reason;
  t->offered_us = 0;
}

static void countered(telling *t, const struct bt_entry *e) {
  mark(t, e, e->event.handoff_countered.to);
}

static void withdrawn(telling *t, const struct bt_entry *e) {
  mark(t, e, e->event.handoff_withdrawn.to);
  t->offered_us = 0;
}

static void expired(telling *t, const struct bt_entry *e) {
  mark(t, e, e->event.handoff_expired.to);
  t->offered_us = 0;
}

static void reported(telling *t, const struct bt_entry *e) {
  move(t, e->event.handoff_reported.from, e->event.handoff_reported.to, BT_CAME_REPORTED);
}

static void directed(telling *t, const struct bt_entry *e) {
  const struct bt_handoff_directed *d = &e->event.handoff_directed;
  mark(t, e, d->to)->cause = d->cause;
  if (d->moved)
    move(t, d->from, d->to, BT_CAME_DIRECTED);
}

/* ---- waiting and ending ---- */

static void begin(telling *t, struct bt_journey_spans *s, uint32_t pending_on) {
  if (s->n && !s->v[s->n - 1].until_us && s->v[s->n - 1].pending_on == pending_on)
    return;
  s->v[s->n++] = (struct bt_journey_span){.from_us = t->view.last_us, .pending_on = pending_on};
}

static void end(telling *t, struct bt_journey_spans *s) {
  if (s->n && !s->v[s->n - 1].until_us)
    s->v[s->n - 1].until_us = t->view.last_us;
}

/* New times for promises whose clocks stopped or run again. */
static void set_clocks(telling *t, const struct bt_clocks *clocks) {
  for (uint32_t i = 0; i < clocks->n; i++)
    for (uint32_t k = 0; k < t->view.promises.n; k++) {
      struct bt_journey_promise *p = &t->view.promises.v[k];
      if (clocks->v[i].timer == BT_TIMER_PROMISE && clocks->v[i].object == p->id && clocks->v[i].due_us)
        p->due_us = clocks->v[i].due_us;
    }
}

static void status(telling *t, const struct bt_entry *e) {
  const struct bt_status_changed *s = &e->event.status_changed;
  bool pending = s->status == BT_STATUS_PENDING;
  if (!pending || (t->view.waits.n && t->view.waits.v[t->view.waits.n - 1].pending_on != s->pending_on))
    end(t, &t->view.waits);
  if (pending)
    begin(t, &t->view.waits, s->pending_on);
  set_clocks(t, &s->clocks);
}

static void ended(telling *t, const struct bt_entry *e) {
  end(t, &t->view.waits);
  begin(t, &t->view.ends, BT_PENDING_NONE);
  plain(t, e);
  set_clocks(t, e->kind == BT_CASE_RESOLVED ? &e->event.case_resolved.clocks : &e->event.case_closed.clocks);
}

static void reopened(telling *t, const struct bt_entry *e) {
  end(t, &t->view.ends);
  mark(t, e, (struct bt_str){0})->cause = e->event.case_reopened.cause;
}

static void merged(telling *t, const struct bt_entry *e) {
  if (!e->event.cases_merged.merged) /* it is this case that points to another from now on */
    begin(t, &t->view.ends, BT_PENDING_NONE);
}

static void unmerged(telling *t, const struct bt_entry *e) {
  if (!e->event.cases_unmerged.unmerged)
    end(t, &t->view.ends);
}

static void revived(telling *t, const struct bt_entry *e) {
  const struct bt_case_revived *r = &e->event.case_revived;
  struct bt_journey_stops *s = &t->view.stops;
  if (r->custodian.n)
    move(t, s->n ? s->v[s->n - 1].department : (struct bt_str){0}, r->custodian, BT_CAME_REVIVED);
  set_clocks(t, &r->clocks);
}

/* ---- promises and questions ---- */

/* One that was made before what is shown has no beginning. */
static struct bt_journey_promise *promise(telling *t, uint64_t id) {
  struct bt_journey_promises *p = &t->view.promises;
  for (uint32_t i = p->n; i > 0; i--)
    if (p->v[i - 1].id == id)
      return &p->v[i - 1];
  p->v[p->n] = (struct bt_journey_promise){.id = id, .outcome = BT_PROMISE_OUTCOME_OPEN};
  return &p->v[p->n++];
}

static void promise_made(telling *t, const struct bt_entry *e) {
  struct bt_journey_promise *p = promise(t, e->sequence);
  p->type = e->event.promise_made.type;
  p->holder = kept(t, e->event.department);
  p->made_us = t->view.last_us;
  p->due_us = e->event.promise_made.due_us;
}

static void promise_renegotiated(telling *t, const struct bt_entry *e) {
  struct bt_journey_promise *p = promise(t, e->event.promise_renegotiated.promise);
  p->holder = kept(t, e->event.promise_renegotiated.holder);
  p->due_us = e->event.promise_renegotiated.due_us;
  p->outcome = BT_PROMISE_OUTCOME_OPEN;
  p->renegotiated++;
}

static void promise_kept(telling *t, const struct bt_entry *e) {
  struct bt_journey_promise *p = promise(t, e->event.promise_kept.promise);
  p->holder = kept(t, e->event.promise_kept.holder);
  p->outcome = e->event.promise_kept.late ? BT_PROMISE_OUTCOME_LATE : BT_PROMISE_OUTCOME_KEPT;
  p->ended_us = t->view.last_us;
}

static void promise_withdrawn(telling *t, const struct bt_entry *e) {
  struct bt_journey_promise *p = promise(t, e->event.promise_withdrawn.promise);
  p->holder = kept(t, e->event.promise_withdrawn.holder);
  p->outcome = BT_PROMISE_OUTCOME_WITHDRAWN;
  p->ended_us = t->view.last_us;
}

static void promise_broken(telling *t, const struct bt_entry *e) {
  struct bt_journey_promise *p = promise(t, e->event.promise_broken.promise);
  p->holder = kept(t, e->event.promise_broken.holder);
  p->due_us = e->event.promise_broken.due_us;
  p->outcome = BT_PROMISE_OUTCOME_BROKEN;
  p->broken_us = t->view.last_us;
}

static struct bt_journey_question *question(telling *t, uint64_t id, struct bt_str from, struct bt_str to) {
  struct bt_journey_questions *q = &t->view.questions;
  for (uint32_t i = q->n; i > 0; i--)
    if (q->v[i - 1].id == id)
      return &q->v[i - 1];
  q->v[q->n] = (struct bt_journey_question){.id = id, .from = kept(t, from), .to = kept(t, to)};
  return &q->v[q->n++];
}

static void asked(telling *t, const struct bt_entry *e) {
  struct bt_journey_question *q = question(t, e->sequence, e->event.department, e->event.question_asked.to);
  q->asked_us = t->view.last_us;
  q->due_us = e->event.question_asked.due_us;
}

static void answered(telling *t, const struct bt_entry *e) {
  const struct bt_question_answered *a = &e->event.question_answered;
  question(t, a->question, a->from, a->to)->answered_us = t->view.last_us;
}

static void overdue(telling *t, const struct bt_entry *e) {
  const struct bt_question_overdue *o = &e->event.question_overdue;
  question(t, o->question, o->from, o->to)->overdue = true;
}

static void question_withdrawn(telling *t, const struct bt_entry *e) {
  const struct bt_question_withdrawn *o = &e->event.question_withdrawn;
  question(t, o->question, o->from, o->to)->withdrawn = true;
}

/* ---- the whole ---- */

static tell_fn *const tells[BT_KIND_LAST + 1] = {
    [BT_CASE_OPENED] = opened,
    [BT_CONTACT_LOGGED] = contact,
    [BT_ATTEMPT_FAILED] = plain,
    [BT_HANDOFF_OFFERED] = offered,
    [BT_HANDOFF_ACCEPTED] = accepted,
    [BT_HANDOFF_REFUSED] = refused,
    [BT_HANDOFF_COUNTERED] = countered,
    [BT_HANDOFF_WITHDRAWN] = withdrawn,
    [BT_HANDOFF_REPORTED] = reported,
    [BT_HANDOFF_DIRECTED] = directed,
    [BT_HANDOFF_EXPIRED] = expired,
    [BT_QUESTION_ASKED] = asked,
    [BT_QUESTION_ANSWERED] = answered,
    [BT_QUESTION_WITHDRAWN] = question_withdrawn,
    [BT_QUESTION_OVERDUE] = overdue,
    [BT_PROMISE_MADE] = promise_made,
    [BT_PROMISE_RENEGOTIATED] = promise_renegotiated,
    [BT_PROMISE_KEPT] = promise_kept,
    [BT_PROMISE_WITHDRAWN] = promise_withdrawn,
    [BT_PROMISE_BROKEN] = promise_broken,
    [BT_CONFLICT_FOUND] = conflict,
    [BT_STATUS_CHANGED] = status,
    [BT_CASE_RESOLVED] = ended,
    [BT_CASE_REOPENED] = reopened,
    [BT_CASE_CLOSED] = ended,
    [BT_CASES_MERGED] = merged,
    [BT_CASES_UNMERGED] = unmerged,
    [BT_CASE_REVIVED] = revived,
    [BT_OWNER_APPOINTED] = appointed,
    [BT_ESCALATED] = escalated,
    [BT_REMINDED] = reminded,
    [BT_FEEDBACK_GIVEN] = feedback,
    [BT_REDRESS_GIVEN] = plain,
};

int bt_journey_begin(telling *t, struct bt_arena *arena, uint32_t n) {
  *t = (telling){.arena = arena};
  struct bt_journey_view *v = &t->view;
  v->stops.v = BT_NEW_ARRAY(arena, struct bt_journey_stop, n + 1); /* and the one that began before */
  v->waits.v = BT_NEW_ARRAY(arena, struct bt_journey_span, n);
  v->ends.v = BT_NEW_ARRAY(arena, struct bt_journey_span, n);
  v->promises.v = BT_NEW_ARRAY(arena, struct bt_journey_promise, n);
  v->questions.v = BT_NEW_ARRAY(arena, struct bt_journey_question, n);
  v->marks.v = BT_NEW_ARRAY(arena, struct bt_journey_mark, n);
  return arena->exhausted ? -BT_NOMEM : 0;
}

static void follow_time(telling *t, const struct bt_entry *e) {
  struct bt_journey_view *v = &t->view;
  int64_t at_us = e->event.occurred_at_us ? e->event.occurred_at_us : e->recorded_at_us;
  if (!v->events++)
    v->first_us = v->last_us = at_us;
  else if (at_us < t->before_us)
    v->clamped_gaps++;
  t->before_us = at_us;
  if (at_us > v->last_us)
    v->last_us = at_us;
}

/* Whatever an operator did is marked, also where the kind is told otherwise. */
static void operated(telling *t, const struct bt_entry *e, uint32_t marks_before) {
  if (t->view.marks.n == marks_before)
    mark(t, e, (struct bt_str){0});
  t->view.marks.v[t->view.marks.n - 1].operator= bt_arena_copy(t->arena, e->event.operator);
}

int bt_journey_tell(telling *t, const struct bt_entry *e) {
  const uint32_t marks = t->view.marks.n;
  follow_time(t, e);
  if (!t->view.stops.n && e->kind != BT_CASE_OPENED)
    stop_at(t, (struct bt_str){0}, BT_CAME_NONE);
  tell_fn *fn = e->kind <= BT_KIND_LAST ? tells[e->kind] : NULL;
  if (fn)
    fn(t, e);
  if (e->event.operator.n)
    operated(t, e, marks);
  return t->arena->exhausted ? -BT_NOMEM : 0;
}

void bt_journey_end(telling *t, const struct bt_case *c, struct bt_journey_view *ret) {
  struct bt_journey_stops *s = &t->view.stops;
  if (s->n && !s->v[s->n - 1].department.n)
    s->v[s->n - 1].department = c->custodian;
  t->view.case_id = c->id;
  t->view.topic = c->topic;
  t->view.status = c->status;
  *ret = t->view;
}

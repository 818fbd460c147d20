/* A journey as members and tables. The same whatever is left out: an anonymous one has null for what it does not tell.
 */
#include "control/journey.h"

/* A time; in an anonymous journey words, because an instant would be a lie. */
static struct bt_out_value at(const struct bt_picture *p, int64_t us) {
  if (!us)
    return bt_out_none();
  return p->anonymous ? bt_out_text(bt_journey_time(p, us)) : bt_out_time(us);
}

static void put_stops(const struct bt_picture *p) {
  static const struct bt_out_column columns[] = {
      {"department", BT_OUT_TEXT, BT_OUT_PLAIN}, {"from", BT_OUT_TIME, BT_OUT_PLAIN},
      {"until", BT_OUT_TIME, BT_OUT_PLAIN},      {"held", BT_OUT_SPAN, BT_OUT_PLAIN},
      {"came", BT_OUT_TEXT, BT_OUT_PLAIN},       {"offer_waited", BT_OUT_SPAN, BT_OUT_PLAIN},
      {"bounce", BT_OUT_FLAG, BT_OUT_PLAIN}};
  const struct bt_journey_stops *all = &p->view->stops;
  BT_OUT_TABLE(p->call->out, "stops", columns);
  for (uint32_t i = 0; i < all->n; i++) {
    const struct bt_journey_stop *s = &all->v[i];
    int64_t until_us = s->until_us ? s->until_us : p->until_us;
    BT_OUT_ROW(p->call->out, bt_out_text(s->department), at(p, s->from_us), at(p, s->until_us),
               bt_out_span(until_us - s->from_us), bt_out_literal(bt_came_name(s->came)),
               s->offered_us ? bt_out_span(s->from_us - s->offered_us) : bt_out_none(), bt_out_flag(s->bounce));
  }
}

static void put_spans(const struct bt_picture *p, const char *name, const struct bt_journey_spans *all) {
  static const struct bt_out_column columns[] = {{"on", BT_OUT_TEXT, BT_OUT_PLAIN},
                                                 {"from", BT_OUT_TIME, BT_OUT_PLAIN},
                                                 {"until", BT_OUT_TIME, BT_OUT_PLAIN},
                                                 {"time", BT_OUT_SPAN, BT_OUT_PLAIN}};
  BT_OUT_TABLE(p->call->out, name, columns);
  for (uint32_t i = 0; i < all->n; i++) {
    const struct bt_journey_span *s = &all->v[i];
    int64_t until_us = s->until_us ? s->until_us : p->until_us;
    BT_OUT_ROW(p->call->out, s->pending_on ? bt_out_literal(bt_pending_name((int)s->pending_on)) : bt_out_none(),
               at(p, s->from_us), at(p, s->until_us), bt_out_span(until_us > s->from_us ? until_us - s->from_us : 0));
  }
}

static void put_promises(const struct bt_picture *p) {
  static const struct bt_out_column columns[] = {
      {"promise", BT_OUT_NUMBER, BT_OUT_PLAIN},     {"type", BT_OUT_TEXT, BT_OUT_PLAIN},
      {"department", BT_OUT_TEXT, BT_OUT_PLAIN},    {"made", BT_OUT_TIME, BT_OUT_PLAIN},
      {"due", BT_OUT_TIME, BT_OUT_PLAIN},           {"outcome", BT_OUT_TEXT, BT_OUT_PLAIN},
      {"ended", BT_OUT_TIME, BT_OUT_PLAIN},         {"broken", BT_OUT_TIME, BT_OUT_PLAIN},
      {"renegotiated", BT_OUT_NUMBER, BT_OUT_PLAIN}};
  const struct bt_journey_promises *all = &p->view->promises;
  BT_OUT_TABLE(p->call->out, "promises", columns);
  for (uint32_t i = 0; i < all->n; i++) {
    const struct bt_journey_promise *o = &all->v[i];
    BT_OUT_ROW(p->call->out, bt_out_number(o->id), bt_out_literal(bt_promise_type_name((int)o->type)),
               bt_out_text(o->holder), at(p, o->made_us), at(p, o->due_us),
               bt_out_literal(bt_promise_outcome_name(o->outcome)), at(p, o->ended_us), at(p, o->broken_us),
               bt_out_number(o->renegotiated));
  }
}

static void put_questions(const struct bt_picture *p) {
  static const struct bt_out_column columns[] = {
      {"question", BT_OUT_NUMBER, BT_OUT_PLAIN}, {"from", BT_OUT_TEXT, BT_OUT_PLAIN},
      {"to", BT_OUT_TEXT, BT_OUT_PLAIN},         {"asked", BT_OUT_TIME, BT_OUT_PLAIN},
      {"due", BT_OUT_TIME, BT_OUT_PLAIN},        {"answered", BT_OUT_TIME, BT_OUT_PLAIN},
      {"overdue", BT_OUT_FLAG, BT_OUT_PLAIN},    {"withdrawn", BT_OUT_FLAG, BT_OUT_PLAIN}};
  const struct bt_journey_questions *all = &p->view->questions;
  BT_OUT_TABLE(p->call->out, "questions", columns);
  for (uint32_t i = 0; i < all->n; i++) {
    const struct bt_journey_question *q = &all->v[i];
    BT_OUT_ROW(p->call->out, bt_out_number(q->id), bt_out_text(q->from), bt_out_text(q->to), at(p, q->asked_us),
               at(p, q->due_us), at(p, q->answered_us), bt_out_flag(q->overdue), bt_out_flag(q->withdrawn));
  }
}

static struct bt_out_value named(const char *name, uint32_t number) {
  return number ? bt_out_literal(name) : bt_out_none();
}

static void put_marks(const struct bt_picture *p) {
  static const struct bt_out_column columns[] = {
      {"kind", BT_OUT_TEXT, BT_OUT_PLAIN},       {"time", BT_OUT_TIME, BT_OUT_PLAIN},
      {"department", BT_OUT_TEXT, BT_OUT_PLAIN}, {"other", BT_OUT_TEXT, BT_OUT_PLAIN},
      {"reason", BT_OUT_TEXT, BT_OUT_PLAIN},     {"cause", BT_OUT_TEXT, BT_OUT_PLAIN},
      {"level", BT_OUT_NUMBER, BT_OUT_PLAIN},    {"source", BT_OUT_TEXT, BT_OUT_PLAIN},
      {"score", BT_OUT_NUMBER, BT_OUT_PLAIN},    {"operator", BT_OUT_TEXT, BT_OUT_PLAIN}};
  const struct bt_journey_marks *all = &p->view->marks;
  BT_OUT_TABLE(p->call->out, "marks", columns);
  for (uint32_t i = 0; i < all->n; i++) {
    const struct bt_journey_mark *m = &all->v[i];
    BT_OUT_ROW(p->call->out, bt_out_literal(bt_kind_name((int)m->kind)), at(p, m->at_us), bt_out_text(m->department),
               bt_out_text(m->other), named(bt_refusal_name((int)m->reason), m->reason),
               named(bt_cause_name((int)m->cause), m->cause), m->level ? bt_out_number(m->level) : bt_out_none(),
               named(bt_feedback_source_name((int)m->source), m->source),
               m->score ? bt_out_number(m->score) : bt_out_none(), bt_out_text(m->operator));
  }
}

void bt_journey_put(const struct bt_picture *p) {
  const struct bt_journey_view *v = p->view;
  struct bt_out *o = p->call->out;
  int64_t ended_us = bt_journey_spent(p, &v->ends, BT_PENDING_ANY);
  bt_out_pair(o, "ref", bt_out_text(v->ref));
  bt_out_pair(o, "id", v->case_id ? bt_out_number(v->case_id) : bt_out_none());
  bt_out_pair(o, "topic", bt_out_text(v->topic));
  bt_out_pair(o, "status", bt_out_literal(bt_status_name((int)v->status)));
  bt_out_pair(o, "from", at(p, v->first_us));
  bt_out_pair(o, "until", at(p, p->until_us));
  bt_out_pair(o, "open", bt_out_span(v->events ? p->until_us - v->first_us - ended_us : 0));
  bt_out_pair(o, "waiting", bt_out_span(bt_journey_spent(p, &v->waits, BT_PENDING_ANY)));
  bt_out_pair(o, "events", bt_out_number(v->events));
  bt_out_pair(o, "times_that_ran_backwards", bt_out_number(v->clamped_gaps));
  bt_out_pair(o, "cut", bt_out_flag(v->cut));
  if (p->away.n)
    bt_out_note(o, p->away);
  put_stops(p);
  put_spans(p, "waits", &v->waits);
  put_spans(p, "ends", &v->ends);
  put_promises(p);
  put_questions(p);
  put_marks(p);
}

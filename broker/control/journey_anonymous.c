/* A journey without anything that says whose it was. What is left is only what is put back here: a field of the view
 * that is not named below is not copied. */
#include "control/journey.h"

#define HOUR_US (INT64_C(3600) * 1000000)

struct mask {
  struct bt_arena *arena;
  int64_t shift_us;
  uint32_t n, room;
  struct bt_str *real, *shown;
};

/* "Department A" to "Department Z", then "Department AA". */
static struct bt_str letter(struct bt_arena *a, uint32_t i) {
  char first = (char)('A' + i / 26 - 1), last = (char)('A' + i % 26);
  return i < 26 ? bt_arena_printf(a, "Department %c", last) : bt_arena_printf(a, "Department %c%c", first, last);
}

static struct bt_str name(struct mask *m, struct bt_str department) {
  if (!department.n)
    return department;
  for (uint32_t i = 0; i < m->n; i++)
    if (bt_str_eq(m->real[i], department))
      return m->shown[i];
  if (m->n == m->room)
    return BT_LIT("Another department");
  m->real[m->n] = department;
  return m->shown[m->n] = letter(m->arena, m->n), m->shown[m->n++];
}

static int64_t when(const struct mask *m, int64_t us) {
  if (!us)
    return 0;
  return us > m->shift_us ? us - m->shift_us : 1; /* nothing is before day 0 but what was due before it */
}

static void mask_stops(struct mask *m, struct bt_journey_stops *s) {
  for (uint32_t i = 0; i < s->n; i++)
    s->v[i] = (struct bt_journey_stop){.department = name(m, s->v[i].department),
                                       .from_us = when(m, s->v[i].from_us),
                                       .until_us = when(m, s->v[i].until_us),
                                       .came = s->v[i].came,
                                       .offered_us = when(m, s->v[i].offered_us),
                                       .bounce = s->v[i].bounce};
}

static void mask_spans(const struct mask *m, struct bt_journey_spans *s) {
  for (uint32_t i = 0; i < s->n; i++)
    s->v[i] = (struct bt_journey_span){when(m, s->v[i].from_us), when(m, s->v[i].until_us), s->v[i].pending_on};
}

static void mask_promises(struct mask *m, struct bt_journey_promises *p) {
  for (uint32_t i = 0; i < p->n; i++) {
    const struct bt_journey_promise *o = &p->v[i];
    p->v[i] = (struct bt_journey_promise){.id = i + 1,
                                          .type = o->type,
                                          .holder = name(m, o->holder),
                                          .made_us = when(m, o->made_us),
                                          .due_us = when(m, o->due_us),
                                          .outcome = o->outcome,
                                          .ended_us = when(m, o->ended_us),
                                          .broken_us = when(m, o->broken_us),
                                          .renegotiated = o->renegotiated};
  }
}

static void mask_questions(struct mask *m, struct bt_journey_questions *q) {
  for (uint32_t i = 0; i < q->n; i++) {
    const struct bt_journey_question *o = &q->v[i];
    q->v[i] = (struct bt_journey_question){.id = i + 1,
                                           .from = name(m, o->from),
                                           .to = name(m, o->to),
                                           .asked_us = when(m, o->asked_us),
                                           .due_us = when(m, o->due_us),
                                           .answered_us = when(m, o->answered_us),
                                           .overdue = o->overdue,
                                           .withdrawn = o->withdrawn};
  }
}

static void mask_marks(struct mask *m, struct bt_journey_marks *v) {
  for (uint32_t i = 0; i < v->n; i++) {
    const struct bt_journey_mark *o = &v->v[i];
    v->v[i] = (struct bt_journey_mark){.kind = o->kind,
                                       .at_us = when(m, o->at_us),
                                       .department = name(m, o->department),
                                       .other = name(m, o->other),
                                       .outcome = o->outcome,
                                       .reason = o->reason,
                                       .cause = o->cause,
                                       .level = o->level,
                                       .source = o->source,
                                       .score = o->score};
  }
}

int bt_journey_anonymise(struct bt_arena *arena, struct bt_journey_view *view, int64_t *until_us) {
  enum { LETTERS = 26 * 27 };
  struct mask m = {.arena = arena, .shift_us = view->first_us - 9 * HOUR_US, .room = LETTERS};
  struct bt_journey_view o = *view;
  m.real = BT_NEW_ARRAY(arena, struct bt_str, m.room);
  m.shown = BT_NEW_ARRAY(arena, struct bt_str, m.room);
  if (!m.real || !m.shown)
    return -BT_NOMEM;
  mask_stops(&m, &o.stops);
  mask_spans(&m, &o.waits);
  mask_spans(&m, &o.ends);
  mask_promises(&m, &o.promises);
  mask_questions(&m, &o.questions);
  mask_marks(&m, &o.marks);
  *view = (struct bt_journey_view){.status = o.status,
                                   .first_us = when(&m, o.first_us),
                                   .last_us = when(&m, o.last_us),
                                   .stops = o.stops,
                                   .waits = o.waits,
                                   .ends = o.ends,
                                   .promises = o.promises,
                                   .questions = o.questions,
                                   .marks = o.marks,
                                   .events = o.events,
                                   .clamped_gaps = o.clamped_gaps,
                                   .cut = o.cut};
  *until_us = when(&m, *until_us);
  return 0;
}

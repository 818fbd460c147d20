/* Consults: questions to other departments. */
#include "core/evolving.h"

int bt_evolve_asked(struct bt_case *c, const struct bt_entry *e, struct bt_arena *arena) {
  const struct bt_question_asked *q = &e->event.question_asked;
  struct bt_question *v = bt_grown(arena, c->questions.v, c->questions.n, sizeof *v);
  if (!v)
    return -BT_NOMEM;
  v[c->questions.n] = (struct bt_question){
      .id = e->sequence,
      .from = e->event.department,
      .to = q->to,
      .text = q->text,
      .asked_at_us = e->recorded_at_us,
      .due_us = q->due_us,
      .label = bt_first_label(e),
  };
  c->questions = (struct bt_questions){c->questions.n + 1, v};
  return 0;
}

static int take_out(struct bt_case *c, uint64_t id, struct bt_arena *arena) {
  for (uint32_t i = 0; i < c->questions.n; i++) {
    if (c->questions.v[i].id != id)
      continue;
    c->questions.v = bt_without(arena, c->questions.v, c->questions.n, i, sizeof *c->questions.v);
    c->questions.n--;
    return c->questions.v ? 0 : -BT_NOMEM;
  }
  return 0;
}

/* Who answered is remembered, so that the answer can be rated. */
static int remember(struct bt_case *c, const struct bt_question_answered *a, struct bt_arena *arena) {
  struct bt_answereds kept = c->answered;
  if (kept.n == BT_MAX_ANSWERED)
    kept.v++, kept.n--;
  struct bt_answered *v = bt_grown(arena, kept.v, kept.n, sizeof *v);
  if (!v)
    return -BT_NOMEM;
  v[kept.n] = (struct bt_answered){a->question, a->from, a->to};
  c->answered = (struct bt_answereds){kept.n + 1, v};
  return 0;
}

int bt_evolve_question_answered(struct bt_case *c, const struct bt_entry *e, struct bt_arena *arena) {
  c->stalled = 0;
  int rc = take_out(c, e->event.question_answered.question, arena);
  return rc ? rc : remember(c, &e->event.question_answered, arena);
}

int bt_evolve_question_withdrawn(struct bt_case *c, const struct bt_entry *e, struct bt_arena *arena) {
  return take_out(c, e->event.question_withdrawn.question, arena);
}

int bt_evolve_overdue(struct bt_case *c, const struct bt_entry *e, struct bt_arena *arena) {
  struct bt_question *v = bt_copied(arena, c->questions.v, c->questions.n, sizeof *v);
  if (!v)
    return -BT_NOMEM;
  for (uint32_t i = 0; i < c->questions.n; i++)
    if (v[i].id == e->event.question_overdue.question)
      v[i].overdue = true;
  c->questions.v = v;
  return 0;
}

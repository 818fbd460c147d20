/* What a reader's labels do not allow is taken out, and counted, so that nobody takes the rest for the whole. */
#include "core/policy.h"

/* Who reads, and how much was taken out. */
struct cut {
  const struct bt_rules *rules;
  struct bt_str reader;
  struct bt_arena *arena;
  uint32_t hidden;
};

/* Has this item to be left out? */
typedef bool leaves_out_fn(const struct cut *k, const void *item);

/* The items that stay, in a new array; *n goes down by what was left out. NULL: no room. */
static void *keep(struct cut *k, const void *v, uint32_t *n, size_t size, leaves_out_fn *leaves_out) {
  const char *from = v;
  char *to = bt_arena_alloc(k->arena, *n * size);
  uint32_t kept = 0;
  for (uint32_t i = 0; to && i < *n; i++)
    if (!leaves_out(k, from + i * size))
      memcpy(to + kept++ * size, from + i * size, size);
  if (to) {
    k->hidden += *n - kept;
    *n = kept;
  }
  return to;
}

static bool hides(const struct cut *k, struct bt_str label) {
  return !bt_policy_reads_item(k->rules, k->reader, label);
}

static bool is_own(const struct cut *k, struct bt_str department) {
  return bt_str_eq(k->reader, department);
}

/* On a card labels count alone: it is one text for whoever it is shown to in that department. */
static bool without_fact(const struct cut *k, const void *item) {
  return hides(k, ((const struct bt_fact *)item)->label);
}
static bool without_tried(const struct cut *k, const void *item) {
  return hides(k, ((const struct bt_tried *)item)->label);
}
static bool without_promise(const struct cut *k, const void *item) {
  return hides(k, ((const struct bt_promise *)item)->label);
}
static bool without_question(const struct cut *k, const void *item) {
  return hides(k, ((const struct bt_question *)item)->label);
}
/* Advisories bear no label: they are internal. */
static bool without_advisory(const struct cut *k, const void *item) {
  (void)item;
  return hides(k, (struct bt_str){0});
}

/* In the case what it said itself, was asked and does itself stays. */
static bool without_others_fact(const struct cut *k, const void *item) {
  const struct bt_fact *f = item;
  return hides(k, f->label) && !is_own(k, f->department);
}
static bool without_others_promise(const struct cut *k, const void *item) {
  const struct bt_promise *p = item;
  return hides(k, p->label) && !is_own(k, p->holder);
}
static bool without_others_question(const struct cut *k, const void *item) {
  const struct bt_question *q = item;
  return hides(k, q->label) && !is_own(k, q->from) && !is_own(k, q->to);
}
static bool without_others_work(const struct cut *k, const void *item) {
  const struct bt_work *w = item;
  return hides(k, w->label) && !is_own(k, w->holder);
}

/* A promise may have come to its holder with the case: what it owes and until when it must know, whatever the words. */
static void empty_texts(struct cut *k, struct bt_promises *promises) {
  for (uint32_t i = 0; i < promises->n; i++) {
    struct bt_promise *p = &promises->v[i];
    if (!hides(k, p->label) || !p->text.n)
      continue;
    p->text = (struct bt_str){0};
    k->hidden++;
  }
}

static void empty_words(struct cut *k, struct bt_str label, struct bt_str *one, struct bt_str *other) {
  if ((!one->n && !other->n) || bt_policy_reads_words(k->rules, k->reader, label))
    return;
  *one = *other = (struct bt_str){0};
  k->hidden++;
}

/* What a counter-offer says is between the two; the state does not keep what label it bore. */
static void empty_counter(struct cut *k, struct bt_offer *o) {
  if (!o->counter_text.n || is_own(k, o->from) || is_own(k, o->to))
    return;
  o->counter_text = (struct bt_str){0};
  k->hidden++;
}

int bt_policy_cut_case(const struct bt_rules *rules, const struct bt_case *c, struct bt_str department, bool glass,
                       struct bt_arena *arena, struct bt_case *ret, uint32_t *ret_hidden) {
  struct cut k = {rules, department, arena, 0};
  struct bt_case v = *c;
  if (!glass) {
    v.facts.v = keep(&k, v.facts.v, &v.facts.n, sizeof *v.facts.v, without_others_fact);
    v.tried.v = keep(&k, v.tried.v, &v.tried.n, sizeof *v.tried.v, without_tried);
    v.promises.v = keep(&k, v.promises.v, &v.promises.n, sizeof *v.promises.v, without_others_promise);
    v.questions.v = keep(&k, v.questions.v, &v.questions.n, sizeof *v.questions.v, without_others_question);
    v.work.v = keep(&k, v.work.v, &v.work.n, sizeof *v.work.v, without_others_work);
    v.advisories.v = keep(&k, v.advisories.v, &v.advisories.n, sizeof *v.advisories.v, without_advisory);
    if (arena->exhausted)
      return -BT_NOMEM;
    empty_texts(&k, &v.promises);
    empty_words(&k, v.label, &v.title, &v.need);
    if (!bt_policy_reads_words(rules, department, v.offer.label))
      v.offer.next_step = (struct bt_str){0}; /* it is on the card, and counted there */
    empty_counter(&k, &v.offer);
  }
  *ret = v;
  *ret_hidden = k.hidden;
  return 0;
}

int bt_policy_cut_card(const struct bt_rules *rules, const struct bt_card *card, struct bt_str department, bool glass,
                       struct bt_arena *arena, const struct bt_card **ret) {
  struct cut k = {rules, department, arena, 0};
  struct bt_card *v = BT_NEW(arena, struct bt_card);
  struct bt_str nothing = {0};
  if (!v)
    return -BT_NOMEM;
  *v = *card;
  if (!glass) {
    v->facts.v = keep(&k, v->facts.v, &v->facts.n, sizeof *v->facts.v, without_fact);
    v->tried.v = keep(&k, v->tried.v, &v->tried.n, sizeof *v->tried.v, without_tried);
    v->promised.v = keep(&k, v->promised.v, &v->promised.n, sizeof *v->promised.v, without_promise);
    v->open_questions.v =
        keep(&k, v->open_questions.v, &v->open_questions.n, sizeof *v->open_questions.v, without_question);
    v->advisories.v = keep(&k, v->advisories.v, &v->advisories.n, sizeof *v->advisories.v, without_advisory);
    if (arena->exhausted)
      return -BT_NOMEM;
    empty_words(&k, v->label, &v->title, &v->need);
    empty_words(&k, v->next_step_label, &v->next_step, &nothing);
  }
  v->hidden += k.hidden;
  *ret = v;
  return 0;
}

void bt_policy_cut_words(const struct bt_rules *rules, struct bt_str department, struct bt_entry *e) {
  const struct bt_strs *labels = &e->event.labels;
  if (!labels->n || bt_str_eq(e->event.department, department) || bt_policy_reads(rules, department, labels))
    return;
  e->event.operator_reason = (struct bt_str){0};
  if (e->kind == BT_HANDOFF_OFFERED)
    e->event.handoff_offered.next_step = (struct bt_str){0};
  else if (e->kind == BT_QUESTION_ASKED)
    e->event.question_asked.text = (struct bt_str){0};
}

void bt_policy_take_card(struct bt_entry *e, const struct bt_card **ret_card, struct bt_str *ret_digest) {
  struct bt_event *o = &e->event;
  struct bt_str *digest = NULL;
  struct bt_card **card = NULL;
  *ret_card = NULL;
  *ret_digest = (struct bt_str){0};
  if (e->kind == BT_HANDOFF_OFFERED)
    card = &o->handoff_offered.card, digest = &o->handoff_offered.digest;
  else if (e->kind == BT_HANDOFF_REPORTED)
    card = &o->handoff_reported.card, digest = &o->handoff_reported.digest;
  else if (e->kind == BT_HANDOFF_DIRECTED)
    card = &o->handoff_directed.card, digest = &o->handoff_directed.digest;
  else if (e->kind == BT_ESCALATED)
    card = &o->escalated.card;
  else if (e->kind == BT_HANDOFF_ACCEPTED)
    o->handoff_accepted.digest = (struct bt_str){0};
  if (card) {
    *ret_card = *card;
    *card = NULL;
  }
  if (digest) {
    *ret_digest = *digest;
    *digest = (struct bt_str){0};
  }
}

/* Built from what is allowed, never by clearing what is not: a field added later stays out by itself. */
void bt_policy_cut_to_stub(struct bt_entry *e, enum bt_sight sight) {
  struct bt_entry stub = {
      .sequence = e->sequence,
      .kind = e->kind,
      .stream = e->stream,
      .stream_id = e->stream_id,
      .version = e->version,
      .recorded_at_us = e->recorded_at_us,
      .case_id = e->case_id,
  };
  stub.event.kind = e->event.kind;
  stub.event.occurred_at_us = e->event.occurred_at_us;
  if (sight == BT_SIGHT_STUB)
    stub.event.department = e->event.department;
  *e = stub;
}

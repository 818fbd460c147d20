#include "core/card.h"

#include "base/bytes.h"
#include "core/ref.h"

/* Field tags and lengths around a text, and the numbers of a repeated item, never take more than this. */
enum { OVERHEAD = 12, ITEM_OVERHEAD = 40, OWED_OVERHEAD = 96, LABELS = 2 * 40 };

typedef size_t size_fn(const void *item);

static size_t fact_size(const void *item) {
  const struct bt_fact *f = item;
  return ITEM_OVERHEAD + f->key.n + f->value.n + f->label.n + f->department.n + 4 * OVERHEAD;
}

static size_t tried_size(const void *item) {
  const struct bt_tried *t = item;
  return ITEM_OVERHEAD + t->route.n + t->error_code.n + t->label.n;
}

static size_t stop_size(const void *item) {
  return ITEM_OVERHEAD + ((const struct bt_stop *)item)->department.n;
}

static size_t promise_size(const void *item) {
  const struct bt_promise *p = item;
  return OWED_OVERHEAD + p->text.n + p->holder.n + p->label.n;
}

static size_t question_size(const void *item) {
  const struct bt_question *q = item;
  return OWED_OVERHEAD + q->from.n + q->to.n + q->text.n + q->label.n;
}

static size_t advisory_size(const void *item) {
  const struct bt_advisory_note *a = item;
  size_t n = ITEM_OVERHEAD + a->department.n + a->text.n;
  for (uint32_t i = 0; i < a->alternatives.n; i++)
    n += OVERHEAD + a->alternatives.v[i].n;
  return n;
}

static size_t texts_size(const struct bt_card *c) {
  return 20 * OVERHEAD + LABELS + c->ref.n + c->topic.n + c->title.n + c->need.n + c->next_step.n + c->custodian.n +
         c->owner.n;
}

/* How many of the last of n items fit into *left; takes their size off it. */
static uint32_t fitting(const void *v, uint32_t n, size_t item_size, size_fn *size, size_t *left) {
  uint32_t kept = 0;
  while (kept < n) {
    size_t next = size((const char *)v + (n - 1 - kept) * item_size);
    if (next > *left)
      break;
    *left -= next;
    kept++;
  }
  return kept;
}

/* What was promised first, then where the customer must not be sent again, who held the case, what is asked, what is
 * known; of each the newest, as far as they fit. */
static void put_lists(struct bt_card *card, const struct bt_case *c, size_t *left) {
  uint32_t n = fitting(c->promises.v, c->promises.n, sizeof *c->promises.v, promise_size, left);
  card->promised = (struct bt_promises){n, n ? c->promises.v + (c->promises.n - n) : NULL};
  n = fitting(c->tried.v, c->tried.n, sizeof *c->tried.v, tried_size, left);
  card->tried = (struct bt_trieds){n, n ? c->tried.v + (c->tried.n - n) : NULL};
  n = fitting(c->trail.v, c->trail.n, sizeof *c->trail.v, stop_size, left);
  card->trail = (struct bt_stops){n, n ? c->trail.v + (c->trail.n - n) : NULL};
  n = fitting(c->questions.v, c->questions.n, sizeof *c->questions.v, question_size, left);
  card->open_questions = (struct bt_questions){n, n ? c->questions.v + (c->questions.n - n) : NULL};
  n = fitting(c->advisories.v, c->advisories.n, sizeof *c->advisories.v, advisory_size, left);
  card->advisories = (struct bt_advisory_notes){n, n ? c->advisories.v + (c->advisories.n - n) : NULL};
  card->others_left_out = c->promises.n - card->promised.n + c->tried.n - card->tried.n + c->trail.n - card->trail.n +
                          c->questions.n - card->open_questions.n + c->advisories.n - card->advisories.n;
}

/* The newest facts, newest first, as far as they fit. */
static int put_facts(struct bt_card *card, const struct bt_case *c, size_t *left, struct bt_arena *arena) {
  uint32_t n = fitting(c->facts.v, c->facts.n, sizeof *c->facts.v, fact_size, left);
  struct bt_fact *v = BT_NEW_ARRAY(arena, struct bt_fact, n);
  if (!v)
    return -BT_NOMEM;
  for (uint32_t i = 0; i < n; i++)
    v[i] = c->facts.v[c->facts.n - 1 - i];
  card->facts = (struct bt_facts){n, v};
  card->facts_left_out = c->facts.n - n;
  return 0;
}

static void put_texts(struct bt_card *card, const struct bt_case *c, struct bt_str next_step, struct bt_arena *arena) {
  bool offered = !next_step.n && c->offer.id;
  *card = (struct bt_card){
      .case_id = c->id,
      .ref = bt_ref_new(arena, c->number),
      .topic = c->topic,
      .title = c->title,
      .need = c->need,
      .priority = c->priority,
      .status = c->status,
      .opened_at_us = c->opened_at_us,
      .customer_deadline_us = c->customer_deadline_us,
      .next_step = offered ? c->offer.next_step : next_step,
      .contacts = c->contacts,
      .custodian = c->custodian,
      .owner = c->owner,
      .label = c->label,
      .next_step_label = offered ? c->offer.label : (struct bt_str){0},
  };
}

int bt_card_make(const struct bt_case *c, struct bt_str next_step, struct bt_arena *arena, struct bt_card **ret) {
  struct bt_card *card = BT_NEW(arena, struct bt_card);
  if (!card)
    return -BT_NOMEM;
  put_texts(card, c, next_step, arena);
  if (texts_size(card) > BT_MAX_CARD_BYTES) /* need and next step of 4 KiB each: the long need stays in the case */
    card->need = bt_arena_printf(arena, "(%zu bytes: ask for the case)", c->need.n);
  size_t left = BT_MAX_CARD_BYTES - texts_size(card);
  put_lists(card, c, &left);
  int rc = put_facts(card, c, &left, arena);
  if (rc || arena->exhausted)
    return -BT_NOMEM;
  *ret = card;
  return 0;
}

/* A canonical form: each text behind its length, each number in eight bytes, each list behind its count. */
struct canon {
  uint8_t *p;
  size_t n;
};

static void put_number(struct canon *c, uint64_t v) {
  if (c->p)
    bt_put_u64(c->p + c->n, v);
  c->n += 8;
}

static void put_text(struct canon *c, struct bt_str s) {
  put_number(c, s.n);
  if (c->p && s.n)
    memcpy(c->p + c->n, s.p, s.n);
  c->n += s.n;
}

static void put_instant(struct canon *c, int64_t at_us) {
  put_number(c, (uint64_t)at_us);
}

static void put_head(struct canon *c, const struct bt_card *k) {
  const struct bt_str texts[] = {k->ref,       k->topic, k->title, k->need,           k->next_step,
                                 k->custodian, k->owner, k->label, k->next_step_label};
  const uint64_t numbers[] = {k->case_id,
                              k->priority,
                              k->status,
                              (uint64_t)k->opened_at_us,
                              (uint64_t)k->customer_deadline_us,
                              k->contacts,
                              k->facts_left_out,
                              k->others_left_out,
                              k->hidden};
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
    put_text(c, texts[i]);
  for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
    put_number(c, numbers[i]);
}

static void put_known(struct canon *c, const struct bt_card *k) {
  put_number(c, k->facts.n);
  for (uint32_t i = 0; i < k->facts.n; i++) {
    const struct bt_fact *f = &k->facts.v[i];
    put_text(c, f->key), put_text(c, f->value), put_text(c, f->label), put_text(c, f->department);
    put_instant(c, f->at_us), put_number(c, f->sequence);
  }
  put_number(c, k->tried.n);
  for (uint32_t i = 0; i < k->tried.n; i++) {
    const struct bt_tried *t = &k->tried.v[i];
    put_text(c, t->route), put_number(c, t->times), put_text(c, t->error_code), put_text(c, t->label);
    put_instant(c, t->last_us);
  }
  put_number(c, k->trail.n);
  for (uint32_t i = 0; i < k->trail.n; i++) {
    const struct bt_stop *s = &k->trail.v[i];
    put_text(c, s->department), put_instant(c, s->since_us), put_number(c, s->offer);
  }
}

static void put_promises(struct canon *c, const struct bt_promises *list) {
  put_number(c, list->n);
  for (uint32_t i = 0; i < list->n; i++) {
    const struct bt_promise *p = &list->v[i];
    put_number(c, p->id), put_number(c, p->type), put_number(c, p->state), put_number(c, p->cause);
    put_text(c, p->text), put_text(c, p->holder), put_text(c, p->label);
    put_instant(c, p->made_at_us), put_instant(c, p->due_us), put_instant(c, p->risk_us);
    put_instant(c, p->left_us), put_instant(c, p->risk_left_us);
  }
}

static void put_questions(struct canon *c, const struct bt_questions *list) {
  put_number(c, list->n);
  for (uint32_t i = 0; i < list->n; i++) {
    const struct bt_question *q = &list->v[i];
    put_number(c, q->id), put_number(c, q->overdue);
    put_text(c, q->from), put_text(c, q->to), put_text(c, q->text), put_text(c, q->label);
    put_instant(c, q->asked_at_us), put_instant(c, q->due_us), put_instant(c, q->left_us);
  }
}

static void put_advisories(struct canon *c, const struct bt_advisory_notes *list) {
  put_number(c, list->n);
  for (uint32_t i = 0; i < list->n; i++) {
    const struct bt_advisory_note *a = &list->v[i];
    put_number(c, a->id), put_text(c, a->department), put_text(c, a->text), put_instant(c, a->until_us);
    put_number(c, a->alternatives.n);
    for (uint32_t j = 0; j < a->alternatives.n; j++)
      put_text(c, a->alternatives.v[j]);
  }
}

static void put_card(struct canon *c, const struct bt_card *k) {
  put_head(c, k);
  put_known(c, k);
  put_promises(c, &k->promised);
  put_questions(c, &k->open_questions);
  put_advisories(c, &k->advisories);
}

int bt_card_digest(const struct bt_card *card, bt_digest_fn *digest, struct bt_arena *arena, uint8_t ret_digest[16]) {
  struct canon c = {0};
  put_card(&c, card); /* once to measure, once to write */
  c.p = bt_arena_alloc(arena, c.n);
  if (!c.p)
    return -BT_NOMEM;
  c.n = 0;
  put_card(&c, card);
  digest(c.p, c.n, ret_digest);
  return 0;
}

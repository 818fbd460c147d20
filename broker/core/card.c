#include "core/card.h"

#include "base/bytes.h"
#include "core/ref.h"

/* Field tags and lengths around a text, and the numbers of a repeated item, never take more than this. */
enum { OVERHEAD = 12, ITEM_OVERHEAD = 40 };

static size_t fact_size(const struct bt_fact *f) {
  return ITEM_OVERHEAD + f->key.n + f->value.n + f->label.n + f->department.n + 4 * OVERHEAD;
}

static size_t fixed_size(const struct bt_card *c) {
  size_t n =
      16 * OVERHEAD + c->ref.n + c->topic.n + c->title.n + c->need.n + c->next_step.n + c->custodian.n + c->owner.n;
  for (uint32_t i = 0; i < c->tried.n; i++)
    n += ITEM_OVERHEAD + c->tried.v[i].route.n + c->tried.v[i].error_code.n;
  for (uint32_t i = 0; i < c->trail.n; i++)
    n += ITEM_OVERHEAD + c->trail.v[i].department.n;
  return n;
}

/* The newest facts first, as far as they fit. */
static int put_facts(struct bt_card *card, const struct bt_case *c, struct bt_arena *arena) {
  struct bt_fact *v = BT_NEW_ARRAY(arena, struct bt_fact, c->facts.n);
  if (!v)
    return -BT_NOMEM;
  size_t used = fixed_size(card);
  uint32_t n = 0;
  while (n < c->facts.n) {
    const struct bt_fact *f = &c->facts.v[c->facts.n - 1 - n];
    used += fact_size(f);
    if (used > BT_MAX_CARD_BYTES)
      break;
    v[n++] = *f;
  }
  card->facts = (struct bt_facts){n, v};
  card->facts_left_out = c->facts.n - n;
  return 0;
}

int bt_card_make(const struct bt_case *c, struct bt_str next_step, struct bt_arena *arena, struct bt_card **ret) {
  struct bt_card *card = BT_NEW(arena, struct bt_card);
  if (!card)
    return -BT_NOMEM;
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
      .tried = c->tried,
      .trail = c->trail,
      .next_step = next_step,
      .contacts = c->contacts,
      .custodian = c->custodian,
      .owner = c->owner,
  };
  if (fixed_size(card) > BT_MAX_CARD_BYTES) { /* need and next step of 4 KiB each: the long need stays in the case */
    card->need = bt_arena_printf(arena, "(%zu bytes: ask for the case)", c->need.n);
  }
  int rc = put_facts(card, c, arena);
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

static void put_card(struct canon *c, const struct bt_card *k) {
  const struct bt_str texts[] = {k->ref, k->topic, k->title, k->need, k->next_step, k->custodian, k->owner};
  const uint64_t numbers[] = {
      k->case_id,  k->priority,      k->status, (uint64_t)k->opened_at_us, (uint64_t)k->customer_deadline_us,
      k->contacts, k->facts_left_out};
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
    put_text(c, texts[i]);
  for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
    put_number(c, numbers[i]);
  put_number(c, k->facts.n);
  for (uint32_t i = 0; i < k->facts.n; i++) {
    const struct bt_fact *f = &k->facts.v[i];
    put_text(c, f->key), put_text(c, f->value), put_text(c, f->label), put_text(c, f->department);
    put_number(c, (uint64_t)f->at_us), put_number(c, f->sequence);
  }
  put_number(c, k->tried.n);
  for (uint32_t i = 0; i < k->tried.n; i++) {
    const struct bt_tried *t = &k->tried.v[i];
    put_text(c, t->route), put_number(c, t->times), put_text(c, t->error_code), put_number(c, (uint64_t)t->last_us);
  }
  put_number(c, k->trail.n);
  for (uint32_t i = 0; i < k->trail.n; i++)
    put_text(c, k->trail.v[i].department), put_number(c, (uint64_t)k->trail.v[i].since_us);
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

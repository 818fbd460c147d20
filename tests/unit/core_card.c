/* The handoff card: at most 8 KiB encoded, what does not fit is counted, and no field can change without its digest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/card.h"

enum { ROOM = 1 << 20 };

/* FNV-1a, twice: enough to tell bytes apart. */
static void digest_of(const void *bytes, size_t n, uint8_t ret_digest[16]) {
  uint64_t h[2] = {14695981039346656037u, 1099511628211u};
  for (size_t i = 0; i < n; i++)
    for (int k = 0; k < 2; k++)
      h[k] = (h[k] ^ ((const uint8_t *)bytes)[i]) * 1099511628211u;
  memcpy(ret_digest, h, sizeof h);
}

static struct bt_str long_text(struct bt_arena *arena, size_t n) {
  char *p = bt_arena_alloc(arena, n);
  memset(p, 'x', n);
  return (struct bt_str){p, n};
}

/* A case with as much of everything as may be. */
static struct bt_case full_case(struct bt_arena *arena, size_t need) {
  struct bt_str name = long_text(arena, 32), key = long_text(arena, 64);
  struct bt_case c = {
      .id = 1, .number = 1, .need = long_text(arena, need), .custodian = name, .owner = name, .label = name};
  c.facts = (struct bt_facts){BT_MAX_FACTS, BT_NEW_ARRAY(arena, struct bt_fact, BT_MAX_FACTS)};
  c.tried = (struct bt_trieds){BT_MAX_TRIED, BT_NEW_ARRAY(arena, struct bt_tried, BT_MAX_TRIED)};
  c.trail = (struct bt_stops){BT_MAX_TRAIL, BT_NEW_ARRAY(arena, struct bt_stop, BT_MAX_TRAIL)};
  c.promises = (struct bt_promises){BT_MAX_PROMISES, BT_NEW_ARRAY(arena, struct bt_promise, BT_MAX_PROMISES)};
  c.questions = (struct bt_questions){BT_MAX_QUESTIONS, BT_NEW_ARRAY(arena, struct bt_question, BT_MAX_QUESTIONS)};
  c.advisories = (struct bt_advisory_notes){BT_MAX_NOTES, BT_NEW_ARRAY(arena, struct bt_advisory_note, BT_MAX_NOTES)};
  for (uint32_t i = 0; i < BT_MAX_FACTS; i++)
    c.facts.v[i] = (struct bt_fact){key, long_text(arena, 256), name, name, 1, i + 1};
  for (uint32_t i = 0; i < BT_MAX_TRIED; i++)
    c.tried.v[i] = (struct bt_tried){key, 1, key, INT64_MAX, name};
  for (uint32_t i = 0; i < BT_MAX_TRAIL; i++)
    c.trail.v[i] = (struct bt_stop){name, INT64_MAX, i + 1};
  for (uint32_t i = 0; i < BT_MAX_PROMISES; i++)
    c.promises.v[i] = (struct bt_promise){.id = i + 1, .text = long_text(arena, 128), .holder = name, .label = name};
  for (uint32_t i = 0; i < BT_MAX_QUESTIONS; i++)
    c.questions.v[i] = (struct bt_question){.id = i + 1, .from = name, .to = name, .text = long_text(arena, 256)};
  for (uint32_t i = 0; i < BT_MAX_NOTES; i++)
    c.advisories.v[i] = (struct bt_advisory_note){.id = i + 1, .department = name, .text = long_text(arena, 256)};
  return c;
}

/* The texts alone: what the encoding adds is what the card's own reckoning allows for. */
static size_t texts(const struct bt_card *k) {
  size_t n = k->need.n + k->next_step.n;
  for (uint32_t i = 0; i < k->promised.n; i++)
    n += k->promised.v[i].text.n + k->promised.v[i].holder.n + 96;
  for (uint32_t i = 0; i < k->open_questions.n; i++)
    n += k->open_questions.v[i].text.n + k->open_questions.v[i].from.n + k->open_questions.v[i].to.n + 96;
  for (uint32_t i = 0; i < k->facts.n; i++)
    n += k->facts.v[i].key.n + k->facts.v[i].value.n + k->facts.v[i].label.n + k->facts.v[i].department.n + 40;
  return n + k->tried.n * (64 + 64 + 32) + k->trail.n * 32;
}

static void what_does_not_fit_is_counted(void **state) {
  (void)state;
  static const size_t sizes[][2] = {{0, 0}, {4096, 0}, {0, 4096}, {4096, 4096}};
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    struct bt_arena arena;
    struct bt_card *card;
    bt_arena_init(&arena, ROOM);
    const struct bt_case c = full_case(&arena, sizes[i][0]);
    assert_int_equal(bt_card_make(&c, long_text(&arena, sizes[i][1]), &arena, &card), 0);
    assert_true(texts(card) <= BT_MAX_CARD_BYTES);
    assert_int_equal(card->facts.n + card->facts_left_out, c.facts.n);
    assert_int_equal(card->promised.n + card->tried.n + card->trail.n + card->open_questions.n + card->advisories.n +
                         card->others_left_out,
                     c.promises.n + c.tried.n + c.trail.n + c.questions.n + c.advisories.n);
    if (card->promised.n) /* the newest stay */
      assert_int_equal(card->promised.v[card->promised.n - 1].id, c.promises.n);
    bt_arena_fini(&arena);
  }
}

static void an_empty_next_step_is_that_of_the_open_offer(void **state) {
  (void)state;
  struct bt_arena arena;
  struct bt_card *card;
  bt_arena_init(&arena, ROOM);
  const struct bt_case c = {.offer = {.id = 7, .next_step = BT_LIT("call"), .label = BT_LIT("medical")}};
  assert_int_equal(bt_card_make(&c, (struct bt_str){0}, &arena, &card), 0);
  assert_true(bt_str_eq(card->next_step, BT_LIT("call")));
  assert_true(bt_str_eq(card->next_step_label, BT_LIT("medical")));
  assert_int_equal(bt_card_make(&c, BT_LIT("write"), &arena, &card), 0);
  assert_true(bt_str_eq(card->next_step, BT_LIT("write")));
  assert_int_equal(card->next_step_label.n, 0);
  bt_arena_fini(&arena);
}

#define DIFFERS(member, value)                                                                                         \
  do {                                                                                                                 \
    struct bt_card changed = card;                                                                                     \
    uint8_t other[16];                                                                                                 \
    changed.member = (value);                                                                                          \
    assert_int_equal(bt_card_digest(&changed, digest_of, &arena, other), 0);                                           \
    assert_memory_not_equal(digest, other, 16);                                                                        \
  } while (0)

static void the_digest_covers_every_field(void **state) {
  (void)state;
  struct bt_arena arena;
  struct bt_card card = {0};
  uint8_t digest[16];
  struct bt_str some = BT_LIT("x"), alternatives[] = {BT_LIT("web")};
  struct bt_fact fact = {.key = some};
  struct bt_tried tried = {.label = some};
  struct bt_stop stop = {.offer = 3};
  struct bt_promise promise = {.left_us = 3};
  struct bt_question question = {.label = some};
  struct bt_advisory_note note = {.alternatives = {1, alternatives}};
  bt_arena_init(&arena, ROOM);
  assert_int_equal(bt_card_digest(&card, digest_of, &arena, digest), 0);
  DIFFERS(case_id, 1);
  DIFFERS(ref, some);
  DIFFERS(topic, some);
  DIFFERS(title, some);
  DIFFERS(need, some);
  DIFFERS(priority, 1);
  DIFFERS(status, 1);
  DIFFERS(opened_at_us, 1);
  DIFFERS(customer_deadline_us, 1);
  DIFFERS(next_step, some);
  DIFFERS(contacts, 1);
  DIFFERS(facts_left_out, 1);
  DIFFERS(custodian, some);
  DIFFERS(owner, some);
  DIFFERS(others_left_out, 1);
  DIFFERS(hidden, 1);
  DIFFERS(label, some);
  DIFFERS(next_step_label, some);
  DIFFERS(facts, ((struct bt_facts){1, &fact}));
  DIFFERS(tried, ((struct bt_trieds){1, &tried}));
  DIFFERS(trail, ((struct bt_stops){1, &stop}));
  DIFFERS(promised, ((struct bt_promises){1, &promise}));
  DIFFERS(open_questions, ((struct bt_questions){1, &question}));
  DIFFERS(advisories, ((struct bt_advisory_notes){1, &note}));
  bt_arena_fini(&arena);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_does_not_fit_is_counted),
      cmocka_unit_test(an_empty_next_step_is_that_of_the_open_offer),
      cmocka_unit_test(the_digest_covers_every_field),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

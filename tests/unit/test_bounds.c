/* How large a case may become: its reckoned size is never less than what is stored, and a case that is full of words
 * can still be handed on, kept and ended. */
#include "record_fixture.h"

#include "codec/record_codec.h"
#include "core/bounds.h"

enum { FRAMING = 9 }; /* format and checksum around the record */

static int start(void **state) {
  struct record *r = malloc(sizeof *r);
  record_open(r);
  *state = r;
  return 0;
}

static int stop(void **state) {
  record_close(*state);
  free(*state);
  return 0;
}

static struct bt_str text_of(struct record *r, size_t n) {
  char *p = bt_arena_alloc(&r->arena, n + 1);
  memset(p, 'x', n);
  return (struct bt_str){p, n};
}

/* ---- the reckoning ---- */

static void fill_names(struct record *r, struct bt_strs *names, uint32_t n, size_t size) {
  *names = (struct bt_strs){n, BT_NEW_ARRAY(&r->arena, struct bt_str, n)};
  for (uint32_t i = 0; i < n; i++)
    names->v[i] = text_of(r, size);
}

static void fill_numbers(struct record *r, struct bt_u64s *numbers, uint32_t n) {
  *numbers = (struct bt_u64s){n, BT_NEW_ARRAY(&r->arena, uint64_t, n)};
  for (uint32_t i = 0; i < n; i++)
    numbers->v[i] = UINT64_MAX;
}

/* Room for n items, each a copy of the one that follows it in the arguments. */
#define FILL(list, count, ...)                                                                                         \
  do {                                                                                                                 \
    (list).n = (count);                                                                                                \
    (list).v = bt_arena_alloc(&r->arena, (count) * sizeof *(list).v);                                                  \
    for (uint32_t i_ = 0; i_ < (count); i_++)                                                                          \
      (list).v[i_] = __VA_ARGS__;                                                                                      \
  } while (0)

static void fill_owed(struct record *r, struct bt_case *c, struct bt_str name, uint32_t percent) {
  const struct bt_str key = text_of(r, 64);
  const int64_t far = INT64_MAX;
  struct bt_strs told;
  fill_names(r, &told, 4, 32);
  FILL(c->promises, BT_MAX_PROMISES * percent / 100,
       (struct bt_promise){UINT64_MAX, 5, text_of(r, BT_MAX_PROMISE), name, far, far, far, 3, 25, name, far, far});
  FILL(c->questions, BT_MAX_QUESTIONS * percent / 100,
       (struct bt_question){UINT64_MAX, name, name, text_of(r, BT_MAX_QUESTION), far, far, true, name, far});
  FILL(c->work, BT_MAX_WORK * percent / 100, (struct bt_work){UINT64_MAX, name, key, key, true, far, far, name});
  FILL(c->concerns, BT_MAX_CONCERNS * percent / 100,
       (struct bt_concern){UINT64_MAX, 25, UINT64_MAX, far, UINT32_MAX, name, far, UINT32_MAX, true, told, far});
  FILL(c->answered, BT_MAX_ANSWERED * percent / 100, (struct bt_answered){UINT64_MAX, name, name});
}

static void fill_told(struct record *r, struct bt_case *c, struct bt_str name, uint32_t percent) {
  const struct bt_str key = text_of(r, 64);
  const int64_t far = INT64_MAX;
  struct bt_strs alternatives;
  fill_names(r, &alternatives, 4, 64);
  fill_names(r, &c->participants, BT_MAX_PARTICIPANTS * percent / 100, 32);
  fill_names(r, &c->offer.asked, BT_MAX_ASKED * percent / 100, 32);
  fill_numbers(r, &c->merged, BT_MAX_MERGED * percent / 100);
  fill_numbers(r, &c->links, BT_MAX_LINKS * percent / 100);
  FILL(c->facts, BT_MAX_FACTS * percent / 100,
       (struct bt_fact){key, text_of(r, BT_MAX_FACT_VALUE), name, name, far, UINT64_MAX});
  FILL(c->tried, BT_MAX_TRIED * percent / 100, (struct bt_tried){key, UINT32_MAX, key, far, name});
  FILL(c->trail, BT_MAX_TRAIL * percent / 100, (struct bt_stop){name, far, UINT64_MAX});
  FILL(c->corrections, BT_MAX_CORRECTIONS * percent / 100, (struct bt_correction){UINT64_MAX, UINT64_MAX});
  FILL(c->advisories, BT_MAX_NOTES * percent / 100,
       (struct bt_advisory_note){UINT64_MAX, name, text_of(r, BT_MAX_ADVISORY), alternatives, far});
  FILL(c->glass, BT_MAX_GLASS * percent / 100, (struct bt_glass){name, far});
}

/* Every number as long as it can be, and of each list as much as may be. */
static struct bt_case full_case(struct record *r, uint32_t percent) {
  const struct bt_str name = text_of(r, 32), topic = text_of(r, 64);
  const int64_t far = INT64_MAX;
  struct bt_case c = {.id = UINT64_MAX,
                      .number = UINT64_MAX,
                      .status = 5,
                      .pending_on = 3,
                      .topic = topic,
                      .title = text_of(r, 256),
                      .need = text_of(r, BT_MAX_TEXT),
                      .priority = 4,
                      .customer = UINT64_MAX,
                      .custodian = name,
                      .owner = name,
                      .opener = name,
                      .version = UINT64_MAX,
                      .last_sequence = UINT64_MAX,
                      .active_sequence = UINT64_MAX,
                      .opened_at_us = far,
                      .changed_at_us = far,
                      .customer_deadline_us = far,
                      .ended_at_us = far,
                      .contacts = UINT32_MAX,
                      .linked_to = UINT64_MAX,
                      .dormant = true,
                      .merged_into = UINT64_MAX,
                      .merged_status = 5,
                      .stalled = UINT32_MAX,
                      .breaker = true,
                      .breaker_handoffs = UINT32_MAX,
                      .breaker_bounces = UINT32_MAX,
                      .pending_until_us = far,
                      .customer_deadline_left_us = far,
                      .idle_s = UINT32_MAX,
                      .touched_at_us = far,
                      .label = name,
                      .customer_deadline_missed = true};
  c.offer = (struct bt_offer){.id = UINT64_MAX,
                              .from = name,
                              .to = name,
                              .offered_at_us = far,
                              .deadline_us = far,
                              .digest = text_of(r, 16),
                              .topic = topic,
                              .next_step = text_of(r, BT_MAX_TEXT),
                              .opens_at_us = far,
                              .counter_us = far,
                              .counter_type = 5,
                              .counter_text = text_of(r, BT_MAX_PROMISE),
                              .extended_at_us = far,
                              .customer_waiting = true,
                              .label = name,
                              .department = name};
  c.journey = (struct bt_journey){UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX, name, name,
                                  far,        far,        far,        far,        far,        far,  UINT32_MAX,
                                  UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX, true};
  fill_owed(r, &c, name, percent);
  fill_told(r, &c, name, percent);
  return c;
}

static size_t stored_size(struct record *r, const struct bt_case *c) {
  struct bt_str bytes;
  assert_int_equal(bt_record_case_encode(c, &r->arena, &bytes), 0);
  return bytes.n - FRAMING;
}

static void test_the_reckoned_size_is_a_bound(void **state) {
  struct record *r = *state;
  static const uint32_t percents[] = {0, 7, 25, 50, 100};
  for (size_t i = 0; i < sizeof percents / sizeof *percents; i++) {
    const struct bt_case c = full_case(r, percents[i]);
    assert_in_range(stored_size(r, &c), 1, bt_case_size(&c));
  }
}

/* ---- a case that is full ---- */

static struct bt_case case_of(struct record *r, uint64_t id) {
  struct bt_case c;
  assert_int_equal(bt_store_case(r->store, BT_NOW, id, &r->arena, &c), 0);
  return c;
}

static uint64_t full_of_facts(struct record *r) {
  struct bt_event e = event_open("order", "A phone", NULL);
  e.case_opened.need = text_of(r, BT_MAX_TEXT);
  const uint64_t id = record_do(r, "care", e).case_id;
  for (int i = 0; i < 100; i++) {
    char key[32];
    snprintf(key, sizeof key, "fact-%d", i);
    struct bt_event f = {.kind = BT_FACT_RECORDED, .locator.id = id};
    f.fact_recorded.key = bt_arena_copy(&r->arena, bt_str(key));
    f.fact_recorded.value = text_of(r, BT_MAX_FACT_VALUE);
    if (record_send(r, "care", f).code == BT_LIMIT)
      return id;
  }
  fail_msg("a case without bounds");
  return 0;
}

static void hand_over(struct record *r, uint64_t id, const char *from, const char *to) {
  struct bt_event e = {.kind = BT_HANDOFF_OFFERED, .locator.id = id, .handoff_offered.to = bt_str(to)};
  record_do(r, from, e);
  const struct bt_case c = case_of(r, id);
  e = (struct bt_event){.kind = BT_HANDOFF_ACCEPTED, .locator.id = id};
  e.handoff_accepted.offer = c.offer.id;
  e.handoff_accepted.digest = c.offer.digest;
  record_do(r, to, e);
}

static void test_a_full_case_is_handed_on_and_ended(void **state) {
  struct record *r = *state;
  const uint64_t id = full_of_facts(r);
  for (int i = 0; i < BT_MAX_TRAIL; i++)
    hand_over(r, id, i % 2 ? "moves" : "care", i % 2 ? "care" : "moves");
  struct bt_event e = {.kind = BT_CASE_RESOLVED, .locator.id = id};
  record_do(r, "care", e);
  e.kind = BT_CASE_REOPENED;
  record_do(r, "care", e);
  e.kind = BT_CASE_CLOSED;
  record_do(r, "care", e);
  const struct bt_case c = case_of(r, id);
  assert_in_range(stored_size(r, &c), 1, BT_MAX_CASE_BYTES);
}

/* A fact that takes the place of a longer one makes room. */
static void test_what_takes_away_is_never_refused(void **state) {
  struct record *r = *state;
  const uint64_t id = full_of_facts(r);
  struct bt_event f = {.kind = BT_FACT_RECORDED, .locator.id = id};
  f.fact_recorded.key = BT_LIT("fact-0");
  f.fact_recorded.value = BT_LIT("short");
  record_do(r, "care", f);
}

/* Each bad score is raised anew, to the same people. */
static void test_a_hundred_complaints(void **state) {
  struct record *r = *state;
  r->rules.feedback_threshold = 3;
  r->rules.raise_us = r->rules.remind_us = 3600 * BT_SECOND_US;
  const uint64_t id = record_do(r, "sales", event_open("move", "A phone", NULL)).case_id;
  size_t before = 0;
  for (int i = 0; i < 100; i++) {
    struct bt_event e = {.kind = BT_FEEDBACK_GIVEN, .locator.id = id};
    e.feedback_given.source = BT_FEEDBACK_CUSTOMER;
    e.feedback_given.score = 1;
    record_do(r, "sales", e);
    if (i == 9) {
      const struct bt_case c = case_of(r, id);
      before = stored_size(r, &c);
    }
  }
  const struct bt_case c = case_of(r, id);
  assert_in_range(stored_size(r, &c), 1, before + 8); /* numbers grow, lists do not */
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_the_reckoned_size_is_a_bound, start, stop),
      cmocka_unit_test_setup_teardown(test_a_full_case_is_handed_on_and_ended, start, stop),
      cmocka_unit_test_setup_teardown(test_what_takes_away_is_never_refused, start, stop),
      cmocka_unit_test_setup_teardown(test_a_hundred_complaints, start, stop),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

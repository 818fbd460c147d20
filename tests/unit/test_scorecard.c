/* What is counted as it happens, by department and day and by pair, and who is told of it. */
#include "journey_fixture.h"

#include "base/bytes.h"

static struct bt_stats_row sum(struct story *s, const char *department, const char *peer, int from_day, int until_day) {
  struct bt_stats_row row = {0};
  uint32_t first = bt_stats_day(STORY_US);
  int rc = bt_store_stats_sum(s->r.store, BT_NOW, bt_str(department), bt_str(peer), first + (uint32_t)from_day,
                              first + (uint32_t)until_day, &s->r.work, &row);
  assert_true(rc == 0 || rc == -BT_ABSENT);
  return row;
}

static void each_counts_for_whom_it_concerns(void **state) {
  struct story *s = *state;
  story_whole(s);
  struct bt_stats_row care = sum(s, "care", "", 0, 9), moves = sum(s, "moves", "", 0, 9),
                      billing = sum(s, "billing", "", 0, 9), sales = sum(s, "sales", "", 0, 9);
  assert_true(care.cases_opened == 1 && care.contacts == 1 && care.attempts == 1 && care.offers_made == 2);
  assert_true(care.promises_made == 1 && care.promises_kept_late == 1 && care.promises_kept == 0);
  assert_true(care.resolved == 1 && care.reported_in == 1 && care.bounces == 1);
  assert_true(care.feedback_external == 1 && care.feedback_external_sum == 2);
  assert_true(moves.offers_received == 2 && moves.refused == 1 && moves.refused_no_capacity == 1);
  assert_true(moves.accepted == 1 && moves.accept_waits == 1);
  assert_int_equal(moves.accept_wait_us, 6 * HOUR_US);
  assert_int_equal(moves.accept_wait_max_us, 6 * HOUR_US);
  assert_true(moves.questions_asked == 1 && moves.questions_received == 0);
  assert_true(moves.promises_broken == 1 && moves.promises_renegotiated == 1 && moves.bounces == 0);
  assert_true(billing.questions_received == 1 && billing.questions_answered == 1 && billing.questions_overdue == 1);
  assert_int_equal(billing.answer_wait_us, 3 * HOUR_US);
  assert_true(sales.escalations == 1 && sales.events == 0);
}

static void pairs_have_a_direction(void **state) {
  struct story *s = *state;
  story_whole(s);
  struct bt_stats_row there = sum(s, "care", "moves", 0, 9), back = sum(s, "moves", "care", 0, 9),
                      asked = sum(s, "moves", "billing", 0, 9), none = sum(s, "billing", "moves", 0, 9);
  assert_true(there.offers_received == 2 && there.accepted == 1 && there.refused_no_capacity == 1);
  assert_int_equal(there.accept_wait_us, 6 * HOUR_US);
  assert_true(there.bounces == 0 && back.bounces == 1 && back.reported_in == 1 && back.offers_received == 0);
  assert_true(asked.questions_received == 1 && asked.questions_answered == 1 && asked.answer_wait_us == 3 * HOUR_US);
  assert_true(none.questions_received == 0);
}

static void days_are_summed_and_none_twice(void **state) {
  struct story *s = *state;
  story_whole(s);
  assert_int_equal(sum(s, "moves", "", 0, 0).accepted, 1);
  assert_int_equal(sum(s, "moves", "", 1, 1).accepted, 0);
  assert_int_equal(sum(s, "moves", "", 1, 1).promises_broken, 1);
  struct bt_stats_row all, days = {0};
  for (int day = 0; day <= 4; day++) {
    struct bt_stats_row one = sum(s, "care", "", day, day);
    bt_stats_add(&days, &one);
  }
  assert_int_equal(bt_store_stats(s->r.store, BT_NOW, BT_LIT("care"), &s->r.arena, &all), 0);
  assert_memory_equal(&all, &days, sizeof all);
  assert_int_equal(bt_store_stats(s->r.store, BT_NOW, BT_LIT("car"), &s->r.arena, &all), -BT_ABSENT);
}

static void told_history_counts_on_the_day_it_happened(void **state) {
  struct story *s = *state;
  struct bt_event e = {.kind = BT_CASE_OPENED, .department = BT_LIT("care"), .backfill = true};
  e.case_opened.custodian = e.case_opened.owner = BT_LIT("care");
  story_tell(s, 0, e);
  struct bt_entry told = {.sequence = 2,
                          .kind = BT_CONTACT_LOGGED,
                          .stream = BT_STREAM_CASE,
                          .stream_id = 1,
                          .version = 2,
                          .previous = 1,
                          .unit_first = 2,
                          .unit_size = 1,
                          .case_id = 1,
                          .recorded_at_us = STORY_US + 7 * DAY_US};
  told.event = (struct bt_event){
      .kind = BT_CONTACT_LOGGED, .department = BT_LIT("care"), .backfill = true, .occurred_at_us = STORY_US + DAY_US};
  record_take(&s->r, &told, 1);
  assert_int_equal(sum(s, "care", "", 7, 7).contacts, 0);
  assert_int_equal(sum(s, "care", "", 1, 1).contacts, 1);
}

static void an_offer_that_waited_is_received_when_it_is_directed(void **state) {
  struct story *s = *state;
  STORY(0, "care", BT_CASE_OPENED, case_opened, .custodian = BT_LIT("care"), .owner = BT_LIT("care"), .number = 1);
  uint64_t offer = STORY(0, "care", BT_HANDOFF_OFFERED, handoff_offered, .from = BT_LIT("care"),
                         .opens_at_us = STORY_US + 10 * HOUR_US);
  assert_int_equal(sum(s, "moves", "", 0, 9).offers_received, 0);
  STORY(10 * HOUR_US, "", BT_HANDOFF_DIRECTED, handoff_directed, .offer = offer, .from = BT_LIT("care"),
        .to = BT_LIT("moves"), .deadline_us = STORY_US + 12 * HOUR_US);
  STORY(11 * HOUR_US, "moves", BT_HANDOFF_ACCEPTED, handoff_accepted, .offer = offer, .from = BT_LIT("care"),
        .to = BT_LIT("moves"));
  struct bt_stats_row moves = sum(s, "moves", "", 0, 9);
  assert_true(moves.offers_received == 1 && moves.accepted == 1 && moves.directed == 0);
  assert_int_equal(moves.accept_wait_us, HOUR_US); /* not the night */
}

static struct bt_query card_of(const char *department) {
  return (struct bt_query){.kind = BT_QUERY_SCORECARD, .score.department = bt_str(department)};
}

static void operators_see_all_departments_their_own(void **state) {
  struct story *s = *state;
  story_whole(s);
  assert_int_equal(bt_store_checkpoint(s->r.store), 0);
  struct bt_answer a = story_ask(s, NULL, card_of(""));
  assert_int_equal(a.scorecard.rows.n, 4);
  assert_text(a.scorecard.rows.v[0].department, "billing");
  assert_int_equal(a.scorecard.until_us % DAY_US, 0);
  a = story_ask(s, NULL, card_of("moves"));
  assert_int_equal(a.scorecard.rows.n, 4);
  assert_int_equal(a.scorecard.rows.v[0].peer.n, 0);
  assert_text(a.scorecard.rows.v[1].peer, "billing");
  assert_text(a.scorecard.rows.v[2].department, "moves");
  assert_text(a.scorecard.rows.v[2].peer, "care");
  assert_text(a.scorecard.rows.v[3].department, "care");
  a = story_ask(s, "moves", card_of(""));
  assert_int_equal(a.scorecard.rows.n, 1);
  assert_text(a.scorecard.rows.v[0].department, "moves");
  assert_int_equal(story_ask(s, "moves", card_of("moves")).scorecard.rows.n, 4);
  assert_int_equal(story_ask(s, "moves", card_of("care")).code, BT_NOT_GRANTED);
  assert_int_equal(story_ask(s, "moves", card_of("nobody")).code, BT_NOT_GRANTED);
  struct bt_query one = card_of("moves");
  one.score.peer = BT_LIT("care");
  assert_int_equal(story_ask(s, "moves", one).scorecard.rows.n, 3);
}

static void pages_hold_every_row_once(void **state) {
  struct story *s = *state;
  story_whole(s);
  assert_int_equal(bt_store_checkpoint(s->r.store), 0);
  struct bt_query q = card_of("moves");
  uint32_t n = 0, pages = 0;
  q.limit = 1;
  do {
    struct bt_answer a = story_ask(s, NULL, q);
    assert_int_equal(a.code, 0);
    n += a.scorecard.rows.n;
    q.page = a.next_page;
    pages++;
  } while (q.page.n);
  assert_int_equal(n, 4);
  assert_int_equal(pages, 4);
}

static void periods_are_whole_days(void **state) {
  struct story *s = *state;
  story_whole(s);
  assert_int_equal(bt_store_checkpoint(s->r.store), 0);
  struct bt_query q = card_of("moves");
  q.score.from_us = STORY_US + DAY_US;
  q.score.until_us = STORY_US + DAY_US + 1;
  struct bt_answer a = story_ask(s, NULL, q);
  assert_int_equal(a.scorecard.until_us - a.scorecard.from_us, DAY_US);
  assert_int_equal(a.scorecard.rows.v[0].score.promises_broken, 1);
  assert_int_equal(a.scorecard.rows.v[0].score.accepted, 0);
  q.score.until_us = q.score.from_us;
  assert_int_equal(story_ask(s, NULL, q).code, BT_INVALID);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, story_start, story_stop)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(each_counts_for_whom_it_concerns),
      TEST(pairs_have_a_direction),
      TEST(days_are_summed_and_none_twice),
      TEST(told_history_counts_on_the_day_it_happened),
      TEST(an_offer_that_waited_is_received_when_it_is_directed),
      TEST(operators_see_all_departments_their_own),
      TEST(pages_hold_every_row_once),
      TEST(periods_are_whole_days),
  };
  return cmocka_run_group_tests_name("scorecard", tests, NULL, NULL);
}

/* One case's journey: made from its history, drawn, and without names. */
#include "journey_fixture.h"

#include "control/journey.h"

static struct bt_answer journey_of(struct story *s, const char *department) {
  return story_ask(s, department, (struct bt_query){.kind = BT_QUERY_JOURNEY, .locator.id = s->case_id});
}

static void stops_say_how_they_came(void **state) {
  struct story *s = *state;
  story_whole(s);
  struct bt_answer a = journey_of(s, NULL);
  const struct bt_journey_view *j = &a.journey;
  assert_int_equal(a.code, 0);
  assert_int_equal(j->stops.n, 3);
  assert_text(j->stops.v[0].department, "care");
  assert_true(j->stops.v[0].came == BT_CAME_OPENED && j->stops.v[0].until_us == STORY_US + 10 * HOUR_US);
  assert_true(j->stops.v[1].came == BT_CAME_ACCEPTED && !j->stops.v[1].bounce);
  assert_int_equal(j->stops.v[1].from_us - j->stops.v[1].offered_us, 6 * HOUR_US);
  assert_text(j->stops.v[2].department, "care");
  assert_true(j->stops.v[2].came == BT_CAME_REPORTED && j->stops.v[2].bounce && !j->stops.v[2].until_us);
  assert_text(j->ref, "0001-1");
  assert_false(j->cut);
}

static void waits_promises_questions(void **state) {
  struct story *s = *state;
  story_whole(s);
  struct bt_answer a = journey_of(s, NULL);
  const struct bt_journey_view *j = &a.journey;
  assert_int_equal(j->waits.n, 1);
  assert_int_equal(j->waits.v[0].until_us - j->waits.v[0].from_us, 22 * HOUR_US);
  assert_int_equal(j->waits.v[0].pending_on, BT_PENDING_CUSTOMER);
  assert_int_equal(j->promises.n, 1);
  const struct bt_journey_promise *p = &j->promises.v[0];
  assert_true(p->outcome == BT_PROMISE_OUTCOME_LATE && p->renegotiated == 1 && p->type == BT_PROMISE_CALLBACK);
  assert_true(p->broken_us == STORY_US + DAY_US && p->due_us == STORY_US + 2 * DAY_US);
  assert_text(p->holder, "care");
  assert_int_equal(j->questions.n, 1);
  assert_true(j->questions.v[0].overdue && j->questions.v[0].answered_us == STORY_US + 14 * HOUR_US);
  assert_int_equal(j->ends.n, 1);
}

/* A time that ran backwards is where the one before it was. */
static void time_never_runs_backwards(void **state) {
  struct story *s = *state;
  story_whole(s);
  struct bt_answer a = journey_of(s, NULL);
  assert_int_equal(a.journey.clamped_gaps, 1);
  assert_int_equal(a.journey.ends.v[0].from_us, STORY_US + 3 * DAY_US);
  for (uint32_t i = 1; i < a.journey.marks.n; i++)
    assert_true(a.journey.marks.v[i].at_us >= a.journey.marks.v[i - 1].at_us);
}

static void strangers_get_no_journey(void **state) {
  struct story *s = *state;
  story_whole(s);
  assert_int_equal(journey_of(s, "shop").code, BT_UNKNOWN_CASE);
  assert_int_equal(journey_of(s, "moves").code, 0);
}

/* More than a journey may hold: the newest, and it says so; whoever held the case then is known all the same. */
static void long_stories_are_cut_at_their_beginning(void **state) {
  struct story *s = *state;
  story_whole(s);
  for (int i = 0; i < 1100; i++)
    STORY(5 * DAY_US + i, "care", BT_CONTACT_LOGGED, contact_logged, .outcome = BT_OUTCOME_SERVED);
  struct bt_answer a = journey_of(s, NULL);
  assert_int_equal(a.code, 0);
  assert_true(a.journey.cut && a.journey.events > 200 && a.journey.events <= 1024);
  assert_int_equal(a.journey.stops.n, 1);
  assert_int_equal(a.journey.stops.v[0].came, BT_CAME_NONE);
  assert_text(a.journey.stops.v[0].department, "care");
}

/* ---- shown ---- */

static char shown[64 * 1024];

static void show(struct story *s, bool anonymous, bool ascii, uint32_t width, bool json) {
  struct bt_answer a = journey_of(s, NULL);
  struct bt_out out = {.arena = &s->r.arena};
  struct bt_call call = {.arena = &s->r.arena, .out = &out, .ascii = ascii, .width = width};
  struct bt_picture p = {.call = &call, .view = &a.journey, .anonymous = anonymous, .until_us = a.journey.last_us};
  FILE *to = fmemopen(shown, sizeof shown, "w");
  if (anonymous)
    assert_int_equal(bt_journey_anonymise(&s->r.arena, &a.journey, &p.until_us), 0);
  bt_journey_put(&p);
  if (json)
    assert_int_equal(bt_out_render_json(&out, to), 0);
  else
    bt_journey_draw(&p, width, to);
  assert_int_equal(fclose(to), 0);
}

static size_t widest(const char *text) {
  size_t most = 0, n = 0;
  for (; *text; text++) {
    n = *text == '\n' ? 0 : n + (((unsigned char)*text & 0xc0) != 0x80);
    most = n > most ? n : most;
  }
  return most;
}

static void pictures_fit(void **state) {
  struct story *s = *state;
  story_whole(s);
  for (uint32_t width = 80; width <= 140; width += 20) {
    show(s, false, false, width, false);
    assert_true(widest(shown) <= width);
    assert_non_null(strstr(shown, "✖"));
    assert_non_null(strstr(shown, "▲"));
    assert_non_null(strstr(shown, "✗"));
    show(s, false, true, width, false);
    assert_true(widest(shown) <= width);
    for (const char *c = shown; *c; c++)
      assert_true((unsigned char)*c < 0x80);
  }
}

static void anonymous_means_nobody_nothing_never(void **state) {
  static const char *const forbidden[] = {"care",          "moves",  "billing", "sales", "shop",  "SECRET",
                                          "move.internet", "0001-1", "2026",    "03-02", "08:00", "\"id\": 1"};
  struct story *s = *state;
  story_whole(s);
  for (int json = 0; json < 2; json++) {
    show(s, true, false, 100, json);
    for (size_t i = 0; i < sizeof forbidden / sizeof *forbidden; i++)
      if (strstr(shown, forbidden[i]))
        fail_msg("%s in\n%s", forbidden[i], shown);
    assert_non_null(strstr(shown, "Department A"));
    assert_non_null(strstr(shown, "Department B"));
    assert_non_null(strstr(shown, "day 0 09:00"));
  }
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, story_start, story_stop)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(stops_say_how_they_came),
      TEST(waits_promises_questions),
      TEST(time_never_runs_backwards),
      TEST(strangers_get_no_journey),
      TEST(long_stories_are_cut_at_their_beginning),
      TEST(pictures_fit),
      TEST(anonymous_means_nobody_nothing_never),
  };
  return cmocka_run_group_tests_name("journey", tests, NULL, NULL);
}

/* The search in calendars: edges of spans, between them, beyond what was compiled. Links the core alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/calendar.h"

/* Known from 0 to 100; open from 10 to 20, from 30 to 31, from 50 to 60. */
static struct bt_span spans[] = {{10, 20}, {30, 31}, {50, 60}};
static const struct bt_calendar three = {.limited = true, .n = 3, .v = spans, .from_us = 0, .until_us = 100};
static const struct bt_calendar never = {.limited = true, .from_us = 0, .until_us = 100};
static const struct bt_calendar always = {.limited = false};
static struct bt_span whole_span[] = {{0, 100}};
static const struct bt_calendar whole = {.limited = true, .n = 1, .v = whole_span, .from_us = 0, .until_us = 100};

enum { HORIZON = -BT_HORIZON };

static int64_t opens(const struct bt_calendar *c, int64_t at_us) {
  int64_t ret_us = -7777;
  int rc = bt_calendar_opens(c, at_us, &ret_us);
  if (rc)
    assert_int_equal(ret_us, -7777); /* untouched on failure */
  return rc ? rc : ret_us;
}

static int64_t add(const struct bt_calendar *c, int64_t at_us, int64_t span_us) {
  int64_t ret_us = -7777;
  int rc = bt_calendar_add(c, at_us, span_us, &ret_us);
  if (rc)
    assert_int_equal(ret_us, -7777);
  return rc ? rc : ret_us;
}

static void open_from_the_first_instant_to_before_the_last(void **state) {
  (void)state;
  static const struct {
    int64_t at_us;
    bool open;
  } table[] = {{-1, false}, {0, false},  {9, false}, {10, true}, {19, true},  {20, false}, {29, false}, {30, true},
               {31, false}, {49, false}, {50, true}, {59, true}, {60, false}, {99, false}, {100, false}};
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
    assert_int_equal(bt_calendar_is_open(&three, table[i].at_us), table[i].open);
  assert_false(bt_calendar_is_open(&never, 50));
  assert_true(bt_calendar_is_open(&whole, 0));
  assert_true(bt_calendar_is_open(&whole, 99));
  assert_false(bt_calendar_is_open(&whole, 100));
  assert_true(bt_calendar_is_open(&always, INT64_MIN));
  assert_true(bt_calendar_is_open(&always, INT64_MAX));
}

static void opens_now_or_at_the_next_beginning(void **state) {
  (void)state;
  static const struct {
    int64_t at_us, expected_us;
  } table[] = {{-1, HORIZON}, {0, 10},  {9, 10},  {10, 10},      {19, 19},       {20, 30},      {30, 30},
               {31, 50},      {50, 50}, {59, 59}, {60, HORIZON}, {100, HORIZON}, {101, HORIZON}};
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
    assert_int_equal(opens(&three, table[i].at_us), table[i].expected_us);
  assert_int_equal(opens(&never, 0), HORIZON);
  assert_int_equal(opens(&whole, 0), 0);
  assert_int_equal(opens(&whole, 100), HORIZON);
  assert_int_equal(opens(&always, 12345), 12345);
}

static void open_time_is_added_over_the_gaps(void **state) {
  (void)state;
  static const struct {
    int64_t at_us, span_us, expected_us;
  } table[] = {
      {0, 0, 0},                                          /* nothing to wait for, open or not */
      {-1, 0, -1},                                        /* nor anything to know */
      {25, 0, 25},       {0, 1, 11},        {10, 10, 20}, /* to the closing, not to the next opening */
      {10, 11, 31},      {10, 12, 51},      {15, 5, 20},
      {15, 6, 31},       {20, 1, 31},       {0, 21, 60}, /* all that there is */
      {0, 22, HORIZON},  {19, 1, 20},       {60, 1, HORIZON},
      {59, 1, 60},       {59, 2, HORIZON},  {-1, 1, HORIZON}, /* what was before is not known */
      {100, 1, HORIZON}, {200, 1, HORIZON},
  };
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
    assert_int_equal(add(&three, table[i].at_us, table[i].span_us), table[i].expected_us);
  assert_int_equal(add(&never, 5, 0), 5);
  assert_int_equal(add(&never, 5, 1), HORIZON);
  assert_int_equal(add(&whole, 40, 60), 100);
  assert_int_equal(add(&whole, 40, 61), HORIZON);
  assert_int_equal(add(&always, 40, 1000), 1040);
}

static void the_lead_is_the_latest_instant_with_so_much_open_time(void **state) {
  (void)state;
  static const struct {
    int64_t at_us, span_us, expected_us;
  } table[] = {
      {55, 0, 55}, {25, 0, 25},   {55, 5, 50},  {55, 6, 30},                             /* to where it opens */
      {55, 7, 19}, {60, 10, 50},  {60, 11, 30}, {60, 12, 19}, {60, 21, 10}, {60, 22, 0}, /* not so much was compiled:
                                                                                            where that begins */
      {99, 1, 59}, {40, 1, 30},   {31, 1, 30},  {30, 1, 19},  {25, 3, 17},  {20, 10, 10}, {10, 1, 0},
      {5, 1, 0},   {200, 10, 50}, {-5, 1, -5}, /* but never after the instant itself */
  };
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
    assert_int_equal(bt_calendar_before(&three, table[i].at_us, table[i].span_us), table[i].expected_us);
  assert_int_equal(bt_calendar_before(&never, 50, 1), 0);
  assert_int_equal(bt_calendar_before(&always, 50, 60), -10);
  assert_int_equal(bt_calendar_before(&whole, 100, 100), 0);
}

/* Open time counted instant by instant, against the search: every instant, every span of time. */
static int64_t open_between(const struct bt_calendar *c, int64_t from_us, int64_t to_us) {
  int64_t n = 0;
  for (int64_t at_us = from_us; at_us < to_us; at_us++)
    n += bt_calendar_is_open(c, at_us);
  return n;
}

static void searches_agree_with_counting(void **state) {
  (void)state;
  for (int64_t at_us = 0; at_us <= 100; at_us++) {
    for (int64_t span_us = 1; span_us <= 25; span_us++) {
      int64_t after_us = add(&three, at_us, span_us);
      if (after_us == HORIZON) {
        assert_true(open_between(&three, at_us, 100) < span_us);
      } else {
        assert_int_equal(open_between(&three, at_us, after_us), span_us);
        assert_true(bt_calendar_is_open(&three, after_us - 1)); /* the earliest such */
      }
      int64_t before_us = bt_calendar_before(&three, at_us, span_us);
      if (open_between(&three, 0, at_us) >= span_us) {
        assert_int_equal(open_between(&three, before_us, at_us), span_us);
        assert_true(bt_calendar_is_open(&three, before_us)); /* the latest such */
      } else {
        assert_int_equal(before_us, 0);
      }
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(open_from_the_first_instant_to_before_the_last),
      cmocka_unit_test(opens_now_or_at_the_next_beginning),
      cmocka_unit_test(open_time_is_added_over_the_gaps),
      cmocka_unit_test(the_lead_is_the_latest_instant_with_so_much_open_time),
      cmocka_unit_test(searches_agree_with_counting),
  };
  return cmocka_run_group_tests_name("core_calendar", tests, NULL, NULL);
}

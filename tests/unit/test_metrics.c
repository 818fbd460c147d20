/* The figures as text, to the byte; what is counted into histograms; which format is asked for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/code.h"
#include "metrics/render.h"
#include "metrics/snapshot.h"

struct fixture {
  struct bt_arena arena;
  struct bt_counters counters;
  struct bt_snapshot snapshot;
  char *text;
  char part[8192];
};

static int setup(void **state) {
  struct fixture *f = calloc(1, sizeof *f);
  bt_arena_init(&f->arena, 1 << 20);
  f->snapshot = (struct bt_snapshot){.counters = &f->counters, .arena = &f->arena};
  *state = f;
  return 0;
}

static int teardown(void **state) {
  struct fixture *f = *state;
  bt_arena_fini(&f->arena);
  free(f->text);
  free(f);
  return 0;
}

static const char *render(struct fixture *f, enum bt_exposition x) {
  size_t n = 0;
  free(f->text);
  f->text = NULL;
  FILE *to = open_memstream(&f->text, &n);
  bt_render(&f->snapshot, x, to);
  fclose(to);
  assert_int_equal(strlen(f->text), n);
  return f->text;
}

/* All lines of one family: from its TYPE to the next. */
static const char *family(struct fixture *f, enum bt_exposition x, const char *name) {
  char head[128];
  snprintf(head, sizeof head, "# TYPE %s ", name);
  const char *from = strstr(render(f, x), head);
  if (!from) {
    fail_msg("%s is not told", name);
    return "";
  }
  const char *to = strstr(from + 1, "# TYPE "), *end = to ? to : from + strlen(from);
  snprintf(f->part, sizeof f->part, "%.*s", (int)(end - from), from);
  return f->part;
}

static void add(struct fixture *f, enum bt_figure figure, const char *label, const char *other, int64_t value) {
  bt_snapshot_add(&f->snapshot, figure, bt_str(label), bt_str(other), value);
}

static void test_counters(void **state) {
  struct fixture *f = *state;
  f->counters.events_accepted = UINT64_MAX;
  f->counters.commit_us = 12345678;
  assert_string_equal(family(f, BT_OPENMETRICS, "baton_events_accepted"),
                      "# TYPE baton_events_accepted counter\n"
                      "# HELP baton_events_accepted events accepted\n"
                      "baton_events_accepted_total 18446744073709551615\n");
  assert_string_equal(family(f, BT_PLAIN_TEXT, "baton_events_accepted_total"),
                      "# TYPE baton_events_accepted_total counter\n"
                      "# HELP baton_events_accepted_total events accepted\n"
                      "baton_events_accepted_total 18446744073709551615\n");
  assert_string_equal(family(f, BT_OPENMETRICS, "baton_commit_seconds"),
                      "# TYPE baton_commit_seconds counter\n"
                      "# UNIT baton_commit_seconds seconds\n"
                      "# HELP baton_commit_seconds time spent in journal commits\n"
                      "baton_commit_seconds_total 12.345678\n");
}

static void test_gauges(void **state) {
  struct fixture *f = *state;
  add(f, BT_F_journal, NULL, NULL, INT64_MAX);
  add(f, BT_F_inbox_oldest, "care", NULL, 0);
  add(f, BT_F_inbox_oldest, "moves", NULL, 1500000);
  add(f, BT_F_inbox_oldest, "shop", NULL, 1);
  add(f, BT_F_inbox_oldest, "behind", NULL, -2500000);
  assert_string_equal(family(f, BT_OPENMETRICS, "baton_journal_bytes"),
                      "# TYPE baton_journal_bytes gauge\n"
                      "# UNIT baton_journal_bytes bytes\n"
                      "# HELP baton_journal_bytes disk space in use by the journal\n"
                      "baton_journal_bytes 9223372036854775807\n");
  assert_string_equal(family(f, BT_PLAIN_TEXT, "baton_inbox_oldest_seconds"),
                      "# TYPE baton_inbox_oldest_seconds gauge\n"
                      "# HELP baton_inbox_oldest_seconds age of the oldest delivery that the adapter has not settled; "
                      "0: none\n"
                      "baton_inbox_oldest_seconds{adapter=\"care\"} 0\n"
                      "baton_inbox_oldest_seconds{adapter=\"moves\"} 1.5\n"
                      "baton_inbox_oldest_seconds{adapter=\"shop\"} 0.000001\n"
                      "baton_inbox_oldest_seconds{adapter=\"behind\"} -2.5\n");
}

static void test_labels(void **state) {
  struct fixture *f = *state;
  add(f, BT_F_build, "1 \"x\"\\\n{}", NULL, 1);
  add(f, BT_F_adapter_health, "care", "down", 1);
  add(f, BT_F_refusals, "STALE", NULL, 7);
  assert_string_equal(family(f, BT_OPENMETRICS, "baton_build"),
                      "# TYPE baton_build info\n"
                      "# HELP baton_build the version that runs\n"
                      "baton_build_info{version=\"1 \\\"x\\\"\\\\\\n{}\"} 1\n");
  assert_string_equal(family(f, BT_PLAIN_TEXT, "baton_build_info"),
                      "# TYPE baton_build_info gauge\n"
                      "# HELP baton_build_info the version that runs\n"
                      "baton_build_info{version=\"1 \\\"x\\\"\\\\\\n{}\"} 1\n");
  assert_non_null(strstr(family(f, BT_OPENMETRICS, "baton_adapter_health"),
                         "\nbaton_adapter_health{adapter=\"care\",state=\"down\"} 1\n"));
  assert_non_null(strstr(family(f, BT_OPENMETRICS, "baton_refusals"), "\nbaton_refusals_total{code=\"STALE\"} 7\n"));
}

static void test_histograms(void **state) {
  struct fixture *f = *state;
  BT_TIMED(&f->counters, commit_duration, 100);
  BT_TIMED(&f->counters, commit_duration, 101);
  BT_TIMED(&f->counters, commit_duration, 1000000);
  BT_TIMED(&f->counters, commit_duration, 60000000);
  BT_TIMED(&f->counters, commit_duration, -5);
  BT_TIMED(&f->counters, commit_entries, 3);
  assert_string_equal(family(f, BT_OPENMETRICS, "baton_commit_duration_seconds"),
                      "# TYPE baton_commit_duration_seconds histogram\n"
                      "# UNIT baton_commit_duration_seconds seconds\n"
                      "# HELP baton_commit_duration_seconds how long a journal commit took, with its sync\n"
                      "baton_commit_duration_seconds_bucket{le=\"0.0001\"} 2\n"
                      "baton_commit_duration_seconds_bucket{le=\"0.00025\"} 3\n"
                      "baton_commit_duration_seconds_bucket{le=\"0.0005\"} 3\n"
                      "baton_commit_duration_seconds_bucket{le=\"0.001\"} 3\n"
                      "baton_commit_duration_seconds_bucket{le=\"0.0025\"} 3\n"
                      "baton_commit_duration_seconds_bucket{le=\"0.005\"} 3\n"
                      "baton_commit_duration_seconds_bucket{le=\"0.01\"} 3\n"
                      "baton_commit_duration_seconds_bucket{le=\"0.025\"} 3\n"
                      "baton_commit_duration_seconds_bucket{le=\"0.05\"} 3\n"
                      "baton_commit_duration_seconds_bucket{le=\"0.1\"} 3\n"
                      "baton_commit_duration_seconds_bucket{le=\"0.25\"} 3\n"
                      "baton_commit_duration_seconds_bucket{le=\"0.5\"} 3\n"
                      "baton_commit_duration_seconds_bucket{le=\"1.0\"} 4\n"
                      "baton_commit_duration_seconds_bucket{le=\"2.5\"} 4\n"
                      "baton_commit_duration_seconds_bucket{le=\"5.0\"} 4\n"
                      "baton_commit_duration_seconds_bucket{le=\"10.0\"} 4\n"
                      "baton_commit_duration_seconds_bucket{le=\"+Inf\"} 5\n"
                      "baton_commit_duration_seconds_sum 61.000201\n"
                      "baton_commit_duration_seconds_count 5\n");
  const char *entries = family(f, BT_PLAIN_TEXT, "baton_commit_entries");
  assert_non_null(strstr(entries, "baton_commit_entries_bucket{le=\"2.0\"} 0\n"
                                  "baton_commit_entries_bucket{le=\"4.0\"} 1\n"));
  assert_non_null(strstr(entries, "baton_commit_entries_sum 3\nbaton_commit_entries_count 1\n"));
}

static void test_the_end(void **state) {
  struct fixture *f = *state;
  const char *text = render(f, BT_OPENMETRICS);
  assert_string_equal(text + strlen(text) - 6, "# EOF\n");
  assert_null(strstr(render(f, BT_PLAIN_TEXT), "# EOF"));
  assert_null(strstr(f->text, "# UNIT"));
  assert_memory_equal(f->text, "# TYPE baton_frames_in_total counter\n", 37);
}

/* Each figure once, whatever it has; and no help text that would have to be escaped. */
static void test_every_figure(void **state) {
  struct fixture *f = *state;
  const char *text = render(f, BT_OPENMETRICS);
  int told = 0;
  for (const char *at = strstr(text, "# HELP "); at; at = strstr(at + 1, "# HELP "))
    told++;
  assert_int_equal(told, BT_FIGURE_COUNT);
  for (int i = 0; i < BT_FIGURE_COUNT; i++) {
    assert_null(strpbrk(bt_figures[i].help, "\n\\\""));
    assert_int_equal(strspn(bt_figures[i].name, "abcdefghijklmnopqrstuvwxyz_"), strlen(bt_figures[i].name));
    for (int k = 0; k < i; k++)
      assert_string_not_equal(bt_figures[i].name, bt_figures[k].name);
  }
}

static void test_no_room(void **state) {
  struct fixture *f = *state;
  bt_arena_fini(&f->arena);
  bt_arena_init(&f->arena, 100);
  for (int i = 0; i < 100; i++)
    add(f, BT_F_sessions, NULL, NULL, i);
  assert_true(f->arena.exhausted);
  assert_non_null(strstr(render(f, BT_OPENMETRICS), "# EOF"));
}

static void test_under(void **state) {
  (void)state;
  struct bt_histogram h = {.sum = 0};
  const uint64_t *bounds = bt_figures[BT_F_commit_entries].bounds;
  assert_int_equal(bt_histogram_under(&h, bounds, 50), 0);
  for (int i = 0; i < 98; i++)
    bt_histogram_add(&h, bounds, 8);
  bt_histogram_add(&h, bounds, 9);
  bt_histogram_add(&h, bounds, 1 << 20);
  assert_int_equal(bt_histogram_count(&h), 100);
  assert_int_equal(h.sum, 98 * 8 + 9 + (1 << 20));
  assert_int_equal(bt_histogram_under(&h, bounds, 50), 8);
  assert_int_equal(bt_histogram_under(&h, bounds, 98), 8);
  assert_int_equal(bt_histogram_under(&h, bounds, 99), 16);
  assert_true(bt_histogram_under(&h, bounds, 100) == UINT64_MAX);
}

static void test_codes(void **state) {
  (void)state;
  uint64_t by_code[BT_COUNTED_CODES] = {0};
  bt_count_code(by_code, BT_STALE);
  bt_count_code(by_code, -BT_STALE);
  bt_count_code(by_code, -BT_IO);
  assert_int_equal(by_code[BT_STALE], 2);
  assert_int_equal(by_code[BT_INTERNAL], 1);
}

static void test_accept(void **state) {
  (void)state;
  static const struct {
    const char *accept;
    enum bt_exposition wanted;
  } rows[] = {
      {NULL, BT_PLAIN_TEXT},
      {"", BT_PLAIN_TEXT},
      {"*/*", BT_PLAIN_TEXT},
      {"text/html, */*;q=0.8", BT_PLAIN_TEXT},
      {"application/openmetrics-text", BT_OPENMETRICS},
      {"Application/OpenMetrics-Text; version=1.0.0; charset=utf-8", BT_OPENMETRICS},
      {"application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
       "text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
       BT_OPENMETRICS},
      {"text/plain;version=0.0.4;q=0.5, application/openmetrics-text;q=0.4", BT_PLAIN_TEXT},
      {"text/plain;q=0.5 , application/openmetrics-text; q=0.501", BT_OPENMETRICS},
      {"text/plain, application/openmetrics-text", BT_OPENMETRICS},
      {"application/openmetrics-text;q=0", BT_PLAIN_TEXT},
      {"application/openmetrics-text;q=0.000", BT_PLAIN_TEXT},
      {"application/openmetrics-text;q=x", BT_PLAIN_TEXT},
      {"application/openmetrics-text;q=", BT_PLAIN_TEXT},
      {"application/openmetrics-text;q=1.000", BT_OPENMETRICS},
      {"application/openmetrics-textual", BT_PLAIN_TEXT},
      {";;;,,,;q=;,q", BT_PLAIN_TEXT},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    if (bt_exposition_accepted(rows[i].accept) != rows[i].wanted)
      fail_msg("%s", rows[i].accept);
  assert_string_equal(bt_exposition_type(BT_OPENMETRICS), "application/openmetrics-text; version=1.0.0; charset=utf-8");
  assert_string_equal(bt_exposition_type(BT_PLAIN_TEXT), "text/plain; version=0.0.4; charset=utf-8");
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      WITH(test_counters),
      WITH(test_gauges),
      WITH(test_labels),
      WITH(test_histograms),
      WITH(test_the_end),
      WITH(test_every_figure),
      WITH(test_no_room),
      cmocka_unit_test(test_under),
      cmocka_unit_test(test_codes),
      cmocka_unit_test(test_accept),
  };
  return cmocka_run_group_tests_name("metrics", tests, NULL, NULL);
}

/* Alerts as a function of conditions and time; the alert command as processes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "watch/command.h"

#define S BT_SECOND_US

struct bench {
  struct bt_alerts alerts;
  struct bt_arena arena;
  struct bt_conditions there;
  char told[4096]; /* "+dead-letters/moves " raised, "=" repeated, "-" cleared */
  uint32_t changes;
};

static int start(void **state) {
  struct bench *b = calloc(1, sizeof *b);
  bt_arena_init(&b->arena, 8 * 1024 * 1024);
  *state = b;
  return 0;
}

static int stop(void **state) {
  struct bench *b = *state;
  bt_arena_fini(&b->arena);
  free(b);
  return 0;
}

static void tell(void *context, enum bt_alert_change change, const struct bt_alert *a) {
  struct bench *b = context;
  const size_t n = strlen(b->told);
  b->changes++;
  snprintf(b->told + n, sizeof b->told - n, "%c%s/%s ", "+=-"[change], bt_condition_table[a->kind].name, a->object);
}

static void nothing(struct bench *b) {
  bt_arena_reset(&b->arena);
  b->there = (struct bt_conditions){.arena = &b->arena};
}

static void step(struct bench *b, const struct bt_alert_rules *rules, int64_t at_s) {
  b->told[0] = '\0';
  bt_alerts_step(&b->alerts, &b->there, rules, at_s * S, 1000000 * S + at_s * S, tell, b);
}

static const struct bt_alert_rules plain = {.raise_us = 10 * S, .clear_us = 20 * S};

static void what_holds_is_raised_and_what_is_gone_is_cleared(void **state) {
  struct bench *b = *state;
  nothing(b);
  bt_condition_add(&b->there, BT_COND_DEAD_LETTERS, BT_LIT("moves"), 3, 999000 * S);
  for (int64_t t = 1; t <= 10; t++) {
    step(b, &plain, t);
    assert_string_equal(b->told, "");
  }
  step(b, &plain, 11);
  assert_string_equal(b->told, "+dead-letters/moves ");
  assert_true(b->alerts.v[0].since_us == 999000 * S);
  for (int64_t t = 12; t <= 100; t++) {
    step(b, &plain, t);
    assert_string_equal(b->told, "");
  }
  nothing(b);
  step(b, &plain, 101);
  step(b, &plain, 120);
  assert_string_equal(b->told, "");
  step(b, &plain, 121);
  assert_string_equal(b->told, "-dead-letters/moves ");
  assert_int_equal(b->alerts.n, 0);
}

static void what_flaps_is_told_once_and_what_is_short_never(void **state) {
  struct bench *b = *state;
  uint32_t raised;
  for (int64_t t = 1; t <= 60; t++) { /* 5 s there, 5 s gone: never 10 s */
    nothing(b);
    if (t / 5 % 2)
      bt_condition_add(&b->there, BT_COND_ADAPTER_SILENT, BT_LIT("sales"), 1, 0);
    step(b, &plain, t);
  }
  assert_int_equal(b->changes, 0);
  for (int64_t t = 61; t <= 300; t++) { /* 15 s there, 15 s gone: raised, and never gone for 20 s */
    nothing(b);
    if (t / 15 % 2)
      bt_condition_add(&b->there, BT_COND_ADAPTER_SILENT, BT_LIT("sales"), 1, 0);
    step(b, &plain, t);
  }
  assert_int_equal(b->changes, 1);
  raised = b->alerts.n;
  assert_int_equal(raised, 1);
}

static void it_is_repeated_only_where_that_is_asked_for(void **state) {
  struct bench *b = *state;
  const struct bt_alert_rules often = {.repeat_us = 3600 * S};
  nothing(b);
  bt_condition_add(&b->there, BT_COND_CLOCK, (struct bt_str){0}, 0, 0);
  step(b, &often, 1);
  assert_string_equal(b->told, "+clock-trouble/ ");
  step(b, &often, 3600);
  assert_string_equal(b->told, "");
  step(b, &often, 3601);
  assert_string_equal(b->told, "=clock-trouble/ ");
  step(b, &plain, 99999);
  assert_string_equal(b->told, "");
}

static void notes_are_never_alerts_and_objects_are_told_apart(void **state) {
  struct bench *b = *state;
  const struct bt_alert_rules at_once = {0};
  nothing(b);
  bt_condition_add(&b->there, BT_COND_ADAPTER_HELD, BT_LIT("moves"), 1, 0);
  bt_condition_add(&b->there, BT_COND_ADAPTER_DOWN, BT_LIT("moves"), 1, 0);
  bt_condition_add(&b->there, BT_COND_ADAPTER_DOWN, BT_LIT("sales"), 1, 0);
  step(b, &at_once, 1);
  assert_string_equal(b->told, "+adapter-down/moves +adapter-down/sales ");
  assert_string_equal(b->alerts.v[1].text, "the department's system behind adapter sales is down");
}

static void there_is_an_end_to_how_many_are_kept(void **state) {
  struct bench *b = *state;
  const struct bt_alert_rules at_once = {0};
  nothing(b);
  for (int i = 0; i < BT_MAX_CONDITIONS + 10; i++)
    bt_condition_add(&b->there, BT_COND_INBOX_OLD, bt_arena_printf(&b->arena, "a%d", i), 1, 0);
  assert_true(b->there.more);
  assert_int_equal(b->there.total[BT_COND_INBOX_OLD], BT_MAX_CONDITIONS + 10);
  step(b, &at_once, 1);
  assert_int_equal(b->alerts.n, BT_MAX_ALERTS);
  assert_int_equal(b->alerts.left_out, BT_MAX_CONDITIONS - BT_MAX_ALERTS);
  nothing(b);
  step(b, &at_once, 2);
  assert_int_equal(b->alerts.n, 0);
  assert_int_equal(b->changes, 2 * BT_MAX_ALERTS);
}

static void every_condition_has_its_words(void **state) {
  (void)state;
  for (int i = 0; i < BT_COND_COUNT; i++) {
    const struct bt_condition_row *r = &bt_condition_table[i];
    assert_true(r->name && r->what && r->text && r->see);
    for (int k = 0; k < i; k++)
      assert_string_not_equal(r->name, bt_condition_table[k].name);
  }
}

/* ---- the command ---- */

static void script(char *path, const char *text) {
  strcpy(path, "/tmp/baton-alert-XXXXXX");
  int fd = mkstemp(path);
  assert_true(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text) && fchmod(fd, 0700) == 0);
  close(fd);
}

static void wait_over(struct bt_command_runner *r, const char *path, int64_t longest_us, uint64_t runs) {
  const int64_t until_us = bt_clock_mono_us() + 20 * S;
  while (r->ended < runs && bt_clock_mono_us() < until_us) {
    (void)bt_command_step(r, path, longest_us, bt_clock_mono_us());
    usleep(1000);
  }
  assert_int_equal(r->ended, runs);
}

static struct bt_told told_of(const char *name, const char *state) {
  struct bt_told t = {.state = state, .severity = "warn"};
  snprintf(t.name, sizeof t.name, "%s", name);
  return t;
}

static void of_one_alert_only_the_newest_state_waits(void **state) {
  static struct bt_command_runner r;
  char path[64], name[16];
  (void)state;
  script(path, "#!/bin/sh\nexit 0\n");
  r = (struct bt_command_runner){0};
  const struct bt_told raised = told_of("a", "raised"), cleared = told_of("a", "cleared");
  assert_true(bt_command_tell(&r, &raised) && bt_command_tell(&r, &cleared));
  assert_int_equal(r.waiting_n, 1);
  assert_string_equal(r.waiting[0].state, "cleared");
  for (int i = 1; i < BT_MAX_TOLD + 3; i++) {
    snprintf(name, sizeof name, "b%d", i);
    const struct bt_told more = told_of(name, "raised");
    assert_int_equal(bt_command_tell(&r, &more), i < BT_MAX_TOLD);
  }
  assert_int_equal(r.lost, 3);
  wait_over(&r, path, 10 * S, BT_MAX_TOLD);
  assert_int_equal(r.failed, 0);
  unlink(path);
}

static void one_that_hangs_is_killed_with_what_it_started(void **state) {
  static struct bt_command_runner r;
  char path[64];
  (void)state;
  script(path, "#!/bin/sh\nsleep 600 & sleep 600\n");
  r = (struct bt_command_runner){0};
  const struct bt_told t = told_of("a", "raised");
  assert_true(bt_command_tell(&r, &t));
  (void)bt_command_step(&r, path, S / 10, bt_clock_mono_us());
  const pid_t group = r.runs[0].pid;
  assert_true(group > 0);
  wait_over(&r, path, S / 10, 1);
  assert_non_null(strstr(r.why, "killed"));
  const int64_t until_us = bt_clock_mono_us() + 10 * S;
  while (kill(-group, 0) == 0 && bt_clock_mono_us() < until_us) /* until whoever inherited them has seen to them */
    usleep(1000);
  unlink(path);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(what_holds_is_raised_and_what_is_gone_is_cleared, start, stop),
      cmocka_unit_test_setup_teardown(what_flaps_is_told_once_and_what_is_short_never, start, stop),
      cmocka_unit_test_setup_teardown(it_is_repeated_only_where_that_is_asked_for, start, stop),
      cmocka_unit_test_setup_teardown(notes_are_never_alerts_and_objects_are_told_apart, start, stop),
      cmocka_unit_test_setup_teardown(there_is_an_end_to_how_many_are_kept, start, stop),
      cmocka_unit_test(every_condition_has_its_words),
      cmocka_unit_test(of_one_alert_only_the_newest_state_waits),
      cmocka_unit_test(one_that_hangs_is_killed_with_what_it_started),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

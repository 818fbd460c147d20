/* libbaton's health: what the broker is told, and when. */
#include "sdk_fixture.h"

static bool last_has(struct fixture *f, const char *text) {
  const char *json = baton_fake_report(f->fake, baton_fake_reports(f->fake) - 1);
  return json && strstr(json, text);
}

static void every_welcome_is_followed_by_a_report(void **state) {
  struct fixture *f = *state;
  POLL_UNTIL(f, baton_fake_reports(f->fake) == 1);
  assert_true(last_has(f, "\"health\":\"HEALTH_WELL\"") && last_has(f, "\"sinceUs\""));
  assert_false(last_has(f, "\"text") || last_has(f, "spool"));
  baton_health(f->b, BATON_DOWN, "the printer is out of paper");
  POLL_UNTIL(f, baton_fake_reports(f->fake) == 2);
  baton_fake_restart(f->fake);
  POLL_UNTIL(f, baton_fake_reports(f->fake) == 3);
  assert_true(last_has(f, "HEALTH_DOWN") && last_has(f, "\"text\":\"the printer is out of paper\""));
  baton_health(f->b, BATON_WELL, NULL);
  POLL_UNTIL(f, baton_fake_reports(f->fake) == 4);
  assert_true(last_has(f, "HEALTH_WELL") && last_has(f, "out of paper")); /* what was wrong last is still told */
}

static unsigned lines_of(const char *log, const char *text) {
  char got[65536];
  FILE *in = fopen(log, "r");
  assert_non_null(in);
  got[fread(got, 1, sizeof got - 1, in)] = '\0';
  fclose(in);
  unsigned n = 0;
  for (const char *p = got; (p = strstr(p, text)); p++)
    n++;
  return n;
}

/* It flaps a thousand times: the broker and the log hear of it once a second, and in the end of the last state. */
static void at_most_one_a_second_and_the_last_one_counts(void **state) {
  struct fixture *f = *state;
  POLL_UNTIL(f, baton_fake_reports(f->fake) == 1);
  int saved = dup(STDERR_FILENO), to = open("health.log", O_WRONLY | O_CREAT | O_TRUNC, 0600);
  assert_true(saved >= 0 && to >= 0);
  dup2(to, STDERR_FILENO);
  int64_t begin_ms = now_ms();
  for (int i = 0; i < 500; i++) {
    baton_health(f->b, BATON_DOWN, i % 2 ? "one reason" : "another reason");
    (void)!baton_poll(f->b, 0);
    baton_health(f->b, BATON_WELL, "");
  }
  baton_health(f->b, BATON_TROUBLED, "the last word");
  for (int64_t end_ms = now_ms() + BOUND_MS; !last_has(f, "the last word") && now_ms() < end_ms;)
    (void)!baton_poll(f->b, 20);
  int64_t seconds = (now_ms() - begin_ms) / 1000 + 1;
  for (int i = 0; i < 100; i++) /* nothing new */
    baton_health(f->b, BATON_TROUBLED, "the last word");
  (void)!baton_poll(f->b, 50);
  dup2(saved, STDERR_FILENO);
  close(saved);
  close(to);
  assert_true(last_has(f, "HEALTH_TROUBLED") && last_has(f, "the last word"));
  assert_in_range(baton_fake_reports(f->fake), 2, 1 + (size_t)seconds + 1);
  assert_in_range(lines_of("health.log", "event=health"), 1, (uintmax_t)seconds + 1);
  assert_int_equal(lines_of("health.log", "state=troubled why=\"the last word\""), 1);
  unlink("health.log");
}

/* The broker takes one line of 256 bytes of UTF-8. */
static void a_sentence_is_made_fit(void **state) {
  struct fixture *f = *state;
  char longest[600] = "";
  POLL_UNTIL(f, baton_fake_reports(f->fake) == 1);
  for (int i = 0; i < 255; i++)
    longest[i] = 'x';
  memcpy(longest + 255,
         "\xc3\xbc"
         "and more",
         11); /* a character across the bound */
  baton_health(f->b, BATON_DOWN, longest);
  POLL_UNTIL(f, baton_fake_reports(f->fake) == 2);
  longest[255] = '\0';
  assert_true(last_has(f, longest));
  assert_false(last_has(f, "xand") || last_has(f, "\xc3\xbc"));
  baton_health(f->b, BATON_DOWN, "two\nlines\x1b[2J \xff\xc2\x9b \xe2\x82\xac");
  POLL_UNTIL(f, baton_fake_reports(f->fake) == 3);
  assert_true(last_has(f, "\"two lines [2J ?  \xe2\x82\xac\""));
  baton_health(f->b, BATON_DOWN, NULL);
  POLL_UNTIL(f, baton_fake_reports(f->fake) == 4);
  assert_true(last_has(f, "no reason"));
  baton_health(f->b, (baton_health_state)7, "no such state");
  assert_int_equal(baton_fake_sessions(f->fake), 1);
}

/* What the second would hold back is said before the Goodbye. */
static void the_last_state_is_said_before_the_end(void **state) {
  struct fixture *f = *state;
  POLL_UNTIL(f, baton_fake_reports(f->fake) == 1);
  baton_health(f->b, BATON_DOWN, "going down");
  baton_close(f->b);
  f->b = NULL;
  for (int64_t end_ms = now_ms() + BOUND_MS; !baton_fake_goodbyes(f->fake) && now_ms() < end_ms;)
    nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
  assert_int_equal(baton_fake_reports(f->fake), 2);
  assert_true(last_has(f, "going down"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      T(every_welcome_is_followed_by_a_report),
      T(at_most_one_a_second_and_the_last_one_counts),
      T(a_sentence_is_made_fit),
      T(the_last_state_is_said_before_the_end),
  };
  return cmocka_run_group_tests_name("sdk_health", tests, NULL, NULL);
}

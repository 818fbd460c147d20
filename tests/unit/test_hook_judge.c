/* What the end of a call means; what an answer holds; templates. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../adapters/http/hook_answer.c"
#include "../../adapters/http/hook_body.c"
#include "../../adapters/http/hook_judge.c"
#include "../../adapters/http/rights.c"

static enum hook_meaning of_status(long status, const struct hook_statuses *reject_on) {
  struct hook_end end = {.code = CURLE_OK, .status = status, .connected = true};
  struct hook_judgement j = hook_judge(&end, reject_on);
  char number[24];
  snprintf(number, sizeof number, "answers %ld: ", status);
  assert_memory_equal(j.why, number, strlen(number));
  return j.meaning;
}

static void test_statuses(void **state) {
  (void)state;
  static const struct hook_statuses reject_on = {.at = {400, 422}, .n = 2}, other = {.at = {404, 429}, .n = 2};
  static const struct {
    long status;
    enum hook_meaning meaning;
  } table[] = {{200, HOOK_TAKEN},  {204, HOOK_TAKEN},    {299, HOOK_TAKEN},    {301, HOOK_BROKEN},
               {304, HOOK_BROKEN}, {308, HOOK_BROKEN},   {400, HOOK_REJECTED}, {401, HOOK_BROKEN},
               {403, HOOK_BROKEN}, {404, HOOK_BROKEN},   {408, HOOK_LATER},    {409, HOOK_LATER},
               {410, HOOK_BROKEN}, {413, HOOK_BROKEN},   {422, HOOK_REJECTED}, {425, HOOK_LATER},
               {429, HOOK_OUTAGE}, {451, HOOK_BROKEN},   {500, HOOK_DOUBTFUL}, {502, HOOK_DOUBTFUL},
               {503, HOOK_OUTAGE}, {504, HOOK_DOUBTFUL}, {599, HOOK_DOUBTFUL}, {0, HOOK_BROKEN},
               {199, HOOK_BROKEN}, {600, HOOK_BROKEN},   {999, HOOK_BROKEN}};
  for (size_t i = 0; i < sizeof table / sizeof *table; i++)
    assert_int_equal(of_status(table[i].status, &reject_on), table[i].meaning);
  assert_int_equal(of_status(404, &other), HOOK_REJECTED);
  assert_int_equal(of_status(429, &other), HOOK_REJECTED);
  assert_int_equal(of_status(422, &other), HOOK_BROKEN);
}

static void test_broken_connections(void **state) {
  (void)state;
  static const struct hook_statuses none = {.n = 0};
  struct hook_end end = {.code = CURLE_COULDNT_CONNECT, .os_errno = 111, .status = 200};
  struct hook_judgement j = hook_judge(&end, &none);
  assert_int_equal(j.meaning, HOOK_OUTAGE);
  assert_string_equal(j.why, "cannot be reached: Connection refused");
  end.code = CURLE_OPERATION_TIMEDOUT;
  assert_int_equal(hook_judge(&end, &none).meaning, HOOK_OUTAGE);
  end.connected = true;
  assert_int_equal(hook_judge(&end, &none).meaning, HOOK_DOUBTFUL);
  /* Whatever else may happen: never taken, never given up. */
  for (int code = 1; code < CURL_LAST; code++) {
    end.code = (CURLcode)code;
    j = hook_judge(&end, &none);
    assert_true(j.meaning == HOOK_OUTAGE || j.meaning == HOOK_DOUBTFUL || j.meaning == HOOK_BROKEN);
    assert_true(*j.why);
  }
}

static size_t events_in(const char *text, uint64_t case_id) {
  baton_event *event[HOOK_EVENTS_MAX];
  size_t n = 0;
  char error[256] = "";
  const struct hook_about about = {.case_id = case_id, .department = "sales"};
  if (hook_answer_read(text, strlen(text), &about, event, &n, error) < 0) {
    assert_true(*error);
    return 99;
  }
  for (size_t i = 0; i < n; i++)
    baton_event_free(event[i]);
  return n;
}

static void test_answers(void **state) {
  (void)state;
  assert_int_equal(events_in("", 7), 0);
  assert_int_equal(events_in("null", 7), 0);
  assert_int_equal(events_in("{\"id\": 3}", 7), 0);
  assert_int_equal(events_in("{\"events\": []}", 7), 0);
  assert_int_equal(
      events_in("{\"events\": [{\"noteAdded\": {\"text\": \"x\"}}, {\"noteAdded\": {\"text\": \"y\"}}]}", 7), 2);
  assert_int_equal(events_in("{\"events\": [{\"noteAdded\": {\"text\": \"x\"}}]}", 0), 1);
  assert_int_equal(events_in("{\"events\": null}", 7), 99);
  assert_int_equal(events_in("{\"events\": [7]}", 7), 99);
  assert_int_equal(events_in("{\"events\": [{\"noteAdded\": {\"text\": \"x\"}}, {}]}", 7), 99);
  assert_int_equal(events_in("{\"events\": [], \"events\": []}", 7), 99);
  assert_int_equal(events_in("{", 7), 99);
}

static void test_paths_and_templates(void **state) {
  (void)state;
  char error[256];
  static const char *const good[] = {"", "plain", "{recorded.ref}", "a {card.title} b {sequence}",
                                     "{recorded.event.note_added.text}"};
  static const char *const bad[] = {"{",      "{}", "a {card.title", "{nothing}", "{recorded.event.no_such.text}",
                                    "{ card}"};
  for (size_t i = 0; i < sizeof good / sizeof *good; i++)
    assert_int_equal(hook_template_check(good[i], error), 0);
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    *error = '\0';
    assert_int_equal(hook_template_check(bad[i], error), -1);
    assert_true(*error);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_statuses), cmocka_unit_test(test_broken_connections),
                                     cmocka_unit_test(test_answers), cmocka_unit_test(test_paths_and_templates)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The cursor of the PostgreSQL adapter: what is written is read again, what is not ours is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "../../adapters/postgres/place.c"

static void comes_back(void **state) {
  (void)state;
  struct place p = {.incarnation = 7, .sent = INT64_MAX - 1, .low = -3, .said_s = 1772443445}, back;
  char text[PLACE_MAX];
  strcpy(p.lineage, "7423910293847563829:12");
  strcpy(p.mark, "20260301120000123456");
  assert_true(place_write(&p, text) < PLACE_MAX);
  assert_true(place_parse(&back, text));
  assert_true(back.known && back.incarnation == 7 && back.sent == INT64_MAX - 1 && back.low == -3);
  assert_string_equal(back.lineage, p.lineage);
  assert_string_equal(back.mark, p.mark);
  *p.mark = *p.lineage = '\0';
  place_write(&p, text);
  assert_true(place_parse(&back, text));
  assert_string_equal(back.mark, "-");
}

static void refuses_what_is_not_ours(void **state) {
  (void)state;
  static const char *const bad[] = {"",
                                    "1",
                                    "2 0 5 6 0 a b",
                                    "1 0 5 7 0 a b", /* settled beyond what was sent */
                                    "1 0 5 6 0 a b c",
                                    "1 0 5 6 0 a",
                                    "1 x 5 6 0 a b",
                                    "0123456789abcdef done"};
  struct place p = {.sent = 42};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    assert_false(place_parse(&p, bad[i]));
  assert_int_equal(p.sent, 42);
}

static void reads_the_answer(void **state) {
  (void)state;
  struct place p;
  /* "1 0 5 6 0 a b" */
  assert_true(place_read(&p, "{\"cursor\":{\"source\":\"s\",\"position\":\"MSAwIDUgNiAwIGEgYg==\",\"known\":true}}"));
  assert_true(p.known && p.sent == 5 && p.low == 6);
  assert_true(place_read(&p, "{\"cursor\":{\"source\":\"s\"}}"));
  assert_false(p.known);
  assert_false(place_read(&p, "{\"cursor\":{\"position\":\"!!!!\"}}"));
  assert_false(place_read(&p, "{\"cursor\":{\"position\":\"AAAA\"}}"));
  assert_false(place_read(&p, "nonsense"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(comes_back),
      cmocka_unit_test(refuses_what_is_not_ours),
      cmocka_unit_test(reads_the_answer),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The parts of the file adapter's export that need no broker: cells, columns, the ledger. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../adapters/file/export_row.c"
#include "../../adapters/file/ledger.c"

static void expect_cell(const char *text, const char *want, bool keeps_formulas) {
  char *got = NULL;
  size_t n = 0;
  FILE *out = open_memstream(&got, &n);
  assert_non_null(out);
  export_cell(out, text, ',', keeps_formulas);
  fclose(out);
  assert_string_equal(got, want);
  free(got);
}

static void cells(void **state) {
  (void)state;
  expect_cell("", "", false);
  expect_cell("a b;c", "a b;c", false);
  expect_cell("a,b", "\"a,b\"", false);
  expect_cell("say \"x\"", "\"say \"\"x\"\"\"", false);
  expect_cell("two\nlines", "\"two\nlines\"", false);
  expect_cell("cr\r", "\"cr\r\"", false);
  expect_cell(" a", "\" a\"", false);
}

static void formulas(void **state) {
  (void)state;
  static const char *const bad[] = {"=1", "+1+1", "-a", "@x", "-", "+", "+-", "\t1", "\n=1", "-1+1", "+44 =1"};
  static const char *const good[] = {"-1", "+44 20 7946 0000", "-17.5", "+1 (212) 555-0100", "1=1", "a@example.org"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    char want[32];
    snprintf(want, sizeof want, "\"'%s\"", bad[i]);
    expect_cell(bad[i], want, false);
  }
  for (size_t i = 0; i < sizeof good / sizeof *good; i++)
    expect_cell(good[i], good[i], false);
  expect_cell("=1", "=1", true);
}

static void times(void **state) {
  (void)state;
  char text[40];
  assert_string_equal(time_text("1772443445000017", text), "2026-03-02T09:24:05.000017Z");
  assert_string_equal(time_text("0", text), "1970-01-01T00:00:00.000000Z");
  assert_string_equal(time_text("-5", text), "-5");
  assert_string_equal(time_text("9223372036854775807", text), "294247-01-10T04:00:54.775807Z");
}

static void paths(void **state) {
  (void)state;
  char why[256];
  static const char *const good[] = {
      ".",        "kind", "sequence", "recorded.ref", "recorded.event.note_added.text", "recorded.event.department",
      "card.need"};
  static const char *const bad[] = {"", "ref", "recorded.event.", "recorded.event.note_added.txt", "recorded.nothing"};
  for (size_t i = 0; i < sizeof good / sizeof *good; i++)
    assert_true(is_path(good[i], why));
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    assert_false(is_path(bad[i], why));
    assert_true(*why);
  }
}

/* ---- The ledger ---- */

static void append(const char *text) {
  FILE *f = fopen("ledger/.exported", "a");
  assert_non_null(f);
  fputs(text, f);
  assert_int_equal(fclose(f), 0);
}

static void fresh(struct ledger *l) {
  unlink("ledger/.exported");
  mkdir("ledger", 0700);
  assert_int_equal(ledger_open(l, "ledger"), 0);
}

static void remembers_and_cuts_what_is_torn(void **state) {
  (void)state;
  static const char *const torn[] = {"a.csv", "a.csv 90 2 8", "a.csv 90 2 8 9", "\n", "a.csv 90 2 8\n", "nonsense\n"};
  const uint64_t sequence[] = {5, 7, UINT64_MAX};
  struct ledger l;
  for (size_t i = 0; i < sizeof torn / sizeof *torn; i++) {
    fresh(&l);
    assert_int_equal(ledger_add(&l, "a.csv", 30, sequence, 3), 0);
    ledger_close(&l);
    append(torn[i]);
    assert_int_equal(ledger_open(&l, "ledger"), 1);
    assert_true(ledger_has(&l, 5) && ledger_has(&l, 7) && ledger_has(&l, UINT64_MAX));
    assert_false(ledger_has(&l, 8) || ledger_has(&l, 9));
    assert_int_equal(l.upto, 30);
    assert_int_equal(ledger_add(&l, "a.csv", 40, &(const uint64_t){11}, 1), 0);
    ledger_close(&l);
    assert_int_equal(ledger_open(&l, "ledger"), 1);
    assert_true(ledger_has(&l, 11) && l.upto == 40 && strcmp(l.name, "a.csv") == 0);
    ledger_close(&l);
  }
}

static void refuses_what_is_damaged(void **state) {
  (void)state;
  struct ledger l;
  fresh(&l);
  ledger_close(&l);
  append("nonsense\na.csv 30 1 5\n");
  assert_int_equal(ledger_open(&l, "ledger"), -1);
  assert_int_equal(errno, EBADMSG);
  ledger_close(&l);
  assert_int_equal(truncate("ledger/.exported", 3), 0);
  assert_int_equal(ledger_open(&l, "ledger"), -1);
  ledger_close(&l);
}

static void stays_bounded(void **state) {
  (void)state;
  struct ledger l;
  struct stat st;
  uint64_t sequence[64], next = 1;
  fresh(&l);
  for (int i = 0; i < 1500; i++) {
    for (size_t k = 0; k < 64; k++)
      sequence[k] = next++;
    assert_int_equal(ledger_add(&l, "b.csv", i, sequence, 64), 0);
  }
  assert_true(l.n_known < 2 * LEDGER_KEEP);
  ledger_close(&l);
  assert_int_equal(stat("ledger/.exported", &st), 0);
  assert_true(st.st_size < 2 * LEDGER_KEEP * 8);
  assert_int_equal(ledger_open(&l, "ledger"), 1);
  assert_true(ledger_has(&l, next - 1) && ledger_has(&l, next - LEDGER_KEEP) && !ledger_has(&l, 1) && l.upto == 1499);
  ledger_close(&l);
  unlink("ledger/.exported");
  rmdir("ledger");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(cells),
      cmocka_unit_test(formulas),
      cmocka_unit_test(times),
      cmocka_unit_test(paths),
      cmocka_unit_test(remembers_and_cuts_what_is_torn),
      cmocka_unit_test(refuses_what_is_damaged),
      cmocka_unit_test(stays_bounded),
  };
  return cmocka_run_group_tests_name("file_export", tests, NULL, NULL);
}

/* The CSV reader, the rows over it, UTF-8 and the rejects of the file adapter. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../adapters/file/csv.c"
#include "../../adapters/file/rejects.c"
#include "../../adapters/file/rows.c"
#include "../../adapters/map/utf8.c"

/* Rows as text: "line|field|field" or "line!problem", one a line. */
static char *read_all(const char *text, size_t size, char delimiter, size_t row_max) {
  char *out = NULL;
  size_t n = 0;
  struct csv c;
  struct csv_row *row = malloc(sizeof *row);
  FILE *in = tmpfile(), *to = open_memstream(&out, &n);
  assert_true(in && to && row);
  assert_int_equal(fwrite(text, 1, size, in), size);
  rewind(in);
  assert_int_equal(csv_init(&c, in, delimiter, row_max), 0);
  int got;
  while ((got = csv_next(&c, row)) == 1) {
    /* Where the row says it stands, its text stands. */
    assert_true(row->at >= 0 && (size_t)row->at + row->size <= size);
    fprintf(to, "%d", (int)row->line);
    if (row->problem)
      fprintf(to, "!%s", row->problem);
    for (size_t i = 0; i < row->n; i++)
      fprintf(to, "|%s", row->field[i]);
    putc('\n', to);
  }
  assert_int_equal(got, 0);
  csv_fini(&c);
  fclose(in);
  fclose(to);
  free(row);
  return out;
}

static void expect(const char *text, const char *rows) {
  char *got = read_all(text, strlen(text), ',', 0);
  assert_string_equal(got, rows);
  free(got);
}

static void good_rows(void **state) {
  (void)state;
  expect("a,b\n1,2\n", "1|a|b\n2|1|2\n");
  expect("a,b\r\n1,2\r\n", "1|a|b\n2|1|2\n");
  expect("a,b\n1,2", "1|a|b\n2|1|2\n");
  expect("\xEF\xBB\xBF"
         "a,b\n",
         "1|a|b\n");
  expect("", "");
  expect("\n\r\n\n", "");
  expect("a\n\nb\n", "1|a\n3|b\n");
  expect(",\n\"\"\n", "1||\n2|\n");
}

static void quotes(void **state) {
  (void)state;
  expect("\"a,b\",\"c\"\"d\"\n", "1|a,b|c\"d\n");
  expect("\"two\nlines\",x\ny\n", "1|two\nlines|x\n3|y\n");
  expect("\"cr\r\nlf\"\r\n", "1|cr\r\nlf\n");
  expect("\"last\"", "1|last\n");
}

static void another_delimiter(void **state) {
  (void)state;
  char *got = read_all("a;\"b;c\";d,e\n", 12, ';', 0);
  assert_string_equal(got, "1|a|b;c|d,e\n");
  free(got);
}

/* A bad row costs its first line, whatever it looked like to begin. */
static void bad_rows(void **state) {
  (void)state;
  expect("a\"b\nc\n", "1!a quote inside an unquoted field\n2|c\n");
  expect("\"a\"b\nc\n", "1!text after the closing quote\n2|c\n");
  expect("\"never\nb\nc\n", "1!a quoted field that never ends\n2|b\n3|c\n");
  expect("a\rb\nc\n", "1!a carriage return outside quotes\n2|c\n");
  char *got = read_all("a\0b\nc\n", 6, ',', 0);
  assert_string_equal(got, "1!a NUL byte\n2|c\n");
  free(got);
}

static void long_rows(void **state) {
  (void)state;
  char *got = read_all("12345\n123456\n1,23,45\n1,23,456\nx\n", 32, ',', 8);
  assert_string_equal(got, "1|12345\n2|123456\n3|1|23|45\n4|1|23|456\n5|x\n");
  free(got);
  got = read_all("12345\n123456789\n1,23,45678901\nx\n", 32, ',', 8);
  assert_string_equal(got, "1|12345\n2!longer than a row may be\n3!longer than a row may be\n4|x\n");
  free(got);
}

static void too_many_columns(void **state) {
  (void)state;
  char text[CSV_FIELDS_MAX + 3];
  memset(text, ',', CSV_FIELDS_MAX);
  memcpy(text + CSV_FIELDS_MAX, "\nx", 3);
  expect(text, "1!more columns than can be read\n2|x\n");
}

static void utf8(void **state) {
  (void)state;
  static const char *const good[] = {
      "", "abc", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80", "\xEF\xBF\xBD", "\xF4\x8F\xBF\xBF"};
  static const char *const bad[] = {
      "\x80",     "\xC3",   "\xC0\xAF", "\xE0\x80\xAF", "\xED\xA0\x80", "\xF5\x80\x80\x80", "\xF4\x90\x80\x80",
      "\xE2\x82", "a\xFFz", "\xC3\x28"};
  for (size_t i = 0; i < sizeof good / sizeof *good; i++)
    assert_true(utf8_valid(good[i], strlen(good[i])));
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    assert_false(utf8_valid(bad[i], strlen(bad[i])));
}

/* ---- Rows ---- */

static const char *const columns[] = {"b", "a"};

static void write_file(const char *name, const char *text) {
  FILE *f = fopen(name, "w");
  assert_non_null(f);
  fputs(text, f);
  assert_int_equal(fclose(f), 0);
}

static struct rows *open_text(const char *name, const char *text) {
  char error[256] = "";
  write_file(name, text);
  struct rows *r = rows_open(name, ',', true, columns, 2, error);
  if (!r)
    fail_msg("%s", error);
  return r;
}

static void refuses(const char *name, const char *text, const char *why) {
  char error[256];
  write_file(name, text);
  assert_null(rows_open(name, ',', true, columns, 2, error));
  assert_non_null(strstr(error, why));
  unlink(name);
}

static void columns_by_name(void **state) {
  (void)state;
  struct row row;
  struct rows *r = open_text("rows.csv", "a,x,b\n1,,2\n3,4\n5,6,\xFF\n7,8,9\n");
  assert_int_equal(rows_next(r, &row), 1);
  assert_string_equal(row.value[0], "2");
  assert_string_equal(row.value[1], "1");
  assert_int_equal(row.number, 1);
  assert_int_equal(row.line, 2);
  char *text = rows_text(r, row.at, row.size);
  assert_string_equal(text, "1,,2");
  free(text);
  assert_int_equal(rows_next(r, &row), 1);
  assert_string_equal(row.problem, "2 columns where the first line has 3");
  assert_int_equal(rows_next(r, &row), 1);
  assert_string_equal(row.problem, "column 3 is not valid UTF-8");
  assert_int_equal(rows_next(r, &row), 1);
  assert_null(row.problem);
  assert_int_equal(row.number, 4);
  assert_int_equal(rows_next(r, &row), 0);
  text = rows_header(r);
  assert_string_equal(text, "a,x,b");
  free(text);
  rows_close(r);
  unlink("rows.csv");
}

static void refused_files(void **state) {
  (void)state;
  refuses("rows.csv", "", "the file is empty");
  refuses("rows.csv", "a,c\n", "no column \"b\"");
  refuses("rows.csv", "a,b,a\n", "more than one column \"a\"");
  refuses("rows.txt", "a,b\n", "its name ends in none of");
}

static void json_lines(void **state) {
  (void)state;
  static const char *const inside[] = {"b.c", "a"};
  char error[256];
  struct row row;
  write_file("rows.jsonl",
             "{\"a\":1.5,\"b\":{\"c\":\"x\"}}\n\n[1]\n{\"a\":[],\"b\":1}\n{\"a\":null,\"b.c\":true}\n"
             "{\"event\":{\"k\":{}},\"key\":\"K\"}\nnot json\n{\"a\":\"a\\u0000b\"}\n{\"a\":1,\"a\":2}\n{\"a\":-7}");
  struct rows *r = rows_open("rows.jsonl", ',', true, inside, 2, error);
  assert_non_null(r);
  assert_int_equal(rows_next(r, &row), 1);
  assert_string_equal(row.value[0], "x");
  assert_string_equal(row.value[1], "1.5");
  assert_int_equal(rows_next(r, &row), 1);
  assert_int_equal(row.line, 3);
  assert_non_null(row.problem);
  assert_int_equal(rows_next(r, &row), 1);
  assert_string_equal(row.problem, "\"a\" is no single value");
  assert_int_equal(rows_next(r, &row), 1);
  assert_string_equal(row.value[0], "true");
  assert_string_equal(row.value[1], "");
  assert_int_equal(rows_next(r, &row), 1);
  assert_string_equal(row.event, "{\"k\":{}}");
  assert_string_equal(row.key, "K");
  for (int i = 0; i < 3; i++) {
    assert_int_equal(rows_next(r, &row), 1);
    assert_non_null(row.problem);
  }
  assert_int_equal(rows_next(r, &row), 1);
  assert_string_equal(row.value[1], "-7");
  assert_int_equal(rows_next(r, &row), 0);
  rows_close(r);
  unlink("rows.jsonl");
}

static uint64_t digest_of(const char *name, const char *text) {
  struct rows *r = open_text(name, text);
  uint64_t digest = rows_digest(r);
  rows_close(r);
  unlink(name);
  return digest;
}

static void digests(void **state) {
  (void)state;
  uint64_t one = digest_of("one.csv", "a,b\n1,2\n");
  assert_true(one == digest_of("one.csv", "a,b\n1,2\n"));
  assert_true(one != digest_of("two.csv", "a,b\n1,2\n"));
  assert_true(one != digest_of("one.csv", "a,b\n1,3\n"));
}

/* ---- Rejects ---- */

static void reject(struct rejects *r, uint64_t row, const char *original, size_t size) {
  struct reject j = {
      .row = row, .line = row + 1, .code = "BAD_ROW", .reason = "it is \"bad\"", .original = original, .size = size};
  assert_int_equal(rejects_add(r, &j), 0);
}

static void expect_file(const char *name, const char *text) {
  char got[1024];
  FILE *f = fopen(name, "r");
  assert_non_null(f);
  got[fread(got, 1, sizeof got - 1, f)] = '\0';
  fclose(f);
  assert_string_equal(got, text);
}

static void expect_bytes(const char *name, const char *text, size_t n) {
  char got[1024];
  FILE *f = fopen(name, "r");
  assert_non_null(f);
  size_t size = fread(got, 1, sizeof got, f);
  fclose(f);
  assert_int_equal(size, n);
  assert_memory_equal(got, text, n);
}

static void append(const char *name, const char *text) {
  FILE *f = fopen(name, "a");
  assert_non_null(f);
  fputs(text, f);
  assert_int_equal(fclose(f), 0);
}

static void rejects_begin(struct rejects *r, const char *header) {
  unlink("x.rejects");
  unlink("x.reasons");
  assert_int_equal(rejects_open(r, "x", header), 0);
  assert_int_equal(access("x.rejects", F_OK), -1);
  reject(r, 9, "1,\"two\nlines\"", 13);
  reject(r, 4, "a\"b\0c", 5);
}

#define REASON(row, line, upto) #row "," #line ",BAD_ROW,\"it is \"\"bad\"\"\"," #upto "\n"

/* A crash may leave a row without its reason, a reason cut short, or (power gone) a reason without its row. */
static void rejects_after_a_crash(void **state) {
  (void)state;
  struct rejects r;
  rejects_begin(&r, "p,q");
  rejects_close(&r);
  append("x.rejects", "5,without reason\n");
  append("x.reasons", "10,11,BAD_ROW,\"half");
  assert_int_equal(rejects_open(&r, "x", "p,q"), 0);
  assert_true(rejects_has(&r, 4) && rejects_has(&r, 9) && !rejects_has(&r, 5) && !rejects_has(&r, 10));
  reject(&r, 9, "1,2", 3);
  reject(&r, 10, "3,4", 3);
  rejects_close(&r);
  expect_bytes("x.rejects", "p,q\n1,\"two\nlines\"\na\"b\0c\n3,4\n", 28);
  expect_file("x.reasons", "row,line,code,reason,upto\n" REASON(9, 10, 18) REASON(4, 5, 24) REASON(10, 11, 28));
  assert_int_equal(truncate("x.rejects", 20), 0);
  assert_int_equal(rejects_open(&r, "x", "p,q"), 0);
  assert_true(rejects_has(&r, 9) && !rejects_has(&r, 4) && !rejects_has(&r, 10));
  reject(&r, 10, "3,4", 3);
  rejects_close(&r);
  expect_file("x.rejects", "p,q\n1,\"two\nlines\"\n3,4\n");
  expect_file("x.reasons", "row,line,code,reason,upto\n" REASON(9, 10, 18) REASON(10, 11, 22));
}

static void rejects_without_header(void **state) {
  (void)state;
  struct rejects r;
  rejects_begin(&r, NULL);
  reject(&r, 11, NULL, 0); /* could not be read again: the reason counts all the same */
  assert_int_equal(rejects_sync(&r), 0);
  rejects_close(&r);
  expect_bytes("x.rejects", "1,\"two\nlines\"\na\"b\0c\n", 20);
  expect_file("x.reasons", "row,line,code,reason,upto\n" REASON(9, 10, 14) REASON(4, 5, 20) REASON(11, 12, 20));
  unlink("x.rejects");
  unlink("x.reasons");
}

static void rejects_unwritable(void **state) {
  (void)state;
  struct rejects r;
  struct reject j = {.row = 1, .line = 2, .code = "BAD_ROW", .reason = "x", .original = "y", .size = 1};
  assert_int_equal(rejects_open(&r, "no-such-folder/x", NULL), 0);
  assert_int_equal(rejects_add(&r, &j), -1);
  assert_int_equal(errno, ENOENT);
  rejects_close(&r);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(good_rows),
      cmocka_unit_test(quotes),
      cmocka_unit_test(another_delimiter),
      cmocka_unit_test(bad_rows),
      cmocka_unit_test(long_rows),
      cmocka_unit_test(too_many_columns),
      cmocka_unit_test(utf8),
      cmocka_unit_test(columns_by_name),
      cmocka_unit_test(refused_files),
      cmocka_unit_test(json_lines),
      cmocka_unit_test(digests),
      cmocka_unit_test(rejects_after_a_crash),
      cmocka_unit_test(rejects_without_header),
      cmocka_unit_test(rejects_unwritable),
  };
  return cmocka_run_group_tests_name("file_csv", tests, NULL, NULL);
}

/* The parts of the exec adapter that need no broker: words of a command, members of a line, lines of a pipe. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "../../adapters/exec/lines.c"
#include "../../adapters/exec/members.c"
#include "../../adapters/exec/words.c"

static void expect_words(const char *line, const char *want) {
  const char *error;
  char got[256] = "";
  char **words = words_split(line, &error);
  if (!words)
    snprintf(got, sizeof got, "!%s", error);
  for (size_t i = 0; words && words[i]; i++)
    snprintf(got + strlen(got), sizeof got - strlen(got), "[%s]", words[i]);
  free(words);
  assert_string_equal(got, want);
}

static void words(void **state) {
  (void)state;
  expect_words("a b  c", "[a][b][c]");
  expect_words("  a\tb\n", "[a][b]");
  expect_words("sh -c 'echo \"x y\" $HOME'", "[sh][-c][echo \"x y\" $HOME]");
  expect_words("\"a b\"c'd e'", "[a bcd e]");
  expect_words("a\\ b \"q\\\"q\" 'n\\n'", "[a b][q\"q][n\\n]");
  expect_words("a '' b", "[a][][b]");
  expect_words("a\\", "[a\\]");
  expect_words("", "!it is empty");
  expect_words("   ", "!it is empty");
  expect_words("a 'b", "!a quote never ends");
  expect_words("a \"b", "!a quote never ends");
}

static void expect_members(const char *line, const char *want) {
  const char *error = "";
  struct members m;
  char got[256] = "";
  if (!members_split(line, strlen(line), &m, &error))
    snprintf(got, sizeof got, "!%s", error);
  else
    for (size_t i = 0; i < m.n; i++)
      snprintf(got + strlen(got), sizeof got - strlen(got), "[%.*s=%.*s]", (int)m.name[i].n, m.name[i].at,
               (int)m.value[i].n, m.value[i].at);
  assert_string_equal(got, want);
}

static void members(void **state) {
  (void)state;
  expect_members("{}", "");
  expect_members(" { \"a\" : 1 , \"b\":\"x\" } \r", "[a=1 ][b=\"x\" ]");
  expect_members("{\"e\":{\"t\":\"}],\\\"{\",\"l\":[1,{}]},\"k\":\"\\\\\"}",
                 "[e={\"t\":\"}],\\\"{\",\"l\":[1,{}]}][k=\"\\\\\"]");
  expect_members("", "!a line is one JSON object");
  expect_members("[1]", "!a line is one JSON object");
  expect_members("{\"a\":1", "!a value is missing or never ends");
  expect_members("{\"a\":}", "!a value is missing or never ends");
  expect_members("{\"a\":[}", "!a value is missing or never ends");
  expect_members("{\"a\":\"x}", "!a value is missing or never ends");
  expect_members("{\"a\"}", "!a name is followed by a colon");
  expect_members("{\"a", "!a string never ends");
  expect_members("{\"a\\", "!a string never ends");
  expect_members("{a:1}", "!a member begins with its name in quotes");
  expect_members("{\"a\":1,}", "!a member begins with its name in quotes");
  expect_members("{\"a\":1}}", "!something stands behind the object");
  expect_members("{\"a\":1,\"a\":2}", "!the same member twice");
  expect_members("{\"1\":1,\"2\":1,\"3\":1,\"4\":1,\"5\":1,\"6\":1,\"7\":1,\"8\":1,\"9\":1}", "!too many members");
}

static void members_by_name(void **state) {
  (void)state;
  const char *error, line[] = "{\"key\":\"k\",\"ke\":[1,]}";
  struct members m;
  assert_true(members_split(line, sizeof line - 1, &m, &error));
  assert_int_equal(members_get(&m, "key").n, 3);
  assert_null(members_get(&m, "k").at);
  assert_true(members_value_ok(members_get(&m, "key")));
  assert_false(members_value_ok(members_get(&m, "ke")));
}

struct feed {
  int pipe[2];
  struct lines lines;
};

static void feed_open(struct feed *f, size_t max) {
  assert_int_equal(pipe2(f->pipe, O_NONBLOCK), 0);
  assert_int_equal(lines_init(&f->lines, max), 0);
}

static void feed_put(struct feed *f, const char *text) {
  assert_int_equal(write(f->pipe[1], text, strlen(text)), strlen(text));
}

/* Takes the next line; reads only when the buffer has none. */
static void feed_expect(struct feed *f, int want, const char *text) {
  const char *line = "";
  size_t n = 0;
  int got;
  while ((got = lines_next(&f->lines, &line, &n)) == 0 && lines_fill(&f->lines, f->pipe[0]))
    ;
  assert_int_equal(got, want);
  if (want > 0) {
    assert_int_equal(n, strlen(text));
    assert_memory_equal(line, text, n);
  }
  if (want)
    lines_done(&f->lines);
}

static void feed_end(struct feed *f) {
  close(f->pipe[1]);
  feed_expect(f, 0, NULL);
  assert_true(f->lines.eof);
  close(f->pipe[0]);
  lines_fini(&f->lines);
}

static void lines_of_a_pipe(void **state) {
  (void)state;
  struct feed f;
  feed_open(&f, 8);
  feed_put(&f, "one\n\ntw");
  feed_expect(&f, 1, "one");
  feed_expect(&f, 1, "");
  feed_expect(&f, 0, NULL);
  feed_put(&f, "o\nlast");
  assert_int_equal(f.lines.number, 3);
  feed_expect(&f, 1, "two");
  feed_expect(&f, 0, NULL);
  close(f.pipe[1]);
  feed_expect(&f, 1, "last");
  f.pipe[1] = -1;
  feed_end(&f);
}

static void a_line_stays(void **state) {
  (void)state;
  struct feed f;
  const char *line;
  size_t n;
  feed_open(&f, 8);
  feed_put(&f, "one\ntwo\n");
  assert_true(lines_fill(&f.lines, f.pipe[0]));
  for (int i = 0; i < 3; i++) {
    assert_int_equal(lines_next(&f.lines, &line, &n), 1);
    assert_memory_equal(line, "one", n);
    assert_int_equal(n, 3);
  }
  feed_put(&f, "three\n");
  assert_true(lines_fill(&f.lines, f.pipe[0]));
  feed_expect(&f, 1, "one");
  feed_expect(&f, 1, "two");
  feed_expect(&f, 1, "three");
  feed_end(&f);
}

static void long_lines(void **state) {
  (void)state;
  struct feed f;
  feed_open(&f, 8);
  feed_put(&f, "12345678\n123456789\nok\n1234567890123456789012345678901234567890123456789\nok2\n");
  feed_expect(&f, 1, "12345678");
  feed_expect(&f, -1, NULL);
  feed_expect(&f, 1, "ok");
  feed_expect(&f, -1, NULL);
  feed_expect(&f, 1, "ok2");
  assert_int_equal(f.lines.number, 6);
  /* One that is still being written when it proves too long. */
  feed_put(&f, "123456789");
  feed_expect(&f, -1, NULL);
  feed_expect(&f, 0, NULL);
  feed_put(&f, "{\"x\":1}");
  feed_expect(&f, 0, NULL);
  feed_put(&f, "\nok3\n");
  feed_expect(&f, 1, "ok3");
  assert_int_equal(f.lines.number, 8);
  feed_end(&f);
}

static void box(void **state) {
  (void)state;
  struct outbox o = {0};
  int p[2];
  char got[64];
  assert_int_equal(pipe2(p, O_NONBLOCK), 0);
  assert_int_equal(outbox_line(&o, (const char *const[]){"ab", "", "cd", NULL}, (const size_t[]){2, 0, 1}), 0);
  assert_int_equal(outbox_size(&o), 4);
  assert_true(outbox_write(&o, p[1]));
  assert_int_equal(outbox_size(&o), 0);
  assert_int_equal(read(p[0], got, sizeof got), 4);
  assert_memory_equal(got, "abc\n", 4);
  outbox_fini(&o);
  close(p[0]);
  close(p[1]);
}

/* More than a pipe takes at once comes out whole and in order on the other side. */
static void full_pipe(void **state) {
  (void)state;
  enum { LINES = 50000 };
  struct outbox o = {0};
  struct feed f;
  char text[16];
  feed_open(&f, 16);
  int put = 0, got = 0;
  bool stuck = false;
  while (got < LINES) {
    for (; put < LINES && outbox_size(&o) < 300000; put++) {
      size_t n = (size_t)snprintf(text, sizeof text, "%d", put);
      assert_int_equal(outbox_line(&o, (const char *const[]){text, NULL}, &n), 0);
    }
    assert_true(outbox_write(&o, f.pipe[1]));
    stuck |= outbox_size(&o) > 0;
    for (int i = 0; i < 3000 && got < LINES; i++, got++) {
      const char *line;
      size_t n;
      while (lines_next(&f.lines, &line, &n) == 0)
        if (!lines_fill(&f.lines, f.pipe[0]))
          break;
      if (lines_next(&f.lines, &line, &n) == 0)
        break;
      snprintf(text, sizeof text, "%d", got);
      feed_expect(&f, 1, text);
    }
  }
  assert_true(stuck);
  outbox_fini(&o);
  feed_end(&f);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(words),
      cmocka_unit_test(members),
      cmocka_unit_test(members_by_name),
      cmocka_unit_test(lines_of_a_pipe),
      cmocka_unit_test(a_line_stays),
      cmocka_unit_test(long_lines),
      cmocka_unit_test(box),
      cmocka_unit_test(full_pipe),
  };
  return cmocka_run_group_tests_name("exec_lines", tests, NULL, NULL);
}

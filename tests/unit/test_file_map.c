/* The column mapping of the file adapter: reading it, and rows into events. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../adapters/map/map.c"
#include "../../adapters/map/map_check.c"
#include "../../adapters/map/map_rules.c"

#define FILE_NAME "map.conf"

static struct map *read_map(const char *fields, char *error) {
  FILE *f = fopen(FILE_NAME, "w");
  assert_non_null(f);
  fprintf(f, "folder = \"elsewhere\";\nfields = (\n%s\n);\n", fields);
  assert_int_equal(fclose(f), 0);
  struct map *m = map_read(FILE_NAME, "fields", "column", error);
  unlink(FILE_NAME);
  return m;
}

static struct map *good_map(const char *fields) {
  char error[256] = "";
  struct map *m = read_map(fields, error);
  if (!m)
    fail_msg("%s", error);
  return m;
}

static void refuses(const char *fields, const char *why) {
  char error[256] = "";
  struct map *m = read_map(fields, error);
  assert_null(m);
  if (!strstr(error, why) || !strstr(error, FILE_NAME))
    fail_msg("\"%s\" is not in \"%s\"", why, error);
}

#define KIND "{ path = \"kind\"; value = \"note_added\"; },\n"

static void mistakes(void **state) {
  (void)state;
  refuses("{ path = \"note_added.text\"; column = \"a\"; }", "no entry with path = \"kind\"");
  refuses("{ path = \"kind\"; value = \"note_adde\"; }", "map.conf:3: no such kind of event: note_adde");
  refuses(KIND "{ path = \"a\"; colum = \"b\"; }", "map.conf:4: unknown key colum");
  refuses(KIND "{ path = \"a\"; }", "map.conf:4: one of column, value and template");
  refuses(KIND "{ path = \"a\"; value = \"x\"; column = \"b\"; }", "one of column, value and template");
  refuses(KIND "{ column = \"b\"; }", "path is missing");
  refuses(KIND "{ path = \"a\"; template = \"x{b\"; }", "a column is written {name}");
  refuses(KIND "{ path = \"a\"; template = \"{}\"; }", "a column is written {name}");
  refuses(KIND "{ path = \"a\"; column = \"b\"; as = \"hours\"; }", "as is text, seconds, milliseconds or name");
  refuses(KIND "{ path = \"a\"; column = \"b\"; otherwise = \"x\"; }", "otherwise goes with map");
  refuses(KIND "{ path = \"a\"; column = \"b\"; map = ( { is = \"x\"; } ); }", "an entry of map is");
  refuses(KIND "{ path = \"a\"; column = \"b\"; map = ( { is = \"x\"; too = \"y\"; } ); }", "unknown key too");
  refuses(KIND KIND "{ path = \"a\"; column = \"b\"; }", "a second kind");
  refuses("{ path = \"kind\"; column = \"k\"; map = ( { is = \"x\"; to = \"nothing\"; } ); }",
          "no such kind of event: nothing");
  refuses("{ path = ", "map.conf:");
  refuses("", "no entry with path = \"kind\"");
  refuses("1", "is not a group");
}

#define TWO_KINDS                                                                                                      \
  "{ path = \"kind\"; column = \"k\"; map = ( { is = \"n\"; to = \"note_added\"; }, { is = \"c\"; to = "               \
  "\"ContactLogged\"; } ); },\n"

/* What no row can ever satisfy is said when the mapping is read. */
static void impossible_paths(void **state) {
  (void)state;
  refuses(KIND "{ path = \"attempt_failed.rute\"; column = \"b\"; }",
          "map.conf:4: attempt_failed.rute: no such field; near it: route");
  refuses(KIND "{ path = \"locater.ref\"; column = \"b\"; }",
          "map.conf:4: in note_added: locater.ref: no such field; near it: locator");
  refuses(KIND "{ path = \"attempt_faild.route\"; column = \"b\"; }",
          "attempt_faild.route: no such field; near it: attempt_failed");
  refuses(KIND "{ path = \"wholly_else\"; column = \"b\"; }", "wholly_else: no such field; there are: text");
  refuses(KIND "{ path = \"locator\"; column = \"b\"; }", "is a group of fields");
  refuses(TWO_KINDS "{ path = \"text\"; column = \"b\"; }", "map.conf:4: in ContactLogged: text: no such field");
  refuses("{ path = \"kind\"; column = \"k\"; }, { path = \"nowhere_at_all\"; column = \"b\"; }",
          "nowhere_at_all: no such field");
  /* A constant that the field does not take, in each of its places. */
  refuses(TWO_KINDS "{ path = \"contact_logged.channel\"; value = \"PIGEON\"; }",
          "contact_logged.channel: is none of PHONE, ");
  refuses(TWO_KINDS
          "{ path = \"contact_logged.channel\"; column = \"a\"; map = ( { is = \"p\"; to = \"PIGEON\"; } ); }",
          "is none of PHONE");
  refuses(TWO_KINDS "{ path = \"contact_logged.channel\"; column = \"a\"; map = ( { is = \"p\"; to = \"PHONE\"; } ); "
                    "otherwise = \"PIGEON\"; }",
          "is none of PHONE");
  map_free(good_map(TWO_KINDS
                    "{ path = \"contact_logged.channel\"; value = \"PHONE\"; }, { path = \"occurred_at_us\"; value "
                    "= \"12\"; as = \"seconds\"; }"));
  map_free(good_map("{ path = \"kind\"; column = \"k\"; }, { path = \"text\"; column = \"b\"; }"));
}

static void missing_file(void **state) {
  (void)state;
  char error[256];
  assert_null(map_read("no-such-file.conf", "fields", "column", error));
  assert_string_equal(error, "no-such-file.conf: cannot be read");
}

/* What became of the row, for comparison: the event cannot be read back through the library, so its fields are told
 * apart by what the library refuses or takes. */
static enum map_verdict apply(const struct map *m, struct mapped *ret, const char *const *value) {
  enum map_verdict verdict = map_row(m, value, ret);
  assert_int_equal(verdict == MAP_EVENT, ret->event != NULL);
  baton_event_free(ret->event);
  return verdict;
}

static void columns_once(void **state) {
  (void)state;
  size_t n;
  struct map *m = good_map(
      KIND "{ path = \"actor\"; template = \"{b} of {a}\"; }, { path = \"note_added.text\"; column = \"b\"; }");
  const char *const *c = map_columns(m, &n);
  assert_int_equal(n, 2);
  assert_string_equal(c[0], "b");
  assert_string_equal(c[1], "a");
  map_free(m);
}

static void kinds(void **state) {
  (void)state;
  struct mapped r;
  struct map *m = good_map(
      "{ path = \"kind\"; column = \"k\"; map = ( { is = \"n\"; to = \"note_added\"; }, { is = \"f\"; to = "
      "\"AttemptFailed\"; }, { is = \"x\"; to = \"\"; } ); },\n"
      "{ path = \"note_added.text\"; column = \"t\"; }, { path = \"attempt_failed.channel\"; column = \"t\"; }");
  assert_int_equal(apply(m, &r, (const char *const[]){"n", "words"}), MAP_EVENT);
  assert_int_equal(apply(m, &r, (const char *const[]){"f", "WEB"}), MAP_EVENT);
  assert_int_equal(apply(m, &r, (const char *const[]){"x", "words"}), MAP_SKIP);
  /* The value of one kind's field is no value for the other's. */
  assert_int_equal(apply(m, &r, (const char *const[]){"f", "words"}), MAP_BAD);
  assert_non_null(strstr(r.problem, "attempt_failed.channel (t): is none of PHONE, "));
  assert_int_equal(apply(m, &r, (const char *const[]){"f", ""}), MAP_EVENT);
  assert_int_equal(apply(m, &r, (const char *const[]){"other", ""}), MAP_BAD);
  assert_string_equal(r.problem, "kind (k): the mapping has no entry for this value");
  map_free(m);
}

static void keys(void **state) {
  (void)state;
  struct mapped r;
  char longest[MAP_KEY_MAX + 2];
  struct map *m = good_map(KIND "{ path = \"key\"; template = \"{a}-{b}\"; }");
  assert_int_equal(apply(m, &r, (const char *const[]){"x", "1"}), MAP_EVENT);
  assert_string_equal(r.key, "x-1");
  assert_int_equal(apply(m, &r, (const char *const[]){"x", ""}), MAP_BAD);
  memset(longest, 'k', MAP_KEY_MAX - 2);
  longest[MAP_KEY_MAX - 2] = '\0';
  assert_int_equal(apply(m, &r, (const char *const[]){longest, "1"}), MAP_EVENT);
  assert_int_equal(apply(m, &r, (const char *const[]){longest, "12"}), MAP_BAD);
  map_free(m);
  m = good_map(KIND "{ path = \"note_added.text\"; column = \"a\"; }");
  assert_int_equal(apply(m, &r, (const char *const[]){"x"}), MAP_EVENT);
  assert_string_equal(r.key, "");
  map_free(m);
}

/* The key shows what a conversion makes of a text. */
static void converts(const char *as, const char *from, const char *to) {
  char fields[256];
  struct mapped r;
  snprintf(fields, sizeof fields, KIND "{ path = \"key\"; column = \"a\"; as = \"%s\"; }", as);
  struct map *m = good_map(fields);
  enum map_verdict verdict = apply(m, &r, (const char *const[]){from});
  assert_int_equal(verdict, to ? MAP_EVENT : MAP_BAD);
  if (to)
    assert_string_equal(r.key, to);
  map_free(m);
}

static void conversions(void **state) {
  (void)state;
  converts("seconds", "1335866400", "1335866400000000");
  converts("seconds", "1335866400.25", "1335866400250000");
  converts("seconds", "1.1234567", "1123456");
  converts("seconds", "12:30", NULL);
  converts("seconds", "-1", NULL);
  converts("seconds", "1234567890123", NULL);
  converts("milliseconds", "1335866400123", NULL);
  converts("milliseconds", "133586640012", "133586640012000");
  converts("name", "V5 3rd", "v5-3rd");
  converts("name", "  (Sales & Co.) ", "sales-co");
  converts("name", "\xC3\xA4", NULL);
  converts("text", "As It Is", "As It Is");
}

static void otherwise(void **state) {
  (void)state;
  struct mapped r;
  struct map *m = good_map(
      KIND "{ path = \"key\"; column = \"a\"; map = ( { is = \"1\"; to = \"one\"; } ); otherwise = \"many\"; }");
  assert_int_equal(apply(m, &r, (const char *const[]){"1"}), MAP_EVENT);
  assert_string_equal(r.key, "one");
  assert_int_equal(apply(m, &r, (const char *const[]){"7"}), MAP_EVENT);
  assert_string_equal(r.key, "many");
  map_free(m);
}

static void long_text(void **state) {
  (void)state;
  struct mapped r;
  char text[4098];
  struct map *m = good_map(KIND "{ path = \"note_added.text\"; column = \"a\"; }");
  memset(text, 'x', sizeof text);
  text[4096] = '\0';
  assert_int_equal(apply(m, &r, (const char *const[]){text}), MAP_EVENT);
  text[4096] = 'x';
  text[4097] = '\0';
  assert_int_equal(apply(m, &r, (const char *const[]){text}), MAP_BAD);
  assert_string_equal(r.problem, "note_added.text (a): longer than 4096 bytes");
  map_free(m);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(mistakes),     cmocka_unit_test(impossible_paths),
      cmocka_unit_test(missing_file), cmocka_unit_test(columns_once),
      cmocka_unit_test(kinds),        cmocka_unit_test(keys),
      cmocka_unit_test(conversions),  cmocka_unit_test(otherwise),
      cmocka_unit_test(long_text),
  };
  return cmocka_run_group_tests_name("file_map", tests, NULL, NULL);
}

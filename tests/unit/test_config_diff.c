/* What a reload compares: whatever can be configured is noticed when it changes, and named. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "config/config.h"
#include "config/keyfile.h"
#include "config/schema.h"

#define NOW_US (INT64_C(1780315200) * BT_SECOND_US)
#define SECRET "secret_key_file = \"broker.secret\"; data_dir = \"data\"; control_dir = \"run\";\n"
#define DEPARTMENTS                                                                                                    \
  "last_owner = \"care\"; labels = [\"l\", \"m\"]; topics = [\"general\"];\n"                                          \
  "sites = ({ name = \"s\"; zone = \"UTC\"; });\n"                                                                     \
  "domains = ({ name = \"phone\"; normal = \"phone\"; country = \"44\"; });\n"                                         \
  "departments = ({ name = \"care\"; site = \"s\"; must_take = true; topics = [\"general\"]; },\n"                     \
  "               { name = \"b\"; site = \"s\"; hours = [\"mon 09:00-12:00\"]; });\n"
#define ADAPTERS "adapters = ({ name = \"a\"; department = \"care\"; key_file = \"a.pub\"; });\n"
#define AGREED                                                                                                         \
  "olas = ({ to = \"b\"; minutes = 30; });\n"                                                                          \
  "contradictions = ({ one = \"x\"; other = \"y\"; });\n"                                                              \
  "default_labels = ({ kind = \"NoteAdded\"; label = \"l\"; });\n"
#define WHOLE SECRET DEPARTMENTS ADAPTERS AGREED

struct fixture {
  char path[64];
  struct bt_arena arena;
};

static const char *in(const struct fixture *f, const char *name, char buf[160]) {
  snprintf(buf, 160, "%s/%s", f->path, name);
  return buf;
}

static void put(const struct fixture *f, const char *name, const char *text, mode_t mode) {
  char path[160];
  FILE *to = fopen(in(f, name, path), "w");
  assert_non_null(to);
  fputs(text, to);
  assert_int_equal(fclose(to), 0);
  assert_int_equal(chmod(path, mode), 0);
}

static void put_key(const struct fixture *f, const char *name, uint8_t seed, mode_t mode) {
  uint8_t key[32];
  char text[BT_CURVE_TEXT + 1];
  memset(key, seed, sizeof key);
  bt_curve_encode(key, text);
  put(f, name, text, mode);
}

static int start(void **state) {
  struct fixture *f = calloc(1, sizeof *f);
  strcpy(f->path, "/tmp/bt-diff-XXXXXX");
  if (!mkdtemp(f->path))
    return -1;
  bt_arena_init(&f->arena, 1 << 24);
  put_key(f, "broker.secret", 1, 0600);
  put_key(f, "a.pub", 2, 0644);
  *state = f;
  return 0;
}

static int stop(void **state) {
  struct fixture *f = *state;
  char command[128];
  snprintf(command, sizeof command, "rm -rf '%s'", f->path);
  int rc = system(command);
  bt_arena_fini(&f->arena);
  free(f);
  return rc;
}

static struct bt_config *load(const struct fixture *f, const char *text) {
  struct bt_config *c = NULL;
  char path[160];
  put(f, "x.conf", text, 0644);
  assert_int_equal(bt_config_load(in(f, "x.conf", path), NOW_US, stderr, &c), 0);
  return c;
}

/* The lines that one text makes after the other, joined by "; ". */
static void expect(struct fixture *f, const char *before, const char *after, const char *lines) {
  struct bt_config *a = load(f, before), *b = load(f, after);
  struct bt_changes changes;
  struct bt_str all = {0};
  assert_int_equal(bt_config_diff(a, b, &f->arena, &changes), 0);
  for (uint32_t i = 0; i < changes.n; i++) {
    struct bt_str line = bt_change_line(&changes.v[i], &f->arena);
    all = bt_arena_printf(&f->arena, "%.*s%s%.*s", BT_STR_ARG(all), i ? "; " : "", BT_STR_ARG(line));
  }
  assert_string_equal(all.n ? bt_arena_printf(&f->arena, "%.*s%c", BT_STR_ARG(all), 0).p : "", lines);
  bt_config_free(a);
  bt_config_free(b);
}

static void test_words(void **state) {
  struct fixture *f = *state;
  expect(f, WHOLE, WHOLE, "");
  expect(f, WHOLE, "# a comment\n" AGREED ADAPTERS DEPARTMENTS SECRET, ""); /* order and spelling mean nothing */
  expect(f, WHOLE, WHOLE "log_level = \"debug\";", "log_level: \"info\" -> \"debug\"");
  expect(f, WHOLE, WHOLE "io_threads = 2; limits = { batch_frames = 9; };",
         "io_threads: 1 -> 2 (takes a restart); limits.batch_frames: 256 -> 9");
  expect(f, WHOLE, SECRET DEPARTMENTS AGREED, "- adapters.a");
  expect(f, SECRET DEPARTMENTS AGREED, WHOLE, "+ adapters.a");
  expect(f, WHOLE, SECRET DEPARTMENTS ADAPTERS, "- olas.*/b; - contradictions.x/y; - default_labels.NoteAdded");
  expect(f, SECRET DEPARTMENTS "olas = ({ to = \"b\"; minutes = 30; });",
         SECRET DEPARTMENTS "olas = ({ to = \"b\"; minutes = 31; }, { from = \"b\"; minutes = 5; });",
         "olas.*/b.minutes: 30 -> 31; + olas.b/*");
}

static void test_another_key_in_the_same_file(void **state) {
  struct fixture *f = *state;
  struct bt_config *a = load(f, WHOLE);
  put_key(f, "a.pub", 3, 0644);
  struct bt_config *b = load(f, WHOLE);
  struct bt_changes changes;
  assert_int_equal(bt_config_diff(a, b, &f->arena, &changes), 0);
  assert_int_equal(changes.n, 1);
  assert_memory_equal(changes.v[0].name.p, "adapters.a.key", changes.v[0].name.n);
  bt_config_free(a);
  bt_config_free(b);
}

/* ---- each key there is ---- */

static char other_path[] = "/other";
static struct bt_str other[] = {{"other", 5}};
static uint32_t other_kind[] = {BT_CASE_CLOSED};

/* Gives the field another value, whatever it holds. */
static void change(const struct bt_key_row *key, char *base) {
  static const struct bt_strs names = {1, other};
  static char *path = other_path;
  char *at = base + key->at;
  switch (key->type) {
  case BT_V_FLAG:
    *(bool *)at = !*(bool *)at;
    break;
  case BT_V_NUMBER32:
    ++*(uint32_t *)at;
    break;
  case BT_V_NUMBER64:
    *(int64_t *)at += key->scale;
    break;
  case BT_V_WORD:
    *(uint32_t *)at = !*(uint32_t *)at;
    break;
  case BT_V_WORDS:
    *(uint32_t *)at ^= UINT32_C(1) << key->values[0];
    break;
  case BT_V_ENDPOINT:
  case BT_V_PATH:
    memcpy(at, &path, sizeof path);
    break;
  case BT_V_KIND:
    *(uint32_t *)at = other_kind[0];
    break;
  case BT_V_KINDS:
    ((struct bt_adapter *)base)->kinds.n = 1;
    ((struct bt_adapter *)base)->kinds.v = other_kind;
    break;
  case BT_V_KEY:
    *at ^= 1;
    break;
  case BT_V_TITLE:
  case BT_V_ZONE:
  case BT_V_DIGITS:
  case BT_V_NAME:
  case BT_V_ACTION:
    memcpy(at, other, sizeof *other);
    break;
  default:
    memcpy(at, &names, sizeof names);
  }
}

static bool names_items(const struct bt_key_row *key) {
  const struct bt_section_row *s = &bt_sections[key->section];
  for (int i = 0; i < 2; i++)
    if (s->list && s->by[i] && strcmp(s->by[i], key->name) == 0)
      return true;
  return false;
}

static void test_no_key_is_forgotten(void **state) {
  struct fixture *f = *state;
  struct bt_config *a = load(f, WHOLE);
  for (size_t i = 0; i < bt_key_count; i++) {
    const struct bt_key_row *key = &bt_keys[i];
    const struct bt_section_row *section = &bt_sections[key->section];
    struct bt_config b = *a;
    struct any_list {
      uint32_t n;
      char *v;
    } list;
    char *base = (char *)&b, *items = NULL;
    if (key->type == BT_V_KEY_FILE)
      continue;
    if (section->list) {
      memcpy(&list, (char *)&b + section->at, sizeof list);
      assert_true(list.n > 0);
      items = malloc(list.n * section->size);
      memcpy(items, list.v, list.n * section->size);
      list.v = base = items;
      memcpy((char *)&b + section->at, &list, sizeof list);
    }
    change(key, base);
    struct bt_changes changes;
    assert_int_equal(bt_config_diff(a, &b, &f->arena, &changes), 0);
    if (changes.n != (names_items(key) ? 2u : 1u) || changes.restarts != key->restart)
      fail_msg("%s.%s: %u changes are seen", section->name, key->name, changes.n);
    free(items);
  }
  bt_config_free(a);
}

/* ---- the files on the disk ---- */

static void test_stale(void **state) {
  struct fixture *f = *state;
  char path[160];
  int64_t changed_us = 0;
  put(f, "more.conf", ADAPTERS, 0644);
  struct bt_config *c = load(f, SECRET DEPARTMENTS AGREED "@include \"more.conf\"\n");
  assert_null(bt_config_stale(c, &changed_us));
  put(f, "more.conf", ADAPTERS, 0644); /* written again, and the same */
  assert_null(bt_config_stale(c, &changed_us));
  put(f, "more.conf", ADAPTERS "#", 0644);
  assert_string_equal(bt_config_stale(c, &changed_us), in(f, "more.conf", path));
  assert_true(changed_us > 0);
  put(f, "more.conf", ADAPTERS, 0644);
  assert_null(bt_config_stale(c, &changed_us));
  put_key(f, "a.pub", 9, 0644);
  assert_string_equal(bt_config_stale(c, &changed_us), in(f, "a.pub", path));
  put_key(f, "a.pub", 2, 0644);
  unlink(in(f, "x.conf", path));
  assert_string_equal(bt_config_stale(c, &changed_us), path);
  assert_int_equal(changed_us, 0);
  bt_config_free(c);
}

static void test_save(void **state) {
  struct fixture *f = *state;
  char path[160];
  struct stat st;
  struct bt_config *a = load(f, WHOLE), *b = NULL;
  struct bt_changes changes;
  assert_int_equal(bt_config_save(a, in(f, "saved.conf", path)), 0);
  assert_int_equal(stat(path, &st), 0);
  assert_int_equal(st.st_mode & 0777, 0600);
  assert_int_equal(bt_config_load(path, NOW_US, stderr, &b), 0);
  assert_int_equal(bt_config_diff(a, b, &f->arena, &changes), 0);
  assert_int_equal(changes.n, 0);
  assert_int_equal(bt_config_save(a, in(f, "nowhere/saved.conf", path)), -BT_IO);
  bt_config_free(a);
  bt_config_free(b);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(test_words), TEST(test_another_key_in_the_same_file), TEST(test_no_key_is_forgotten), TEST(test_stale),
      TEST(test_save),
  };
  return cmocka_run_group_tests_name("config_diff", tests, NULL, NULL);
}

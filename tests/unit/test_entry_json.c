/* Entries as JSON: every kind with every field comes back to the same bytes, and what does not is kept as it is. */
#include "codec_fixture.h"

#include "codec/entry_json.h"

static char *written(const struct bt_json_entry *e, size_t *ret_n) {
  char *text;
  FILE *f = open_memstream(&text, ret_n);
  assert_int_equal(bt_entry_write_json(e, &arena, f), 0);
  assert_int_equal(fclose(f), 0);
  return text;
}

/* as_it_is: the head is no message that JSON brings back. */
static void comes_back(struct bt_str head, struct bt_str body, bool as_it_is) {
  struct bt_json_entry e = {.sequence = 7, .head = head, .body = body}, back;
  const char *text = "";
  size_t n;
  memset(e.chain, 0xab, sizeof e.chain);
  char *line = written(&e, &n);
  assert_int_equal(line[n - 1], '\n');
  assert_null(memchr(line, '\n', n - 1));
  assert_null(memmem(line, n, "\xe2\x80\xae", 3)); /* nothing that turns the direction of writing */
  assert_int_equal(strstr(line, "\"headBytes\":") != NULL, as_it_is);
  int rc = bt_entry_read_json((struct bt_str){line, n - 1}, &arena, &back, &text);
  if (rc != 0)
    fail_msg("%d %s: %s", rc, text, line);
  assert_int_equal(back.sequence, 7);
  assert_memory_equal(back.chain, e.chain, 32);
  assert_str(back.head, head, "head");
  assert_str(back.body, body, "body");
  free(line);
}

static void every_kind_comes_back(void **state) {
  (void)state;
  for (uint32_t kind = 1; kind <= BT_KIND_LAST; kind++) {
    struct bt_entry e = {.kind = 0};
    struct bt_str head, body;
    struct filler f = {.next = 500};
    bt_arena_reset(&arena);
    fill(&f, &bt_map_entry, &e, 0, false);
    e.event = (struct bt_event){.kind = 0};
    fill(&f, &bt_map_event, &e.event, kind, false);
    e.kind = kind;
    assert_int_equal(bt_entry_encode(&e, &arena, &head, &body), 0);
    assert_true(head.n > 100);
    comes_back(head, body, false);
  }
}

static void texts_of_all_sorts(void **state) {
  static const char *const texts[] = {"\"quoted\" \\ / \b\f\n\r\t \x01\x7f", "\xe2\x80\xa8\xe2\x80\xa9\xc2\x85",
                                      "\xe2\x80\xae\xe2\x81\xa6\xef\xbb\xbf\xd8\x9c \xe2\x82\xac\xef\xbb\xbe",
                                      "\xf0\x9f\x98\x80 t\xc3\xa4glich", "</script>"};
  (void)state;
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    struct bt_event event = {.kind = BT_NOTE_ADDED, .note_added = {.text = bt_str(texts[i])}};
    struct bt_entry e = {.kind = BT_NOTE_ADDED, .event = event};
    struct bt_str head, body;
    assert_int_equal(bt_entry_encode(&e, &arena, &head, &body), 0);
    assert_true(body.n > 0);
    comes_back(head, body, false);
  }
}

static void what_is_not_known_stays_as_it_is(void **state) {
  struct bt_entry e = {.kind = BT_NOTE_ADDED, .event = {.kind = BT_NOTE_ADDED}};
  struct bt_str head, body;
  (void)state;
  assert_int_equal(bt_entry_encode(&e, &arena, &head, &body), 0);
  comes_back(join(head, number_of(2000, 1)), body, true);         /* a field of a newer version */
  comes_back((struct bt_str){"\xff\xff\xff\xff", 4}, body, true); /* no message */
  comes_back(join(number_of(1, 3), number_of(1, 3)), body, true); /* twice the same field */
}

static void whatever_bytes(void **state) {
  uint64_t random = 88172645463325252ull;
  (void)state;
  for (int i = 0; i < 2000; i++) {
    struct bt_entry e = {.kind = 0};
    struct bt_str head, body;
    struct bt_json_entry whole = {.sequence = 1}, back;
    const char *text = "";
    size_t n;
    struct filler f = {.next = 500};
    bt_arena_reset(&arena);
    fill(&f, &bt_map_entry, &e, 0, false);
    fill(&f, &bt_map_event, &e.event, 1 + (uint32_t)i % BT_KIND_LAST, false);
    e.kind = 1 + (uint32_t)i % BT_KIND_LAST;
    assert_int_equal(bt_entry_encode(&e, &arena, &head, &body), 0);
    whole.head = mutate(head, &random);
    whole.body = mutate(body, &random);
    char *line = written(&whole, &n);
    int rc = bt_entry_read_json((struct bt_str){line, n - 1}, &arena, &back, &text);
    if (rc != 0)
      fail_msg("%d %s: %s", rc, text, line);
    assert_str(back.head, whole.head, "head");
    assert_str(back.body, whole.body, "body");
    free(line);
  }
}

static void lines_that_are_refused(void **state) {
  static const char *const lines[] = {
      "",
      "[]",
      "{}",
      "{\"sequence\":\"1\"}",
      "{\"sequence\":\"x\",\"chain\":\"\"}",
      "{\"sequence\":\"1\",\"chain\":\"00\",\"head\":{}}",
      "{\"sequence\":\"1\",\"chain\":\"0000000000000000000000000000000000000000000000000000000000000000\"}",
      "{\"sequence\":\"1\",\"chain\":\"0000000000000000000000000000000000000000000000000000000000000000\",\"head\":[]}",
      "{\"sequence\":\"1\",\"chain\":\"0000000000000000000000000000000000000000000000000000000000000000\",\"head\":{"
      "\"kind\":\"x\"}}",
      "{\"sequence\":\"1\",\"chain\":\"0000000000000000000000000000000000000000000000000000000000000000\","
      "\"headBytes\":\"!\"}",
  };
  struct bt_json_entry e;
  (void)state;
  for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
    const char *text = NULL;
    assert_true(bt_entry_read_json(bt_str(lines[i]), &arena, &e, &text) < 0);
    assert_non_null(text);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(every_kind_comes_back), TEST(texts_of_all_sorts),     TEST(what_is_not_known_stays_as_it_is),
      TEST(whatever_bytes),        TEST(lines_that_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

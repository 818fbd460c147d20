/* The core's small rooms: ref, identifiers, names and topics, the order of routing. Links the core alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/normal.h"
#include "core/ref.h"
#include "core/routing.h"

static void ref_is_said_and_understood(void **state) {
  (void)state;
  static const struct {
    uint64_t number;
    const char *ref;
  } known[] = {{1, "0001-1"}, {31, "000Z-Z"}, {32, "0010-*"}, {36, "0014-U"}, {37, "0015-0"}, {1048576, "1-0000-~"}};
  char buf[BT_REF_SIZE];
  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
    uint64_t back;
    assert_string_equal(bt_ref_format(known[i].number, buf).p, known[i].ref);
    assert_int_equal(bt_ref_parse(bt_str(known[i].ref), &back), 0);
    assert_int_equal(back, known[i].number);
  }
  for (uint64_t n = 1; n; n = n << 7 ^ n >> 3 ^ 11) {
    uint64_t back;
    assert_int_equal(bt_ref_parse(bt_ref_format(n, buf), &back), 0);
    assert_int_equal(back, n);
    if (n > UINT64_MAX >> 8)
      break;
  }
}

static void ref_forgives_the_ear_but_not_a_wrong_digit(void **state) {
  (void)state;
  uint64_t n;
  assert_int_equal(bt_ref_parse(BT_LIT("ooo1 l"), &n), 0);
  assert_int_equal(n, 1);
  assert_int_equal(bt_ref_parse(BT_LIT("0002-1"), &n), -BT_INVALID);
  assert_int_equal(bt_ref_parse(BT_LIT("0001-2"), &n), -BT_INVALID);
  assert_int_equal(bt_ref_parse(BT_LIT(""), &n), -BT_INVALID);
  assert_int_equal(bt_ref_parse(BT_LIT("1"), &n), -BT_INVALID);
  assert_int_equal(bt_ref_parse(BT_LIT("00!1-1"), &n), -BT_INVALID);
  assert_int_equal(bt_ref_parse(BT_LIT("U001-1"), &n), -BT_INVALID);
  assert_int_equal(bt_ref_parse(BT_LIT("ZZZZZZZZZZZZZZZZZZZZZZZZ"), &n), -BT_INVALID);
}

static void identifiers_get_one_spelling(void **state) {
  (void)state;
  const struct bt_domain phone = {.name = BT_LIT("phone"), .normal = BT_NORMAL_PHONE, .country = BT_LIT("44")};
  const struct bt_domain abroad = {.name = BT_LIT("phone"), .normal = BT_NORMAL_PHONE};
  const struct bt_domain mail = {.name = BT_LIT("email"), .normal = BT_NORMAL_LOWER};
  const struct bt_domain crm = {.name = BT_LIT("crm"), .normal = BT_NORMAL_EXACT};
  static const struct {
    int domain;
    const char *given, *normal; /* NULL: refused */
  } table[] = {
      {0, "020 7946 0018", "+442079460018"},
      {0, "+44 (20) 7946-0018", "+442079460018"},
      {0, "0044.20.7946.0018", "+442079460018"},
      {0, "call me", NULL},
      {0, "12", NULL},
      {0, "+0123456", NULL},
      {0, "1234567890123456", NULL},
      {1, "020 7946 0018", NULL},
      {1, "+1 416 555 0101", "+14165550101"},
      {2, "  Pat@Example.COM ", "pat@example.com"},
      {2, "   ", NULL},
      {3, " A-17b ", "A-17b"},
  };
  const struct bt_domain *domains[] = {&phone, &abroad, &mail, &crm};
  struct bt_arena arena;
  bt_arena_init(&arena, 4096);
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    struct bt_str got = {0};
    int rc = bt_normalise(domains[table[i].domain], bt_str(table[i].given), &arena, &got);
    if (!table[i].normal) {
      assert_int_equal(rc, -BT_INVALID);
      continue;
    }
    assert_int_equal(rc, 0);
    assert_true(bt_str_eq(got, bt_str(table[i].normal)));
  }
  bt_arena_fini(&arena);
}

static void names_and_topics(void **state) {
  (void)state;
  assert_true(bt_name_valid(BT_LIT("customer-care")));
  assert_false(bt_name_valid(BT_LIT("")));
  assert_false(bt_name_valid(BT_LIT("Care")));
  assert_false(bt_name_valid(BT_LIT("a.b")));
  assert_false(bt_name_valid(BT_LIT("abcdefghijklmnopqrstuvwxyzabcdefg")));
  assert_true(bt_topic_valid(BT_LIT("move.internet")));
  assert_false(bt_topic_valid(BT_LIT("move.")));
  assert_false(bt_topic_valid(BT_LIT(".move")));
  assert_false(bt_topic_valid(BT_LIT("move..internet")));
  assert_true(bt_topic_under(BT_LIT("move.internet"), BT_LIT("move")));
  assert_true(bt_topic_under(BT_LIT("move"), BT_LIT("move")));
  assert_false(bt_topic_under(BT_LIT("moves"), BT_LIT("move")));
  assert_false(bt_topic_under(BT_LIT("move"), BT_LIT("move.internet")));
}

static void routing_prefers_what_it_says(void **state) {
  (void)state;
  struct bt_str general[] = {BT_LIT("move")}, special[] = {BT_LIT("move.internet")};
  struct bt_department departments[] = {
      {.name = BT_LIT("aaa"), .topics = {1, general}},
      {.name = BT_LIT("bbb"), .topics = {1, general}},
      {.name = BT_LIT("ccc"), .topics = {1, general}},
      {.name = BT_LIT("form"), .topics = {1, special}, .unattended = true},
      {.name = BT_LIT("net"), .topics = {1, special}},
  };
  struct bt_str for_bbb[] = {BT_LIT("bbb")}, connected_names[] = {BT_LIT("crm")};
  struct bt_adapter adapters[] = {
      {.name = BT_LIT("crm"), .department = BT_LIT("bbb"), .acts_for = {1, for_bbb}, .receives = true}};
  const struct bt_rules rules = {
      .departments = {5, departments}, .adapters = {1, adapters}, .last_owner = BT_LIT("ccc")};
  struct bt_stop stops[] = {{.department = BT_LIT("ccc")}};
  const struct bt_case held = {.trail = {1, stops}};
  const struct bt_routing for_move = {
      .topic = BT_LIT("move.internet"), .c = &held, .except = BT_LIT("aaa"), .connected = {1, connected_names}};
  const struct bt_routing for_order = {.topic = BT_LIT("order"), .connected = {1, connected_names}};
  struct bt_arena arena;
  struct bt_candidates to;
  bt_arena_init(&arena, 4096);
  assert_int_equal(bt_route(&rules, &for_move, &arena, &to), 0);
  assert_int_equal(to.n, 3);                                       /* not the unattended form, not the one excepted */
  assert_true(bt_str_eq(to.v[0].department->name, BT_LIT("net"))); /* the longest prefix */
  assert_true(bt_str_eq(to.v[1].department->name, BT_LIT("ccc"))); /* held it before */
  assert_true(bt_str_eq(to.v[2].department->name, BT_LIT("bbb"))); /* connected */
  assert_int_equal(bt_route(&rules, &for_order, &arena, &to), 0);
  assert_int_equal(to.n, 0);
  assert_true(bt_str_eq(bt_route_owner(&rules, BT_LIT("move.internet")), BT_LIT("net")));
  assert_true(bt_str_eq(bt_route_owner(&rules, BT_LIT("order")), BT_LIT("ccc")));
  bt_arena_fini(&arena);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(ref_is_said_and_understood),   cmocka_unit_test(ref_forgives_the_ear_but_not_a_wrong_digit),
      cmocka_unit_test(identifiers_get_one_spelling), cmocka_unit_test(names_and_topics),
      cmocka_unit_test(routing_prefers_what_it_says),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

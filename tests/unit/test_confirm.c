/* What is asked for twice: whose code is good for what, how often, how long. */
#include "record_fixture.h"

#include "control/confirm.h"

struct desk {
  struct record r;
  struct bt_confirmations confirmations;
  struct bt_control_context context;
  struct bt_arena arena;
};

static int start(void **state) {
  struct desk *d = calloc(1, sizeof *d);
  record_open(&d->r);
  assert_int_equal(bt_confirm_init(&d->confirmations), 0);
  d->context = (struct bt_control_context){.store = d->r.store, .confirmations = &d->confirmations};
  bt_arena_init(&d->arena, 1024 * 1024);
  *state = d;
  return 0;
}

static int stop(void **state) {
  struct desk *d = *state;
  bt_arena_fini(&d->arena);
  record_close(&d->r);
  free(d);
  return 0;
}

/* As it comes in: the words, and beside them the options that the command names. */
static struct bt_call call_of(struct desk *d, const char *who, const char *words, struct bt_str code) {
  struct bt_out *out = BT_NEW(&d->arena, struct bt_out);
  struct bt_str *option = BT_NEW(&d->arena, struct bt_str);
  out->arena = &d->arena;
  struct bt_call call = {
      .context = &d->context,
      .arena = &d->arena,
      .out = out,
      .operator_name = bt_str(who),
      .line = bt_str(words),
  };
  if (code.n) {
    *option = bt_arena_printf(&d->arena, "confirm=%.*s", BT_STR_ARG(code));
    call.options = (struct bt_strs){1, option};
    call.line = bt_arena_printf(&d->arena, "%s %.*s", words, BT_STR_ARG(*option));
  }
  return call;
}

static struct bt_str ask(struct desk *d, const char *who, const char *words, int64_t as_of_us) {
  struct bt_call call = call_of(d, who, words, (struct bt_str){0});
  int64_t asked_us;
  assert_int_equal(bt_confirm_given(&call, &asked_us), BT_CONFIRM_ASK);
  assert_int_equal(bt_confirm_ask(&call, as_of_us), 0);
  assert_int_equal(call.confirm.n, BT_CONFIRM_CODE);
  assert_true(call.untold);
  return call.confirm;
}

static int given(struct desk *d, const char *who, const char *words, struct bt_str code, int64_t *ret_asked_us) {
  struct bt_call call = call_of(d, who, words, code);
  return bt_confirm_given(&call, ret_asked_us);
}

static void a_code_is_good_once_and_says_when_it_was_asked_for(void **state) {
  struct desk *d = *state;
  int64_t asked_us = 0;
  const struct bt_str code = ask(d, "ann", "dead drop all why", 1234);
  assert_int_equal(given(d, "ann", "dead drop all why", code, &asked_us), 0);
  assert_int_equal(asked_us, 1234);
  assert_int_equal(given(d, "ann", "dead drop all why", code, &asked_us), -BT_INVALID);
}

static void a_code_belongs_to_one_operator_and_one_command(void **state) {
  struct desk *d = *state;
  int64_t asked_us;
  const struct bt_str code = ask(d, "ann", "dead drop all why", 1);
  assert_int_equal(given(d, "bob", "dead drop all why", code, &asked_us), -BT_INVALID);
  assert_int_equal(given(d, "ann", "dead drop all", code, &asked_us), -BT_INVALID);
  assert_int_equal(given(d, "ann", "dead drop all why not", code, &asked_us), -BT_INVALID);
  assert_int_equal(given(d, "ann", "dead drop all why", BT_LIT("abcdef"), &asked_us), -BT_INVALID);
  assert_int_equal(given(d, "ann", "dead drop all why", code, &asked_us), 0);
}

static void a_code_runs_out(void **state) {
  struct desk *d = *state;
  int64_t asked_us;
  const struct bt_str code = ask(d, "ann", "dead drop all why", 1);
  for (uint32_t i = 0; i < BT_CONFIRM_SLOTS; i++) /* time passes */
    if (d->confirmations.slots[i].until_us)
      d->confirmations.slots[i].until_us -= (BT_CONFIRM_S + 1) * BT_SECOND_US;
  assert_int_equal(given(d, "ann", "dead drop all why", code, &asked_us), -BT_INVALID);
}

static void the_oldest_gives_way(void **state) {
  struct desk *d = *state;
  int64_t asked_us;
  const struct bt_str first = ask(d, "ann", "dead drop all why", 1);
  struct bt_str last = first;
  for (int i = 0; i < BT_CONFIRM_SLOTS; i++) {
    last = ask(d, "ann", "dead drop all why", 2);
    assert_false(bt_str_eq(last, first));
  }
  assert_int_equal(given(d, "ann", "dead drop all why", first, &asked_us), -BT_INVALID);
  assert_int_equal(given(d, "ann", "dead drop all why", last, &asked_us), 0);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
  const struct CMUnitTest tests[] = {
      TEST(a_code_is_good_once_and_says_when_it_was_asked_for),
      TEST(a_code_belongs_to_one_operator_and_one_command),
      TEST(a_code_runs_out),
      TEST(the_oldest_gives_way),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

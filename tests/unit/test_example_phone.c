/* The example of adapters/README.md against the fake broker. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fake_broker.h"

int phone_main(int argc, char **argv);
#define main phone_main
#include "../../adapters/sdk/example_phone.c"
#undef main

static void a_call_becomes_a_contact(void **state) {
  (void)state;
  long at = -1;
  baton_fake *fake = baton_fake_new();
  baton_options o = {.endpoint = baton_fake_endpoint(fake),
                     .secret_key_file = baton_fake_secret_key_file(fake),
                     .broker_key_file = baton_fake_broker_key_file(fake)};
  assert_non_null(freopen(BT_SOURCE_DIR "/tests/unit/test_example_phone.calls", "r", stdin));
  assert_int_equal(start(&at, &o, NULL), 0);
  baton *b = baton_open(&o, NULL);
  for (int i = 0; i < 200 && baton_fake_accepted(fake) < 2; i++)
    assert_true(step(&at, b) >= -1 && baton_poll(b, 100) == 0);
  assert_string_equal(baton_fake_accepted_at(fake, 1)->source_key, "call-14");
  baton_close(b);
  baton_fake_free(fake);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(a_call_becomes_a_contact)};
  return cmocka_run_group_tests_name("example_phone", tests, NULL, NULL);
}

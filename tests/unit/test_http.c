/* Parts of the way in over HTTP: JSON pointers by the examples of RFC 6901, signatures, the bucket of failures,
 * addresses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "failures.h"
#include "listen.h"
#include "pointer.h"
#include "signature.h"
#include "strict.h"

static void test_pointers_of_the_rfc(void **state) {
  (void)state;
  char error[256];
  static const char text[] = "{\"foo\":[\"bar\",\"baz\"],\"\":0,\"a/b\":1,\"c%d\":2,\"e^f\":3,\"g|h\":4,\"i\\\\j\":5,"
                             "\"k\\\"l\":6,\" \":7,\"m~n\":8}";
  static const char *const numbers[] = {"/", "/a~1b", "/c%d", "/e^f", "/g|h", "/i\\j", "/k\"l", "/ ", "/m~0n"};
  json_t *d = strict_parse(text, strlen(text), 8, error);
  assert_non_null(d);
  assert_ptr_equal(pointer_get(d, NULL, ""), d);
  assert_ptr_equal(pointer_get(d, NULL, "/foo"), json_object_get(d, "foo"));
  assert_string_equal(json_string_value(pointer_get(d, NULL, "/foo/0")), "bar");
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
    assert_true(pointer_is_valid(numbers[i]));
    assert_int_equal(json_integer_value(pointer_get(d, NULL, numbers[i])), (int)i);
  }
  static const char *const nothing[] = {"/foo/00", "/foo/2",   "/foo/-", "/foo/bar",
                                        "/nope",   "/foo/0/x", "/a/b",   "/foo/99999999999"};
  for (size_t i = 0; i < sizeof nothing / sizeof *nothing; i++)
    assert_null(pointer_get(d, NULL, nothing[i]));
  assert_string_equal(json_string_value(pointer_get(d, json_object_get(d, "foo"), "0/1")), "baz");
  assert_ptr_equal(pointer_get(d, json_object_get(d, "foo"), "0"), json_object_get(d, "foo"));
  assert_null(pointer_get(d, NULL, "0/1"));
  static const char *const wrong[] = {"foo", "/a~", "/a~2", "1/a", "00/a", "#/a"};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    assert_false(pointer_is_valid(wrong[i]));
  json_decref(d);
}

static const char *header(void *context, const char *name) {
  const char *const *pairs = context;
  for (; *pairs; pairs += 2)
    if (strcmp(*pairs, name) == 0)
      return pairs[1];
  return NULL;
}

/* The example in GitHub's documentation of its webhooks. */
static void test_a_known_signature(void **state) {
  (void)state;
  char secret[] = "It's a Secret to Everybody";
  const char *pairs[] = {"X-Hub-Signature-256",
                         "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17", NULL};
  struct signature s = {.secret = secret,
                        .secret_n = strlen(secret),
                        .header = pairs[0],
                        .prefix = "sha256=",
                        .timestamp_prefix = "",
                        .signs = "{body}",
                        .tolerance_s = 1};
  assert_true(signature_signs_is_valid(&s));
  assert_null(signature_check(&s, header, pairs, "Hello, World!", 13, 0));
  assert_non_null(signature_check(&s, header, pairs, "Hello, World?", 13, 0));
  s.prefix = "";
  assert_non_null(signature_check(&s, header, pairs, "Hello, World!", 13, 0));
}

/* Id, time and body are signed, as the Standard Webhooks specification has it; the value was made with Python's hmac.
 */
static void test_a_signature_over_headers(void **state) {
  (void)state;
  char secret[] = "plJ3nmyCDGBKInavdOK15jsl";
  const char *pairs[] = {
      "id", "msg_loFOjxBNrRLzqYUf", "time", "1731705121", "sign", "v1,9AK84Ohf52TdXseLAMJe4NT/Spc+D3e8ettjgi3gjKU=",
      NULL};
  static const char body[] = "{\"event_type\":\"ping\",\"data\":{\"success\":true}}";
  struct signature s = {.secret = secret,
                        .secret_n = strlen(secret),
                        .header = "sign",
                        .prefix = "",
                        .base64 = true,
                        .timestamp_header = "time",
                        .timestamp_prefix = "",
                        .tolerance_s = 300,
                        .signs = "{header:id}.{timestamp}.{body}"};
  assert_null(signature_check(&s, header, pairs, body, strlen(body), 1731705121 + 300));
  assert_non_null(signature_check(&s, header, pairs, body, strlen(body), 1731705121 + 301));
  assert_non_null(signature_check(&s, header, pairs, body, strlen(body), 1731705121 - 301));
  pairs[1] = "msg_another"; /* what is signed cannot be changed */
  assert_non_null(signature_check(&s, header, pairs, body, strlen(body), 1731705121));
}

static void test_what_may_be_signed(void **state) {
  (void)state;
  static const char *const good[] = {"{body}", "{timestamp}.{body}", "v0:{timestamp}:{body}", "{header:Id}.{body}"};
  static const char *const wrong[] = {"", "body", "{body", "{body}{body}", "{what}{body}", "{header:}{body}"};
  struct signature s = {.timestamp_prefix = "t="};
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
    s.signs = good[i];
    s.timestamp_header = strstr(good[i], "{timestamp}") ? "T" : NULL;
    assert_true(signature_signs_is_valid(&s));
    s.timestamp_header = s.timestamp_header ? NULL : "T";
    assert_false(signature_signs_is_valid(&s));
  }
  s.timestamp_header = NULL;
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    s.signs = wrong[i];
    assert_false(signature_signs_is_valid(&s));
  }
}

static void test_failures_run_out_and_come_back(void **state) {
  (void)state;
  static struct failures f;
  uint8_t one[ADDRESS_BYTES] = {1}, other[ADDRESS_BYTES] = {2};
  unsigned wait_s = 0;
  failures_init(&f, 6);
  for (int i = 0; i < 6; i++)
    assert_true(failures_count(&f, one, 1000, &wait_s));
  assert_false(failures_count(&f, one, 1000, &wait_s));
  assert_in_range(wait_s, 10, 11);
  assert_true(failures_count(&f, other, 1000, &wait_s));
  assert_true(failures_count(&f, one, 1000 + 10001, &wait_s));
  assert_false(failures_count(&f, one, 1000 + 10001, &wait_s));
}

static void test_addresses(void **state) {
  (void)state;
  static const char *const near[] = {"127.0.0.1:80", "127.9.9.9:65535", "[::1]:8080"};
  static const char *const far[] = {"0.0.0.0:80", "10.0.0.1:80", "[::]:80", "[2001:db8::1]:443"};
  static const char *const wrong[] = {
      "",       ":80",     "127.0.0.1",     "127.0.0.1:",   "127.0.0.1:0",    "127.0.0.1:65536",
      "::1:80", "[::1:80", "127.0.0.1:80x", "127.0.0.1:+8", "[127.0.0.1]:80", "localhost:80"};
  bool loopback;
  for (size_t i = 0; i < sizeof near / sizeof *near; i++)
    assert_true(listen_is_valid(near[i], &loopback) && loopback);
  for (size_t i = 0; i < sizeof far / sizeof *far; i++)
    assert_true(listen_is_valid(far[i], &loopback) && !loopback);
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    assert_false(listen_is_valid(wrong[i], &loopback));
}

static void test_depth(void **state) {
  (void)state;
  char error[256];
  assert_null(strict_parse("[[[]]]", 6, 2, error));
  assert_non_null(strstr(error, "deeper than 2"));
  json_t *fits = strict_parse("[[[]]]", 6, 3, error);
  assert_non_null(fits);
  json_decref(fits);
  static const char quoted[] = "[\"[[[[\\\"[[[\"]"; /* brackets in a text are no depth */
  json_t *text = strict_parse(quoted, strlen(quoted), 1, error);
  assert_non_null(text);
  json_decref(text);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_pointers_of_the_rfc),
      cmocka_unit_test(test_a_known_signature),
      cmocka_unit_test(test_a_signature_over_headers),
      cmocka_unit_test(test_what_may_be_signed),
      cmocka_unit_test(test_failures_run_out_and_come_back),
      cmocka_unit_test(test_addresses),
      cmocka_unit_test(test_depth),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

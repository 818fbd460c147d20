/* libbaton's queries: waited for, and not; what happens to them when a session ends, or time, or the adapter. */
#include "sdk_fixture.h"

enum { LIMIT = 22, NOT_FOUND = 61, UNDER_WAY = 64 };

static const char journeys[] = "{\"journeys\":{}}";

struct heard {
  baton *b;
  unsigned n, again; /* answers; how often the callback is to ask anew */
  int code, rc;
  char json[256];
};

static void on_answer(void *user, int code, const char *json) {
  struct heard *h = user;
  h->n++;
  h->code = code;
  assert_true((code < 0) == (json == NULL));
  snprintf(h->json, sizeof h->json, "%s", json ? json : "");
  if (!h->again)
    return;
  h->again--;
  h->rc = baton_ask(h->b, journeys, BOUND_MS, on_answer, h);
}

static void many_are_answered_while_others_wait(void **state) {
  struct fixture *f = *state;
  struct heard h = {0};
  assert_true(baton_fake_answer(f->fake, "{\"customer\":{\"id\":\"12\"}}"));
  for (unsigned i = 0; i < UNDER_WAY; i++) /* also before there is a session */
    assert_int_equal(baton_ask(f->b, journeys, BOUND_MS, on_answer, &h), 0);
  assert_int_equal(baton_ask(f->b, journeys, BOUND_MS, on_answer, &h), -BATON_E_BUSY);
  assert_int_equal(baton_ask(f->b, "{\"voyage\":{}}", BOUND_MS, on_answer, &h), -BATON_E_BUSY);
  assert_int_equal(h.n, 0);
  int code;
  char *json;
  assert_int_equal(baton_query(f->b, journeys, BOUND_MS, &code, &json), 0); /* has a place of its own */
  baton_free(json);
  POLL_UNTIL(f, h.n == UNDER_WAY);
  assert_int_equal(h.code, 0);
  assert_non_null(strstr(h.json, "\"customer\":{\"id\":\"12\"}"));
  assert_int_equal(baton_fake_queries(f->fake), UNDER_WAY + 1);
  assert_int_equal(baton_ask(f->b, "{\"voyage\":{}}", BOUND_MS, on_answer, &h), -BATON_E_INVALID);
  assert_int_equal(baton_ask(f->b, journeys, BOUND_MS, on_answer, &h), 0);
  POLL_UNTIL(f, h.n == UNDER_WAY + 1);
}

static void busy_is_asked_again(void **state) {
  struct fixture *f = *state;
  struct heard h = {0};
  int code;
  char *json;
  POLL_UNTIL(f, f->connected == 1);
  baton_fake_refuse_queries(f->fake, 3, BUSY);
  assert_int_equal(baton_query(f->b, journeys, BOUND_MS, &code, &json), 0);
  assert_int_equal(code, NOT_FOUND);
  baton_free(json);
  assert_int_equal(baton_fake_queries(f->fake), 4);
  baton_fake_refuse_queries(f->fake, 1000000, BUSY);
  assert_int_equal(baton_ask(f->b, journeys, 60, on_answer, &h), 0);
  POLL_UNTIL(f, h.n == 1);
  assert_int_equal(h.code, -BATON_E_TIMEOUT);
  assert_non_null(strstr(baton_error(f->b), "busy"));
  assert_in_range(baton_fake_queries(f->fake), 5, 64); /* never as fast as it can */
}

static void a_refusal_is_an_answer(void **state) {
  struct fixture *f = *state;
  int code;
  char *json;
  void *position;
  size_t n;
  POLL_UNTIL(f, f->connected == 1);
  baton_fake_refuse_queries(f->fake, 2, LIMIT);
  assert_int_equal(baton_query(f->b, journeys, BOUND_MS, &code, &json), 0);
  assert_int_equal(code, LIMIT);
  assert_non_null(strstr(json, "\"text\":\"as scripted\""));
  baton_free(json);
  assert_int_equal(baton_cursor(f->b, "s", BOUND_MS, &position, &n), -LIMIT);
  assert_string_equal(baton_error(f->b), "LIMIT: as scripted");
  assert_int_equal(baton_fake_sessions(f->fake), 1);
  assert_int_equal(f->disconnected, 0);
}

static void each_has_its_own_time_and_outlives_a_session(void **state) {
  struct fixture *f = *state;
  struct heard brief = {0}, patient = {0};
  POLL_UNTIL(f, f->connected == 1);
  baton_fake_mute(f->fake, true);
  assert_int_equal(baton_ask(f->b, journeys, BOUND_MS, on_answer, &patient), 0);
  assert_int_equal(baton_ask(f->b, journeys, 20, on_answer, &brief), 0);
  POLL_UNTIL(f, brief.n == 1);
  assert_int_equal(brief.code, -BATON_E_TIMEOUT);
  assert_int_equal(patient.n, 0);
  baton_fake_mute(f->fake, false);
  baton_fake_restart(f->fake);
  POLL_UNTIL(f, patient.n == 1);
  assert_int_equal(patient.code, NOT_FOUND);
  assert_int_equal(brief.n, 1);
}

static void a_callback_may_ask_anew_but_not_wait(void **state) {
  struct fixture *f = *state;
  struct heard h = {.b = f->b, .again = 3};
  assert_int_equal(baton_ask(f->b, journeys, BOUND_MS, on_answer, &h), 0);
  POLL_UNTIL(f, h.n == 4);
  assert_int_equal(h.rc, 0);
}

static void whoever_asked_is_told_at_the_end(void **state) {
  struct fixture *f = *state;
  struct heard h = {.b = f->b, .again = 1000};
  POLL_UNTIL(f, f->connected == 1);
  baton_fake_mute(f->fake, true);
  for (int i = 0; i < 3; i++)
    assert_int_equal(baton_ask(f->b, journeys, -1, on_answer, &h), 0);
  baton_close(f->b);
  f->b = NULL;
  assert_int_equal(h.n, 3);
  assert_int_equal(h.code, -BATON_E_CLOSED);
  assert_int_equal(h.rc, -BATON_E_CLOSED);
}

static void whoever_asked_is_told_when_it_is_refused_for_good(void **state) {
  struct fixture *f = *state;
  struct heard h = {.b = f->b};
  int code;
  char *json;
  baton_close(f->b);
  baton_fake_refuse_hellos(f->fake, 1, BAD_PROTOCOL, 0);
  baton_options o = options_of(f);
  f->b = h.b = baton_open(&o, NULL);
  assert_int_equal(baton_ask(f->b, journeys, -1, on_answer, &h), 0);
  for (int64_t end_ms = now_ms() + BOUND_MS; !h.n && now_ms() < end_ms;)
    (void)!baton_poll(f->b, 10);
  assert_int_equal(h.code, -BATON_E_CLOSED);
  assert_int_equal(baton_query(f->b, journeys, -1, &code, &json), -BATON_E_CLOSED);
  assert_int_equal(baton_next_ms(f->b), -1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      T(many_are_answered_while_others_wait),
      T(busy_is_asked_again),
      T(a_refusal_is_an_answer),
      T(each_has_its_own_time_and_outlives_a_session),
      T(a_callback_may_ask_anew_but_not_wait),
      T(whoever_asked_is_told_at_the_end),
      T(whoever_asked_is_told_when_it_is_refused_for_good),
  };
  return cmocka_run_group_tests_name("sdk_ask", tests, NULL, NULL);
}

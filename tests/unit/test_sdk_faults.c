/* libbaton and what the broker says about a frame as a whole: Faults in a session, the largest frame, --check. */
#include "sdk_fixture.h"

#include "baton/frame.pb-c.h"

enum { LIMIT = 22, STOPPING = 7, REVOKED = 9, FRAME_MAX = 64 * 1024 };

static const char journeys[] = "{\"journeys\":{}}";

static void send_fault(struct fixture *f, int code) {
  uint8_t bytes[64];
  Baton__V1__Fault fault = BATON__V1__FAULT__INIT;
  Baton__V1__Frame frame = BATON__V1__FRAME__INIT;
  fault.code = (Baton__V1__Code)code;
  fault.retry_after_ms = 1;
  frame.protocol = 1;
  frame.kind_case = BATON__V1__FRAME__KIND_FAULT;
  frame.fault = &fault;
  baton_fake_send(f->fake, bytes, baton__v1__frame__pack(&frame, bytes), 1);
}

/* It is logged, and nothing else: the next thing sent is still of the same session. */
static void a_fault_about_one_frame_is_passed_over(void **state) {
  struct fixture *f = *state;
  POLL_UNTIL(f, f->connected == 1);
  send_fault(f, LIMIT);
  send_fault(f, INVALID);
  submit_from(f, 0, 3);
  POLL_UNTIL(f, f->receipts == 3);
  assert_int_equal(baton_fake_sessions(f->fake), 1);
  assert_int_equal(f->disconnected, 0);
}

static void these_faults_end_the_session(void **state) {
  struct fixture *f = *state;
  static const int codes[] = {HELLO_FIRST, IN_USE, STOPPING, REVOKED};
  for (unsigned i = 0; i < sizeof codes / sizeof *codes; i++) {
    POLL_UNTIL(f, f->connected == i + 1);
    send_fault(f, codes[i]);
    POLL_UNTIL(f, f->disconnected == i + 1);
    assert_int_equal(f->last_down, codes[i]);
  }
  POLL_UNTIL(f, f->connected == 5);
}

/* Any Fault to a Hello means that there is no session. */
static void a_refused_hello_is_said_again(void **state) {
  struct fixture *f = *state;
  baton_fake_forget(f->fake);
  baton_fake_refuse_hellos(f->fake, 1, LIMIT, 1);
  baton_close(f->b);
  baton_options o = options_of(f);
  f->b = baton_open(&o, NULL);
  POLL_UNTIL(f, f->connected == 1);
  assert_int_equal(f->last_down, LIMIT);
}

/* CURVE puts 33 bytes around a frame: one of exactly 64 KiB must still come through. */
static void the_largest_frame_is_read(void **state) {
  struct fixture *f = *state;
  static char text[FRAME_MAX + 1], json[FRAME_MAX + 64];
  Baton__V1__Answer answer = BATON__V1__ANSWER__INIT;
  Baton__V1__Frame frame = BATON__V1__FRAME__INIT;
  int code;
  char *got;
  answer.id = 1;
  answer.code = BATON__V1__CODE__CODE_INVALID;
  answer.text = text;
  frame.protocol = 1;
  frame.kind_case = BATON__V1__FRAME__KIND_ANSWER;
  frame.answer = &answer;
  memset(text, 'x', FRAME_MAX - 64);
  while (baton__v1__frame__get_packed_size(&frame) < FRAME_MAX)
    text[strlen(text)] = 'x';
  assert_int_equal(baton__v1__frame__get_packed_size(&frame), FRAME_MAX);
  snprintf(json, sizeof json, "{\"code\":20,\"text\":\"%s\"}", text);
  assert_true(baton_fake_answer(f->fake, json));
  assert_int_equal(baton_query(f->b, journeys, BOUND_MS, &code, &got), 0);
  assert_int_equal(code, INVALID);
  assert_non_null(strstr(got, text));
  baton_free(got);
  assert_int_equal(baton_fake_sessions(f->fake), 1);
}

/* ---- A whole adapter ---- */

static int run(struct fixture *f, const char *endpoint, const char *more, int (*step)(void *, baton *),
               const char *log) {
  const baton_program program = {.name = "test", .version = "1", .summary = "a test", .step = step, .context = f};
  char *argv[] = {(char *)"test",
                  (char *)"--endpoint",
                  (char *)endpoint,
                  (char *)"--secret-key-file",
                  (char *)baton_fake_secret_key_file(f->fake),
                  (char *)"--broker-key-file",
                  (char *)baton_fake_broker_key_file(f->fake),
                  (char *)more,
                  NULL};
  fflush(stderr);
  int saved = dup(STDERR_FILENO), to = open(log, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  assert_true(saved >= 0 && to >= 0);
  dup2(to, STDERR_FILENO);
  int code = baton_main(more ? 8 : 7, argv, &program);
  fflush(stderr);
  dup2(saved, STDERR_FILENO);
  close(saved);
  close(to);
  return code;
}

static void assert_logged(const char *log, const char *text, bool there) {
  char got[4096];
  FILE *in = fopen(log, "r");
  assert_non_null(in);
  got[fread(got, 1, sizeof got - 1, in)] = '\0';
  fclose(in);
  if ((strstr(got, text) != NULL) != there)
    fail_msg("\"%s\" is %s in: %s", text, there ? "not" : "still", got);
}

static void an_endpoint_that_cannot_be_right_is_refused(void **state) {
  struct fixture *f = *state;
  static const char *const bad[] = {"foo",          "",          "127.0.0.1:5570", "tcp://127.0.0.1",
                                    "tcp://:5570",  "tcp://h:",  "tcp://h:0",      "tcp://h:65536",
                                    "ipc:///tmp/x", "tcp://h:x", "tcp://h:1/path", "tcp://::1:5570",
                                    "udp://h:5570"};
  static const char *const good[] = {"tcp://127.0.0.1:5570", "tcp://broker.example.org:1", "tcp://[::1]:65535"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    assert_int_equal(run(f, bad[i], "--check", NULL, "sdk.log"), 2);
    assert_logged("sdk.log", "endpoint: wants tcp://ADDRESS:PORT, not \"", true);
  }
  for (size_t i = 0; i < sizeof good / sizeof *good; i++)
    assert_int_equal(run(f, good[i], "--check", NULL, "sdk.log"), 0);
  unlink("sdk.log");
}

static int done_when_connected(void *context, baton *b) {
  (void)context;
  return baton_connected(b) ? BATON_STEP_DONE : -1;
}

static void an_adapter_that_is_held_is_told(void **state) {
  struct fixture *f = *state;
  assert_int_equal(run(f, baton_fake_endpoint(f->fake), NULL, done_when_connected, "sdk.log"), 0);
  assert_logged("sdk.log", "event=held", false);
  baton_fake_held(f->fake, true);
  assert_int_equal(run(f, baton_fake_endpoint(f->fake), NULL, done_when_connected, "sdk.log"), 0);
  assert_logged("sdk.log", "event=held adapter=fake-adapter", true);
  unlink("sdk.log");
}

static int fail_when_connected(void *context, baton *b) {
  (void)context;
  return baton_connected(b) ? baton_fail(b, BATON_E_IO, "its printer is out of paper") : -1;
}

static void a_step_says_why_it_ends(void **state) {
  struct fixture *f = *state;
  assert_int_equal(run(f, baton_fake_endpoint(f->fake), NULL, fail_when_connected, "sdk.log"), 1);
  assert_logged("sdk.log", "event=adapter-ended code=IO why=\"its printer is out of paper\"", true);
  unlink("sdk.log");
}

/* After BUSY the event is the caller's, after anything else it is not: the sanitizer sees either mistake. */
static void who_owns_the_event(void **state) {
  struct fixture *f = *state;
  baton_options o = options_of(f);
  baton_close(f->b);
  o.max_in_flight = 1;
  f->b = baton_open(&o, NULL);
  assert_int_equal(baton_submit(f->b, "", note("no key"), NULL), -BATON_E_INVALID);
  assert_int_equal(baton_submit(f->b, "k1", note("one"), NULL), 0);
  baton_event *e = note("two");
  assert_int_equal(baton_submit(f->b, "k2", e, NULL), -BATON_E_BUSY);
  POLL_UNTIL(f, f->receipts == 1);
  assert_int_equal(baton_submit(f->b, "k2", e, NULL), 0);
  POLL_UNTIL(f, f->receipts == 2);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      T(a_fault_about_one_frame_is_passed_over),
      T(these_faults_end_the_session),
      T(a_refused_hello_is_said_again),
      T(the_largest_frame_is_read),
      T(an_endpoint_that_cannot_be_right_is_refused),
      T(an_adapter_that_is_held_is_told),
      T(a_step_says_why_it_ends),
      T(who_owns_the_event),
  };
  return cmocka_run_group_tests_name("sdk_faults", tests, NULL, NULL);
}

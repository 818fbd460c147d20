/* Who gets in: key files, socket options, the start-up proof, strangers. */
#include "wire_fixture.h"

#include "wire/probe.h"
#include "wire/socket.h"
#include "wire/zap.h"

static void test_key_files(void **state) {
  (void)state;
  struct keys k = keys_new();
  char path[64], text[128], got[41];
  struct {
    const char *before, *after;
    int code;
  } rows[] = {{"", "", 0},          {"", "\n", 0},           {"", "\n\n", -BT_USAGE}, {"", " ", -BT_USAGE},
              {" ", "", -BT_USAGE}, {"", "\r\n", -BT_USAGE}, {"", "a", -BT_USAGE},    {"#", "", -BT_USAGE}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    snprintf(text, sizeof text, "%s%s%s", rows[i].before, k.secret, rows[i].after);
    file_make(path, text);
    assert_int_equal(bt_key_read(path, got), rows[i].code);
    if (!rows[i].code)
      assert_string_equal(got, k.secret);
    unlink(path);
  }
  assert_int_equal(bt_key_read(path, got), -BT_IO);
  static const char *const bad[] = {"", "short", "0123456789012345678901234567890123456,89",
                                    "012345678901234567890123456789012345678\x7f"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    file_make(path, bad[i]);
    assert_int_equal(bt_key_read(path, got), -BT_USAGE);
    unlink(path);
  }
  assert_int_equal(bt_wire_public_of(k.secret, got), 0);
  assert_string_equal(got, k.public_key);
  assert_int_equal(bt_wire_public_of("too short", got), -BT_USAGE);
}

static int option_get(void *socket, int option) {
  int value = -1;
  size_t n = sizeof value;
  assert_int_equal(zmq_getsockopt(socket, option, &value, &n), 0);
  return value;
}

/* The options that can be read back. MANDATORY and HANDOVER cannot: their effect is tested in test_wire.c. */
static void test_options(void **state) {
  (void)state;
  struct {
    int option, value;
  } rows[] = {{BT_ZMQ_ZAP_ENFORCE_DOMAIN, 1},
              {ZMQ_CURVE_SERVER, 1},
              {ZMQ_HANDSHAKE_IVL, 2000},
              {ZMQ_HEARTBEAT_IVL, 1000},
              {ZMQ_HEARTBEAT_TIMEOUT, 3000},
              {ZMQ_HEARTBEAT_TTL, 6000},
              {ZMQ_LINGER, 0},
              {ZMQ_SNDHWM, 1000},
              {ZMQ_RCVHWM, 256}};
  const char *text = "";
  void *context = zmq_ctx_new();
  struct keys k = keys_new();
  void *router = bt_socket_router(context, k.secret, &text);
  assert_non_null(router);
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    assert_int_equal(option_get(router, rows[i].option), rows[i].value);
  int64_t most = 0;
  size_t n = sizeof most;
  assert_int_equal(zmq_getsockopt(router, ZMQ_MAXMSGSIZE, &most, &n), 0);
  assert_int_equal(most, BT_MAX_FRAME + BT_CURVE_OVERHEAD);
  char domain[32];
  n = sizeof domain;
  assert_int_equal(zmq_getsockopt(router, ZMQ_ZAP_DOMAIN, domain, &n), 0);
  assert_string_equal(domain, BT_ZAP_DOMAIN);
  zmq_close(router);
  static const char bad[41] = "                                        ";
  assert_null(bt_socket_router(context, bad, &text));
  zmq_ctx_term(context);
}

/* zmq_socket fails past 1023 sockets: NULL, with a sentence, and no crash. */
static void test_sockets_used_up(void **state) {
  (void)state;
  void *context = zmq_ctx_new();
  zmq_ctx_set(context, ZMQ_MAX_SOCKETS, 1);
  const char *text = NULL;
  struct keys k = keys_new();
  void *zap = bt_socket_zap(context, &text);
  assert_non_null(zap);
  assert_null(bt_socket_router(context, k.secret, &text));
  assert_non_null(text);
  zmq_close(zap);
  zmq_ctx_term(context);
}

static void test_descriptors(void **state) {
  (void)state;
  const char *text = NULL;
  assert_int_equal(bt_socket_room(10, &text), 0);
  assert_int_equal(bt_socket_room(UINT32_MAX, &text), -BT_USAGE);
  assert_non_null(text);
}

/* Answers every request the same way. */
struct door {
  void *zap;
  const char *status; /* NULL: never answers */
};

static void door_pump(void *argument) {
  struct door *d = argument;
  char part[7][256];
  int size[7] = {0}, n = 0;
  do
    size[n] = zmq_recv(d->zap, part[n], sizeof part[n], 0);
  while (++n < 7);
  if (!d->status)
    return;
  zmq_send(d->zap, "1.0", 3, ZMQ_SNDMORE);
  zmq_send(d->zap, part[1], (size_t)size[1], ZMQ_SNDMORE);
  zmq_send(d->zap, d->status, strlen(d->status), ZMQ_SNDMORE);
  zmq_send(d->zap, "", 0, ZMQ_SNDMORE);
  zmq_send(d->zap, "somebody", 8, ZMQ_SNDMORE);
  zmq_send(d->zap, "", 0, 0);
}

static int probe_door(const char *status, bool handler, bool enforce, const char **text) {
  void *context = zmq_ctx_new();
  struct keys k = keys_new();
  struct door door = {.zap = handler ? bt_socket_zap(context, text) : NULL, .status = status};
  void *router = bt_socket_router(context, k.secret, text);
  assert_non_null(router);
  set_int(router, BT_ZMQ_ZAP_ENFORCE_DOMAIN, enforce);
  int code = bt_probe_stranger(context, router, k.public_key, door.zap, door_pump, &door, text);
  zmq_close(router);
  if (door.zap)
    zmq_close(door.zap);
  zmq_ctx_term(context);
  return code;
}

static void test_probe(void **state) {
  (void)state;
  const char *text = "";
  assert_int_equal(probe_door("400", true, true, &text), 0);
  /* Everybody is let in. */
  assert_int_equal(probe_door("200", true, true, &text), -BT_USAGE);
  assert_non_null(strstr(text, "let in"));
  /* No handler, not enforced: CURVE fails open, and the probe sees it. */
  assert_int_equal(probe_door(NULL, false, false, &text), -BT_USAGE);
  assert_non_null(strstr(text, "let in"));
  /* No handler, enforced: shut, but nobody could ever come in. */
  assert_int_equal(probe_door(NULL, false, true, &text), -BT_USAGE);
  /* A handler that does not answer. */
  assert_int_equal(probe_door(NULL, true, true, &text), -BT_USAGE);
  assert_non_null(strstr(text, "not answered"));
}

/* A key that the rules do not know is refused, and no frame of it comes through. */
static void test_stranger(void **state) {
  struct fixture *f = *state;
  struct keys unknown = keys_new();
  void *stranger = client_connect(f, &unknown);
  struct bytes hello = hello_make(9, 10);
  client_send(stranger, hello.b, hello.n);
  struct reply r;
  bool answered = false;
  TURN_UNTIL(f, f->counters.handshakes_refused || (answered = answered || client_take(stranger, &r)));
  assert_false(answered);
  /* And nothing comes later: a whole session of somebody else goes by. */
  void *known = client_session(f, 0, 1);
  assert_session_lives(f, known);
  assert_int_equal(f->counters.sessions_opened, 1);
  assert_int_equal(f->counters.frames_in, 2);
  assert_int_equal(f->counters.frames_dropped, 0);
  assert_false(client_take(stranger, &r));
}

/* Without CURVE, or with the wrong key for the broker, nobody gets as far as ZAP. */
static void test_no_curve(void **state) {
  struct fixture *f = *state;
  void *plain = client_connect(f, NULL);
  struct keys other = keys_new();
  void *misled = client_new(f, &f->key[1]);
  zmq_setsockopt(misled, ZMQ_CURVE_SERVERKEY, other.public_key, 41);
  assert_int_equal(zmq_connect(misled, bt_wire_endpoint(f->wire)), 0);
  struct bytes hello = hello_make(9, 10);
  client_send(plain, hello.b, hello.n);
  client_send(misled, hello.b, hello.n);
  void *known = client_session(f, 0, 1);
  assert_session_lives(f, known);
  assert_int_equal(f->counters.sessions_opened, 1);
  assert_int_equal(f->counters.frames_in, 2);
  assert_null(bt_wire_session_of(f->wire, BT_LIT("pbx")));
}

/* What ZAP left on a message, or nothing of ours. (That it is read from the body is shown by every other test: they all
 * poll first, and then the routing-id part has no User-Id.) */
static void test_user_id(void **state) {
  (void)state;
  uint8_t key[32], got[32];
  char text[65];
  for (int i = 0; i < 32; i++) {
    key[i] = (uint8_t)(i * 9);
    snprintf(text + 2 * i, 3, "%02x", key[i]);
  }
  assert_true(bt_zap_user_key(text, got));
  assert_memory_equal(key, got, 32);
  assert_false(bt_zap_user_key(NULL, got));
  assert_false(bt_zap_user_key("", got));
  text[10] = 'g';
  assert_false(bt_zap_user_key(text, got));
  text[10] = '\0';
  assert_false(bt_zap_user_key(text, got));
}

static void test_bad_starts(void **state) {
  (void)state;
  struct bt_rules none = {0};
  struct bt_wire *w = NULL;
  const char *text = NULL;
  struct bt_wire_options options = {.endpoint = "tcp://127.0.0.1:*", .secret_key_file = "/nonexistent/key"};
  assert_int_equal(bt_wire_open(&options, &none, NULL, &w, &text), -BT_IO);
  char file[64];
  struct keys k = keys_new();
  file_make(file, k.secret);
  options.secret_key_file = file;
  options.endpoint = "somewhere";
  assert_int_equal(bt_wire_open(&options, &none, NULL, &w, &text), -BT_USAGE);
  assert_non_null(strstr(text, "endpoint"));
  unlink(file);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_key_files),
      cmocka_unit_test(test_options),
      cmocka_unit_test(test_sockets_used_up),
      cmocka_unit_test(test_descriptors),
      cmocka_unit_test(test_probe),
      cmocka_unit_test(test_user_id),
      cmocka_unit_test(test_bad_starts),
      cmocka_unit_test_setup_teardown(test_stranger, fixture_start, fixture_stop),
      cmocka_unit_test_setup_teardown(test_no_curve, fixture_start, fixture_stop),
  };
  return cmocka_run_group_tests_name("wire: who gets in", tests, NULL, NULL);
}

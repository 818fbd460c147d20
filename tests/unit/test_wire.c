/* Sessions and frames: who is answered what, who takes over from whom, what is counted and dropped. */
#include "wire_fixture.h"

static const uint8_t garbage[] = {0xff, 0xff, 0xff, 0x07, 0x00, 0x13, 0x37};

static void test_welcome(void **state) {
  struct fixture *f = *state;
  f->hold_next = true;
  void *client = client_connect(f, &f->key[0]);
  struct reply r = client_hello(f, client, 1);
  assert_int_equal(r.kind, BT_FRAME_WELCOME);
  assert_string_equal(r.text[1], "crm");
  assert_string_equal(r.text[2], "sales");
  assert_string_equal(r.text[3], "sales");
  assert_int_equal(r.number[4], 1);
  assert_int_equal(r.number[5], 256);
  assert_int_equal(r.number[6], 1);
  assert_int_equal(r.number[7], 1); /* what on_open said */
  assert_int_equal(r.number[8], 3600);
  struct bt_session *s = bt_wire_session_of(f->wire, BT_LIT("crm"));
  assert_ptr_equal(s, bt_wire_session(f->wire, f->opened));
  assert_int_equal(s->window, 10);
  assert_int_equal(s->next_submit, 1);
  assert_true(bt_str_eq(s->software, BT_LIT("test")));
  assert_null(s->loop);
}

static void test_hello_first(void **state) {
  struct fixture *f = *state;
  void *client = client_connect(f, &f->key[0]);
  struct bytes query = query_make(1);
  client_send(client, query.b, query.n);
  assert_fault(client_reply(f, client), BT_HELLO_FIRST);
  assert_int_equal(f->inbounds, 0);
  assert_int_equal(f->counters.frames_in, 0);
  assert_int_equal(client_hello(f, client, 1).kind, BT_FRAME_WELCOME);
  assert_session_lives(f, client);
}

/* A flood from a connection without a session is not answered frame by frame for ever. */
static void test_faults_bounded(void **state) {
  struct fixture *f = *state;
  void *client = client_connect(f, &f->key[0]);
  for (int i = 0; i < 200; i++)
    client_send(client, garbage, sizeof garbage);
  struct bt_inbound in;
  int64_t until = bt_clock_mono_us() + PATIENCE_S * BT_SECOND_US;
  while (!f->counters.frames_refused && bt_clock_mono_us() < until) { /* the handshake needs the wait */
    assert_true(bt_wire_wait(f->wire, NULL, 0, 10) >= 0);
    assert_int_not_equal(bt_wire_receive(f->wire, f->now_us, &f->arena, &in), 0);
  }
  /* No wait between from the first Fault on, so one budget. */
  while (f->counters.frames_refused + f->counters.frames_dropped < 200 && bt_clock_mono_us() < until)
    assert_int_not_equal(bt_wire_receive(f->wire, f->now_us, &f->arena, &in), 0);
  assert_int_equal(f->counters.frames_refused, 64);
  assert_int_equal(f->counters.frames_dropped, 136);
  assert_int_equal(client_hello(f, client, 1).kind, BT_FRAME_FAULT); /* the first of the 64 */
}

static void test_same_instance_takes_over(void **state) {
  struct fixture *f = *state;
  void *first = client_session(f, 0, 1);
  uint64_t old = f->opened;
  void *second = client_session(f, 0, 1);
  assert_int_equal(f->closed, old);
  assert_null(bt_wire_session(f->wire, old));
  assert_int_equal(bt_wire_session_of(f->wire, BT_LIT("crm"))->id, f->opened);
  assert_int_equal(f->counters.sessions_taken_over, 1);
  assert_session_lives(f, second);
  /* The old connection is nobody's now. */
  struct bytes query = query_make(1);
  client_send(first, query.b, query.n);
  assert_fault(client_reply(f, first), BT_HELLO_FIRST);
}

static void test_other_instance_waits(void **state) {
  struct fixture *f = *state;
  void *first = client_session(f, 0, 1);
  void *second = client_connect(f, &f->key[0]);
  f->now_us += 2 * BT_SECOND_US;
  struct reply r = client_hello(f, second, 2);
  assert_fault(r, BT_IN_USE);
  assert_int_equal(r.number[3], 4000);
  /* A sign of life counts anew. */
  assert_session_lives(f, first);
  f->now_us += 5 * BT_SECOND_US;
  r = client_hello(f, second, 2);
  assert_fault(r, BT_IN_USE);
  assert_int_equal(r.number[3], 1000);
  /* Asking again is none, not even over the old one's connection. */
  assert_fault(client_hello(f, first, 3), BT_IN_USE);
  f->now_us += BT_SECOND_US;
  uint64_t old = f->opened;
  assert_int_equal(client_hello(f, second, 2).kind, BT_FRAME_WELCOME);
  assert_int_equal(f->closed, old);
  assert_int_equal(f->counters.sessions_taken_over, 0);
  assert_fault(client_reply(f, first), BT_IN_USE); /* and the old one is told */
  assert_session_lives(f, second);
}

static void test_hello_again(void **state) {
  struct fixture *f = *state;
  void *client = client_session(f, 0, 1);
  uint64_t old = f->opened;
  bt_wire_session(f->wire, old)->next_submit = 77;
  struct reply r = client_hello(f, client, 1);
  assert_int_equal(r.kind, BT_FRAME_WELCOME);
  assert_int_equal(r.number[4], 1);
  assert_int_equal(f->closed, old);
  assert_true(f->opened > old);
  assert_int_equal(bt_wire_session(f->wire, f->opened)->next_submit, 1);
}

static void test_goodbye(void **state) {
  struct fixture *f = *state;
  void *client = client_session(f, 0, 1);
  struct bytes bye = frame_make(1, BT_FRAME_GOODBYE, NULL, 0);
  client_send(client, bye.b, bye.n);
  TURN_UNTIL(f, f->closed == f->opened);
  assert_null(bt_wire_session_of(f->wire, BT_LIT("crm")));
  /* Its place is free at once, for any instance. */
  assert_int_equal(client_hello(f, client, 2).kind, BT_FRAME_WELCOME);
}

static const char trouble[] = "\x08\x02\x12\x05paper\x18\x07\x20\x06\x2a\x04\x08\x09\x28\x01";

/* The last one counts, and outlives the session; what an adapter that stays has said outlives the rules. */
static void test_report(void **state) {
  struct fixture *f = *state;
  void *client = client_session(f, 0, 1);
  const struct bt_known *known = bt_wire_known(f->wire, BT_LIT("crm"));
  assert_false(known->reported);
  struct bytes report = frame_make(1, BT_FRAME_REPORT, "\x08\x03", 2);
  client_send(client, report.b, report.n);
  TURN_UNTIL(f, known->report.health == BT_HEALTH_DOWN);
  f->now_us += BT_SECOND_US;
  report = frame_make(1, BT_FRAME_REPORT, trouble, sizeof trouble - 1);
  client_send(client, report.b, report.n);
  TURN_UNTIL(f, known->report.health == BT_HEALTH_TROUBLED);
  assert_true(bt_str_eq(known->report.text, BT_LIT("paper")));
  assert_int_equal(known->report.spool.events, 9);
  assert_int_equal(known->reported_us, f->now_us);
  assert_int_equal(f->inbounds, 0);
  assert_session_lives(f, client);
  struct bytes bye = frame_make(1, BT_FRAME_GOODBYE, NULL, 0);
  client_send(client, bye.b, bye.n);
  TURN_UNTIL(f, f->closed == f->opened);
  assert_true(known->reported && known->parted && known->left_us);
  struct bt_rules next = f->rules;
  next.adapters.n--; /* without pbx */
  bt_wire_adopt(f->wire, &next);
  known = bt_wire_known(f->wire, BT_LIT("crm"));
  char text[8] = ""; /* copied, so that the sanitizer sees where it comes from */
  assert_int_equal(known->report.text.n, 5);
  memcpy(text, known->report.text.p, known->report.text.n);
  assert_string_equal(text, "paper");
  assert_true(known->report.has_spool);
  assert_null(bt_wire_known(f->wire, BT_LIT("pbx")));
  next.adapters.v++; /* pbx alone */
  bt_wire_adopt(f->wire, &next);
  assert_null(bt_wire_known(f->wire, BT_LIT("crm")));
  assert_false(bt_wire_known(f->wire, BT_LIT("pbx"))->reported);
}

static void test_report_without_session(void **state) {
  struct fixture *f = *state;
  void *client = client_connect(f, &f->key[0]);
  struct bytes report = frame_make(1, BT_FRAME_REPORT, trouble, sizeof trouble - 1);
  client_send(client, report.b, report.n);
  assert_fault(client_reply(f, client), BT_HELLO_FIRST);
  assert_false(bt_wire_known(f->wire, BT_LIT("crm"))->reported);
}

static void test_lost_without_a_word(void **state) {
  struct fixture *f = *state;
  void *client = client_session(f, 0, 1);
  set_int(client, ZMQ_RECONNECT_IVL, -1);
  zmq_disconnect(client, bt_wire_endpoint(f->wire));
  TURN_UNTIL(f, bt_wire_send(f->wire, f->opened, BT_LIT("x")) == -BT_GONE);
  TURN_UNTIL(f, f->closed == f->opened);
  const struct bt_known *known = bt_wire_known(f->wire, BT_LIT("crm"));
  assert_true(known->left_us && !known->parted);
}

/* Not a Fault: whoever asks many things has to know which one it was. */
static void test_refused_query(void **state) {
  struct fixture *f = *state;
  void *client = client_session(f, 0, 1);
  struct bytes query = frame_make(1, BT_FRAME_QUERY, "\x08\x4d\x20\xc9\x01\xb2\x01\x00", 8); /* limit 201 */
  client_send(client, query.b, query.n);
  struct reply r = client_reply(f, client);
  assert_int_equal(r.kind, BT_FRAME_ANSWER);
  assert_int_equal(r.number[1], 77);
  assert_int_equal(r.number[2], BT_LIMIT);
  assert_int_equal(f->inbounds, 0);
  assert_session_lives(f, client);
}

static void test_credit(void **state) {
  struct fixture *f = *state;
  void *client = client_session(f, 0, 1);
  struct bytes credit = frame_make(1, BT_FRAME_CREDIT, "\x08\x19", 2);
  client_send(client, credit.b, credit.n);
  struct bt_session *s = bt_wire_session(f->wire, f->opened);
  TURN_UNTIL(f, s->window == 25);
  assert_int_equal(f->inbounds, 0);
}

/* Each bad frame gets its Fault, and the session goes on. */
static void test_bad_frames(void **state) {
  struct fixture *f = *state;
  void *client = client_session(f, 0, 1);
  client_send(client, garbage, sizeof garbage);
  assert_fault(client_reply(f, client), BT_BAD_FRAME);
  client_send(client, "", 0);
  struct reply r = client_reply(f, client);
  assert_int_equal(r.kind, BT_FRAME_FAULT);
  struct bytes future = frame_make(2, BT_FRAME_CREDIT, "\x08\x19", 2);
  client_send(client, future.b, future.n);
  assert_fault(client_reply(f, client), BT_BAD_PROTOCOL);
  struct bytes ours = frame_make(1, BT_FRAME_WELCOME, NULL, 0);
  client_send(client, ours.b, ours.n);
  assert_fault(client_reply(f, client), BT_BAD_FRAME);
  assert_int_equal(f->counters.frames_refused, 4);
  assert_int_equal(bt_wire_session_of(f->wire, BT_LIT("crm"))->id, f->opened);
  assert_session_lives(f, client);
  /* A Hello without a proper instance opens nothing and closes nothing. */
  struct bytes hello = frame_make(1, BT_FRAME_HELLO, "\x0a\x03xyz", 5);
  client_send(client, hello.b, hello.n);
  assert_int_equal(client_reply(f, client).kind, BT_FRAME_FAULT);
  assert_session_lives(f, client);
}

static void test_multipart(void **state) {
  struct fixture *f = *state;
  void *client = client_session(f, 0, 1);
  struct bytes query = query_make(1);
  for (int parts = 2; parts < 40; parts += 12) {
    for (int i = 0; i < parts - 1; i++)
      assert_int_equal(zmq_send(client, query.b, query.n, ZMQ_SNDMORE), query.n);
    client_send(client, query.b, query.n);
  }
  TURN_UNTIL(f, f->counters.frames_dropped == 4);
  assert_int_equal(f->inbounds, 0);
  assert_session_lives(f, client);
  struct reply r;
  assert_false(client_take(client, &r));
}

/* A frame of exactly 64 KiB passes the socket; one byte more ends the connection, and the session with it. */
static void test_size(void **state) {
  struct fixture *f = *state;
  void *client = client_session(f, 0, 1);
  static uint8_t most[BT_MAX_FRAME + 1];
  memset(most, 0xff, sizeof most);
  client_send(client, most, BT_MAX_FRAME);
  assert_int_equal(client_reply(f, client).kind, BT_FRAME_FAULT);
  assert_session_lives(f, client);
  uint64_t in = f->counters.frames_in;
  set_int(client, ZMQ_RECONNECT_IVL, -1);
  client_send(client, most, BT_MAX_FRAME + 1);
  TURN_UNTIL(f, bt_wire_send(f->wire, f->opened, BT_LIT("x")) == -BT_GONE);
  TURN_UNTIL(f, f->closed == f->opened);
  assert_int_equal(f->counters.frames_in, in);
}

/* A grant that ends while the connection lives: told at once, and again on every frame. */
static void test_revoked(void **state) {
  struct fixture *f = *state;
  void *crm = client_session(f, 0, 1), *pbx = client_session(f, 1, 1);
  static struct bt_rules next; /* sessions that end after this test still look at it */
  next = f->rules;
  next.adapters.v++; /* without crm */
  next.adapters.n--;
  bt_wire_adopt(f->wire, &next);
  assert_fault(client_reply(f, crm), BT_REVOKED);
  assert_null(bt_wire_session_of(f->wire, BT_LIT("crm")));
  assert_fault(client_hello(f, crm, 1), BT_REVOKED);
  assert_session_lives(f, pbx);
}

/* The same, when the loop forgot to tell: the rules at hand decide on each message. */
static void test_each_message_checked(void **state) {
  struct fixture *f = *state;
  void *client = client_session(f, 0, 1);
  f->adapters[0].key[5] ^= 1;
  struct bytes query = query_make(1);
  client_send(client, query.b, query.n);
  assert_fault(client_reply(f, client), BT_REVOKED);
  assert_int_equal(f->inbounds, 0);
  assert_int_equal(f->closed, f->opened);
}

/* Who claims a routing id gets no session under it, and nothing of anybody else's. */
static void test_claimed_routing_id(void **state) {
  struct fixture *f = *state;
  void *thief = client_new(f, &f->key[1]);
  assert_int_equal(zmq_setsockopt(thief, ZMQ_ROUTING_ID, "crm", 3), 0);
  assert_int_equal(zmq_connect(thief, bt_wire_endpoint(f->wire)), 0);
  assert_fault(client_hello(f, thief, 1), BT_INVALID);
  assert_null(bt_wire_session_of(f->wire, BT_LIT("pbx")));
  /* Handover is off: the second claim of the same id is not connected to anything. */
  void *second = client_new(f, &f->key[0]);
  assert_int_equal(zmq_setsockopt(second, ZMQ_ROUTING_ID, "crm", 3), 0);
  assert_int_equal(zmq_connect(second, bt_wire_endpoint(f->wire)), 0);
  struct bytes hello = hello_make(2, 1);
  client_send(second, hello.b, hello.n);
  void *good = client_session(f, 0, 3);
  assert_session_lives(f, good);
  assert_fault(client_hello(f, thief, 1), BT_INVALID); /* still the thief's own connection */
  struct reply r;
  assert_false(client_take(second, &r));
}

/* A peer that does not read: -BT_AGAIN in the end, nothing lost before, and everybody else goes on. */
static void test_slow_peer(void **state) {
  struct fixture *f = *state;
  void *slow = client_new(f, &f->key[0]);
  set_int(slow, ZMQ_RCVHWM, 10);
  set_int(slow, ZMQ_RCVBUF, 4096);
  assert_int_equal(zmq_connect(slow, bt_wire_endpoint(f->wire)), 0);
  assert_int_equal(client_hello(f, slow, 1).kind, BT_FRAME_WELCOME);
  uint64_t session = f->opened;
  void *quick = client_session(f, 1, 1);
  static char load[32 * 1024];
  unsigned sent = 0, got = 0;
  int code = 0;
  while (sent < 100000 && (code = bt_wire_send(f->wire, session, (struct bt_str){load, sizeof load})) == 0)
    sent++;
  assert_int_equal(code, -BT_AGAIN);
  assert_true(f->counters.sends_deferred > 0);
  assert_session_lives(f, quick);
  assert_int_equal(client_hello(f, quick, 1).kind, BT_FRAME_WELCOME);
  int64_t until = bt_clock_mono_us() + PATIENCE_S * BT_SECOND_US;
  set_int(slow, ZMQ_RCVTIMEO, 100);
  while (got < sent && bt_clock_mono_us() < until)
    got += zmq_recv(slow, load, sizeof load, 0) == sizeof load;
  assert_int_equal(got, sent);
  assert_int_equal(bt_wire_send(f->wire, session, BT_LIT("room again")), 0);
}

static void test_gone(void **state) {
  struct fixture *f = *state;
  void *client = client_session(f, 0, 1);
  uint64_t session = f->opened;
  client_close(f, client);
  TURN_UNTIL(f, bt_wire_send(f->wire, session, BT_LIT("anybody?")) == -BT_GONE);
  TURN_UNTIL(f, f->closed == session);
  assert_int_equal(bt_wire_send(f->wire, session, BT_LIT("anybody?")), -BT_GONE);
  assert_int_equal(bt_wire_send(f->wire, 999, BT_LIT("anybody?")), -BT_GONE);
  /* Nobody holds its place any more. */
  client_session(f, 0, 2);
}

static void test_fault_ends(void **state) {
  struct fixture *f = *state;
  void *client = client_session(f, 0, 1);
  bt_wire_fault(f->wire, f->opened, BT_STOPPING, (struct bt_str){0});
  assert_fault(client_reply(f, client), BT_STOPPING);
  assert_int_equal(f->closed, f->opened);
  assert_null(bt_wire_next(f->wire, NULL));
  bt_wire_fault(f->wire, f->opened, BT_STOPPING, (struct bt_str){0}); /* a session that is no more */
}

static void test_list(void **state) {
  struct fixture *f = *state;
  client_session(f, 1, 1);
  client_session(f, 0, 1);
  struct bt_strs names;
  assert_int_equal(bt_wire_connected(f->wire, &f->arena, &names), 0);
  assert_int_equal(names.n, 2);
  assert_true(bt_str_eq(names.v[0], BT_LIT("crm")) && bt_str_eq(names.v[1], BT_LIT("pbx")));
  struct bt_session *first = bt_wire_next(f->wire, NULL), *second = bt_wire_next(f->wire, first);
  assert_true(bt_str_eq(first->adapter, BT_LIT("pbx")) && bt_str_eq(second->adapter, BT_LIT("crm")));
  assert_null(bt_wire_next(f->wire, second));
  bt_wire_fault(f->wire, first->id, BT_STOPPING, (struct bt_str){0});
  assert_ptr_equal(bt_wire_next(f->wire, first), second); /* going on from one that just ended */
}

static void test_wait(void **state) {
  struct fixture *f = *state;
  int pipes[2];
  assert_int_equal(pipe(pipes), 0);
  struct pollfd more[] = {{pipes[0], POLLIN, 7}, {pipes[1], POLLIN | POLLOUT, 7}};
  assert_int_equal(bt_wire_wait(f->wire, more, 1, 0), 0);
  assert_int_equal(more[0].revents, 0);
  assert_int_equal(bt_wire_wait(f->wire, more, 2, -1), 1);
  assert_int_equal(more[1].revents, POLLOUT);
  assert_int_equal(write(pipes[1], "x", 1), 1);
  assert_int_equal(bt_wire_wait(f->wire, more, 2, -1), 2);
  assert_int_equal(more[0].revents, POLLIN);
  client_connect(f, &f->key[0]);
  assert_int_equal(bt_wire_wait(f->wire, NULL, 0, PATIENCE_S * 1000), 1); /* ZAP asks */
  close(pipes[0]);
  close(pipes[1]);
}

#define IN_SESSION(test) cmocka_unit_test_setup_teardown(test, fixture_start, fixture_stop)

int main(void) {
  const struct CMUnitTest tests[] = {
      IN_SESSION(test_welcome),
      IN_SESSION(test_hello_first),
      IN_SESSION(test_faults_bounded),
      IN_SESSION(test_same_instance_takes_over),
      IN_SESSION(test_other_instance_waits),
      IN_SESSION(test_hello_again),
      IN_SESSION(test_goodbye),
      IN_SESSION(test_report),
      IN_SESSION(test_report_without_session),
      IN_SESSION(test_lost_without_a_word),
      IN_SESSION(test_refused_query),
      IN_SESSION(test_credit),
      IN_SESSION(test_bad_frames),
      IN_SESSION(test_multipart),
      IN_SESSION(test_size),
      IN_SESSION(test_revoked),
      IN_SESSION(test_each_message_checked),
      IN_SESSION(test_claimed_routing_id),
      IN_SESSION(test_slow_peer),
      IN_SESSION(test_gone),
      IN_SESSION(test_fault_ends),
      IN_SESSION(test_list),
      IN_SESSION(test_wait),
  };
  return cmocka_run_group_tests_name("wire: sessions and frames", tests, NULL, NULL);
}

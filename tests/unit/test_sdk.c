/* libbaton against the fake broker: sessions, order, retries, deliveries, queries, the main loop. */
#include "sdk_fixture.h"

/* ---- Submit ---- */

static void submits_and_receipts(void **state) {
  struct fixture *f = *state;
  submit_from(f, 0, 3);
  assert_int_equal(baton_in_flight(f->b), 3);
  POLL_UNTIL(f, f->receipts == 3);
  assert_in_order(f, 3);
  assert_int_equal(baton_in_flight(f->b), 0);
  assert_int_equal(f->connected, 1);
  assert_non_null(strstr(f->last_json, "\"ref\":\"0000-1\""));
  assert_non_null(strstr(f->last_json, "\"found\":\"FOUND_NEW\""));
  assert_int_equal(baton_fake_submit(f->fake, 2)->number, 3);
}

static void queued_items_share_a_frame(void **state) {
  struct fixture *f = *state;
  submit_from(f, 0, 60);
  POLL_UNTIL(f, f->receipts == 60);
  assert_int_equal(baton_fake_submit_frames(f->fake), 1);
}

static void large_items_fit_their_frames(void **state) {
  struct fixture *f = *state;
  char text[4001];
  memset(text, 'x', 4000);
  text[4000] = '\0';
  for (unsigned i = 0; i < 60; i++) {
    char key[32];
    snprintf(key, sizeof key, "k%03u", i);
    assert_int_equal(baton_submit(f->b, key, note(text), NULL), 0);
  }
  POLL_UNTIL(f, f->receipts == 60);
  assert_in_order(f, 60);
  assert_in_range(baton_fake_submit_frames(f->fake), 4, 8);
}

static void busy_keeps_the_order(void **state) {
  struct fixture *f = *state;
  POLL_UNTIL(f, f->connected == 1);
  baton_fake_refuse(f->fake, 3, BUSY, 20);
  submit_from(f, 0, 200);
  POLL_UNTIL(f, f->receipts == 200);
  assert_in_order(f, 200);
  assert_int_equal(f->refusals, 0);
  assert_int_equal(baton_fake_sessions(f->fake), 1); /* recovered within the session */
  assert_true(baton_fake_submits(f->fake) > 200);
}

static void busy_in_the_middle_keeps_the_order(void **state) {
  struct fixture *f = *state;
  submit_from(f, 0, 5);
  POLL_UNTIL(f, f->receipts == 5);
  submit_from(f, 5, 70); /* 64 leave at once */
  baton_fake_refuse(f->fake, 2, BUSY, 5);
  submit_from(f, 75, 70);
  POLL_UNTIL(f, f->receipts == 145);
  assert_in_order(f, 145);
}

/* Answers to the numbers that a BUSY took back may come late: the new try under these numbers waits for them. */
static void late_busy_answers_are_not_taken_for_new_ones(void **state) {
  struct fixture *f = *state;
  POLL_UNTIL(f, f->connected == 1);
  baton_fake_hold_answers(f->fake, true);
  baton_fake_refuse(f->fake, 1, BUSY, 1);
  submit_from(f, 0, 30);
  POLL_UNTIL(f, baton_fake_submits(f->fake) == 30);
  for (int64_t end_ms = now_ms() + 500; now_ms() < end_ms;)
    assert_int_equal(baton_poll(f->b, 10), 0);
  assert_int_equal(baton_fake_submits(f->fake), 30); /* nothing again yet */
  baton_fake_hold_answers(f->fake, false);
  POLL_UNTIL(f, f->receipts == 30);
  assert_in_order(f, 30);
  assert_int_equal(baton_fake_submits(f->fake), 60);
  assert_int_equal(baton_fake_sessions(f->fake), 1);
}

static void refusals_are_told_and_pass(void **state) {
  struct fixture *f = *state;
  baton_fake_refuse(f->fake, 1, INVALID, 0);
  submit_from(f, 0, 2);
  POLL_UNTIL(f, f->receipts == 2);
  assert_int_equal(f->refusals, 1);
  assert_int_equal(baton_fake_accepted(f->fake), 1);
  assert_string_equal(baton_fake_accepted_at(f->fake, 0)->source_key, "k001");
}

static void a_retry_is_the_same_to_the_byte(void **state) {
  struct fixture *f = *state;
  baton_fake_lose_receipts(f->fake, 1);
  submit_from(f, 0, 10);
  POLL_UNTIL(f, baton_fake_submits(f->fake) == 10);
  baton_fake_forget(f->fake);
  POLL_UNTIL(f, f->receipts == 10);
  assert_in_order(f, 10);
  assert_int_equal(f->duplicates, 10);
  assert_int_equal(baton_fake_sessions(f->fake), 2);
  for (size_t i = 0; i < 10; i++) {
    const struct baton_fake_submit *a = baton_fake_submit(f->fake, i), *again = baton_fake_submit(f->fake, i + 10);
    assert_int_equal(a->first_tried_at_us, again->first_tried_at_us);
    assert_int_equal(a->event_n, again->event_n);
    assert_memory_equal(a->event, again->event, a->event_n);
    assert_int_equal(again->session, 2);
    assert_int_equal(again->number, i + 1);
  }
}

static void a_restart_of_the_broker_loses_nothing(void **state) {
  struct fixture *f = *state;
  for (unsigned round = 0; round < 3; round++) {
    baton_fake_lose_receipts(f->fake, 1);
    submit_from(f, 20 * round, 20);
    POLL_UNTIL(f, baton_fake_accepted(f->fake) == 20 * (round + 1));
    baton_fake_restart(f->fake);
    POLL_UNTIL(f, f->receipts == 20 * (round + 1));
  }
  assert_in_order(f, 60);
  assert_int_equal(f->connected, 4);
  assert_int_equal(f->disconnected, 3);
}

static void an_idle_adapter_notices_a_lost_session(void **state) {
  struct fixture *f = *state;
  POLL_UNTIL(f, f->connected == 1);
  baton_fake_forget(f->fake);
  POLL_UNTIL(f, baton_fake_sessions(f->fake) == 2 && f->connected == 2);
  assert_int_equal(f->last_down, HELLO_FIRST);
}

static void a_lost_count_begins_a_new_session(void **state) {
  struct fixture *f = *state;
  baton_fake_refuse(f->fake, 1, OUT_OF_ORDER, 0);
  submit_from(f, 0, 100);
  POLL_UNTIL(f, f->receipts == 100);
  assert_int_equal(baton_fake_sessions(f->fake), 2);
  assert_int_equal(f->refusals, 0);
  assert_int_equal(baton_fake_accepted(f->fake), 100);
}

static void in_flight_is_bounded(void **state) {
  struct fixture *f = *state;
  baton_fake_mute(f->fake, true);
  submit_from(f, 0, 1000);
  baton_event *e = note("one more");
  assert_int_equal(baton_submit(f->b, "one-more", e, NULL), -BATON_E_BUSY);
  baton_event_free(e); /* still ours */
  baton_fake_mute(f->fake, false);
  POLL_UNTIL(f, f->receipts == 1000);
  assert_int_equal(baton_fake_accepted(f->fake), 1000);
}

static void the_brokers_window_is_kept(void **state) {
  struct fixture *f = *state;
  baton_fake_max_in_flight(f->fake, 8);
  submit_from(f, 0, 50);
  POLL_UNTIL(f, f->receipts == 50);
  assert_in_order(f, 50);
  assert_in_range(baton_fake_submit_frames(f->fake), 7, 50);
}

static void bad_arguments_are_refused(void **state) {
  struct fixture *f = *state;
  char key[140];
  memset(key, 'k', 129);
  key[129] = '\0';
  assert_int_equal(baton_submit(f->b, "", note("x"), NULL), -BATON_E_INVALID);
  assert_int_equal(baton_submit(f->b, key, note("x"), NULL), -BATON_E_INVALID);
  assert_int_equal(baton_submit(f->b, "\xff", note("x"), NULL), -BATON_E_INVALID);
  assert_int_equal(baton_submit(f->b, "k", NULL, NULL), -BATON_E_INVALID);
  assert_int_equal(baton_settle(f->b, 77, BATON_ACK, 0, NULL), -BATON_E_INVALID);
  assert_non_null(strstr(baton_error(f->b), "77"));
  char *big = malloc(20001);
  memset(big, 'x', 20000);
  big[20000] = '\0';
  assert_int_equal(baton_submit(f->b, "k", note(big), NULL), -BATON_E_LIMIT);
  free(big);
  assert_int_equal(baton_in_flight(f->b), 0);
}

static void a_cursor_travels_and_comes_back(void **state) {
  struct fixture *f = *state;
  void *position;
  size_t n;
  assert_int_equal(baton_cursor(f->b, "inbox", BOUND_MS, &position, &n), 0);
  assert_int_equal(n, 0);
  baton_free(position);
  assert_int_equal(baton_submit_cursor(f->b, "k000", note("x"), "inbox", "17", 2, NULL), 0);
  assert_int_equal(baton_submit_cursor(f->b, NULL, NULL, "inbox", "\0\1\2", 3, NULL), 0);
  assert_int_equal(baton_flush(f->b, BOUND_MS), 0);
  assert_int_equal(baton_cursor(f->b, "inbox", BOUND_MS, &position, &n), 0);
  assert_int_equal(n, 3);
  assert_memory_equal(position, "\0\1\2", 3);
  baton_free(position);
}

/* No receipt comes for it that would end the wait. */
static void flushing_ends_when_a_verdict_is_sent(void **state) {
  struct fixture *f = *state;
  f->verdict = BATON_LATER;
  assert_true(baton_fake_deliver(f->fake, "{\"sequence\":\"7\"}"));
  POLL_UNTIL(f, f->deliveries == 1);
  assert_int_equal(baton_settle(f->b, 7, BATON_ACK, 0, NULL), 0);
  int64_t begun_ms = now_ms();
  assert_int_equal(baton_flush(f->b, 10 * BOUND_MS), 0);
  assert_true(now_ms() - begun_ms < BOUND_MS);
  assert_false(f->disconnected);
  POLL_UNTIL(f, baton_fake_settles(f->fake) == 1);
}

static void closing_sends_what_is_queued(void **state) {
  struct fixture *f = *state;
  POLL_UNTIL(f, f->connected == 1);
  submit_from(f, 0, 10);
  baton_close(f->b);
  f->b = NULL;
  assert_int_equal(f->receipts, 10);
  for (int64_t end_ms = now_ms() + BOUND_MS; !baton_fake_goodbyes(f->fake) && now_ms() < end_ms;)
    nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
  assert_int_equal(baton_fake_goodbyes(f->fake), 1);
}

/* ---- Session ---- */

static void in_use_is_waited_out(void **state) {
  struct fixture *f = *state;
  baton_fake_refuse_hellos(f->fake, 2, IN_USE, 10);
  submit_from(f, 0, 2);
  POLL_UNTIL(f, f->receipts == 2);
  assert_int_equal(f->disconnected, 1); /* said once, not at each try */
  assert_int_equal(f->last_down, IN_USE);
  assert_false(f->final);
  assert_int_equal(baton_fake_hellos(f->fake), 3);
}

static void another_protocol_is_final(void **state) {
  struct fixture *f = *state;
  baton_fake_refuse_hellos(f->fake, 1, BAD_PROTOCOL, 0);
  int rc = 0;
  for (int64_t end_ms = now_ms() + BOUND_MS; rc == 0 && now_ms() < end_ms;)
    rc = baton_poll(f->b, 5);
  assert_int_equal(rc, -BATON_E_CLOSED);
  assert_true(f->final);
  assert_int_equal(baton_submit(f->b, "k", note("x"), NULL), -BATON_E_CLOSED);
}

static void a_wrong_broker_key_is_told_once(void **state) {
  struct fixture *f = *state;
  baton_fake *other = baton_fake_new();
  baton_options o = options_of(f);
  o.broker_key_file = baton_fake_broker_key_file(other);
  baton_close(f->b);
  f->b = baton_open(&o, NULL);
  POLL_UNTIL(f, f->disconnected == 1);
  assert_non_null(strstr(f->why, "no answer from the broker at tcp://127.0.0.1:"));
  for (int64_t end_ms = now_ms() + 1500; now_ms() < end_ms;)
    assert_int_equal(baton_poll(f->b, 100), 0);
  assert_int_equal(f->disconnected, 1);
  assert_int_equal(f->connected, 0);
  assert_int_equal(baton_fake_hellos(f->fake), 0); /* nothing got through the handshake */
  baton_fake_free(other);
}

static void a_lax_secret_key_file_is_refused(void **state) {
  struct fixture *f = *state;
  baton_options o = options_of(f);
  char error[256];
  assert_int_equal(chmod(o.secret_key_file, 0640), 0);
  assert_null(baton_open(&o, error));
  assert_non_null(strstr(error, "0600"));
  assert_int_equal(chmod(o.secret_key_file, 0600), 0);
  o.secret_key_file = "/dev/null";
  assert_null(baton_open(&o, error));
}

static void an_idle_adapter_keeps_its_session_alive(void **state) {
  struct fixture *f = *state;
  POLL_UNTIL(f, baton_fake_credits(f->fake) >= 1);
  assert_int_equal(baton_fake_sessions(f->fake), 1);
}

/* Bytes that are no frame begin a new session; what is well-formed but not for an adapter is passed over. */
static void bad_frames_do_no_harm(void **state) {
  struct fixture *f = *state;
  static const char garbage[] = "\xff\xff\xff\xff", other_protocol[] = "\x08\x02\x12\x00",
                    a_submit[] = "\x08\x01\x2a\x00";
  POLL_UNTIL(f, f->connected == 1);
  baton_fake_send(f->fake, other_protocol, 4, 1);
  baton_fake_send(f->fake, a_submit, 4, 1);
  baton_fake_send(f->fake, "", 0, 1);
  baton_fake_send(f->fake, garbage, 4, 3);
  submit_from(f, 0, 5);
  POLL_UNTIL(f, f->receipts == 5);
  assert_int_equal(f->disconnected, 0);
  baton_fake_send(f->fake, garbage, 4, 1);
  POLL_UNTIL(f, f->connected == 2);
  assert_int_equal(f->last_down, BAD_FRAME);
  submit_from(f, 5, 5);
  POLL_UNTIL(f, f->receipts == 10);
  assert_in_order(f, 10);
}

/* 60 KiB that would unpack into forty times as much: the frame is refused, the process stays small. */
static void an_inflating_frame_is_refused(void **state) {
  struct fixture *f = *state;
  static uint8_t frame[61000];
  size_t n = 0, items = 60000 / 2;
  POLL_UNTIL(f, f->connected == 1);
  frame[n++] = 0x08, frame[n++] = 0x01; /* protocol 1 */
  frame[n++] = 0x32;                    /* receipt */
  for (size_t left = 2 * items; left; left >>= 7)
    frame[n++] = (uint8_t)((left & 0x7f) | (left > 0x7f ? 0x80 : 0));
  for (size_t i = 0; i < items; i++)
    frame[n++] = 0x0a, frame[n++] = 0x00; /* an empty item */
  baton_fake_send(f->fake, frame, n, 1);
  POLL_UNTIL(f, f->connected == 2);
  assert_int_equal(f->last_down, BAD_FRAME);
}

static void a_loop_of_ones_own(void **state) {
  struct fixture *f = *state;
  struct pollfd fd = {.fd = baton_fd(f->b), .events = POLLIN};
  submit_from(f, 0, 200);
  for (int64_t end_ms = now_ms() + BOUND_MS; f->receipts < 200 && now_ms() < end_ms;) {
    poll(&fd, 1, baton_next_ms(f->b));
    do
      assert_int_equal(baton_poll(f->b, 0), 0);
    while (baton_poll_again(f->b));
  }
  assert_in_order(f, 200);
}

/* ---- Deliveries ---- */

#define NOTE_DELIVERY(sequence)                                                                                        \
  "{\"sequence\":" #sequence ",\"recorded\":{\"sequence\":" #sequence ",\"case\":7,\"ref\":\"0000-7\",\"event\":{"     \
  "\"department\":\"sales\",\"noteAdded\":{\"text\":\"caf\\u00e9\"}}}}"

static void verdicts_reach_the_broker(void **state) {
  struct fixture *f = *state;
  static const baton_verdict verdicts[] = {BATON_ACK, BATON_REJECT, BATON_RETRY};
  static const char *const items[] = {NOTE_DELIVERY(5), NOTE_DELIVERY(6), NOTE_DELIVERY(7)};
  for (size_t i = 0; i < 3; i++) {
    f->verdict = verdicts[i];
    assert_true(baton_fake_deliver(f->fake, items[i]));
    POLL_UNTIL(f, baton_fake_settles(f->fake) == i + 1);
    assert_int_equal(baton_fake_settle(f->fake, i)->verdict, verdicts[i]);
    assert_int_equal(baton_fake_settle(f->fake, i)->sequence, 5 + i);
  }
  assert_true(baton_fake_settle(f->fake, 2)->retry_after_ms >= 1);
  assert_string_equal(f->text, "NoteAdded/0000-7/café");
}

static void a_later_verdict_with_a_reason(void **state) {
  struct fixture *f = *state;
  f->verdict = BATON_LATER;
  assert_true(baton_fake_deliver(f->fake, NOTE_DELIVERY(9)));
  POLL_UNTIL(f, f->deliveries == 1);
  assert_int_equal(baton_settle(f->b, 9, BATON_IN_PROGRESS, 0, NULL), 0);
  assert_int_equal(baton_settle(f->b, 9, BATON_REJECT, 0, "no such customer here"), 0);
  assert_int_equal(baton_settle(f->b, 9, BATON_ACK, 0, NULL), -BATON_E_INVALID); /* once */
  POLL_UNTIL(f, baton_fake_settles(f->fake) == 2);
  assert_int_equal(baton_fake_settle(f->fake, 0)->verdict, BATON_IN_PROGRESS);
  assert_string_equal(baton_fake_settle(f->fake, 1)->reason, "no such customer here");
}

static void an_open_delivery_is_not_handed_over_again(void **state) {
  struct fixture *f = *state;
  f->verdict = BATON_LATER;
  assert_true(baton_fake_deliver(f->fake, NOTE_DELIVERY(9)));
  POLL_UNTIL(f, f->deliveries == 1);
  baton_fake_forget(f->fake);
  POLL_UNTIL(f, f->connected == 2);
  assert_int_equal(baton_settle(f->b, 9, BATON_ACK, 0, NULL), 0);
  POLL_UNTIL(f, baton_fake_settles(f->fake) == 1);
  assert_int_equal(f->deliveries, 1);
  assert_int_equal(baton_fake_settle(f->fake, 0)->session, 2);
}

static void an_adapter_without_callback_rejects(void **state) {
  struct fixture *f = *state;
  baton_options o = options_of(f);
  baton_close(f->b);
  o.on_delivery = NULL;
  f->b = baton_open(&o, NULL);
  assert_true(baton_fake_deliver(f->fake, NOTE_DELIVERY(3)));
  POLL_UNTIL(f, baton_fake_settles(f->fake) == 1);
  assert_int_equal(baton_fake_settle(f->fake, 0)->verdict, BATON_REJECT);
  assert_true(*baton_fake_settle(f->fake, 0)->reason);
}

static void a_settle_carries_events(void **state) {
  struct fixture *f = *state;
  f->verdict = BATON_LATER;
  assert_true(baton_fake_deliver(f->fake, NOTE_DELIVERY(4)));
  POLL_UNTIL(f, f->deliveries == 1);
  baton_event *refused[] = {note("a")}, *events[] = {note("b"), note("c")};
  baton_fake_refuse_settles(f->fake, 1, INVALID, 0);
  assert_int_equal(baton_settle_with(f->b, 4, refused, 1), 0);
  POLL_UNTIL(f, f->receipts == 1);
  assert_int_equal(f->last_code, INVALID);
  assert_int_equal(f->last_settled, 4);
  baton_fake_refuse_settles(f->fake, 1, BUSY, 5);
  assert_int_equal(baton_settle_with(f->b, 4, events, 2), 0); /* the delivery is still open */
  POLL_UNTIL(f, f->receipts == 3);
  assert_int_equal(f->last_code, 0);
  assert_int_equal(baton_fake_settles(f->fake), 3);
  assert_int_equal(baton_fake_settle(f->fake, 2)->n_events, 2);
  assert_int_equal(baton_settle(f->b, 4, BATON_ACK, 0, NULL), -BATON_E_INVALID); /* done */
}

static void a_settle_with_events_survives_the_session(void **state) {
  struct fixture *f = *state;
  f->verdict = BATON_LATER;
  assert_true(baton_fake_deliver(f->fake, NOTE_DELIVERY(4)));
  POLL_UNTIL(f, f->deliveries == 1);
  baton_fake_mute(f->fake, true); /* the receipt gets lost */
  baton_event *events[] = {note("b")};
  assert_int_equal(baton_settle_with(f->b, 4, events, 1), 0);
  POLL_UNTIL(f, baton_fake_settles(f->fake) == 1);
  baton_fake_forget(f->fake);
  baton_fake_mute(f->fake, false);
  POLL_UNTIL(f, f->receipts == 1);
  assert_int_equal(f->deliveries, 1);
  assert_string_equal(baton_fake_settle(f->fake, 0)->json, baton_fake_settle(f->fake, 1)->json);
}

/* ---- Queries ---- */

static void a_query_is_answered(void **state) {
  struct fixture *f = *state;
  int code;
  char *json;
  const char *find = "{\"find\":{\"identifier\":{\"domain\":\"phone\",\"value\":\"030 1\"}}}";
  assert_int_equal(baton_query(f->b, find, BOUND_MS, &code, &json), 0);
  assert_int_equal(code, 61);
  baton_free(json);
  assert_true(baton_fake_answer(f->fake, "{\"customer\":{\"id\":\"12\",\"cases\":[{\"ref\":\"0000-7\"}]}}"));
  assert_int_equal(baton_query(f->b, find, BOUND_MS, &code, &json), 0);
  assert_int_equal(code, 0);
  assert_non_null(strstr(json, "\"cases\":[{\"ref\":\"0000-7\"}]"));
  baton_free(json);
}

static void a_query_outlives_the_session_and_times_out(void **state) {
  struct fixture *f = *state;
  int code;
  char *json;
  POLL_UNTIL(f, f->connected == 1);
  baton_fake_forget(f->fake);
  assert_int_equal(baton_query(f->b, "{\"journeys\":{}}", BOUND_MS, &code, &json), 0);
  baton_free(json);
  assert_int_equal(baton_fake_sessions(f->fake), 2);
  baton_fake_mute(f->fake, true);
  assert_int_equal(baton_query(f->b, "{\"journeys\":{}}", 50, &code, &json), -BATON_E_TIMEOUT);
  assert_int_equal(baton_query(f->b, "{\"voyage\":{}}", 50, &code, &json), -BATON_E_INVALID);
  assert_non_null(strstr(baton_error(f->b), "voyage: no such field"));
}

static baton_verdict query_inside(void *context, const baton_delivery *d) {
  struct fixture *f = context;
  int code;
  char *json;
  (void)d;
  f->last_code = baton_query(f->b, "{\"journeys\":{}}", 10, &code, &json);
  return BATON_ACK;
}

static void callbacks_do_not_nest(void **state) {
  struct fixture *f = *state;
  baton_options o = options_of(f);
  baton_close(f->b);
  o.on_delivery = query_inside;
  f->b = baton_open(&o, NULL);
  assert_true(baton_fake_deliver(f->fake, NOTE_DELIVERY(3)));
  POLL_UNTIL(f, baton_fake_settles(f->fake) == 1);
  assert_int_equal(f->last_code, -BATON_E_USAGE);
}

/* ---- A whole adapter ---- */

struct adapter {
  struct fixture *f;
  unsigned steps, stopped;
  int64_t n;
  bool wait_for_signal;
};

static void main_receipt(void *context, const baton_receipt *r) {
  struct adapter *a = context;
  on_receipt(a->f, r);
}

static int main_start(void *context, baton_options *connection, const char *config_file) {
  (void)context;
  assert_null(config_file);
  connection->on_receipt = main_receipt;
  return 0;
}

static int main_step(void *context, baton *b) {
  struct adapter *a = context;
  if (a->steps++ == 0)
    for (int64_t i = 0; i < a->n; i++) {
      char key[32];
      snprintf(key, sizeof key, "k%03u", (unsigned)i);
      assert_int_equal(baton_submit(b, key, note("x"), NULL), 0);
    }
  if (baton_in_flight(b) > 0)
    return -1;
  if (!a->wait_for_signal)
    return BATON_STEP_DONE;
  raise(SIGTERM);
  return -1;
}

static void main_stop(void *context) {
  ((struct adapter *)context)->stopped++;
}

static int run_main(struct fixture *f, struct adapter *a, const char *n) {
  a->f = f;
  const baton_option options[] = {{"rows.n", BATON_INT, &a->n, "1", 0, 100, "rows"}, {0}};
  const baton_program program = {.name = "test",
                                 .version = "1",
                                 .summary = "a test",
                                 .options = options,
                                 .start = main_start,
                                 .step = main_step,
                                 .stop = main_stop,
                                 .context = a};
  char *argv[] = {(char *)"test",
                  (char *)"--endpoint",
                  (char *)baton_fake_endpoint(f->fake),
                  (char *)"--secret-key-file",
                  (char *)baton_fake_secret_key_file(f->fake),
                  (char *)"--broker_key_file",
                  (char *)baton_fake_broker_key_file(f->fake),
                  (char *)"--log_level=error",
                  (char *)"--rows.n",
                  (char *)n,
                  NULL};
  return baton_main(10, argv, &program);
}

static void main_runs_an_adapter(void **state) {
  struct fixture *f = *state;
  struct adapter a = {0}, wrong = {0};
  baton_close(f->b);
  f->b = NULL;
  assert_int_equal(run_main(f, &a, "12"), 0);
  assert_int_equal(f->receipts, 12);
  assert_int_equal(a.stopped, 1);
  assert_int_equal(run_main(f, &wrong, "101"), 2); /* out of its range */
  assert_int_equal(wrong.steps, 0);
}

static void main_ends_on_a_signal(void **state) {
  struct fixture *f = *state;
  struct adapter a = {.wait_for_signal = true};
  baton_close(f->b);
  f->b = NULL;
  assert_int_equal(run_main(f, &a, "3"), 0);
  assert_int_equal(a.stopped, 1);
  assert_in_order(f, 3);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      T(submits_and_receipts),
      T(queued_items_share_a_frame),
      T(large_items_fit_their_frames),
      T(busy_keeps_the_order),
      T(busy_in_the_middle_keeps_the_order),
      T(late_busy_answers_are_not_taken_for_new_ones),
      T(refusals_are_told_and_pass),
      T(a_retry_is_the_same_to_the_byte),
      T(a_restart_of_the_broker_loses_nothing),
      T(an_idle_adapter_notices_a_lost_session),
      T(a_lost_count_begins_a_new_session),
      T(in_flight_is_bounded),
      T(the_brokers_window_is_kept),
      T(bad_arguments_are_refused),
      T(a_cursor_travels_and_comes_back),
      T(flushing_ends_when_a_verdict_is_sent),
      T(closing_sends_what_is_queued),
      T(in_use_is_waited_out),
      T(another_protocol_is_final),
      T(a_wrong_broker_key_is_told_once),
      T(a_lax_secret_key_file_is_refused),
      T(an_idle_adapter_keeps_its_session_alive),
      T(bad_frames_do_no_harm),
      T(an_inflating_frame_is_refused),
      T(a_loop_of_ones_own),
      T(verdicts_reach_the_broker),
      T(a_later_verdict_with_a_reason),
      T(an_open_delivery_is_not_handed_over_again),
      T(an_adapter_without_callback_rejects),
      T(a_settle_carries_events),
      T(a_settle_with_events_survives_the_session),
      T(a_query_is_answered),
      T(a_query_outlives_the_session_and_times_out),
      T(callbacks_do_not_nest),
      T(main_runs_an_adapter),
      T(main_ends_on_a_signal),
  };
  return cmocka_run_group_tests_name("sdk", tests, NULL, NULL);
}

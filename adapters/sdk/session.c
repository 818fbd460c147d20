/* Hello, Welcome, faults, and noticing that nobody answers. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sdk.h"
#include "text.h"

enum { HELLO_FIRST_MS = 500, HELLO_CAP_MS = 10000, REFUSED_FIRST_MS = 1000 };

/* One report per cause, not one per try. */
static void report(baton *b, int code, const char *why, bool final) {
  if (b->reported == code && !final)
    return;
  b->reported = code;
  bt_sdk_fail(b, code, "%s", why);
  if (!b->options.on_disconnected)
    return;
  char sentence[BT_SDK_ERROR]; /* b->error may change in the callback */
  snprintf(sentence, sizeof sentence, "%s", b->error);
  bool was = b->inside;
  b->inside = true;
  b->options.on_disconnected(b->options.context, code, sentence, final);
  b->inside = was;
}

void bt_sdk_restart(baton *b, int code, const char *why, int64_t delay_ms) {
  int64_t now_ms = bt_sdk_mono_ms();
  if (b->state == BT_SDK_WELCOME)
    b->away_since_ms = now_ms;
  b->state = BT_SDK_SAYING_HELLO;
  b->hello_due_ms = now_ms + delay_ms;
  report(b, code, why, false);
}

static bool say_hello(baton *b) {
  Baton__V1__Hello hello = BATON__V1__HELLO__INIT;
  Baton__V1__Frame frame = BATON__V1__FRAME__INIT;
  hello.instance = (ProtobufCBinaryData){.len = sizeof b->instance, .data = b->instance};
  hello.software = (char *)b->options.software;
  hello.credit = b->options.credit;
  frame.kind_case = BATON__V1__FRAME__KIND_HELLO;
  frame.hello = &hello;
  return bt_sdk_send(b, &frame);
}

static void hello_tick(baton *b, int64_t now_ms) {
  if (now_ms >= b->hello_due_ms && say_hello(b)) {
    b->hello_attempt++;
    b->hello_due_ms = now_ms + HELLO_FIRST_MS + baton_backoff_ms(b->hello_attempt, HELLO_FIRST_MS, HELLO_CAP_MS);
  }
  int64_t away_ms = now_ms - b->away_since_ms;
  if (away_ms >= BT_SDK_SILENCE_MS && b->reported == 0) {
    char why[BT_SDK_ERROR];
    snprintf(why, sizeof why, "no answer from the broker at %.100s for %" PRId64 " s (wrong key, or not running)",
             b->options.endpoint, away_ms / 1000);
    report(b, BATON_E_TIMEOUT, why, false);
  }
}

/* An idle adapter says that it is there (and hears HELLO_FIRST, should the broker have restarted unseen). */
static void keep_alive(baton *b, int64_t now_ms) {
  if (now_ms - b->sent_ms < BT_SDK_KEEPALIVE_MS)
    return;
  Baton__V1__Credit credit = BATON__V1__CREDIT__INIT;
  Baton__V1__Frame frame = BATON__V1__FRAME__INIT;
  credit.window = b->options.credit;
  frame.kind_case = BATON__V1__FRAME__KIND_CREDIT;
  frame.credit = &credit;
  bt_sdk_send(b, &frame);
}

/* Receipts are due, and for a long time nothing came at all. */
static bool is_mute(const baton *b, int64_t now_ms) {
  int64_t since_ms = b->owed_since_ms > b->heard_ms ? b->owed_since_ms : b->heard_ms;
  return b->n_sent + b->stale > 0 && now_ms - since_ms > BT_SDK_ANSWER_MS;
}

void bt_sdk_session_tick(baton *b, int64_t now_ms) {
  if (b->state == BT_SDK_WELCOME && !bt_sdk_linked(b)) {
    char why[BT_SDK_ERROR];
    snprintf(why, sizeof why, "lost the connection to %.150s", b->options.endpoint);
    bt_sdk_restart(b, BATON_E_IO, why, 0);
  }
  if (b->state == BT_SDK_WELCOME && is_mute(b, now_ms))
    bt_sdk_restart(b, BATON_E_TIMEOUT, "the broker owes receipts and is silent: connecting again", 0);
  if (b->state == BT_SDK_SAYING_HELLO)
    hello_tick(b, now_ms);
  else if (b->state == BT_SDK_WELCOME)
    keep_alive(b, now_ms);
}

int64_t bt_sdk_session_due(const baton *b) {
  if (b->state == BT_SDK_WELCOME)
    return b->sent_ms + BT_SDK_KEEPALIVE_MS;
  int64_t now_ms = bt_sdk_mono_ms();
  /* A Hello that is due waits for the link, which wakes the poll by itself. */
  int64_t due = b->hello_due_ms > now_ms ? b->hello_due_ms : now_ms + 1000;
  int64_t silence = b->away_since_ms + BT_SDK_SILENCE_MS;
  return b->reported == 0 && silence < due ? silence : due;
}

void bt_sdk_welcome(baton *b, const Baton__V1__Welcome *welcome) {
  bool fresh = b->state == BT_SDK_SAYING_HELLO;
  if (b->state == BT_SDK_REFUSED)
    return;
  b->state = BT_SDK_WELCOME;
  b->hello_attempt = 0;
  b->reported = 0;
  b->window = welcome->max_in_flight ? welcome->max_in_flight : b->options.max_in_flight;
  bt_sdk_submit_restart(b, welcome->next_submit ? welcome->next_submit : 1);
  bt_sdk_settle_restart(b);
  bt_sdk_ask_restart(b);
  bt_sdk_health_restart(b);
  if (welcome->held && b->is_program)
    baton_log("warn", "held", "adapter", welcome->adapter, "why",
              "by an operator: nothing is delivered until it is resumed", NULL);
  if (fresh && b->is_program)
    baton_log("info", "connected", "adapter", welcome->adapter, "department", welcome->department, NULL);
  if (!fresh || !b->options.on_connected)
    return;
  bool was = b->inside;
  b->inside = true;
  b->options.on_connected(b->options.context, welcome->adapter, welcome->department);
  b->inside = was;
}

/* Where the broker says when, a little jitter is enough. */
static int64_t later(const Baton__V1__Fault *fault, unsigned attempt) {
  if (fault->retry_after_ms > 0)
    return (int64_t)fault->retry_after_ms + baton_backoff_ms(1, HELLO_FIRST_MS, HELLO_FIRST_MS);
  return baton_backoff_ms(attempt, REFUSED_FIRST_MS, HELLO_CAP_MS);
}

/* In a session any other Fault is about one frame, which then had no effect. What this library sends is checked before,
 * and a refused query is answered: so it is for a person to see. */
static void frame_refused(baton *b, const Baton__V1__Fault *fault, const char *why) {
  if (b->state != BT_SDK_WELCOME) /* about the Hello: begin again later */
    bt_sdk_restart(b, (int)fault->code, why, later(fault, ++b->hello_attempt));
  else if (baton_log_due(++b->refused_frames)) {
    char count[24];
    snprintf(count, sizeof count, "%" PRIu64, b->refused_frames);
    baton_log("warn", "frame-refused", "code", baton_code_name((int)fault->code), "count", count, "why", fault->text,
              NULL);
  }
}

void bt_sdk_fault(baton *b, const Baton__V1__Fault *fault) {
  char why[BT_SDK_ERROR];
  snprintf(why, sizeof why, "%s: %.150s", baton_code_name((int)fault->code), fault->text);
  switch (fault->code) {
  case BATON__V1__CODE__CODE_HELLO_FIRST:
    /* One comes for each frame that was under way; the Hello that answers the first answers all. */
    if (b->state == BT_SDK_WELCOME)
      bt_sdk_restart(b, (int)fault->code, why, 0);
    break;
  case BATON__V1__CODE__CODE_BAD_PROTOCOL:
    b->state = BT_SDK_REFUSED;
    report(b, (int)fault->code, why, true);
    break;
  case BATON__V1__CODE__CODE_IN_USE:
  case BATON__V1__CODE__CODE_STOPPING:
  case BATON__V1__CODE__CODE_REVOKED:
    bt_sdk_restart(b, (int)fault->code, why, later(fault, ++b->hello_attempt));
    break;
  default:
    frame_refused(b, fault, why);
    break;
  }
}

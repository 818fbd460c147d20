/* The socket: opening, sending and receiving frames, waiting. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include "sdk.h"
#include "text.h"

int bt_sdk_fail(baton *b, int code, const char *format, ...) {
  va_list args;
  va_start(args, format);
  vsnprintf(b->error, sizeof b->error, format, args);
  va_end(args);
  return -code;
}

int baton_fail(baton *b, int code, const char *why) {
  return bt_sdk_fail(b, code, "%s", why);
}

const char *baton_error(const baton *b) {
  return b ? b->error : "not open";
}

enum { UNREADABLE_MS = 1000 };

/* ---- Sending and receiving ---- */

bool bt_sdk_linked(const baton *b) {
  int events = 0;
  size_t size = sizeof events;
  return zmq_getsockopt(b->socket, ZMQ_EVENTS, &events, &size) == 0 && (events & ZMQ_POLLOUT);
}

bool bt_sdk_send(baton *b, Baton__V1__Frame *frame) {
  frame->protocol = 1;
  size_t n = baton__v1__frame__get_packed_size(frame);
  uint8_t *bytes = n <= BT_SDK_FRAME_MAX ? malloc(n) : NULL;
  if (!bytes)
    return false;
  baton__v1__frame__pack(frame, bytes);
  int rc = zmq_send(b->socket, bytes, n, ZMQ_DONTWAIT);
  free(bytes);
  if (rc < 0)
    return false;
  b->sent_ms = bt_sdk_mono_ms();
  return true;
}

/* 1 MiB on the wire can become 84 MiB of structs: what one frame may take is bounded by its size. */
struct capped {
  ProtobufCAllocator allocator;
  size_t left;
};

static void *capped_alloc(void *context, size_t n) {
  struct capped *c = context;
  if (n > c->left)
    return NULL;
  c->left -= n;
  return malloc(n);
}

static void capped_free(void *context, void *p) {
  (void)context;
  free(p);
}

static void dispatch(baton *b, Baton__V1__Frame *frame) {
  switch (frame->kind_case) {
  case BATON__V1__FRAME__KIND_WELCOME:
    bt_sdk_welcome(b, frame->welcome);
    break;
  case BATON__V1__FRAME__KIND_FAULT:
    bt_sdk_fault(b, frame->fault);
    break;
  case BATON__V1__FRAME__KIND_RECEIPT:
    for (size_t i = 0; i < frame->receipt->n_items; i++)
      bt_sdk_receipt(b, frame->receipt->items[i]);
    break;
  case BATON__V1__FRAME__KIND_DELIVERY:
    for (size_t i = 0; i < frame->delivery->n_items; i++)
      bt_sdk_deliver(b, frame->delivery->items[i]);
    break;
  case BATON__V1__FRAME__KIND_ANSWER:
    bt_sdk_answer(b, frame->answer);
    break;
  default: /* a frame that only adapters send, or a newer kind: nothing for us */
    break;
  }
}

static void handle(baton *b, zmq_msg_t *message) {
  struct capped c = {.allocator = {.alloc = capped_alloc, .free = capped_free}};
  size_t n = zmq_msg_size(message);
  c.allocator.allocator_data = &c;
  c.left = 16 * n + 64 * 1024;
  Baton__V1__Frame *frame = baton__v1__frame__unpack(&c.allocator, n, zmq_msg_data(message));
  if (!frame) {
    if (b->state == BT_SDK_WELCOME)
      bt_sdk_restart(b, BATON__V1__CODE__CODE_BAD_FRAME, "the broker sent a frame that cannot be read",
                     baton_backoff_ms(1, UNREADABLE_MS, UNREADABLE_MS));
    return;
  }
  if (frame->protocol == 1)
    dispatch(b, frame);
  baton__v1__frame__free_unpacked(frame, &c.allocator);
}

/* One message of one part; the parts of any other are skipped. -1: none there. */
static int receive_one(baton *b) {
  zmq_msg_t message, rest;
  zmq_msg_init(&message);
  if (zmq_msg_recv(&message, b->socket, ZMQ_DONTWAIT) < 0) {
    zmq_msg_close(&message);
    return -1;
  }
  bool whole = !zmq_msg_more(&message);
  for (bool more = !whole; more; zmq_msg_close(&rest)) {
    zmq_msg_init(&rest);
    more = zmq_msg_recv(&rest, b->socket, ZMQ_DONTWAIT) >= 0 && zmq_msg_more(&rest);
  }
  b->heard_ms = bt_sdk_mono_ms();
  if (whole)
    handle(b, &message);
  zmq_msg_close(&message);
  return 0;
}

int bt_sdk_pump(baton *b) {
  int frames = 0;
  while (frames < BT_SDK_DRAIN && receive_one(b) == 0)
    frames++;
  /* Hello goes out only when everything that came before was read: what an earlier connection still held is then
   * matched with the numbers of its own session. */
  if (b->state == BT_SDK_REFUSED)
    bt_sdk_ask_end(b);
  if (frames == BT_SDK_DRAIN || b->state == BT_SDK_REFUSED)
    return frames;
  int64_t now_ms = bt_sdk_mono_ms();
  bt_sdk_session_tick(b, now_ms);
  bt_sdk_settle_tick(b, now_ms);
  bt_sdk_spool_tick(b, now_ms);
  bt_sdk_submit_tick(b, now_ms);
  bt_sdk_ask_tick(b, now_ms);
  bt_sdk_health_tick(b, now_ms);
  return frames;
}

/* ---- Waiting ---- */

int baton_next_ms(const baton *b) {
  int64_t due = bt_sdk_session_due(b), other[] = {bt_sdk_submit_due(b), bt_sdk_settle_due(b)};
  int64_t always[] = {bt_sdk_ask_due(b), bt_sdk_health_due(b)};
  if (b->state == BT_SDK_REFUSED)
    return b->asks ? 0 : -1;
  if (baton_poll_again(b)) /* a send may have swallowed the descriptor's edge */
    return 0;
  for (size_t i = 0; b->state == BT_SDK_WELCOME && i < 2; i++)
    due = other[i] < due ? other[i] : due;
  for (size_t i = 0; i < 2; i++)
    due = always[i] < due ? always[i] : due;
  int64_t spool_due = bt_sdk_spool_due(b);
  due = spool_due < due ? spool_due : due;
  int64_t left = due - bt_sdk_mono_ms();
  return left < 0 ? 0 : left > 60000 ? 60000 : (int)left;
}

void bt_sdk_wait(baton *b, int timeout_ms, struct pollfd *more, size_t n) {
  zmq_pollitem_t items[1 + 4] = {{.socket = b->socket, .events = ZMQ_POLLIN}};
  int own = baton_next_ms(b);
  bool wants_link = b->state == BT_SDK_SAYING_HELLO && b->hello_due_ms <= bt_sdk_mono_ms();
  if (wants_link)
    items[0].events |= ZMQ_POLLOUT;
  for (size_t i = 0; i < n; i++)
    items[i + 1] = (zmq_pollitem_t){.fd = more[i].fd, .events = more[i].events};
  int wait_ms = own >= 0 && (timeout_ms < 0 || own < timeout_ms) ? own : timeout_ms;
  zmq_poll(items, (int)n + 1, wait_ms);
  for (size_t i = 0; i < n; i++)
    more[i].revents = items[i + 1].revents;
}

int baton_poll(baton *b, int timeout_ms) {
  if (b->inside)
    return bt_sdk_fail(b, BATON_E_USAGE, "not from inside a callback");
  int64_t deadline = timeout_ms < 0 ? INT64_MAX : bt_sdk_mono_ms() + timeout_ms;
  for (;;) {
    int frames = bt_sdk_pump(b);
    int64_t left = timeout_ms < 0 ? INT32_MAX : deadline - bt_sdk_mono_ms();
    if (b->state == BT_SDK_REFUSED)
      return -BATON_E_CLOSED; /* the sentence was set with the refusal */
    if (frames > 0 || left <= 0)
      return 0;
    bt_sdk_wait(b, timeout_ms < 0 ? -1 : (int)left, NULL, 0);
  }
}

int baton_fd(const baton *b) {
  return b->fd;
}

bool baton_poll_again(const baton *b) {
  int events = 0;
  size_t size = sizeof events;
  return zmq_getsockopt(b->socket, ZMQ_EVENTS, &events, &size) == 0 && (events & ZMQ_POLLIN);
}

bool baton_connected(const baton *b) {
  return b->state == BT_SDK_WELCOME;
}

/* A verdict without events is finished once it is sent: no answer comes that would end a wait. */
bool bt_sdk_unfinished(const baton *b) {
  return b->n_items > 0 || bt_sdk_settle_pending(b);
}

int baton_flush(baton *b, int timeout_ms) {
  int64_t deadline = timeout_ms < 0 ? INT64_MAX : bt_sdk_mono_ms() + timeout_ms;
  while (bt_sdk_unfinished(b)) {
    int rc = baton_poll(b, 0);
    if (rc < 0 || !bt_sdk_unfinished(b))
      return rc;
    int64_t left = timeout_ms < 0 ? -1 : deadline - bt_sdk_mono_ms();
    if (timeout_ms >= 0 && left <= 0)
      return bt_sdk_fail(b, BATON_E_TIMEOUT, "%zu events are not receipted yet", b->n_items);
    bt_sdk_wait(b, (int)left, NULL, 0);
  }
  return 0;
}

void baton_free(void *p) {
  free(p);
}

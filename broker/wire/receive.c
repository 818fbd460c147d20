/* From a message to a session's frame. */
#include <errno.h>

#include "base/bytes.h"
#include "wire/wire_private.h"
#include "wire/zap.h"

/* Takes the parts after `last` off the socket. The parts of one message arrive together or not at all. */
static void parts_drain(void *router, zmq_msg_t *last) {
  while (zmq_msg_more(last) && zmq_msg_recv(last, router, ZMQ_DONTWAIT) >= 0)
    continue;
}

/* 0: *e is one frame of an authenticated peer. 1: was something else, and is gone. -BT_AGAIN, -BT_IO. */
static int envelope_take(struct bt_wire *w, struct bt_envelope *e) {
  if (zmq_msg_recv(&e->id, w->router, ZMQ_DONTWAIT) < 0)
    return zmq_errno() == EAGAIN || zmq_errno() == EINTR ? -BT_AGAIN : -BT_IO;
  bool framed = zmq_msg_more(&e->id) && zmq_msg_recv(&e->body, w->router, ZMQ_DONTWAIT) >= 0;
  if (!framed || zmq_msg_more(&e->body)) {
    parts_drain(w->router, framed ? &e->body : &e->id); /* multipart knows no limit of its own: one part, or nothing */
    return 1;
  }
  /* From the body: after zmq_poll the routing-id part has lost its properties. */
  if (!bt_zap_user_key(zmq_msg_gets(&e->body, "User-Id"), e->key))
    return 1;
  const uint8_t *id = zmq_msg_data(&e->id);
  e->named_here = zmq_msg_size(&e->id) == BT_ROUTING_ID_SIZE && id[0] == 0;
  e->peer = e->named_here ? bt_get_u32(id + 1) : 0;
  return 0;
}

/* Answers what came over a connection without a session. */
static void stray_fault(struct bt_wire *w, struct bt_envelope *e, int code, struct bt_str text) {
  if (!w->faults_left) {
    w->counters->frames_dropped++;
    return;
  }
  w->faults_left--;
  bt_peer_fault(w, zmq_msg_data(&e->id), zmq_msg_size(&e->id),
                &(struct bt_fault){.code = (uint32_t)code, .text = text});
}

/* The session of this connection, as far as the current rules still carry it. A routing id proves nothing: the key
 * does. */
static struct bt_seat *envelope_seat(struct bt_wire *w, const struct bt_envelope *e, const struct bt_adapter *adapter) {
  struct bt_seat *seat = bt_sessions_by_peer(&w->sessions, e->peer);
  if (!seat)
    return NULL;
  if (memcmp(seat->key, e->key, sizeof e->key) == 0 && adapter && bt_str_eq(adapter->name, seat->session.adapter))
    return seat;
  bt_seat_end(w, seat);
  return NULL;
}

/* Frames about the session itself stay here. 0: the frame is the loop's. */
static int frame_dispatch(struct bt_wire *w, struct bt_seat *seat, const struct bt_frame *frame, int64_t now_us) {
  struct bt_known_row *known;
  switch (frame->kind) {
  case BT_FRAME_SUBMIT:
  case BT_FRAME_SETTLE:
  case BT_FRAME_QUERY:
    return 0;
  case BT_FRAME_CREDIT:
    bt_seat_credit(seat, frame->credit);
    return 1;
  case BT_FRAME_REPORT:
    if ((known = bt_known_find(&w->known, w->rules, seat->session.adapter)))
      bt_known_report(known, &frame->report, now_us);
    return 1;
  case BT_FRAME_GOODBYE: /* what it sent before is still to be dealt with: the session ends with the next wait */
    bt_seat_credit(seat, 0);
    seat->gone = seat->parted = w->any_gone = true;
    return -BT_AGAIN; /* and the round: a Hello that follows finds this session ended, its words heard */
  default:
    bt_seat_fault(w, seat, BT_BAD_FRAME, BT_LIT("only the broker sends this frame"));
    return 1;
  }
}

/* The frame, its memory in `arena` alone. An arena that is full is our trouble, not the sender's: BUSY. */
static int body_decode(struct bt_envelope *e, struct bt_arena *arena, struct bt_frame *ret, struct bt_str *ret_text) {
  struct bt_str bytes = bt_arena_copy(arena, (struct bt_str){zmq_msg_data(&e->body), zmq_msg_size(&e->body)});
  int code = bytes.p ? bt_frame_decode(bytes, arena, ret, ret_text) : -BT_NOMEM;
  return code == -BT_NOMEM ? BT_BUSY : -code;
}

static int envelope_handle(struct bt_wire *w, struct bt_envelope *e, int64_t now_us, struct bt_arena *arena,
                           struct bt_inbound *ret) {
  if (!e->named_here) {
    stray_fault(w, e, BT_INVALID, BT_LIT("set no routing id: the broker names connections"));
    return 1;
  }
  /* On each message: ZAP is asked once per connection, and a grant may end while it lives. */
  const struct bt_adapter *adapter = bt_zap_adapter(w->rules, e->key);
  struct bt_seat *seat = envelope_seat(w, e, adapter);
  if (!adapter) {
    stray_fault(w, e, BT_REVOKED, (struct bt_str){0});
    return 1;
  }
  struct bt_frame frame = {0};
  struct bt_str text = {0};
  int code = body_decode(e, arena, &frame, &text);
  if (!code && frame.kind == BT_FRAME_HELLO) {
    w->counters->frames_in++;
    bt_hello_take(w, e, adapter, &frame.hello, now_us);
    return 1;
  }
  if (!seat) {
    stray_fault(w, e, code ? code : BT_HELLO_FIRST, text);
    return 1;
  }
  w->counters->frames_in++;
  seat->session.heard_us = now_us;
  if (code && frame.kind == BT_FRAME_QUERY)
    bt_seat_answer(w, seat, frame.query.id, code, text);
  else if (code)
    bt_seat_fault(w, seat, code, text);
  if (code)
    return 1;
  *ret = (struct bt_inbound){&seat->session, frame};
  return frame_dispatch(w, seat, &frame, now_us);
}

int bt_wire_receive(struct bt_wire *w, int64_t now_us, struct bt_arena *arena, struct bt_inbound *ret) {
  for (int i = 0; i < BT_WIRE_ZAP_ANSWERS && w->zap_ready; i++)
    w->zap_ready = bt_zap_answer(w->zap, w->rules, w->counters, NULL);
  struct bt_envelope e = {0};
  zmq_msg_init(&e.id);
  zmq_msg_init(&e.body);
  int code = envelope_take(w, &e);
  if (code == 1)
    w->counters->frames_dropped++;
  if (code == 0)
    code = envelope_handle(w, &e, now_us, arena, ret);
  zmq_msg_close(&e.id);
  zmq_msg_close(&e.body);
  return code;
}

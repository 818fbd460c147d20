#include <assert.h>
#include <errno.h>

#include "base/bytes.h"
#include "wire/wire_private.h"

/* ROUTER_MANDATORY makes both refusals visible, DONTWAIT keeps one slow peer from stalling all. Both come with the
 * first part; what was refused stays where it was (the inbox, the sender's memory). */
int bt_peer_send(struct bt_wire *w, const void *id, size_t id_size, struct bt_str frame) {
  assert(frame.n <= BT_MAX_FRAME);
  if (zmq_send(w->router, id, id_size, ZMQ_SNDMORE | ZMQ_DONTWAIT) < 0) {
    w->counters->sends_deferred++;
    return zmq_errno() == EHOSTUNREACH ? -BT_GONE : -BT_AGAIN;
  }
  if (zmq_send(w->router, frame.p, frame.n, ZMQ_DONTWAIT) < 0) {
    w->counters->sends_deferred++;
    return -BT_GONE;
  }
  w->counters->frames_out++;
  return 0;
}

/* A routing id that the ROUTER made up is never given out again: a peer that is gone stays gone under it. Its session
 * ends at the next receive, not here, in the middle of the caller's round. */
int bt_seat_send(struct bt_wire *w, struct bt_seat *seat, struct bt_str frame) {
  uint8_t id[BT_ROUTING_ID_SIZE] = {0};
  bt_put_u32(id + 1, seat->peer);
  int code = bt_peer_send(w, id, sizeof id, frame);
  if (code == -BT_GONE)
    seat->gone = w->any_gone = true;
  return code;
}

int bt_wire_send(struct bt_wire *w, uint64_t session, struct bt_str frame) {
  struct bt_seat *seat = bt_sessions_by_id(&w->sessions, session);
  return seat ? bt_seat_send(w, seat, frame) : -BT_GONE;
}

/* Encodes and sends what refuses a frame. Best effort. */
static void refuse(struct bt_wire *w, const void *id, size_t id_size, const struct bt_frame *frame) {
  struct bt_str bytes;
  w->counters->frames_refused++;
  bt_arena_reset(&w->scratch);
  int code = bt_frame_encode(frame, &w->scratch, &bytes);
  if (!code)
    code = bt_peer_send(w, id, id_size, bytes);
  (void)code;
}

void bt_peer_fault(struct bt_wire *w, const void *id, size_t id_size, const struct bt_fault *fault) {
  struct bt_frame frame = {.kind = BT_FRAME_FAULT, .fault = *fault};
  bt_count_code(w->counters->faulted, (int)fault->code);
  if (!frame.fault.text.n)
    frame.fault.text = bt_str(bt_code_text((int)fault->code));
  refuse(w, id, id_size, &frame);
}

void bt_seat_fault(struct bt_wire *w, struct bt_seat *seat, int code, struct bt_str text) {
  uint8_t id[BT_ROUTING_ID_SIZE] = {0};
  bt_put_u32(id + 1, seat->peer);
  bt_peer_fault(w, id, sizeof id, &(struct bt_fault){.code = (uint32_t)code, .text = text});
}

void bt_seat_answer(struct bt_wire *w, struct bt_seat *seat, uint64_t query, int code, struct bt_str text) {
  struct bt_frame frame = {.kind = BT_FRAME_ANSWER, .answer = {.id = query, .code = (uint32_t)code, .text = text}};
  uint8_t id[BT_ROUTING_ID_SIZE] = {0};
  bt_put_u32(id + 1, seat->peer);
  refuse(w, id, sizeof id, &frame);
}

void bt_wire_fault(struct bt_wire *w, uint64_t session, int code, struct bt_str text) {
  struct bt_seat *seat = bt_sessions_by_id(&w->sessions, session);
  if (seat)
    bt_seat_end_with(w, seat, code < 0 ? -code : code, text);
}

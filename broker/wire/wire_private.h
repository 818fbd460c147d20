/* What the files of this room share. */
#ifndef BT_WIRE_WIRE_PRIVATE_H
#define BT_WIRE_WIRE_PRIVATE_H

#include <zmq.h>

#include "wire/known.h"
#include "wire/session.h"

enum {
  BT_WIRE_FAULTS =
      64, /* to connections without a session, between two waits: a flood of frames is no flood of Faults */
  BT_WIRE_ZAP_ANSWERS = 8,     /* handshakes answered for each message taken */
  BT_WIRE_ACTS_FOR = 64,       /* names told in Welcome */
  BT_WIRE_SCRATCH = 256 * 1024 /* for encoding one Welcome or Fault */
};

struct bt_wire {
  void *context, *zap, *router; /* one context for the life of the process */
  char endpoint[256];           /* as bound */
  const struct bt_rules *rules; /* the current generation */
  struct bt_counters *counters; /* never NULL: `uncounted` where the caller has none */
  struct bt_counters uncounted;
  uint32_t max_in_flight;
  int64_t takeover_after_us;
  struct bt_sessions sessions;
  struct bt_known_table known;
  struct bt_arena scratch;
  uint32_t faults_left;
  bool any_gone;
  bool zap_ready; /* the last wait saw a handshake, and they are not all answered */
  zmq_pollitem_t *items;
  uint32_t items_room;
  void (*opened)(void *context, struct bt_session *s);
  void (*closed)(void *context, struct bt_session *s);
  void *opened_context, *closed_context;
};

/* One message as it came. */
struct bt_envelope {
  zmq_msg_t id, body;
  uint32_t peer;
  bool named_here; /* the routing id is one that the ROUTER made up */
  uint8_t key[32]; /* authenticated */
};

/* send.c */
/* -BT_AGAIN, -BT_GONE. */
int bt_peer_send(struct bt_wire *w, const void *id, size_t id_size, struct bt_str frame) BT_MUST_CHECK;
int bt_seat_send(struct bt_wire *w, struct bt_seat *seat, struct bt_str frame) BT_MUST_CHECK;
/* Best effort: a peer that cannot take a Fault now finds out by silence. An empty text: the code's sentence. */
void bt_peer_fault(struct bt_wire *w, const void *id, size_t id_size, const struct bt_fault *fault);
void bt_seat_fault(struct bt_wire *w, struct bt_seat *seat, int code, struct bt_str text);
/* The answer to a query that cannot be asked so; as best effort as a Fault. */
void bt_seat_answer(struct bt_wire *w, struct bt_seat *seat, uint64_t query, int code, struct bt_str text);

/* hello.c */
/* Ends the session: out of the table, then the loop is told. */
void bt_seat_end(struct bt_wire *w, struct bt_seat *seat);
void bt_seat_end_with(struct bt_wire *w, struct bt_seat *seat, int code, struct bt_str text);
void bt_seat_credit(struct bt_seat *seat, uint32_t window);
void bt_hello_take(struct bt_wire *w, const struct bt_envelope *e, const struct bt_adapter *adapter,
                   const struct bt_hello *hello, int64_t now_us);

#endif

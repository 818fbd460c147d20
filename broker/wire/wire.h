/* The broker's side of ZeroMQ: sockets, CURVE and ZAP, sessions and credit.
 *
 * The sender's identity is the CURVE key that ZAP authenticated, never what a frame claims; it is checked against the
 * current grants on every message. The socket is only bound once a probe with a random key was refused. Frames about
 * the session and the adapter itself (Hello, Goodbye, Credit, Report, and every Fault) are dealt with here; Submit,
 * Settle and Query go to the loop.
 *
 * One thread. Nothing blocks but bt_wire_wait. */
#ifndef BT_WIRE_WIRE_H
#define BT_WIRE_WIRE_H

#include <poll.h>

#include "base/arena.h"
#include "base/code.h"
#include "base/counters.h"
#include "codec/frame_codec.h"
#include "core/rules.h"

struct bt_wire;

struct bt_wire_options {
  const char *endpoint;        /* "tcp://127.0.0.1:5570" */
  const char *secret_key_file; /* 0600, Z85 */
  uint32_t max_in_flight;      /* told in Welcome */
  int64_t takeover_after_us;   /* another instance gets IN_USE until the old one was silent for this long: 6 s */
  int io_threads;
};

/* One session: an authenticated adapter that said Hello. Borrowed from the wire; one that ends leaves every look-up at
 * once (see bt_wire_on_close), but its storage stays until the next bt_wire_wait. The loop may change the fields under
 * "the loop's". */
struct bt_session {
  uint64_t id;           /* never reused in the process */
  struct bt_str adapter; /* look it up in the current rules */
  struct bt_str software;
  uint8_t instance[16];
  int64_t opened_us, heard_us;            /* monotonic */
  uint32_t window;                        /* credit */
  uint64_t submitted, delivered, settled; /* counts, for operators */
  /* the loop's */
  uint64_t next_submit; /* the only number it takes next */
  bool busy;            /* the item next_submit was answered BUSY */
  bool held;            /* by an operator */
  void *loop;           /* NULL at first; freed through bt_wire_on_close */
};

/* What is remembered of a configured adapter, also while it is not connected; not over a restart of the broker.
 * Borrowed until the next call that receives or adopts. */
struct bt_known {
  bool reported; /* it has sent a Report: the last one, and when it came (monotonic) */
  struct bt_report report;
  int64_t reported_us;
  int64_t left_us; /* monotonic: when its last session ended; 0: it never had one */
  bool parted;     /* that session ended with a Goodbye */
};

int bt_wire_open(const struct bt_wire_options *options, const struct bt_rules *rules, struct bt_counters *counters,
                 struct bt_wire **ret, const char **ret_text) BT_MUST_CHECK;
void bt_wire_close(struct bt_wire *w); /* NULL is fine; linger 0; every session ends first */
/* The endpoint as bound: "tcp://127.0.0.1:*" has its port by now. */
const char *bt_wire_endpoint(const struct bt_wire *w);
/* The current configuration generation; sessions whose key has lost its grant get Fault REVOKED and end. */
void bt_wire_adopt(struct bt_wire *w, const struct bt_rules *rules);
/* What Welcome tells from now on of how much may be in flight. */
void bt_wire_limit(struct bt_wire *w, uint32_t max_in_flight);
/* Room for the connections of so many adapters; raises the process's limit of descriptors as far as it may.
 * -BT_USAGE with a sentence. */
int bt_wire_room(uint32_t adapters, const char **ret_text) BT_MUST_CHECK;
/* Called once for each session that ends (Goodbye, takeover, revoked, fault, peer gone): the loop forgets what was in
 * flight. It is out of the look-ups by then. */
void bt_wire_on_close(struct bt_wire *w, void (*closed)(void *context, struct bt_session *s), void *context);
/* Called when a session opens: may set `held` before Welcome goes out. */
void bt_wire_on_open(struct bt_wire *w, void (*opened)(void *context, struct bt_session *s), void *context);

/* Blocks until the sockets or one of `more` are ready, or timeout_ms is over (-1: no limit, 0: only looks). revents of
 * `more` are filled in. Returns how many are ready, the sockets counting as one; -BT_IO. */
int bt_wire_wait(struct bt_wire *w, struct pollfd *more, uint32_t n, long timeout_ms) BT_MUST_CHECK;

struct bt_inbound {
  struct bt_session *session;
  struct bt_frame frame; /* SUBMIT, SETTLE or QUERY; in `arena` */
};
/* Takes one message. 0: *ret is set. 1: there was one, and it needed nothing from the loop. -BT_AGAIN: none there.
 * Also answers ZAP. now_us: monotonic. */
int bt_wire_receive(struct bt_wire *w, int64_t now_us, struct bt_arena *arena, struct bt_inbound *ret) BT_MUST_CHECK;
/* Hands one encoded frame to the peer's queue. -BT_AGAIN: full, nothing sent. -BT_GONE: no such session or peer; a
 * session whose peer is gone ends in the next bt_wire_wait. 0 is no delivery: only a Settle tells that it arrived.
 */
int bt_wire_send(struct bt_wire *w, uint64_t session, struct bt_str frame) BT_MUST_CHECK;
/* Ends a session with a Fault. */
void bt_wire_fault(struct bt_wire *w, uint64_t session, int code, struct bt_str text);

struct bt_session *bt_wire_session(struct bt_wire *w, uint64_t id);              /* NULL: gone */
struct bt_session *bt_wire_session_of(struct bt_wire *w, struct bt_str adapter); /* NULL: not connected */
/* NULL: no such adapter is configured. */
const struct bt_known *bt_wire_known(const struct bt_wire *w, struct bt_str adapter);
/* For each session in turn: pass NULL first; NULL after the last. */
struct bt_session *bt_wire_next(struct bt_wire *w, struct bt_session *after);
/* Names of connected adapters, sorted, in `arena`. */
int bt_wire_connected(struct bt_wire *w, struct bt_arena *arena, struct bt_strs *ret) BT_MUST_CHECK;

/* A fresh CURVE key pair in Z85, NUL-terminated. */
int bt_wire_keypair(char ret_public[41], char ret_secret[41]) BT_MUST_CHECK;
/* The public key that belongs to a secret one; Z85 text <-> 32 bytes. */
int bt_wire_public_of(const char *secret, char ret_public[41]) BT_MUST_CHECK;

#endif

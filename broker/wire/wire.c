#include "wire/wire.h"

#include <errno.h>
#include <stdlib.h>

#include "wire/keys.h"
#include "wire/probe.h"
#include "wire/socket.h"
#include "wire/wire_private.h"
#include "wire/zap.h"

static void pump_zap(void *wire) {
  struct bt_wire *w = wire;
  while (bt_zap_answer(w->zap, w->rules, w->counters, NULL))
    continue;
}

/* The order is the point: the ZAP handler first, then the proof that a stranger stays out, and only then the configured
 * endpoint. No answer, no service. */
static int sockets_open(struct bt_wire *w, const char *endpoint, const char secret[41], const char **ret_text) {
  char public_key[41];
  int code = bt_wire_public_of(secret, public_key);
  if (code) {
    *ret_text = "the secret key is no CURVE key";
    return code;
  }
  w->zap = bt_socket_zap(w->context, ret_text);
  w->router = w->zap ? bt_socket_router(w->context, secret, ret_text) : NULL;
  if (!w->router)
    return -BT_IO;
  code = bt_probe_stranger(w->context, w->router, public_key, w->zap, pump_zap, w, ret_text);
#ifdef BT_FLAW_ADMIT_ANYONE
  code = 0;
#endif
  return code ? code : bt_socket_bind(w->router, endpoint, w->endpoint, sizeof w->endpoint, ret_text);
}

static int wire_start(struct bt_wire *w, const struct bt_wire_options *options, const char **ret_text) {
  char secret[41] = "";
  int code = bt_socket_room(w->rules->adapters.n, ret_text);
  if (code)
    return code;
  code = bt_key_read(options->secret_key_file, secret);
  if (code) {
    *ret_text = code == -BT_IO ? "cannot read the secret key file" : "the secret key file does not hold one Z85 key";
    return code;
  }
  w->context = zmq_ctx_new();
  if (w->context && options->io_threads > 0)
    zmq_ctx_set(w->context, ZMQ_IO_THREADS, options->io_threads);
  *ret_text = "cannot make a ZeroMQ context";
  code = w->context ? sockets_open(w, options->endpoint, secret, ret_text) : -BT_IO;
  explicit_bzero(secret, sizeof secret);
  return code;
}

int bt_wire_open(const struct bt_wire_options *options, const struct bt_rules *rules, struct bt_counters *counters,
                 struct bt_wire **ret, const char **ret_text) {
  struct bt_wire *w = calloc(1, sizeof *w);
  if (!w) {
    *ret_text = "out of memory";
    return -BT_NOMEM;
  }
  w->rules = rules;
  bt_known_adopt(&w->known, rules);
  w->counters = counters ? counters : &w->uncounted;
  w->max_in_flight = options->max_in_flight;
  w->takeover_after_us = options->takeover_after_us;
  w->faults_left = BT_WIRE_FAULTS;
  bt_arena_init(&w->scratch, BT_WIRE_SCRATCH);
  int code = wire_start(w, options, ret_text);
  if (code) {
    bt_wire_close(w);
    return code;
  }
  *ret = w;
  return 0;
}

void bt_wire_close(struct bt_wire *w) {
  if (!w)
    return;
  struct bt_seat *seat;
  while ((seat = bt_sessions_after(&w->sessions, 0)))
    bt_seat_end(w, seat);
  if (w->router)
    zmq_close(w->router);
  if (w->zap)
    zmq_close(w->zap);
  while (w->context && zmq_ctx_term(w->context) && zmq_errno() == EINTR)
    continue;
  bt_sessions_fini(&w->sessions);
  bt_known_fini(&w->known);
  bt_arena_fini(&w->scratch);
  free(w->items);
  free(w);
}

const char *bt_wire_endpoint(const struct bt_wire *w) {
  return w->endpoint;
}

void bt_wire_adopt(struct bt_wire *w, const struct bt_rules *rules) {
  w->rules = rules;
  bt_known_adopt(&w->known, rules);
  struct bt_seat *seat = bt_sessions_after(&w->sessions, 0);
  for (; seat; seat = bt_sessions_after(&w->sessions, seat->session.id)) {
    const struct bt_adapter *adapter = bt_zap_adapter(rules, seat->key);
    if (!adapter)
      bt_seat_end_with(w, seat, BT_REVOKED, (struct bt_str){0});
    else if (!bt_str_eq(adapter->name, seat->session.adapter))
      bt_seat_end_with(w, seat, BT_HELLO_FIRST, BT_LIT("the key belongs to another adapter now: say Hello again"));
  }
}

void bt_wire_limit(struct bt_wire *w, uint32_t max_in_flight) {
  w->max_in_flight = max_in_flight;
}

int bt_wire_room(uint32_t adapters, const char **ret_text) {
  return bt_socket_room(adapters, ret_text);
}

void bt_wire_on_close(struct bt_wire *w, void (*closed)(void *context, struct bt_session *s), void *context) {
  w->closed = closed;
  w->closed_context = context;
}

void bt_wire_on_open(struct bt_wire *w, void (*opened)(void *context, struct bt_session *s), void *context) {
  w->opened = opened;
  w->opened_context = context;
}

static struct bt_session *seat_session(struct bt_seat *seat) {
  return seat ? &seat->session : NULL;
}

const struct bt_known *bt_wire_known(const struct bt_wire *w, struct bt_str adapter) {
  const struct bt_known_row *row = bt_known_find(&w->known, w->rules, adapter);
  return row ? &row->known : NULL;
}

struct bt_session *bt_wire_session(struct bt_wire *w, uint64_t id) {
  return seat_session(bt_sessions_by_id(&w->sessions, id));
}

struct bt_session *bt_wire_session_of(struct bt_wire *w, struct bt_str adapter) {
  return seat_session(bt_sessions_by_adapter(&w->sessions, adapter));
}

struct bt_session *bt_wire_next(struct bt_wire *w, struct bt_session *after) {
  return seat_session(bt_sessions_after(&w->sessions, after ? after->id : 0));
}

int bt_wire_connected(struct bt_wire *w, struct bt_arena *arena, struct bt_strs *ret) {
  const struct bt_seats *seats = &w->sessions.by_adapter;
  struct bt_str *names = BT_NEW_ARRAY(arena, struct bt_str, seats->n);
  if (!names)
    return -BT_NOMEM;
  for (uint32_t i = 0; i < seats->n; i++) {
    names[i] = bt_arena_copy(arena, seats->v[i]->session.adapter);
    if (!names[i].p)
      return -BT_NOMEM;
  }
  *ret = (struct bt_strs){seats->n, names};
  return 0;
}

/* How sessions begin and end. */
#include "base/clock.h"
#include "wire/wire_private.h"

void bt_seat_end(struct bt_wire *w, struct bt_seat *seat) {
  struct bt_known_row *row = bt_known_find(&w->known, w->rules, seat->session.adapter);
  if (row) {
    row->known.left_us = bt_clock_mono_us();
    row->known.parted = seat->parted;
  }
  bt_sessions_remove(&w->sessions, seat);
  w->counters->sessions_closed++;
  if (w->closed)
    w->closed(w->closed_context, &seat->session);
}

void bt_seat_end_with(struct bt_wire *w, struct bt_seat *seat, int code, struct bt_str text) {
  bt_seat_fault(w, seat, code, text);
  bt_seat_end(w, seat);
}

void bt_seat_credit(struct bt_seat *seat, uint32_t window) {
  seat->session.window = window < BT_MAX_WINDOW ? window : BT_MAX_WINDOW;
}

static void envelope_fault(struct bt_wire *w, const struct bt_envelope *e, const struct bt_fault *fault) {
  zmq_msg_t *id = (zmq_msg_t *)&e->id; /* zmq_msg_data takes no const */
  bt_peer_fault(w, zmq_msg_data(id), zmq_msg_size(id), fault);
}

static int welcome_send(struct bt_wire *w, struct bt_seat *seat, const struct bt_adapter *adapter) {
  struct bt_str all = BT_LIT("*");
  struct bt_welcome welcome = {.adapter = adapter->name,
                               .department = adapter->department,
                               .acts_for = adapter->acts_for,
                               .next_submit = seat->session.next_submit,
                               .max_in_flight = w->max_in_flight,
                               .receives = adapter->receives,
                               .held = seat->session.held,
                               .idempotency_s = (uint32_t)(w->rules->idempotency_us / BT_SECOND_US),
                               .broker = BT_LIT(BATON_VERSION)};
  if (adapter->acts_for_all)
    welcome.acts_for = (struct bt_strs){1, &all};
  if (welcome.acts_for.n > BT_WIRE_ACTS_FOR)
    welcome.acts_for.n = BT_WIRE_ACTS_FOR;
  struct bt_str bytes;
  bt_arena_reset(&w->scratch);
  int code = bt_frame_encode(&(struct bt_frame){.kind = BT_FRAME_WELCOME, .welcome = welcome}, &w->scratch, &bytes);
  return code ? code : bt_seat_send(w, seat, bytes);
}

/* Makes way for a new session of the same adapter. Returns 0, or the milliseconds after which it may ask again. A
 * refused Hello is no sign of life of the old session, even over the same connection. */
static uint32_t old_session_yield(struct bt_wire *w, struct bt_seat *old, const struct bt_hello *hello,
                                  int64_t now_us) {
  if (memcmp(old->session.instance, hello->instance.p, sizeof old->session.instance) == 0) {
    w->counters->sessions_taken_over++;
    bt_seat_end(w, old);
    return 0;
  }
  int64_t left_us = old->session.heard_us + w->takeover_after_us - now_us;
  if (left_us > 0 && !old->gone)
    return (uint32_t)((left_us + 999) / 1000);
  bt_seat_end_with(w, old, BT_IN_USE, BT_LIT("silent for too long: another instance has taken over"));
  return 0;
}

static void session_open(struct bt_wire *w, const struct bt_envelope *e, const struct bt_adapter *adapter,
                         const struct bt_hello *hello, int64_t now_us) {
  struct bt_seat *seat = bt_sessions_add(&w->sessions, e->peer, e->key, adapter->name, hello);
  if (!seat) {
    envelope_fault(w, e, &(struct bt_fault){.code = BT_BUSY, .retry_after_ms = 1000});
    return;
  }
  struct bt_session *s = &seat->session;
  s->opened_us = s->heard_us = now_us;
  s->next_submit = 1;
  bt_seat_credit(seat, hello->credit);
  w->counters->sessions_opened++;
  if (w->opened)
    w->opened(w->opened_context, s);
  /* Without its Welcome the adapter knows of no session, so there is none; it says Hello again. */
  if (welcome_send(w, seat, adapter))
    bt_seat_end(w, seat);
}

void bt_hello_take(struct bt_wire *w, const struct bt_envelope *e, const struct bt_adapter *adapter,
                   const struct bt_hello *hello, int64_t now_us) {
  if (hello->instance.n != sizeof((struct bt_session *)0)->instance) {
    envelope_fault(w, e, &(struct bt_fault){.code = BT_INVALID, .text = BT_LIT("instance: 16 random bytes")});
    return;
  }
  struct bt_seat *old = bt_sessions_by_adapter(&w->sessions, adapter->name);
  uint32_t wait_ms = old ? old_session_yield(w, old, hello, now_us) : 0;
  if (wait_ms)
    envelope_fault(w, e, &(struct bt_fault){.code = BT_IN_USE, .retry_after_ms = wait_ms});
  else
    session_open(w, e, adapter, hello, now_us);
}

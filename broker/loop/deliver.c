/* Deliveries: from the durable inbox to the sessions that have credit. A successful send moves nothing; only a settle
 * does. */
#include "base/clock.h"
#include "base/log.h"
#include "loop/outbox.h"
#include "loop/parts.h"

enum { CHECK_EVERY_US = 100 * 1000 }; /* lanes that were put off or never settled */

void bt_deliver_opened(void *loop, struct bt_session *s) {
  struct bt_loop *l = loop;
  struct bt_adapter_row row;
  struct bt_arena scratch;
  bt_arena_init(&scratch, 64 * 1024);
  s->next_submit = 1;
  s->loop = bt_outbox_new();
  s->held = bt_store_adapter(l->parts.store, BT_NOW, s->adapter, &scratch, &row) == 0 && row.held;
  bt_log(BT_LOG_INFO, "session-opened", BT_L_STR("adapter", s->adapter), BT_L_UINT("session", s->id),
         BT_L_STR("software", s->software));
  bt_arena_fini(&scratch);
}

void bt_deliver_closed(void *loop, struct bt_session *s) {
  (void)loop;
  bt_outbox_free(s->loop);
  s->loop = NULL;
  bt_log(BT_LOG_INFO, "session-closed", BT_L_STR("adapter", s->adapter), BT_L_UINT("session", s->id));
}

static struct bt_outbox *outbox_of(struct bt_loop *l, struct bt_str adapter) {
  struct bt_session *s = bt_wire_session_of(l->parts.wire, adapter);
  return s ? s->loop : NULL;
}

void bt_deliver_wake(struct bt_loop *l, struct bt_str adapter) {
  struct bt_outbox *o = outbox_of(l, adapter);
  if (o)
    o->awake = true;
}

/* A row has come in where the inbox may have been read already: its case goes on from there, at once. */
void bt_deliver_again(struct bt_loop *l, struct bt_str adapter, uint64_t case_id, uint64_t sequence) {
  struct bt_outbox *o = outbox_of(l, adapter);
  struct bt_lane *lane = o && sequence < o->next ? bt_outbox_need_lane(o, case_id) : NULL;
  if (!o)
    return;
  o->awake |= lane == NULL;
  if (!lane) {
    o->next = sequence < o->next ? sequence : o->next;
    return;
  }
  bt_outbox_pass(lane, sequence);
  if (lane->sequence)
    return;                /* another one of the case is out */
  lane->not_before_us = 0; /* whatever was put off comes behind it, and is put off still */
  bt_outbox_make_ready(o, lane);
}

/* The lane of a case, when this very delivery is out with it. */
static struct bt_lane *lane_out(struct bt_outbox *o, uint64_t case_id, uint64_t sequence) {
  struct bt_lane *lane = o ? bt_outbox_lane(o, case_id) : NULL;
  return lane && lane->sequence == sequence ? lane : NULL;
}

static void settled(struct bt_loop *l, struct bt_str adapter, uint64_t case_id, uint64_t sequence) {
  struct bt_session *s = bt_wire_session_of(l->parts.wire, adapter);
  struct bt_outbox *o = s ? s->loop : NULL;
  struct bt_lane *lane = lane_out(o, case_id, sequence);
  if (!lane)
    return;
  s->settled++;
  bt_outbox_free_lane(o, lane);
}

static void put_off(struct bt_loop *l, struct bt_str adapter, const struct bt_settled_row *row) {
  struct bt_outbox *o = outbox_of(l, adapter);
  struct bt_lane *lane = o ? bt_outbox_need_lane(o, row->case_id) : NULL;
  if (!lane)
    return;
  bt_outbox_pass(lane, row->first);
  if (lane->sequence && lane->sequence != row->first)
    return; /* another one of the case is out: this row waits behind it */
  lane->not_before_us = row->not_before_us;
  bt_outbox_free_lane(o, lane);
}

static void given_back(struct bt_loop *l, struct bt_str adapter, const struct bt_settled_row *row) {
  if (row->dead)
    settled(l, adapter, row->case_id, row->first);
  else
    put_off(l, adapter, row);
  l->parts.counters->deliveries_dead += row->dead;
  l->parts.counters->deliveries_retried += !row->dead;
}

static void still_at_work(struct bt_loop *l, const struct bt_tally *t) {
  for (uint32_t i = 0; i < t->progress_n; i++) {
    struct bt_lane *lane = lane_out(outbox_of(l, t->adapter), t->progress[i].case_id, t->progress[i].sequence);
    if (lane)
      lane->sent_us = bt_clock_mono_us();
  }
}

void bt_deliver_settled(struct bt_loop *l, const struct bt_tally *t) {
  still_at_work(l, t);
  for (uint32_t i = 0; i < t->n; i++)
    if (t->v[i].verdict == BT_VERDICT_ACK) {
      settled(l, t->adapter, t->v[i].case_id, t->v[i].sequence);
      l->parts.counters->deliveries_settled++;
    }
  for (uint32_t i = 0; i < t->parts_n; i++)
    for (uint32_t k = 0; k < t->parts[i].n; k++)
      if (t->parts[i].v[k].verdict != BT_VERDICT_ACK)
        given_back(l, t->adapter, &t->parts[i].v[k]);
}

/* Holds that are over; deliveries that were never settled, which go out again. */
static void check_lanes(struct bt_loop *l, struct bt_outbox *o) {
  if (bt_clock_mono_us() < o->check_us)
    return;
  o->check_us = bt_clock_mono_us() + CHECK_EVERY_US;
  int64_t now_us = bt_time_now(l);
  int64_t lost_us = bt_clock_mono_us() - (int64_t)l->parts.config->settings.settle_timeout_ms * 1000;
  struct bt_lane *lane, *next;
  HASH_ITER(hh, o->lanes, lane, next) {
    if (lane->not_before_us && lane->not_before_us <= now_us) {
      lane->not_before_us = 0;
      if (!lane->sequence)
        bt_outbox_make_ready(o, lane);
    }
    if (lane->sequence && lane->sent_us <= lost_us) {
      uint32_t sends = lane->sends;
      bt_outbox_pass(lane, lane->sequence);
      bt_outbox_free_lane(o, lane);
      lane->sends = sends;
    }
  }
}

static bool takes_deliveries(const struct bt_loop *l, const struct bt_session *s) {
  const struct bt_adapter *a = bt_rules_adapter(l->rules, s->adapter);
  return a && a->receives && s->loop && !s->held && s->window;
}

int bt_deliver_pump(struct bt_loop *l) {
  int rc = 0;
  for (struct bt_session *s = bt_wire_next(l->parts.wire, NULL); s && !rc; s = bt_wire_next(l->parts.wire, s)) {
    struct bt_outbox *o = s->loop;
    if (!takes_deliveries(l, s) || (!o->lanes && !o->awake))
      continue;
    o->blocked = false;
    check_lanes(l, o);
    if (!l->drain.on) /* what is out comes to its end, nothing new goes out */
      rc = bt_pump_session(l, s);
  }
  return rc;
}

void bt_deliver_own_done(struct bt_loop *l) {
  for (struct bt_session *s = bt_wire_next(l->parts.wire, NULL); s; s = bt_wire_next(l->parts.wire, s))
    if (s->loop)
      ((struct bt_outbox *)s->loop)->stubs_n = ((struct bt_outbox *)s->loop)->rotten_n = 0;
}

long bt_deliver_due_ms(struct bt_loop *l) {
  long due = -1;
  for (struct bt_session *s = bt_wire_next(l->parts.wire, NULL); s; s = bt_wire_next(l->parts.wire, s)) {
    struct bt_outbox *o = s->loop;
    if (!takes_deliveries(l, s))
      continue;
    const bool may_send = (o->ready || o->awake) && o->out < s->window && !o->blocked && !l->drain.on;
    if (o->stubs_n || o->rotten_n || may_send)
      return 0;
    if (o->lanes || o->blocked)
      due = CHECK_EVERY_US / 1000;
  }
  return due;
}

uint32_t bt_loop_in_flight(void *loop, struct bt_str adapter) {
  struct bt_outbox *o = outbox_of(loop, adapter);
  return o ? o->out : 0;
}

/* Deliveries: from the durable inbox to the sessions that have credit. A successful send moves nothing; only a settle
 * does. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "loop/outbox.h"
#include "loop/parts.h"

enum {
  ROWS_PER_PUMP = 4096, /* inbox rows looked at for one session before the others get their turn */
  ITEMS_PER_FRAME = 64,
  CHECK_EVERY_US = 100 * 1000, /* lanes that were put off or never settled */
};

/* One session's frame in the making. */
struct packing {
  struct bt_loop *l;
  struct bt_session *s;
  const struct bt_adapter *adapter;
  struct bt_outbox *o;
  struct bt_delivery_item items[ITEMS_PER_FRAME];
  struct bt_lane *lanes[ITEMS_PER_FRAME]; /* NULL: a stub */
  uint32_t n;
  size_t bytes;
  uint32_t rows;
};

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
  lane->not_before_us = row->not_before_us;
  bt_outbox_pass(lane, row->first);
  bt_outbox_free_lane(o, lane);
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
  for (uint32_t i = 0; i < t->rows.n; i++) {
    const struct bt_settled_row *row = &t->rows.v[i];
    if (row->verdict == BT_VERDICT_ACK)
      continue;
    if (row->dead)
      settled(l, t->adapter, row->case_id, row->first);
    else
      put_off(l, t->adapter, row);
    l->parts.counters->deliveries_dead += row->dead;
    l->parts.counters->deliveries_retried += !row->dead;
  }
}

/* What could not be sent is as if it had never been taken from the inbox. */
static void take_back(struct packing *p, uint32_t i) {
  struct bt_lane *lane = p->lanes[i];
  if (!lane)
    return;
  bt_outbox_pass(lane, lane->sequence);
  bt_outbox_free_lane(p->o, lane);
}

static int flush(struct packing *p) {
  if (!p->n)
    return 0;
  const struct bt_frame frame = {.kind = BT_FRAME_DELIVERY, .delivery = {p->n, p->items}};
  struct bt_str bytes;
  int rc = bt_frame_encode(&frame, &p->l->release, &bytes);
  if (!rc)
    rc = bt_wire_send(p->l->parts.wire, p->s->id, bytes);
  for (uint32_t i = 0; i < p->n; i++) {
    if (rc)
      take_back(p, i);
    else if (!p->lanes[i])
      p->o->stubs[p->o->stubs_n++] = p->items[i].sequence;
  }
  if (!rc) {
    p->s->delivered += p->n;
    p->l->parts.counters->deliveries_sent += p->n;
  }
  p->o->blocked |= rc != 0;
  p->n = 0;
  p->bytes = 0;
  return rc;
}

/* No more lanes: so many cases are put off or out that the others wait until one of them moves. */
static int enough(struct bt_outbox *o) {
  o->blocked = true;
  return 1;
}

/* 0: the row is on its way (or was a stub); 1: not now, the session has had enough; negative: failed. */
static int send_row(struct packing *p, uint64_t sequence, const struct bt_inbox_row *row) {
  if (p->o->stubs_n + p->n >= BT_MAX_STUBS)
    return 1;
  struct bt_lane *lane = bt_outbox_need_lane(p->o, row->case_id);
  if (!lane)
    return enough(p->o);
  struct bt_delivery_item item;
  int rc = bt_item_make(p->l, p->adapter, sequence, row, &item);
  if (rc)
    return rc == -BT_NOMEM ? 1 : rc;
  item.attempt += lane->sends + 1;
  size_t size = bt_delivery_item_size(&item);
  if (p->n == ITEMS_PER_FRAME || (p->n && p->bytes + size + 64 > BT_MAX_FRAME)) {
    if (flush(p))
      return 1;
    if (!(lane = bt_outbox_need_lane(p->o, row->case_id)))
      return 1;
  }
  p->items[p->n] = item;
  p->bytes += size;
  p->lanes[p->n++] = item.stub ? NULL : lane;
  if (item.stub) {
    p->l->parts.counters->stubs_sent++;
    bt_outbox_drop_if_idle(p->o, lane);
    return 0;
  }
  lane->sequence = sequence;
  lane->sends++;
  lane->sent_us = bt_clock_mono_us();
  p->o->out++;
  return 0;
}

/* The next row of a lane that may go on. */
static int continue_lane(struct packing *p, struct bt_lane *lane) {
  const uint64_t case_id = lane->case_id;
  uint64_t at = lane->waiting_from;
  lane->waiting_from = 0;
  while (at && at < p->o->next) {
    uint64_t sequence;
    struct bt_inbox_row row;
    p->rows++;
    int rc = bt_store_next_inbox(p->l->parts.store, BT_NOW, p->adapter->name, at, &p->l->release, &sequence, &row);
    if (rc == -BT_ABSENT || (!rc && sequence >= p->o->next))
      break;
    if (rc)
      return rc;
    at = sequence + 1;
    if (row.case_id != case_id)
      continue;
    rc = send_row(p, sequence, &row);
    struct bt_lane *after = bt_outbox_lane(p->o, case_id);
    if (rc)
      at = sequence;
    if (!after && !(after = bt_outbox_need_lane(p->o, case_id)))
      return rc;
    if (at < p->o->next)
      bt_outbox_pass(after, at);
    if (!after->sequence)
      bt_outbox_make_ready(p->o, after); /* a stub: the lane is free for the next row at once */
    return rc;
  }
  bt_outbox_drop_if_idle(p->o, lane);
  return 0;
}

/* The next row that nobody has looked at. 1: none. */
static int continue_inbox(struct packing *p) {
  uint64_t sequence;
  struct bt_inbox_row row;
  int rc =
      bt_store_next_inbox(p->l->parts.store, BT_NOW, p->adapter->name, p->o->next, &p->l->release, &sequence, &row);
  if (rc == -BT_ABSENT) {
    p->o->awake = false;
    return 1;
  }
  if (rc)
    return rc;
  p->rows++;
  struct bt_lane *lane = bt_outbox_lane(p->o, row.case_id);
  bool put_off = row.not_before_us > bt_clock_wall_us();
  if (!lane && put_off && !(lane = bt_outbox_need_lane(p->o, row.case_id)))
    return enough(p->o);
  if (lane && put_off)
    lane->not_before_us = row.not_before_us;
  if (lane) {
    bt_outbox_pass(lane, sequence);
    p->o->next = sequence + 1;
    return 0;
  }
  if (!(rc = send_row(p, sequence, &row)))
    p->o->next = sequence + 1;
  return rc;
}

static int pump_session(struct packing *p) {
  int rc = 0;
  while (!rc && p->o->out < p->s->window && p->rows < ROWS_PER_PUMP && !p->o->blocked) {
    struct bt_lane *lane = bt_outbox_take_ready(p->o);
    if (lane)
      rc = continue_lane(p, lane);
    else if (p->o->awake)
      rc = continue_inbox(p);
    else
      break;
  }
  int sent = flush(p);
  if (rc < 0)
    return rc;
  return sent == -BT_NOMEM ? sent : 0; /* a full or vanished peer is no failure of ours: the rows are still there */
}

/* Holds that are over; deliveries that were never settled, which go out again. */
static void check_lanes(struct bt_loop *l, struct bt_outbox *o) {
  if (bt_clock_mono_us() < o->check_us)
    return;
  o->check_us = bt_clock_mono_us() + CHECK_EVERY_US;
  int64_t wall_us = bt_clock_wall_us();
  int64_t lost_us = bt_clock_mono_us() - (int64_t)l->parts.config->settings.settle_timeout_ms * 1000;
  struct bt_lane *lane, *next;
  HASH_ITER(hh, o->lanes, lane, next) {
    if (lane->not_before_us && lane->not_before_us <= wall_us) {
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

int bt_deliver_pump(struct bt_loop *l) {
  for (struct bt_session *s = bt_wire_next(l->parts.wire, NULL); s; s = bt_wire_next(l->parts.wire, s)) {
    const struct bt_adapter *a = bt_rules_adapter(l->rules, s->adapter);
    struct bt_outbox *o = s->loop;
    if (!a || !o || !a->receives || s->held || !s->window)
      continue;
    o->blocked = false;
    if (!o->lanes && !o->awake)
      continue;
    check_lanes(l, o);
    struct packing *p = BT_NEW(&l->release, struct packing);
    if (!p)
      return 0;
    *p = (struct packing){.l = l, .s = s, .adapter = a, .o = o};
    int rc = pump_session(p);
    if (rc)
      return rc;
  }
  return 0;
}

void bt_deliver_stubs_done(struct bt_loop *l) {
  for (struct bt_session *s = bt_wire_next(l->parts.wire, NULL); s; s = bt_wire_next(l->parts.wire, s))
    if (s->loop)
      ((struct bt_outbox *)s->loop)->stubs_n = 0;
}

long bt_deliver_due_ms(struct bt_loop *l) {
  long due = -1;
  for (struct bt_session *s = bt_wire_next(l->parts.wire, NULL); s; s = bt_wire_next(l->parts.wire, s)) {
    struct bt_outbox *o = s->loop;
    if (!o || !s->window || s->held)
      continue;
    if (o->stubs_n || ((o->ready || o->awake) && o->out < s->window && !o->blocked))
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

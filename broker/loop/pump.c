/* From the durable inbox to one session: as much as credit, the peer's queue and this round's time allow. */
#include "base/clock.h"
#include "base/log.h"
#include "loop/outbox.h"
#include "loop/parts.h"

enum {
  ROWS_PER_PUMP = 4096, /* inbox rows looked at for one session before the others get their turn */
  ROWS_PER_LANE = 256,  /* and for one case, before the next one */
  ITEMS_PER_FRAME = 64,
};

#define LOOK_AWAY_US (10 * BT_SECOND_US)
#define TELL_AWAY_US (3600 * BT_SECOND_US)

/* One frame in the making. */
struct packing {
  struct bt_loop *l;
  struct bt_session *s;
  const struct bt_adapter *adapter;
  struct bt_outbox *o;
  struct bt_delivery_item items[ITEMS_PER_FRAME]; /* in l->release, which is emptied only between frames */
  uint64_t cases[ITEMS_PER_FRAME];
  uint32_t n, rows;
  size_t bytes;
};

/* No lane to be had: so many cases are out or put off that the others wait until one of them moves. */
static int enough(struct bt_outbox *o) {
  o->blocked = true;
  return 1;
}

/* What could not be sent is as if it had never been taken from the inbox. */
static void take_back(struct packing *p, uint32_t i) {
  struct bt_lane *lane = bt_outbox_need_lane(p->o, p->cases[i]);
  if (!lane) { /* nowhere to note it: the inbox is read from there again */
    if (p->items[i].sequence < p->o->next)
      p->o->next = p->items[i].sequence;
    p->o->awake = true;
    return;
  }
  bt_outbox_pass(lane, p->items[i].sequence);
  if (lane->sequence && lane->sequence != p->items[i].sequence)
    return;
  bt_outbox_free_lane(p->o, lane);
}

static void note_sent(struct packing *p) {
  for (uint32_t i = 0; i < p->n; i++)
    if (p->items[i].stub)
      p->o->stubs[p->o->stubs_n++] = p->items[i].sequence;
  p->s->delivered += p->n;
  p->l->parts.counters->deliveries_sent += p->n;
}

/* 0, or 1: the peer cannot take it now. The frame is empty afterwards, and so is the arena. */
static int flush(struct packing *p) {
  const struct bt_frame frame = {.kind = BT_FRAME_DELIVERY, .delivery = {p->n, p->items}};
  struct bt_str bytes;
  int rc = p->n ? bt_frame_encode(&frame, &p->l->release, &bytes) : 0;
  if (!rc && p->n)
    rc = bt_wire_send(p->l->parts.wire, p->s->id, bytes);
  if (!rc)
    note_sent(p);
  for (uint32_t i = p->n; rc && i-- > 0;)
    take_back(p, i);
  p->o->blocked |= rc != 0;
  p->n = 0;
  p->bytes = 0;
  bt_arena_reset(&p->l->release);
  return rc != 0;
}

static bool fits(const struct packing *p, size_t size) {
  return p->n < ITEMS_PER_FRAME && (!p->n || p->bytes + size + 64 <= BT_MAX_FRAME);
}

static void take_out(struct packing *p, struct bt_lane *lane, uint64_t sequence) {
  lane->sequence = sequence;
  lane->sends++;
  lane->sent_us = bt_clock_mono_us();
  p->o->out++;
}

/* An entry whose bytes have changed is never relayed, and holds up no other: it becomes a dead letter, and whoever
 * looks after the broker is told. 1: there are enough of them for this round. */
static int give_up(struct packing *p, struct bt_lane *lane, uint64_t sequence) {
  if (p->o->rotten_n == BT_MAX_ROTTEN)
    return 1;
  bt_watch_damaged(p->l);
  bt_log(BT_LOG_ERROR, "delivery-corrupt", BT_L_STR("adapter", p->adapter->name), BT_L_UINT("sequence", sequence),
         BT_L_TEXT("text", "its bytes on disk have changed: run batonctl verify"));
  p->o->rotten[p->o->rotten_n++] = sequence;
  take_out(p, lane, sequence);
  return 0;
}

/* Its entry is in an archive segment that is not here: the case waits until somebody puts that back. */
static int wait_for_segment(struct packing *p, struct bt_lane *lane, uint64_t sequence) {
  char name[BT_JOURNAL_NAME_SIZE];
  const int64_t now_us = bt_time_now(p->l);
  bt_journal_segment_name(p->l->parts.journal, sequence, name);
  if (!p->o->away_told_us || now_us - p->o->away_told_us > TELL_AWAY_US)
    bt_log(BT_LOG_ERROR, "delivery-away", BT_L_STR("adapter", p->adapter->name), BT_L_UINT("sequence", sequence),
           BT_L_TEXT("segment", name),
           BT_L_TEXT("text", "it waits in an archive segment that is not here: put it back"));
  p->o->away_told_us = now_us;
  lane->not_before_us = now_us + LOOK_AWAY_US;
  bt_outbox_pass(lane, sequence);
  return 0;
}

/* Puts a row into the frame: 0. 1: not now. The lane is the case's, with nothing out. */
static int put_row(struct packing *p, struct bt_lane *lane, uint64_t sequence, const struct bt_inbox_row *row) {
  struct bt_delivery_item item;
  if (p->o->stubs_n + p->n >= BT_MAX_STUBS)
    return 1;
  int rc = bt_item_make(p->l, &p->l->release, p->adapter, sequence, row, &item);
  if (!rc && !fits(p, bt_delivery_item_size(&item))) {
    if (flush(p))
      return 1;
    rc = bt_item_make(p->l, &p->l->release, p->adapter, sequence, row, &item); /* anew: the arena is */
  }
  if (rc == -BT_CORRUPT)
    return give_up(p, lane, sequence);
  if (rc == -BT_AWAY)
    return wait_for_segment(p, lane, sequence);
  if (rc)
    return rc == -BT_NOMEM ? 1 : rc;
  item.attempt += lane->sends + 1;
  p->items[p->n] = item;
  p->bytes += bt_delivery_item_size(&item);
  p->cases[p->n++] = row->case_id;
  if (item.stub) {
    p->l->parts.counters->stubs_sent++;
    return 0;
  }
  take_out(p, lane, sequence);
  return 0;
}

/* The next row of a case, from `from` on and before what nobody has looked at. 1: the search goes on at *ret_sequence.
 */
static int next_of_case(struct packing *p, uint64_t case_id, uint64_t from, uint64_t *ret_sequence,
                        struct bt_inbox_row *ret) {
  for (uint32_t i = 0; i < ROWS_PER_LANE; i++, p->rows++) {
    int rc = bt_store_next_inbox(p->l->parts.store, BT_NOW, p->adapter->name, from, &p->l->release, ret_sequence, ret);
    if (!rc && *ret_sequence >= p->o->next)
      return -BT_ABSENT;
    if (rc || ret->case_id == case_id)
      return rc;
    from = *ret_sequence + 1;
  }
  *ret_sequence = from;
  return 1;
}

/* The next row of a lane that may go on. */
static int continue_lane(struct packing *p, struct bt_lane *lane) {
  uint64_t from = lane->waiting_from, sequence;
  struct bt_inbox_row row;
  lane->waiting_from = 0;
  int rc = from ? next_of_case(p, lane->case_id, from, &sequence, &row) : -BT_ABSENT;
  if (rc == 1) { /* far away: the others first */
    bt_outbox_pass(lane, sequence);
    bt_outbox_make_ready(p->o, lane);
    return 0;
  }
  if (!rc && row.not_before_us > bt_time_now(p->l)) { /* put off while nothing was out: it waits here */
    lane->not_before_us = row.not_before_us;
    bt_outbox_pass(lane, sequence);
    return 0;
  }
  if (!rc && !(rc = put_row(p, lane, sequence, &row)))
    from = sequence + 1;
  if (rc != -BT_ABSENT && from < p->o->next)
    bt_outbox_pass(lane, from);
  if (!lane->sequence && lane->waiting_from && !lane->not_before_us)
    bt_outbox_make_ready(p->o, lane); /* a stub, or it could not be sent: the lane is still free */
  bt_outbox_drop_if_idle(p->o, lane);
  return rc == -BT_ABSENT ? 0 : rc == -BT_NOMEM ? 1 : rc;
}

/* The next row that nobody has looked at. 1: none, or not now. */
static int continue_inbox(struct packing *p) {
  uint64_t sequence;
  struct bt_inbox_row row;
  struct bt_outbox *o = p->o;
  int rc = bt_store_next_inbox(p->l->parts.store, BT_NOW, p->adapter->name, o->next, &p->l->release, &sequence, &row);
  if (rc) {
    o->awake = rc != -BT_ABSENT;
    return rc == -BT_ABSENT || rc == -BT_NOMEM ? 1 : rc;
  }
  p->rows++;
  bool passed = bt_outbox_lane(o, row.case_id) != NULL, put_off = row.not_before_us > bt_time_now(p->l);
#ifdef BT_FLAW_ANY_ORDER
  passed = false;
#endif
  struct bt_lane *lane = bt_outbox_need_lane(o, row.case_id);
  if (!lane)
    return enough(o);
  if (put_off && !passed) /* of a lane the first row alone decides */
    lane->not_before_us = row.not_before_us;
  if (passed || put_off)
    bt_outbox_pass(lane, sequence);
  else
    rc = put_row(p, lane, sequence, &row);
  if (!rc)
    o->next = sequence + 1;
  bt_outbox_drop_if_idle(o, lane);
  return rc;
}

int bt_pump_session(struct bt_loop *l, struct bt_session *s) {
  struct packing p = {.l = l, .s = s, .adapter = bt_rules_adapter(l->rules, s->adapter), .o = s->loop};
  int rc = 0;
  bt_arena_reset(&l->release);
  while (!rc && p.o->out < s->window && p.rows < ROWS_PER_PUMP && !p.o->blocked) {
    if (l->release.used > l->release.limit / 2 && flush(&p))
      break;
    struct bt_lane *lane = bt_outbox_take_ready(p.o);
    if (lane)
      rc = continue_lane(&p, lane);
    else if (p.o->awake)
      rc = continue_inbox(&p);
    else
      break;
  }
  (void)flush(&p); /* a full or vanished peer is no failure of ours: the rows are still there */
  return rc < 0 ? rc : 0;
}

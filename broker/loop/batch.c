/* One batch: decided, committed, released. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "codec/event_codec.h"
#include "loop/parts.h"
#include "loop/replay.h"

bool bt_room_for_one(struct bt_arena *arena, void *v_pointer, uint32_t n, uint32_t *room, size_t size) {
  if (n < *room)
    return true;
  uint32_t more = *room ? *room * 2 : 64;
  void *to = bt_arena_alloc(arena, more * size);
  if (!to)
    return false;
  void **v = v_pointer;
  if (n)
    memcpy(to, *v, n * size);
  *v = to;
  *room = more;
  return true;
}

static int note_recipients(struct bt_loop *l, const struct bt_entry *entry) {
  struct bt_batch *b = &l->batch;
  for (uint32_t i = 0; i < entry->recipients.n; i++) {
    if (!bt_room_for_one(&l->decide, &b->woken.v, b->woken.n, &b->woken_room, sizeof *b->woken.v))
      return -BT_NOMEM;
    b->woken.v[b->woken.n++] = entry->recipients.v[i];
  }
  return 0;
}

int bt_batch_record(struct bt_loop *l, const struct bt_entry *entry) {
  struct bt_batch *b = &l->batch;
  if (!bt_room_for_one(&l->decide, &b->records, b->records_n, &b->records_room, sizeof *b->records))
    return -BT_NOMEM;
  struct bt_journal_record *r = &b->records[b->records_n];
  r->sequence = entry->sequence;
  int rc = bt_entry_encode(entry, &l->decide, &r->head, &r->body);
  if (!rc)
    rc = bt_store_apply(l->parts.store, entry);
  if (!rc)
    rc = note_recipients(l, entry);
  if (!rc)
    b->records_n++;
  return rc;
}

int bt_batch_adapter_entry(struct bt_loop *l, struct bt_entry *entry) {
  struct bt_adapter_row row;
  int rc = bt_store_adapter(l->parts.store, BT_NOW, entry->adapter, &l->decide, &row);
  if (rc)
    return rc;
  entry->sequence = entry->unit_first = bt_store_position(l->parts.store, BT_NOW) + 1;
  entry->unit_size = 1;
  entry->stream = BT_STREAM_ADAPTER;
  entry->version = row.version + 1;
  entry->previous = row.last_sequence;
  entry->recorded_at_us = l->batch.now_us;
  return bt_batch_record(l, entry);
}

int bt_batch_reply(struct bt_loop *l, uint64_t session, const struct bt_receipt *receipt) {
  struct bt_batch *b = &l->batch;
  if (!bt_room_for_one(&l->decide, &b->replies, b->replies_n, &b->replies_room, sizeof *b->replies))
    return -BT_NOMEM;
  b->replies[b->replies_n++] = (struct bt_reply){session, *receipt};
  return 0;
}

struct bt_seat *bt_batch_seat(struct bt_loop *l, uint64_t session) {
  struct bt_batch *b = &l->batch;
  for (uint32_t i = 0; i < b->seats_n; i++)
    if (b->seats[i].session == session)
      return &b->seats[i];
  const struct bt_session *s = bt_wire_session(l->parts.wire, session);
  if (!s || !bt_room_for_one(&l->decide, &b->seats, b->seats_n, &b->seats_room, sizeof *b->seats))
    return NULL;
  struct bt_seat *seat = &b->seats[b->seats_n++];
  *seat = (struct bt_seat){.session = session, .adapter = s->adapter, .next_submit = s->next_submit, .busy = s->busy};
  return seat;
}

/* Everything that deciding made; the collected frames stay. */
static void forget_decisions(struct bt_loop *l) {
  struct bt_batch *b = &l->batch;
  const struct bt_batch collected = {.frames = b->frames, .frames_n = b->frames_n, .frames_room = b->frames_room};
  *b = collected;
  bt_arena_reset(&l->decide);
}

static int decide_frames(struct bt_loop *l) {
  struct bt_batch *b = &l->batch;
  int rc = bt_wire_connected(l->parts.wire, &l->decide, &b->connected);
  int64_t last_us = bt_store_recorded_us(l->parts.store, BT_NOW), wall_us = bt_clock_wall_us();
  b->now_us = wall_us > last_us ? wall_us : last_us;
  if (!rc)
    rc = bt_deliver_stubs(l);
  for (uint32_t i = 0; i < b->frames_n && !rc; i++) {
    const struct bt_frame *f = &b->frames[i].frame;
    if (f->kind == BT_FRAME_SUBMIT)
      rc = bt_submit_decide(l, b->frames[i].session, &f->submit);
    else if (f->kind == BT_FRAME_SETTLE)
      rc = bt_settle_decide(l, b->frames[i].session, &f->settle);
  }
  return rc ? rc : bt_settle_finish(l);
}

/* The record is full: drop its changes, give it room, bring it back to where the journal stands. */
static int grow_store(struct bt_loop *l) {
  bt_store_rollback(l->parts.store);
  int rc = bt_store_grow(l->parts.store);
  l->parts.counters->map_grown++;
  return rc ? rc : bt_replay(l->parts.journal, l->parts.store, bt_journal_durable(l->parts.journal), 0, NULL, NULL);
}

int bt_batch_decide(struct bt_loop *l) {
  for (;;) {
    int rc = decide_frames(l);
    if (rc != -BT_FULL)
      return rc;
    forget_decisions(l);
    if ((rc = grow_store(l)))
      return rc;
  }
}

int bt_batch_commit(struct bt_loop *l) {
  struct bt_batch *b = &l->batch;
  struct bt_journal *j = l->parts.journal;
  if (!b->records_n)
    return 0;
  int64_t from_us = bt_clock_mono_us();
  uint64_t durable;
  int rc = bt_journal_append(j, b->records, b->records_n);
  while (!rc && (rc = bt_journal_poll(j, &durable)) != 0) {
    if (rc == -BT_AGAIN) {
      rc = 0;
    } else if (rc == -BT_FULL) {
      l->parts.counters->map_grown++;
      if (!(rc = bt_journal_grow(j)))
        rc = bt_journal_append(j, b->records, b->records_n);
    }
  }
  l->parts.counters->commits++;
  l->parts.counters->commit_us += (uint64_t)(bt_clock_mono_us() - from_us);
  l->parts.counters->entries += b->records_n;
  return rc;
}

/* Tells a session everything in as few frames as hold it. A peer that does not read its receipts loses its session: it
 * will say Hello, send again, and get the stored ones. */
static void send_receipts(struct bt_loop *l, uint64_t session, const struct bt_receipt *v, uint32_t n) {
  for (uint32_t from = 0, to; from < n; from = to) {
    size_t bytes = 64;
    for (to = from; to < n; to++) {
      bytes += bt_receipt_size(&v[to]);
      if (to > from && bytes > BT_MAX_FRAME)
        break;
    }
    const struct bt_frame frame = {.kind = BT_FRAME_RECEIPT,
                                   .receipt = {to - from, (struct bt_receipt *)(uintptr_t)(v + from)}};
    struct bt_str encoded;
    int rc = bt_frame_encode(&frame, &l->release, &encoded);
    if (!rc)
      rc = bt_wire_send(l->parts.wire, session, encoded);
    if (rc) {
      bt_log(BT_LOG_WARN, "receipts-not-sent", BT_L_UINT("session", session), BT_L_TEXT("code", bt_code_name(rc)));
      bt_wire_fault(l->parts.wire, session, BT_HELLO_FIRST,
                    BT_LIT("receipts could not be sent: say Hello and send again"));
      return;
    }
  }
}

static int by_session(const void *left, const void *right) {
  const struct bt_reply *const *a = left, *const *b = right;
  if ((*a)->session != (*b)->session)
    return (*a)->session > (*b)->session ? 1 : -1;
  return (*a > *b) - (*a < *b); /* in the order they were decided */
}

static void release_receipts(struct bt_loop *l) {
  struct bt_batch *b = &l->batch;
  const struct bt_reply **order = BT_NEW_ARRAY(&l->release, const struct bt_reply *, b->replies_n);
  struct bt_receipt *run = BT_NEW_ARRAY(&l->release, struct bt_receipt, b->replies_n);
  if (!order || !run || !b->replies_n)
    return;
  for (uint32_t i = 0; i < b->replies_n; i++)
    order[i] = &b->replies[i];
  qsort(order, b->replies_n, sizeof *order, by_session);
  for (uint32_t i = 0; i < b->replies_n;) {
    uint32_t n = 0;
    uint64_t session = order[i]->session;
    while (i < b->replies_n && order[i]->session == session)
      run[n++] = order[i++]->receipt;
    send_receipts(l, session, run, n);
  }
}

static void write_back_seats(struct bt_loop *l) {
  struct bt_batch *b = &l->batch;
  for (uint32_t i = 0; i < b->seats_n; i++) {
    struct bt_session *s = bt_wire_session(l->parts.wire, b->seats[i].session);
    if (!s)
      continue;
    s->submitted += b->seats[i].next_submit - s->next_submit;
    s->next_submit = b->seats[i].next_submit;
    s->busy = b->seats[i].busy;
  }
}

static void release_deliveries(struct bt_loop *l) {
  struct bt_batch *b = &l->batch;
  bt_deliver_stubs_done(l);
  for (uint32_t i = 0; i < b->tallies_n; i++)
    bt_deliver_settled(l, &b->tallies[i], &b->tallies[i].rows);
  for (uint32_t i = 0; i < b->woken.n; i++)
    bt_deliver_wake(l, b->woken.v[i]);
}

static void add_counters(struct bt_loop *l) {
  const uint64_t *from = (const uint64_t *)&l->batch.tally;
  uint64_t *to = (uint64_t *)l->parts.counters;
  for (size_t i = 0; i < sizeof l->batch.tally / sizeof *from; i++)
    to[i] += from[i];
}

void bt_batch_release(struct bt_loop *l) {
  add_counters(l);
  write_back_seats(l);
  release_receipts(l);
  release_deliveries(l);
}

void bt_batch_clear(struct bt_loop *l) {
  l->batch = (struct bt_batch){0};
  bt_arena_reset(&l->collect);
  bt_arena_reset(&l->decide);
  bt_arena_reset(&l->release);
}

/* One round: the batch decided, committed, released. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "loop/outbox.h"
#include "loop/parts.h"
#include "loop/replay.h"

enum { RECEIPTS_PER_FRAME = 512 };

/* Everything that deciding made; the collected frames stay. */
static void forget_decisions(struct bt_loop *l) {
  struct bt_batch *b = &l->batch;
  const struct bt_batch collected = {.frames = b->frames, .frames_n = b->frames_n, .frames_room = b->frames_room};
  *b = collected;
  bt_arena_reset(&l->decide);
}

/* Verdicts that nobody has to give. */
static int settle_own(struct bt_loop *l) {
  int rc = 0;
  for (struct bt_session *s = bt_wire_next(l->parts.wire, NULL); s && !rc; s = bt_wire_next(l->parts.wire, s)) {
    const struct bt_outbox *o = s->loop;
    if (o)
      rc = bt_settle_own(l, s->adapter, o->stubs, o->stubs_n, BT_VERDICT_ACK, (struct bt_str){0});
    if (o && !rc)
      rc = bt_settle_own(l, s->adapter, o->rotten, o->rotten_n, BT_VERDICT_REJECT,
                         BT_LIT("its bytes on disk have changed: run batonctl verify"));
  }
  return rc;
}

static int decide_frames(struct bt_loop *l) {
  struct bt_batch *b = &l->batch;
  int rc = bt_wire_connected(l->parts.wire, &l->decide, &b->connected);
  b->now_us = bt_time_now(l);
  if (!rc && !l->disk.full)
    rc = settle_own(l);
  for (uint32_t i = 0; i < b->frames_n && !rc; i++) {
    const struct bt_frame *f = &b->frames[i].frame;
    b->received_us = b->frames[i].received_us;
    if (f->kind == BT_FRAME_SUBMIT)
      rc = bt_submit_decide(l, b->frames[i].session, &f->submit);
    else if (f->kind == BT_FRAME_SETTLE)
      rc = bt_settle_decide(l, b->frames[i].session, &f->settle);
  }
  if (!rc)
    rc = bt_settle_finish(l);
  if (!rc && !l->disk.full)
    rc = bt_fire_due(l);
  return rc || l->disk.full ? rc : bt_resync_on(l);
}

/* The record is full: drop its changes, give it room, bring it back to where the journal stands. */
int bt_round_grow(struct bt_loop *l) {
  bt_store_rollback(l->parts.store);
  l->firing.looked_at = UINT64_MAX;
  bt_resync_anew(l);
  int rc = bt_store_grow(l->parts.store);
  l->parts.counters->map_grown += rc == 0;
  if (!rc)
    rc = bt_replay(l->parts.journal, l->parts.store, bt_journal_durable(l->parts.journal), 0, NULL, NULL);
  return rc == -BT_FULL ? bt_disk_come_back(l) : rc;
}

int bt_round_decide(struct bt_loop *l) {
  for (;;) {
    int rc = decide_frames(l);
    if (rc != -BT_FULL)
      return rc;
    forget_decisions(l);
    if ((rc = bt_round_grow(l)) && rc != -BT_FULL) /* on a full disk nothing that writes is decided */
      return rc;
  }
}

int bt_round_decide_anew(struct bt_loop *l) {
  forget_decisions(l);
  return bt_round_decide(l);
}

int bt_round_commit(struct bt_loop *l) {
  struct bt_batch *b = &l->batch;
  struct bt_journal *j = l->parts.journal;
  if (!b->records_n)
    return 0;
  if (!bt_disk_has_room(l))
    return bt_disk_come_back(l);
  int64_t from_us = bt_clock_mono_us(), took_us;
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
  if (rc == -BT_FULL)
    return bt_disk_come_back(l);
  l->disk.doubted = l->disk.doubted && rc;
  took_us = bt_clock_mono_us() - from_us;
  l->parts.counters->commits++;
  l->parts.counters->commit_us += (uint64_t)took_us;
  l->parts.counters->entries += b->records_n;
  BT_TIMED(l->parts.counters, commit_duration, took_us);
  BT_TIMED(l->parts.counters, commit_entries, b->records_n);
  return rc;
}

/* One frame of receipts to one session, in the making. What stale senders missed lies in l->release beside it, which is
 * emptied between frames. */
struct telling {
  struct bt_loop *l;
  uint64_t session;
  struct bt_receipt v[RECEIPTS_PER_FRAME];
  int64_t received_us[RECEIPTS_PER_FRAME];
  uint32_t n;
  size_t bytes;
  bool lost; /* the session: nothing more can be told to it */
};

/* A peer that does not read its receipts loses its session: it will say Hello, send again, and get the stored ones. */
static void tell(struct telling *t) {
  struct bt_loop *l = t->l;
  const struct bt_frame frame = {.kind = BT_FRAME_RECEIPT, .receipt = {t->n, t->v}};
  struct bt_str encoded;
  int rc = t->n && !t->lost ? bt_frame_encode(&frame, &l->release, &encoded) : 0;
  if (!rc && t->n && !t->lost)
    rc = bt_wire_send(l->parts.wire, t->session, encoded);
  if (rc) {
    bt_log(BT_LOG_WARN, "receipts-not-sent", BT_L_UINT("session", t->session), BT_L_TEXT("code", bt_code_name(rc)));
    bt_wire_fault(l->parts.wire, t->session, BT_HELLO_FIRST,
                  BT_LIT("receipts could not be sent: say Hello and send again"));
    t->lost = true;
  }
  const int64_t sent_us = t->n && !t->lost ? bt_clock_mono_us() : 0;
  for (uint32_t i = 0; i < t->n && !t->lost; i++)
    BT_TIMED(l->parts.counters, receipt_latency, sent_us - t->received_us[i]);
  t->n = 0;
  t->bytes = 64;
  bt_arena_reset(&l->release);
}

/* A stale one begins a frame: what its sender missed takes much of one. */
static void add_reply(struct telling *t, const struct bt_reply *r) {
  const bool stale = r->receipt.code == BT_STALE, anew = r->session != t->session;
  if (stale || anew || t->n == RECEIPTS_PER_FRAME || t->bytes + bt_receipt_size(&r->receipt) > BT_MAX_FRAME)
    tell(t);
  if (anew) {
    t->session = r->session;
    t->lost = false;
  }
  t->v[t->n] = r->receipt;
  t->received_us[t->n] = r->received_us;
  if (stale && !t->lost)
    bt_answer_missed(t->l, r, &t->v[t->n]);
  t->bytes += bt_receipt_size(&t->v[t->n]);
  t->n++;
}

static int by_session(const void *left, const void *right) {
  const struct bt_reply *a = left, *b = right;
  if (a->session != b->session)
    return a->session > b->session ? 1 : -1;
  return (a->turn > b->turn) - (a->turn < b->turn);
}

static void release_receipts(struct bt_loop *l) {
  struct bt_batch *b = &l->batch;
  struct telling t; /* its receipts are set as they come */
  if (!b->replies_n)
    return;
  t.l = l;
  t.session = 0;
  t.n = 0;
  t.lost = false;
  qsort(b->replies, b->replies_n, sizeof *b->replies, by_session);
  for (uint32_t i = 0; i < b->replies_n; i++)
    add_reply(&t, &b->replies[i]);
  tell(&t);
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
  if (!l->disk.full)
    bt_deliver_own_done(l);
  for (uint32_t i = 0; i < b->tallies_n; i++)
    bt_deliver_settled(l, &b->tallies[i]);
  for (uint32_t i = 0; i < b->woken.n; i++)
    bt_deliver_wake(l, b->woken.v[i]);
}

static void add_counters(struct bt_loop *l) {
  const uint64_t *from = (const uint64_t *)&l->batch.tally;
  uint64_t *to = (uint64_t *)l->parts.counters;
  for (size_t i = 0; i < sizeof l->batch.tally / sizeof *from; i++)
    to[i] += from[i];
}

void bt_round_release(struct bt_loop *l) {
  add_counters(l);
  write_back_seats(l);
  release_receipts(l);
  release_deliveries(l);
}

void bt_round_clear(struct bt_loop *l) {
  l->batch = (struct bt_batch){0};
  bt_arena_reset(&l->collect);
  bt_arena_reset(&l->decide);
  bt_arena_reset(&l->release);
}

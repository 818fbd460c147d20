/* Verdicts on deliveries. All that one adapter settles in a batch becomes one entry; a verdict that carries events
 * commits with them or not at all. */
#include <stdlib.h>

#include "loop/parts.h"

static struct bt_tally *tally_of(struct bt_loop *l, struct bt_str adapter) {
  struct bt_batch *b = &l->batch;
  for (uint32_t i = 0; i < b->tallies_n; i++)
    if (bt_str_eq(b->tallies[i].adapter, adapter))
      return &b->tallies[i];
  if (!bt_room_for_one(&l->decide, &b->tallies, b->tallies_n, &b->tallies_room, sizeof *b->tallies))
    return NULL;
  struct bt_tally *t = &b->tallies[b->tallies_n++];
  *t = (struct bt_tally){.adapter = adapter};
  return t;
}

/* Verdicts come in the order of their deliveries, nearly always. */
static bool settled_already(const struct bt_tally *t, uint64_t sequence) {
  if (!t->n || sequence > t->newest)
    return false;
  for (uint32_t i = 0; i < t->n; i++)
    if (t->v[i].sequence == sequence)
      return true;
  return false;
}

static int add_verdict(struct bt_loop *l, struct bt_tally *t, const struct bt_settle_item *item,
                       const struct bt_inbox_row *row) {
  if (!bt_room_for_one(&l->decide, &t->v, t->n, &t->room, sizeof *t->v))
    return -BT_NOMEM;
  t->v[t->n++] = (struct bt_verdict_request){
      .sequence = item->sequence,
      .case_id = row->case_id,
      .verdict = item->verdict,
      .retry_after_ms = item->retry_after_ms,
      .reason = item->reason,
      .attempts = row->attempts,
  };
  if (item->sequence > t->newest)
    t->newest = item->sequence;
  return 0;
}

static int reply(struct bt_loop *l, uint64_t session, uint64_t sequence, struct bt_reply r) {
  r.receipt.number = 0;
  r.receipt.delivery = sequence;
  return bt_batch_reply(l, session, &r);
}

static int refuse(struct bt_loop *l, uint64_t session, uint64_t sequence, int code) {
  return reply(l, session, sequence,
               (struct bt_reply){.receipt = {.code = (uint32_t)code, .text = bt_str(bt_code_text(code))}});
}

/* An entry is decoded in one piece for ever after: it holds so many verdicts and no more. */
enum { ROWS_PER_ENTRY = 512 };

static int decide_events(struct bt_loop *l, const struct bt_adapter *a, const struct bt_settle_item *item,
                         struct bt_reply *replies, bool *ret_all) {
  *ret_all = true;
  for (uint32_t i = 0; i < item->events.n && *ret_all; i++) {
    if (l->decide.limit - l->decide.used < BT_REQUEST_BYTES) {
      replies[i].receipt =
          (struct bt_receipt){.code = BT_BUSY, .text = bt_str(bt_code_text(BT_BUSY)), .retry_after_ms = 100};
      *ret_all = false;
      return 0;
    }
    const struct bt_incoming in = {
        .carried = true,
        .adapter = a,
        .source_key = bt_arena_printf(&l->decide, BT_SETTLE_KEY "%020llu/%u", (unsigned long long)item->sequence, i),
        .bytes = item->events.v[i],
        .first_tried_at_us = l->batch.now_us,
    };
    if (!in.source_key.p)
      return -BT_NOMEM;
    int rc = bt_request_decide(l, &in, &replies[i]);
    if (rc)
      return rc;
    *ret_all = replies[i].receipt.code == BT_OK;
  }
  return 0;
}

/* The events that came with an ack. Where one is refused none of them happened, and the delivery stays unsettled. */
static int settle_events(struct bt_loop *l, uint64_t session, const struct bt_adapter *a,
                         const struct bt_settle_item *item, bool *ret_all) {
  struct bt_reply *replies = BT_NEW_ARRAY(&l->decide, struct bt_reply, item->events.n);
  if (!replies)
    return -BT_NOMEM;
  struct bt_batch *b = &l->batch;
  const uint32_t records = b->records_n, woken = b->woken.n;
  const struct bt_counters tally = b->tally;
  int rc = bt_store_mark(l->parts.store);
  if (rc)
    return rc;
  rc = decide_events(l, a, item, replies, ret_all);
  if (!rc && *ret_all)
    rc = bt_store_keep(l->parts.store);
  else
    bt_store_undo(l->parts.store);
  if (rc)
    return rc;
  if (!*ret_all) {
    b->records_n = records;
    b->woken.n = woken;
    b->tally = tally;
    b->tally.events_refused++;
  }
  for (uint32_t i = 0; i < item->events.n; i++) {
    if (!*ret_all && replies[i].receipt.code == BT_OK)
      continue; /* undone, or not reached: the refusal speaks for all */
    if ((rc = reply(l, session, item->sequence, replies[i])))
      return rc;
  }
  return 0;
}

/* A delivery that is settled already. With events: the stored receipts, if these very events settled it. */
static int settle_again(struct bt_loop *l, uint64_t session, const struct bt_adapter *a,
                        const struct bt_settle_item *item) {
  if (!item->events.n)
    return 0;
  bool all;
  struct bt_reply *replies = BT_NEW_ARRAY(&l->decide, struct bt_reply, item->events.n);
  if (!replies)
    return -BT_NOMEM;
  int rc = bt_store_mark(l->parts.store);
  if (rc)
    return rc;
  const uint32_t records = l->batch.records_n, woken = l->batch.woken.n;
  const struct bt_counters tally = l->batch.tally;
  rc = decide_events(l, a, item, replies, &all);
  bool fresh = l->batch.records_n != records;
  bt_store_undo(l->parts.store);
  l->batch.records_n = records;
  l->batch.woken.n = woken;
  if (rc)
    return rc;
  if (!all || fresh) {
    l->batch.tally = tally;
    return refuse(l, session, item->sequence, BT_UNKNOWN_DELIVERY);
  }
  for (uint32_t i = 0; i < item->events.n && !rc; i++)
    rc = reply(l, session, item->sequence, replies[i]);
  return rc;
}

/* Without room now: an ack is forgotten, and the delivery comes again; events are told to wait. */
static int put_off(struct bt_loop *l, uint64_t session, const struct bt_settle_item *item) {
  return item->events.n ? refuse(l, session, item->sequence, BT_BUSY) : 0;
}

static int settle_one(struct bt_loop *l, uint64_t session, const struct bt_adapter *a,
                      const struct bt_settle_item *item) {
  struct bt_inbox_row row;
  if (l->disk.full || l->decide.limit - l->decide.used < BT_REQUEST_BYTES)
    return put_off(l, session, item);
  struct bt_tally *t = tally_of(l, a->name);
  if (!t)
    return -BT_NOMEM;
  int rc = bt_store_inbox(l->parts.store, BT_NOW, a->name, item->sequence, &l->decide, &row);
  if (rc == -BT_ABSENT || (!rc && settled_already(t, item->sequence)))
    return settle_again(l, session, a, item);
  if (rc)
    return rc;
  if (item->verdict == BT_VERDICT_IN_PROGRESS) {
    if (!bt_room_for_one(&l->decide, &t->progress, t->progress_n, &t->progress_room, sizeof *t->progress))
      return -BT_NOMEM;
    t->progress[t->progress_n++] = (struct bt_progress){row.case_id, item->sequence};
    return 0;
  }
  bool all = true;
  if (item->events.n && ((rc = settle_events(l, session, a, item, &all)) || !all))
    return rc;
  return add_verdict(l, t, item, &row);
}

int bt_settle_decide(struct bt_loop *l, uint64_t session, const struct bt_settle *settle) {
  struct bt_session *s = bt_wire_session(l->parts.wire, session);
  const struct bt_adapter *a = s ? bt_rules_adapter(l->rules, s->adapter) : NULL;
  int rc = 0;
  for (uint32_t i = 0; a && i < settle->n && !rc; i++)
    rc = settle_one(l, session, a, &settle->v[i]);
  return rc;
}

int bt_settle_own(struct bt_loop *l, struct bt_str adapter, const uint64_t *sequences, uint32_t n, uint32_t verdict,
                  struct bt_str reason) {
  int rc = 0;
  struct bt_tally *t = n ? tally_of(l, adapter) : NULL;
  for (uint32_t i = 0; t && i < n && !rc; i++) {
    const struct bt_settle_item item = {.sequence = sequences[i], .verdict = verdict, .reason = reason};
    struct bt_inbox_row row;
    rc = bt_store_inbox(l->parts.store, BT_NOW, adapter, sequences[i], &l->decide, &row);
    if (rc == -BT_ABSENT)
      rc = 0;
    else if (!rc && !settled_already(t, sequences[i]))
      rc = add_verdict(l, t, &item, &row);
  }
  return t || !n ? rc : -BT_NOMEM;
}

static int by_sequence(const void *left, const void *right) {
  const struct bt_verdict_request *a = left, *b = right;
  return (a->sequence > b->sequence) - (a->sequence < b->sequence);
}

static int record_tally(struct bt_loop *l, struct bt_tally *t, const struct bt_adapter *a) {
  t->parts = BT_NEW_ARRAY(&l->decide, struct bt_settled, t->n / ROWS_PER_ENTRY + 1);
  if (!t->parts)
    return -BT_NOMEM;
  for (uint32_t from = 0; from < t->n; from += ROWS_PER_ENTRY) {
    uint32_t n = t->n - from < ROWS_PER_ENTRY ? t->n - from : ROWS_PER_ENTRY;
    struct bt_entry e;
    int rc = bt_decide_settle(l->rules, a, t->v + from, n, l->batch.now_us, &l->decide, &e);
    if (!rc)
      rc = bt_batch_adapter_entry(l, &e);
    if (rc)
      return rc;
    t->parts[t->parts_n++] = e.settled;
  }
  return 0;
}

int bt_settle_finish(struct bt_loop *l) {
  struct bt_batch *b = &l->batch;
  int rc = 0;
  for (uint32_t i = 0; i < b->tallies_n && !rc; i++) {
    struct bt_tally *t = &b->tallies[i];
    const struct bt_adapter *a = bt_rules_adapter(l->rules, t->adapter);
    if (!t->n || !a)
      continue;
    qsort(t->v, t->n, sizeof *t->v, by_sequence);
    rc = record_tally(l, t, a);
  }
  return rc;
}

/* The batch in the making: entries, replies, and the seats of the sessions it is about. */
#include "codec/event_codec.h"
#include "loop/parts.h"

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

static int note_woken(struct bt_loop *l, struct bt_str adapter) {
  struct bt_batch *b = &l->batch;
  if (!bt_room_for_one(&l->decide, &b->woken.v, b->woken.n, &b->woken_room, sizeof *b->woken.v))
    return -BT_NOMEM;
  b->woken.v[b->woken.n++] = adapter;
  return 0;
}

static int note_recipients(struct bt_loop *l, const struct bt_entry *entry) {
  int rc = entry->kind == BT_RESYNCED ? note_woken(l, entry->adapter) : 0;
  for (uint32_t i = 0; i < entry->recipients.n && !rc; i++)
    rc = note_woken(l, entry->recipients.v[i]);
  return rc;
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

static int record_of_adapter(struct bt_loop *l, struct bt_entry *entry) {
  struct bt_adapter_row row;
  int rc = bt_store_adapter(l->parts.store, BT_NOW, entry->adapter, &l->decide, &row);
  if (rc)
    return rc;
  entry->stream = BT_STREAM_ADAPTER;
  entry->version = row.version + 1;
  entry->previous = row.last_sequence;
  entry->recorded_at_us = l->batch.now_us;
  return bt_batch_record(l, entry);
}

int bt_batch_adapter_unit(struct bt_loop *l, struct bt_entry *v, uint32_t n) {
  const uint64_t first = bt_store_position(l->parts.store, BT_NOW) + 1;
  int rc = 0;
  for (uint32_t i = 0; i < n && !rc; i++) {
    v[i].sequence = first + i;
    v[i].unit_first = first;
    v[i].unit_size = n;
    rc = record_of_adapter(l, &v[i]);
  }
  return rc;
}

int bt_batch_adapter_entry(struct bt_loop *l, struct bt_entry *entry) {
  return bt_batch_adapter_unit(l, entry, 1);
}

int bt_batch_reply(struct bt_loop *l, uint64_t session, const struct bt_reply *reply) {
  struct bt_batch *b = &l->batch;
  if (!bt_room_for_one(&l->decide, &b->replies, b->replies_n, &b->replies_room, sizeof *b->replies))
    return -BT_NOMEM;
  b->replies[b->replies_n] = *reply;
  b->replies[b->replies_n].session = session;
  b->replies[b->replies_n].turn = b->replies_n;
  b->replies[b->replies_n].received_us = b->received_us;
  if (reply->receipt.code)
    bt_count_code(b->tally.refused, (int)reply->receipt.code);
  b->replies_n++;
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

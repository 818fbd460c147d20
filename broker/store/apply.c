/* One entry: evolve on its stream, and the rows that follow from it. What is written depends on the entry and the
 * record alone, so that the same log gives the same bytes. */
#include "core/evolve.h"
#include "core/timers.h"
#include "store/private.h"

static void file_new_case(struct bt_store *s, const struct bt_entry *e) {
  struct bt_key key;
  const struct bt_case_opened *opened = &e->event.case_opened;
  if (opened->number) {
    bt_now_put_u64(s, BT_T_NUMBERS, bt_key_u64(&key, opened->number), e->case_id);
    if (s->now.next_number <= opened->number)
      s->now.next_number = opened->number + 1;
  }
  if (opened->customer)
    bt_now_put_raw(s, BT_T_CASES_OF, bt_key_pair(&key, opened->customer, e->case_id), (struct bt_str){NULL, 0});
}

void bt_apply_case(struct bt_store *s, const struct bt_entry *e) {
  struct bt_key key;
  struct bt_case c = {0};
  bool opens = e->event.kind == BT_CASE_OPENED;
  if (!opens && !bt_now_get_case(s, BT_T_CASES, bt_key_u64(&key, e->case_id), &c)) {
    bt_kv_fail(s->kv, -BT_CORRUPT); /* an event of a case that no entry opened */
    return;
  }
  bt_apply_stats(s, e, &c);
  struct bt_timers timers;
  timers.n = bt_case_timers(&c, timers.v);
  const struct bt_journey before = c.journey;
  const struct bt_case was = c;
  int rc = bt_evolve_case(&c, e, &s->arena);
  if (rc < 0) {
    bt_kv_fail(s->kv, rc);
    return;
  }
  bt_figures_follow(&s->figures, opens ? NULL : &before, &c.journey);
  bt_tally_case(s, &was, -1);
  bt_tally_case(s, &c, 1);
  bt_timers_follow(s, &timers, &c);
  bt_standing_follow(s, &was, &c);
  bt_now_put_case(s, BT_T_CASES, bt_key_u64(&key, e->case_id), &c);
  if (opens)
    file_new_case(s, e);
}

/* An identifier that several customers may have comes without a key, and finds nobody. */
static void file_identifier(struct bt_store *s, const struct bt_entry *e) {
  uint64_t of;
  if (e->kind == BT_IDENTIFIER_LINKED && e->event.identifier_linked.key.n)
    bt_now_put_u64(s, BT_T_IDENTIFIERS, e->event.identifier_linked.key, e->stream_id);
  if (e->kind != BT_IDENTIFIER_UNLINKED || !e->event.identifier_unlinked.key.n)
    return;
  struct bt_str key = e->event.identifier_unlinked.key;
  int rc = bt_raw_read_u64(s, BT_NOW, BT_T_IDENTIFIERS, key, &of);
  if (rc == 0 && of == e->stream_id)
    bt_now_delete(s, BT_T_IDENTIFIERS, key);
  else if (rc < 0 && rc != -BT_ABSENT)
    bt_kv_fail(s->kv, rc);
}

static void apply_customer(struct bt_store *s, const struct bt_entry *e) {
  struct bt_key key;
  struct bt_customer c;
  bt_now_get_customer(s, BT_T_CUSTOMERS, bt_key_u64(&key, e->stream_id), &c);
  bt_apply_stats(s, e, NULL);
  int rc = bt_evolve_customer(&c, e, &s->arena);
  if (rc < 0) {
    bt_kv_fail(s->kv, rc);
    return;
  }
  bt_now_put_customer(s, BT_T_CUSTOMERS, bt_key_u64(&key, e->stream_id), &c);
  file_identifier(s, e);
}

static void apply_adapter(struct bt_store *s, const struct bt_entry *e) {
  struct bt_adapter_row row;
  bt_now_get_adapter(s, BT_T_ADAPTERS, e->adapter, &row);
  row.version = e->version;
  row.last_sequence = e->sequence;
  if (e->kind == BT_ADAPTER_HELD) {
    row.held = e->adapter_held.held;
    row.held_by = e->adapter_held.by;
    row.held_reason = e->adapter_held.reason;
    row.held_at_us = e->recorded_at_us;
  }
  if (e->kind == BT_SETTLED)
    bt_apply_settled(s, e, &row);
  else if (e->kind == BT_REQUEUED)
    bt_apply_requeued(s, e, &row);
  else if (e->kind == BT_DEAD_DROPPED)
    bt_apply_dead_dropped(s, e);
  else if (e->kind == BT_RESYNCED)
    bt_apply_resynced(s, e, &row);
  bt_now_put_adapter(s, BT_T_ADAPTERS, e->adapter, &row);
}

static void apply_recipients(struct bt_store *s, const struct bt_entry *e) {
  struct bt_key key;
  struct bt_inbox_row row = {.case_id = e->case_id, .since_us = e->recorded_at_us};
  for (uint32_t i = 0; i < e->recipients.n; i++)
    bt_now_put_inbox(s, BT_T_INBOX, bt_key_name_u64(&key, e->recipients.v[i], e->sequence), &row);
}

static void apply_stream(struct bt_store *s, const struct bt_entry *e) {
  switch (e->stream) {
  case BT_STREAM_CASE:
    bt_apply_case(s, e);
    break;
  case BT_STREAM_CUSTOMER:
    apply_customer(s, e);
    break;
  case BT_STREAM_ADAPTER:
    apply_adapter(s, e);
    break;
  case BT_STREAM_TOPIC:
    bt_apply_topic(s, e);
    break;
  case BT_STREAM_BROKER:
    bt_apply_broker(s, e);
    break;
  default:
    break;
  }
}

int bt_store_apply(struct bt_store *s, const struct bt_entry *entry) {
  struct bt_key key;
  if (bt_kv_error(s->kv))
    return bt_kv_error(s->kv);
  if (entry->sequence != s->now.position + 1)
    return -BT_USAGE;
  bt_arena_reset(&s->arena);
  apply_stream(s, entry);
  bt_apply_audit(s, entry);
  if (entry->reference.local_id.n)
    bt_now_put_u64(s, BT_T_REFERENCES, bt_key_names(&key, entry->reference.department, entry->reference.local_id),
                   entry->case_id);
  apply_recipients(s, entry);
  bt_apply_seen(s, entry);
  if (entry->has_cursor)
    bt_now_put_raw(s, BT_T_CURSORS, bt_key_names(&key, entry->adapter, entry->cursor.source), entry->cursor.position);
  if (bt_kv_error(s->kv))
    return bt_kv_error(s->kv);
  s->now.position = entry->sequence;
  if (s->now.recorded_us < entry->recorded_at_us)
    s->now.recorded_us = entry->recorded_at_us;
  return 0;
}

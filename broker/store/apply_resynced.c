/* Rows of an inbox that one row stands for.
 *
 * META: resync 0x00 adapter 0x00 case (8) -> the sequence of that row, so that there is never more than one. */
#include "store/private.h"

static struct bt_str key_of(struct bt_key *k, struct bt_str adapter, uint64_t case_id) {
  struct bt_key inner;
  return bt_key_names(k, BT_LIT("resync"), bt_key_name_u64(&inner, adapter, case_id));
}

void bt_forget_resync(struct bt_store *s, struct bt_str name, const struct bt_inbox_row *row,
                      struct bt_adapter_row *adapter) {
  struct bt_key key;
  if (!row->replaced)
    return;
  bt_now_delete(s, BT_T_META, key_of(&key, name, row->case_id));
  adapter->resyncs--;
}

bool bt_revive_resync(struct bt_store *s, struct bt_str name, uint64_t case_id, uint64_t sequence, uint32_t replaced,
                      struct bt_adapter_row *adapter) {
  struct bt_key key;
  struct bt_inbox_row row;
  uint64_t waits;
  int rc = bt_store_resync(s, BT_NOW, name, case_id, &waits);
  if (rc < 0 && rc != -BT_ABSENT)
    bt_kv_fail(s->kv, rc);
  if (rc == 0 && bt_now_get_inbox(s, BT_T_INBOX, bt_key_name_u64(&key, name, waits), &row)) {
    row.replaced += replaced;
    bt_now_put_inbox(s, BT_T_INBOX, bt_key_name_u64(&key, name, waits), &row);
    return false;
  }
  adapter->resyncs++;
  bt_now_put_u64(s, BT_T_META, key_of(&key, name, case_id), sequence);
  return true;
}

/* The adapter's first row at or after `from`. False at its end, or where something failed. */
static bool next_row(struct bt_store *s, struct bt_str adapter, uint64_t from, uint64_t *ret_sequence,
                     struct bt_inbox_row *ret) {
  int rc = bt_store_next_inbox(s, BT_NOW, adapter, from, &s->arena, ret_sequence, ret);
  if (rc < 0 && rc != -BT_ABSENT)
    bt_kv_fail(s->kv, rc);
  return rc == 0;
}

static void replace(struct bt_store *s, const struct bt_entry *e, const struct bt_sequences *range,
                    struct bt_adapter_row *adapter, uint32_t *replaced) {
  uint64_t at;
  struct bt_inbox_row row;
  for (uint64_t from = range->first; from <= range->last && next_row(s, e->adapter, from, &at, &row); from = at + 1) {
    struct bt_key key;
    if (at > range->last)
      return;
    if (row.case_id != e->resynced.case_id)
      continue;
    *replaced += row.replaced ? row.replaced : 1;
    bt_forget_resync(s, e->adapter, &row, adapter);
    bt_now_delete(s, BT_T_INBOX, bt_key_name_u64(&key, e->adapter, at));
  }
}

void bt_apply_resynced(struct bt_store *s, const struct bt_entry *e, struct bt_adapter_row *adapter) {
  struct bt_key key;
  struct bt_inbox_row row = {.case_id = e->resynced.case_id, .since_us = e->recorded_at_us};
  for (uint32_t i = 0; i < e->resynced.rows.n; i++)
    replace(s, e, &e->resynced.rows.v[i], adapter, &row.replaced);
  if (!row.replaced)
    return;
  adapter->resyncs++;
  bt_now_put_u64(s, BT_T_META, key_of(&key, e->adapter, row.case_id), e->sequence);
  bt_now_put_inbox(s, BT_T_INBOX, bt_key_name_u64(&key, e->adapter, e->sequence), &row);
}

int bt_store_resync(struct bt_store *s, enum bt_view view, struct bt_str adapter, uint64_t case_id,
                    uint64_t *ret_sequence) {
  struct bt_key key;
  return bt_raw_read_u64(s, view, BT_T_META, key_of(&key, adapter, case_id), ret_sequence);
}

/* What an adapter's verdicts make of its inbox. */
#include "store/private.h"

static void settle_one(struct bt_store *s, const struct bt_entry *e, const struct bt_settled_row *v, uint64_t sequence,
                       struct bt_adapter_row *adapter) {
  struct bt_key k;
  struct bt_inbox_row row;
  struct bt_str key = bt_key_name_u64(&k, e->adapter, sequence);
  if (v->verdict == BT_VERDICT_ACK) {
    if (adapter->resyncs && bt_now_get_inbox(s, BT_T_INBOX, key, &row))
      bt_forget_resync(s, e->adapter, &row, adapter);
    bt_now_delete(s, BT_T_INBOX, key);
    return;
  }
  if (!bt_now_get_inbox(s, BT_T_INBOX, key, &row))
    return;
  row.attempts++;
  if (v->dead || v->verdict == BT_VERDICT_REJECT) {
    struct bt_dead_row dead = {row.case_id, row.attempts, v->reason, row.since_us, e->recorded_at_us, row.replaced};
    struct bt_key dead_key;
    bt_forget_resync(s, e->adapter, &row, adapter);
    bt_now_put_dead(s, BT_T_DEAD, bt_key_name_pair(&dead_key, e->adapter, row.case_id, sequence), &dead);
    bt_now_delete(s, BT_T_INBOX, key);
    return;
  }
  row.not_before_us = v->not_before_us;
  row.reason = v->reason;
  bt_now_put_inbox(s, BT_T_INBOX, key, &row);
}

/* The sequence of the adapter's first row at or after `from`. False at its end, or where something failed. */
static bool next_row(struct bt_store *s, struct bt_str adapter, uint64_t from, uint64_t *ret) {
  struct bt_key k;
  struct bt_str found, value, key = bt_key_name_u64(&k, adapter, from);
  int rc = bt_kv_next(s->kv, BT_NOW, BT_T_INBOX, key, false, &found, &value);
  if (rc < 0 && rc != -BT_ABSENT)
    bt_kv_fail(s->kv, rc);
  if (rc < 0 || found.n != key.n || memcmp(found.p, key.p, key.n - 8) != 0)
    return false;
  *ret = bt_get_u64(found.p + found.n - 8);
  return true;
}

void bt_apply_settled(struct bt_store *s, const struct bt_entry *e, struct bt_adapter_row *adapter) {
  for (uint32_t i = 0; i < e->settled.n; i++) {
    const struct bt_settled_row *v = &e->settled.v[i];
    uint64_t from = v->first, at;
    while (from <= v->last && next_row(s, e->adapter, from, &at) && at <= v->last) {
      settle_one(s, e, v, at, adapter);
      from = at + 1;
    }
  }
}

/* What operators make of an adapter's deliveries, and where it is found that they did. */
#include "core/entry.h"
#include "store/private.h"

static struct bt_str dead_key(struct bt_key *k, struct bt_str adapter, uint64_t case_id, uint64_t sequence) {
  return bt_key_name_pair(k, adapter, case_id, sequence);
}

/* A row as at first, with all its tries, but for the mark. */
static void requeue(struct bt_store *s, const struct bt_entry *e, const struct bt_requeued_row *r,
                    struct bt_adapter_row *adapter) {
  struct bt_inbox_row row = {.case_id = r->case_id, .since_us = r->since_us, .redelivery = true};
  struct bt_dead_row dead;
  struct bt_key key;
  if (r->from_dead && bt_now_get_dead(s, BT_T_DEAD, dead_key(&key, e->adapter, r->case_id, r->sequence), &dead)) {
    bt_now_delete(s, BT_T_DEAD, dead_key(&key, e->adapter, r->case_id, r->sequence));
    row.replaced = dead.replaced;
    if (dead.replaced && !bt_revive_resync(s, e->adapter, r->case_id, r->sequence, dead.replaced, adapter))
      return;
  }
  bt_now_put_inbox(s, BT_T_INBOX, bt_key_name_u64(&key, e->adapter, r->sequence), &row);
}

void bt_apply_requeued(struct bt_store *s, const struct bt_entry *e, struct bt_adapter_row *adapter) {
  for (uint32_t i = 0; i < e->requeued.rows.n; i++)
    requeue(s, e, &e->requeued.rows.v[i], adapter);
}

void bt_apply_dead_dropped(struct bt_store *s, const struct bt_entry *e) {
  struct bt_key key;
  for (uint32_t i = 0; i < e->dead_dropped.rows.n; i++)
    bt_now_delete(s, BT_T_DEAD,
                  dead_key(&key, e->adapter, e->dead_dropped.rows.v[i].case_id, e->dead_dropped.rows.v[i].sequence));
}

void bt_apply_audit(struct bt_store *s, const struct bt_entry *e) {
  struct bt_key key;
  struct bt_str reason;
  if (bt_entry_operator(e, &reason).n)
    bt_now_put_raw(s, BT_T_AUDIT, bt_key_u64(&key, e->sequence), (struct bt_str){NULL, 0});
}

/* The digest of a whole record, by keys and values: not by pages, which differ between equal records. */
#include <sodium.h>

#include "store/private.h"

static void update_table(crypto_generichash_state *state, struct bt_store *s, enum bt_view view, enum bt_table table) {
  const char *name = bt_table_names[table];
  uint8_t rows[8];
  bt_put_u64(rows, bt_kv_count(s->kv, view, table));
  crypto_generichash_update(state, (const uint8_t *)name, strlen(name) + 1);
  crypto_generichash_update(state, rows, sizeof rows);
}

static int update_row(void *context, struct bt_str key, struct bt_str value) {
  crypto_generichash_state *state = context;
  uint8_t lengths[8];
  bt_put_u32(lengths, (uint32_t)key.n);
  bt_put_u32(lengths + 4, (uint32_t)value.n);
  crypto_generichash_update(state, lengths, sizeof lengths);
  crypto_generichash_update(state, (const uint8_t *)key.p, key.n);
  crypto_generichash_update(state, (const uint8_t *)value.p, value.n);
  return 0;
}

int bt_store_sum(struct bt_store *s, enum bt_view view, uint8_t ret[BT_SUM_SIZE]) {
  crypto_generichash_state state;
  int rc = 0;
  crypto_generichash_init(&state, NULL, 0, BT_SUM_SIZE);
  for (int table = 0; table < BT_T_COUNT && rc == 0; table++) {
    update_table(&state, s, view, (enum bt_table)table);
    rc = bt_store_each(s, view, (enum bt_table)table, update_row, &state);
  }
  crypto_generichash_final(&state, ret, BT_SUM_SIZE);
  return rc;
}

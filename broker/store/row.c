/* From rows to values and back. */
#include <sodium.h>

#include "store/private.h"

void bt_now_delete(struct bt_store *s, enum bt_table table, struct bt_str key) {
  (void)!bt_kv_delete(s->kv, table, key);
}

/* ---- raw rows
 * ---------------------------------------------------------------------------------------------------------- The hash
 * keeps flipped bits from being taken for data; it guards against the disk, not against people. */

static void check_of(enum bt_table table, struct bt_str key, struct bt_str value, uint8_t ret[BT_CHECK_SIZE]) {
  static const uint8_t no_secret[crypto_shorthash_KEYBYTES] = {0};
  uint8_t bytes[BT_TABLE_NAME_SIZE + 2 + BT_KEY_SIZE + BT_RAW_MAX];
  size_t n = strlen(bt_table_names[table]) + 1;
  memcpy(bytes, bt_table_names[table], n);
  bytes[n++] = (uint8_t)(key.n >> 8);
  bytes[n++] = (uint8_t)key.n;
  memcpy(bytes + n, key.p, key.n);
  n += key.n;
  if (value.n)
    memcpy(bytes + n, value.p, value.n);
  crypto_shorthash(ret, bytes, n + value.n, no_secret);
}

int bt_raw_open(enum bt_table table, struct bt_str key, struct bt_str stored, struct bt_str *ret) {
  uint8_t check[BT_CHECK_SIZE];
  if (key.n > BT_KEY_SIZE || stored.n < BT_CHECK_SIZE || stored.n > BT_RAW_MAX + BT_CHECK_SIZE)
    return -BT_CORRUPT;
  struct bt_str value = {stored.p, stored.n - BT_CHECK_SIZE};
  check_of(table, key, value, check);
  if (memcmp(check, stored.p + value.n, BT_CHECK_SIZE) != 0)
    return -BT_CORRUPT;
  *ret = value;
  return 0;
}

int bt_raw_read(struct bt_store *s, enum bt_view view, enum bt_table table, struct bt_str key, struct bt_str *ret) {
  struct bt_str stored;
  int rc = bt_kv_get(s->kv, view, table, key, &stored);
  return rc < 0 ? rc : bt_raw_open(table, key, stored, ret);
}

int bt_raw_read_u64(struct bt_store *s, enum bt_view view, enum bt_table table, struct bt_str key, uint64_t *ret) {
  struct bt_str value;
  int rc = bt_raw_read(s, view, table, key, &value);
  if (rc == 0 && value.n != 8)
    rc = -BT_CORRUPT;
  if (rc == 0)
    *ret = bt_get_u64(value.p);
  return rc;
}

void bt_now_put_raw(struct bt_store *s, enum bt_table table, struct bt_str key, struct bt_str value) {
  char stored[BT_RAW_MAX + BT_CHECK_SIZE];
  if (value.n > BT_RAW_MAX || key.n == 0 || key.n > BT_KEY_SIZE) {
    bt_kv_fail(s->kv, -BT_LIMIT);
    return;
  }
  if (value.n)
    memcpy(stored, value.p, value.n);
  check_of(table, key, value, (uint8_t *)stored + value.n);
  (void)!bt_kv_put(s->kv, table, key, (struct bt_str){stored, value.n + BT_CHECK_SIZE});
}

void bt_now_put_u64(struct bt_store *s, enum bt_table table, struct bt_str key, uint64_t value) {
  char bytes[8];
  bt_put_u64(bytes, value);
  bt_now_put_raw(s, table, key, (struct bt_str){bytes, sizeof(bytes)});
}

/* ---- message rows
 * ------------------------------------------------------------------------------------------------------ */

#define BT_ROW_DEFINE(name, type)                                                                                      \
  int bt_read_##name(struct bt_store *s, enum bt_view view, enum bt_table table, struct bt_str key,                    \
                     struct bt_arena *arena, type *ret) {                                                              \
    struct bt_str stored;                                                                                              \
    int rc = bt_kv_get(s->kv, view, table, key, &stored);                                                              \
    return rc < 0 ? rc : bt_record_##name##_decode(stored, arena, ret);                                                \
  }                                                                                                                    \
  bool bt_now_get_##name(struct bt_store *s, enum bt_table table, struct bt_str key, type *ret) {                      \
    int rc = bt_read_##name(s, BT_NOW, table, key, &s->arena, ret);                                                    \
    if (rc == 0)                                                                                                       \
      return true;                                                                                                     \
    *ret = (type){0};                                                                                                  \
    if (rc != -BT_ABSENT)                                                                                              \
      bt_kv_fail(s->kv, rc);                                                                                           \
    return false;                                                                                                      \
  }                                                                                                                    \
  void bt_now_put_##name(struct bt_store *s, enum bt_table table, struct bt_str key, const type *row) {                \
    struct bt_str bytes;                                                                                               \
    int rc = bt_record_##name##_encode(row, &s->arena, &bytes);                                                        \
    if (rc < 0)                                                                                                        \
      bt_kv_fail(s->kv, rc);                                                                                           \
    else                                                                                                               \
      (void)!bt_kv_put(s->kv, table, key, bytes);                                                                      \
  }
BT_RECORD_TYPES(BT_ROW_DEFINE)

/* Reading one row, or the next. */
#include "store/private.h"

int bt_store_case(struct bt_store *s, enum bt_view view, uint64_t id, struct bt_arena *arena, struct bt_case *ret) {
  struct bt_key key;
  struct bt_case c;
  int rc = bt_read_case(s, view, BT_T_CASES, bt_key_u64(&key, id), arena, &c);
  if (rc == 0 && c.id != id)
    rc = -BT_CORRUPT;
  if (rc == 0)
    *ret = c;
  return rc;
}

int bt_store_customer(struct bt_store *s, enum bt_view view, uint64_t id, struct bt_arena *arena,
                      struct bt_customer *ret) {
  struct bt_key key;
  struct bt_customer c;
  int rc = bt_read_customer(s, view, BT_T_CUSTOMERS, bt_key_u64(&key, id), arena, &c);
  if (rc == 0 && c.id != id)
    rc = -BT_CORRUPT;
  if (rc == 0)
    *ret = c;
  return rc;
}

int bt_store_number(struct bt_store *s, enum bt_view view, uint64_t number, uint64_t *ret_case) {
  struct bt_key key;
  return bt_raw_read_u64(s, view, BT_T_NUMBERS, bt_key_u64(&key, number), ret_case);
}

int bt_store_reference(struct bt_store *s, enum bt_view view, const struct bt_reference *r, uint64_t *ret_case) {
  struct bt_key key;
  return bt_raw_read_u64(s, view, BT_T_REFERENCES, bt_key_names(&key, r->department, r->local_id), ret_case);
}

int bt_store_identifier(struct bt_store *s, enum bt_view view, const uint8_t key[16], uint64_t *ret_customer) {
  return bt_raw_read_u64(s, view, BT_T_IDENTIFIERS, (struct bt_str){(const char *)key, 16}, ret_customer);
}

int bt_store_adapter(struct bt_store *s, enum bt_view view, struct bt_str adapter, struct bt_arena *arena,
                     struct bt_adapter_row *ret) {
  int rc = bt_read_adapter(s, view, BT_T_ADAPTERS, adapter, arena, ret);
  if (rc != -BT_ABSENT)
    return rc;
  *ret = (struct bt_adapter_row){0};
  return 0;
}

int bt_store_cursor(struct bt_store *s, enum bt_view view, struct bt_str adapter, struct bt_str source,
                    struct bt_arena *arena, struct bt_str *ret_position) {
  struct bt_key key;
  struct bt_str value;
  int rc = bt_raw_read(s, view, BT_T_CURSORS, bt_key_names(&key, adapter, source), &value);
  if (rc < 0)
    return rc;
  value = bt_arena_copy(arena, value);
  if (!value.p)
    return -BT_NOMEM;
  *ret_position = value;
  return 0;
}

int bt_store_inbox(struct bt_store *s, enum bt_view view, struct bt_str adapter, uint64_t sequence,
                   struct bt_arena *arena, struct bt_inbox_row *ret) {
  struct bt_key key;
  return bt_read_inbox(s, view, BT_T_INBOX, bt_key_name_u64(&key, adapter, sequence), arena, ret);
}

/* ---- the next -------------------------------------------------------------------------------------------------------
 */

int bt_store_next_case(struct bt_store *s, enum bt_view view, uint64_t from, struct bt_arena *arena,
                       struct bt_case *ret) {
  struct bt_key k;
  struct bt_str key, value;
  int rc = bt_kv_next(s->kv, view, BT_T_CASES, bt_key_u64(&k, from), false, &key, &value);
  return rc < 0 ? rc : bt_record_case_decode(value, arena, ret);
}

int bt_store_next_case_of(struct bt_store *s, enum bt_view view, uint64_t customer, uint64_t from, uint64_t *ret_case) {
  struct bt_key k;
  struct bt_str key, stored, nothing;
  int rc = bt_kv_next(s->kv, view, BT_T_CASES_OF, bt_key_pair(&k, customer, from), false, &key, &stored);
  if (rc == 0 && (key.n != 16 || bt_get_u64(key.p) != customer))
    rc = -BT_ABSENT;
  if (rc == 0)
    rc = bt_raw_open(BT_T_CASES_OF, key, stored, &nothing);
  if (rc == 0)
    *ret_case = bt_get_u64(key.p + 8);
  return rc;
}

/* The first row at or after `key` whose key begins with the same `prefix` bytes. The sequence is at the end of the
 * found key. */
static int next_under(struct bt_store *s, enum bt_view view, enum bt_table table, struct bt_str key, size_t prefix,
                      uint64_t *ret_sequence, struct bt_str *ret_value) {
  struct bt_str found;
  if (key.n == 0)
    return -BT_ABSENT;
  int rc = bt_kv_next(s->kv, view, table, key, false, &found, ret_value);
  if (rc == 0 && (found.n != key.n || memcmp(found.p, key.p, prefix) != 0))
    rc = -BT_ABSENT;
  if (rc == 0)
    *ret_sequence = bt_get_u64(found.p + found.n - 8);
  return rc;
}

int bt_store_next_inbox(struct bt_store *s, enum bt_view view, struct bt_str adapter, uint64_t from,
                        struct bt_arena *arena, uint64_t *ret_sequence, struct bt_inbox_row *ret) {
  struct bt_str value;
  uint64_t sequence;
  struct bt_key key;
  int rc = next_under(s, view, BT_T_INBOX, bt_key_name_u64(&key, adapter, from), adapter.n + 1, &sequence, &value);
  if (rc == 0)
    rc = bt_record_inbox_decode(value, arena, ret);
  if (rc == 0)
    *ret_sequence = sequence;
  return rc;
}

int bt_store_next_dead(struct bt_store *s, enum bt_view view, struct bt_str adapter, uint64_t from_case, uint64_t from,
                       struct bt_arena *arena, uint64_t *ret_sequence, struct bt_dead_row *ret) {
  struct bt_key k;
  struct bt_str value, key = bt_key_name_pair(&k, adapter, from_case, from);
  uint64_t sequence;
  int rc = next_under(s, view, BT_T_DEAD, key, adapter.n + 1, &sequence, &value);
  if (rc == 0)
    rc = bt_record_dead_decode(value, arena, ret);
  if (rc == 0)
    *ret_sequence = sequence;
  return rc;
}

int bt_store_dead(struct bt_store *s, enum bt_view view, struct bt_str adapter, uint64_t case_id, uint64_t sequence,
                  struct bt_arena *arena, struct bt_dead_row *ret) {
  struct bt_key key;
  return bt_read_dead(s, view, BT_T_DEAD, bt_key_name_pair(&key, adapter, case_id, sequence), arena, ret);
}

int bt_store_audit(struct bt_store *s, enum bt_view view, uint64_t before, uint64_t *ret_sequence) {
  struct bt_key k;
  struct bt_str key, stored, nothing;
  int rc = bt_kv_before(s->kv, view, BT_T_AUDIT, bt_key_u64(&k, before), &key, &stored);
  if (rc == 0)
    rc = bt_raw_open(BT_T_AUDIT, key, stored, &nothing);
  if (rc == 0)
    *ret_sequence = bt_get_u64(key.p);
  return rc;
}

bool bt_store_has_dead(struct bt_store *s, enum bt_view view, struct bt_str adapter, uint64_t case_id) {
  struct bt_key k;
  struct bt_str value, key = bt_key_name_pair(&k, adapter, case_id, 0);
  uint64_t sequence;
  return next_under(s, view, BT_T_DEAD, key, adapter.n + 1 + 8, &sequence, &value) == 0;
}

int bt_store_config_digest(struct bt_store *s, uint8_t ret_digest[16]) {
  struct bt_str value;
  int rc = bt_raw_read(s, BT_NOW, BT_T_META, BT_LIT("config"), &value);
  if (rc == 0 && value.n != 16)
    rc = -BT_CORRUPT;
  if (rc == 0)
    memcpy(ret_digest, value.p, 16);
  return rc;
}

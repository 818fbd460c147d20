/* Idempotency: which source keys were accepted, and when they may be forgotten.
 *
 * Forgetting is part of applying an entry and goes by its recorded time, so that a replay forgets the same rows at the
 * same place in the log. A few rows an entry keep up with any load, because an entry adds at most one. */
#include "store/private.h"

enum { FORGET_PER_ENTRY = 4 };

/* True where the oldest row was due and is gone. */
static bool forget_oldest(struct bt_store *s, int64_t now_us) {
  struct bt_key key;
  struct bt_str age, stored, name;
  struct bt_seen_row row;
  int rc = bt_kv_next(s->kv, BT_NOW, BT_T_SEEN_AGE, (struct bt_str){NULL, 0}, false, &age, &stored);
  if (rc == -BT_ABSENT) {
    s->next_expiry_us = INT64_MAX;
    return false;
  }
  if (rc == 0 && age.n != 16)
    rc = -BT_CORRUPT;
  if (rc == 0 && (int64_t)bt_get_u64(age.p) >= now_us) {
    s->next_expiry_us = (int64_t)bt_get_u64(age.p);
    return false;
  }
  if (rc == 0)
    rc = bt_raw_open(BT_T_SEEN_AGE, age, stored, &name);
  if (rc < 0) {
    bt_kv_fail(s->kv, rc);
    return false;
  }
  /* Both are borrowed from pages that the deletes move. */
  uint64_t until = bt_get_u64(age.p), sequence = bt_get_u64(age.p + 8);
  name = bt_arena_copy(&s->arena, name);
  if (!name.p) {
    bt_kv_fail(s->kv, -BT_NOMEM);
    return false;
  }
  /* The key may have been used again since, and its row then lives longer. */
  if (bt_now_get_seen(s, BT_T_SEEN, name, &row) && row.until_us == (int64_t)until)
    bt_now_delete(s, BT_T_SEEN, name);
  bt_now_delete(s, BT_T_SEEN_AGE, bt_key_pair(&key, until, sequence));
  return true;
}

void bt_apply_seen(struct bt_store *s, const struct bt_entry *e) {
  struct bt_key age, key;
  for (int i = 0; i < FORGET_PER_ENTRY && s->next_expiry_us < e->recorded_at_us; i++)
    if (!forget_oldest(s, e->recorded_at_us))
      break;
  if (e->source_key.n == 0)
    return;
  struct bt_seen_row row = {.content_hash = e->content_hash, .until_us = e->seen_until_us, .receipt = e->receipt};
  struct bt_str name = bt_key_names(&key, e->adapter, e->source_key);
  bt_now_put_seen(s, BT_T_SEEN, name, &row);
  bt_now_put_raw(s, BT_T_SEEN_AGE, bt_key_pair(&age, (uint64_t)e->seen_until_us, e->sequence), name);
  if (s->next_expiry_us > e->seen_until_us)
    s->next_expiry_us = e->seen_until_us;
}

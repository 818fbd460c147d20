/* The table of timers: for each case exactly what bt_case_timers gives, and one row for each advisory that ends by
 * itself and each sweep. Only what an entry has changed is written. */
#include "core/timers.h"

#include "store/private.h"

enum { KEY_SIZE = 25 };

struct bt_str bt_key_timer(struct bt_key *k, const struct bt_timer *t) {
  bt_put_u64(k->bytes, (uint64_t)t->due_us);
  bt_put_u64(k->bytes + 8, t->case_id);
  k->bytes[16] = (char)t->kind;
  bt_put_u64(k->bytes + 17, t->object);
  return (struct bt_str){k->bytes, k->n = KEY_SIZE};
}

void bt_timer_put(struct bt_store *s, const struct bt_timer *t) {
  struct bt_key key;
  bt_now_put_raw(s, BT_T_TIMERS, bt_key_timer(&key, t), (struct bt_str){NULL, 0});
}

void bt_timer_delete(struct bt_store *s, const struct bt_timer *t) {
  struct bt_key key;
  bt_now_delete(s, BT_T_TIMERS, bt_key_timer(&key, t));
}

void bt_timers_follow(struct bt_store *s, const struct bt_timers *before, const struct bt_case *c) {
  struct bt_timer after[BT_MAX_TIMERS];
  const uint32_t n = bt_case_timers(c, after);
  for (uint32_t i = 0, k = 0; i < before->n || k < n;) {
    int order = i == before->n ? 1 : k == n ? -1 : bt_timer_cmp(&before->v[i], &after[k]);
    if (order < 0)
      bt_timer_delete(s, &before->v[i]);
    else if (order > 0)
      bt_timer_put(s, &after[k]);
    i += order <= 0;
    k += order >= 0;
  }
}

static int timer_of(struct bt_str key, struct bt_str stored, struct bt_timer *ret) {
  struct bt_str nothing;
  if (key.n != KEY_SIZE)
    return -BT_CORRUPT;
  int rc = bt_raw_open(BT_T_TIMERS, key, stored, &nothing);
  if (rc < 0)
    return rc;
  *ret = (struct bt_timer){
      .due_us = (int64_t)bt_get_u64(key.p),
      .case_id = bt_get_u64(key.p + 8),
      .kind = (uint8_t)key.p[16],
      .object = bt_get_u64(key.p + 17),
  };
  return 0;
}

int bt_store_next_timer(struct bt_store *s, enum bt_view view, const struct bt_timer *after, struct bt_timer *ret) {
  struct bt_key k;
  struct bt_str key, stored, from = {NULL, 0};
  if (after)
    from = bt_key_timer(&k, after);
  int rc = bt_kv_next(s->kv, view, BT_T_TIMERS, from, true, &key, &stored);
  return rc < 0 ? rc : timer_of(key, stored, ret);
}

int bt_store_timer(struct bt_store *s, enum bt_view view, const struct bt_timer *t) {
  struct bt_key key;
  struct bt_str nothing;
  return bt_raw_read(s, view, BT_T_TIMERS, bt_key_timer(&key, t), &nothing);
}

/* The table of what stands open: for each case exactly what bt_case_standing gives. Only what an entry has changed is
 * written. */
#include "core/standing.h"

#include "store/private.h"

enum { KEY_SIZE = 25 };

static struct bt_str key_of(struct bt_key *k, const struct bt_standing *x) {
  k->bytes[0] = (char)x->kind;
  bt_put_u64(k->bytes + 1, (uint64_t)x->at_us);
  bt_put_u64(k->bytes + 9, x->case_id);
  bt_put_u64(k->bytes + 17, x->object);
  return (struct bt_str){k->bytes, k->n = KEY_SIZE};
}

static void put(struct bt_store *s, const struct bt_standing *x) {
  struct bt_key key;
  bt_now_put_raw(s, BT_T_STANDING, key_of(&key, x), x->department);
  bt_tally_standing(s, x, 1);
}

static void take(struct bt_store *s, const struct bt_standing *x) {
  struct bt_key key;
  bt_now_delete(s, BT_T_STANDING, key_of(&key, x));
  bt_tally_standing(s, x, -1);
}

/* In the same place, with somebody else. */
static void hand_on(struct bt_store *s, const struct bt_standing *from, const struct bt_standing *to) {
  if (bt_str_eq(from->department, to->department))
    return;
  bt_tally_standing(s, from, -1);
  put(s, to);
}

/* Most entries touch none of this; evolve makes a new list of whatever it changes. */
static bool is_as_before(const struct bt_case *a, const struct bt_case *b) {
  return a->status == b->status && a->dormant == b->dormant && a->promises.v == b->promises.v &&
         a->promises.n == b->promises.n && a->questions.v == b->questions.v && a->questions.n == b->questions.n &&
         a->work.v == b->work.v && a->work.n == b->work.n && a->concerns.v == b->concerns.v &&
         a->concerns.n == b->concerns.n && a->custodian.p == b->custodian.p &&
         memcmp(&a->offer, &b->offer, sizeof a->offer) == 0;
}

void bt_standing_follow(struct bt_store *s, const struct bt_case *was, const struct bt_case *now) {
  struct bt_standing before[BT_MAX_STANDING], after[BT_MAX_STANDING];
  if (is_as_before(was, now) && was->id == now->id)
    return;
  const uint32_t n_before = bt_case_standing(was, before), n_after = bt_case_standing(now, after);
  for (uint32_t i = 0, k = 0; i < n_before || k < n_after;) {
    int order = i == n_before ? 1 : k == n_after ? -1 : bt_standing_cmp(&before[i], &after[k]);
    if (order < 0)
      take(s, &before[i]);
    else if (order > 0)
      put(s, &after[k]);
    else
      hand_on(s, &before[i], &after[k]);
    i += order <= 0;
    k += order >= 0;
  }
}

static int standing_of(struct bt_str key, struct bt_str stored, struct bt_standing *ret) {
  struct bt_str department;
  if (key.n != KEY_SIZE)
    return -BT_CORRUPT;
  int rc = bt_raw_open(BT_T_STANDING, key, stored, &department);
  if (rc < 0)
    return rc;
  *ret = (struct bt_standing){
      .kind = (uint8_t)key.p[0],
      .at_us = (int64_t)bt_get_u64(key.p + 1),
      .case_id = bt_get_u64(key.p + 9),
      .object = bt_get_u64(key.p + 17),
      .department = department,
  };
  return 0;
}

int bt_store_next_standing(struct bt_store *s, enum bt_view view, enum bt_standing_kind kind,
                           const struct bt_standing *after, struct bt_standing *ret) {
  struct bt_key k;
  struct bt_str key, stored;
  const struct bt_standing first = {.kind = kind};
  int rc = bt_kv_next(s->kv, view, BT_T_STANDING, key_of(&k, after ? after : &first), after != NULL, &key, &stored);
  if (rc == 0 && key.n && (uint8_t)key.p[0] != kind)
    return -BT_ABSENT;
  return rc < 0 ? rc : standing_of(key, stored, ret);
}

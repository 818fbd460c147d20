/* Reading what was counted: days summed up, and who has any.
 *
 * A department's own days and those of its pairs lie side by side. A day begins with a zero byte until the year 47000,
 * a name never does, so that the own days come first and no key means two things. */
#include "store/private.h"

#define DAY_US (INT64_C(86400) * 1000000)

uint32_t bt_stats_day(int64_t at_us) {
  int64_t day = at_us > 0 ? at_us / DAY_US : 0;
  return day < 0xffffff ? (uint32_t)day : 0xffffff;
}

struct bt_str bt_key_stats(struct bt_key *k, struct bt_str department, struct bt_str peer, uint32_t day) {
  char bytes[BT_KEY_SIZE], *at = bytes;
  if (peer.n + 5 > sizeof bytes) {
    k->n = 0;
    return (struct bt_str){k->bytes, 0};
  }
  if (peer.n) {
    memcpy(at, peer.p, peer.n);
    at += peer.n;
    *at++ = '\0';
  }
  bt_put_u32(at, day);
  return bt_key_names(k, department, (struct bt_str){bytes, (size_t)(at + 4 - bytes)});
}

#define ADD_COUNT(a, b) ((a) + (b))
#define ADD_SUM(a, b) ((a) + (b))
#define ADD_MAX(a, b) ((a) > (b) ? (a) : (b))

void bt_stats_add(struct bt_stats_row *to, const struct bt_stats_row *more) {
#define ADD(number, name, kind) to->name = ADD_##kind(to->name, more->name);
  BT_STATS_FIELDS(ADD)
#undef ADD
}

/* The row at or after the key of `day`, where it still is of the same department or pair. */
static int next_day(struct bt_store *s, enum bt_view view, struct bt_str department, struct bt_str peer, uint32_t day,
                    uint32_t *ret_day, struct bt_str *ret_value) {
  struct bt_key k;
  struct bt_str found, key = bt_key_stats(&k, department, peer, day);
  if (key.n == 0)
    return -BT_ABSENT;
  int rc = bt_kv_next(s->kv, view, BT_T_STATS, key, false, &found, ret_value);
  if (rc == 0 && (found.n != key.n || memcmp(found.p, key.p, key.n - 4) != 0))
    rc = -BT_ABSENT;
  if (rc == 0)
    *ret_day = bt_get_u32(found.p + found.n - 4);
  return rc;
}

int bt_store_stats_sum(struct bt_store *s, enum bt_view view, struct bt_str department, struct bt_str peer,
                       uint32_t from_day, uint32_t until_day, struct bt_arena *arena, struct bt_stats_row *ret) {
  struct bt_stats_row sum = {0}, row;
  struct bt_str value;
  uint32_t day = from_day;
  bool any = false;
  int rc = next_day(s, view, department, peer, day, &day, &value);
  while (rc == 0 && day <= until_day) {
    bt_arena_reset(arena);
    rc = bt_record_stats_decode(value, arena, &row);
    if (rc < 0)
      return rc;
    bt_stats_add(&sum, &row);
    any = true;
    rc = next_day(s, view, department, peer, day + 1, &day, &value);
  }
  if (rc < 0 && rc != -BT_ABSENT)
    return rc;
  if (!any)
    return -BT_ABSENT;
  *ret = sum;
  return 0;
}

int bt_store_stats(struct bt_store *s, enum bt_view view, struct bt_str department, struct bt_arena *arena,
                   struct bt_stats_row *ret) {
  (void)arena; /* nothing of a row outlives its sum */
  struct bt_arena rows;
  bt_arena_init(&rows, 64 * 1024);
  int rc = bt_store_stats_sum(s, view, department, (struct bt_str){0}, 0, UINT32_MAX, &rows, ret);
  bt_arena_fini(&rows);
  return rc;
}

/* Behind a name stands its zero byte; one higher lies behind all of its rows, and before every longer name. */
int bt_store_stats_next(struct bt_store *s, enum bt_view view, struct bt_str after, char buf[BT_STATS_NAME],
                        struct bt_str *ret) {
  char key[BT_STATS_NAME + 1];
  struct bt_str found, value;
  size_t n = after.n < BT_STATS_NAME ? after.n : BT_STATS_NAME;
  if (n)
    memcpy(key, after.p, n);
  key[n++] = after.n ? '\1' : '\0';
  int rc = bt_kv_next(s->kv, view, BT_T_STATS, (struct bt_str){key, n}, true, &found, &value);
  if (rc < 0)
    return rc;
  const char *end = memchr(found.p, '\0', found.n);
  if (!end || end - found.p >= BT_STATS_NAME)
    return -BT_CORRUPT;
  *ret = (struct bt_str){buf, (size_t)(end - found.p)};
  memcpy(buf, found.p, ret->n);
  return 0;
}

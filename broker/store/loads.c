/* How many open cases each department holds: counted as entries are applied, because routing asks with nearly every
 * offer and nobody could count a million cases for it. Kept in memory; a checkpoint writes what has changed into meta,
 * one row for each department that holds any. */
#include <stdlib.h>

#include "store/private.h"

#define LOAD BT_LIT("load") /* a row of meta each: this, 0x00, the name */

/* The place of a name, or where it belongs. */
static uint32_t place_of(const struct bt_load_counts *l, struct bt_str name, bool *ret_there) {
  uint32_t from = 0, to = l->n;
  *ret_there = false;
  while (from < to && !*ret_there) {
    uint32_t middle = from + (to - from) / 2;
    int order = bt_str_cmp(l->now[middle].department, name);
    *ret_there = order == 0;
    if (order < 0)
      from = middle + 1;
    else
      to = middle;
  }
  return to;
}

static bool make_room(struct bt_load_counts *l) {
  if (l->n < l->room)
    return true;
  const uint32_t room = l->room ? l->room * 2 : 64;
  struct bt_load *now = realloc(l->now, room * sizeof *now);
  if (now)
    l->now = now;
  struct bt_load_before *before = realloc(l->before, room * sizeof *before);
  if (before)
    l->before = before;
  if (now && before)
    l->room = room;
  return now && before;
}

/* Names stay for as long as the store is open: there are no more than departments ever were. NULL: no memory. */
static struct bt_load *need(struct bt_load_counts *l, struct bt_str name) {
  bool there;
  uint32_t at = place_of(l, name, &there);
  if (there)
    return &l->now[at];
  char *copy = make_room(l) ? malloc(name.n + 1) : NULL;
  if (!copy)
    return NULL;
  memcpy(copy, name.p, name.n);
  memmove(l->now + at + 1, l->now + at, (l->n - at) * sizeof *l->now);
  memmove(l->before + at + 1, l->before + at, (l->n - at) * sizeof *l->before);
  l->n++;
  l->now[at] = (struct bt_load){.department = {copy, name.n}};
  l->before[at] = (struct bt_load_before){0};
  return &l->now[at];
}

void bt_loads_count(struct bt_store *s, const struct bt_case *c, int by) {
  if (!bt_case_is_open(c) || c->dormant || c->custodian.n == 0)
    return;
  struct bt_load *load = need(&s->loads, c->custodian);
  if (!load)
    bt_kv_fail(s->kv, -BT_NOMEM);
  else
    load->cases += (uint32_t)by; /* adding -1 wraps around to subtraction */
}

static int load_row(struct bt_store *s, struct bt_str key, struct bt_str stored) {
  struct bt_str value;
  int rc = bt_raw_open(BT_T_META, key, stored, &value);
  if (rc < 0 || value.n != 8)
    return rc < 0 ? rc : -BT_CORRUPT;
  struct bt_load *load = need(&s->loads, (struct bt_str){key.p + LOAD.n + 1, key.n - LOAD.n - 1});
  if (!load)
    return -BT_NOMEM;
  load->cases = (uint32_t)bt_get_u64(value.p);
  s->loads.before[load - s->loads.now].saved = load->cases;
  return 0;
}

int bt_loads_load(struct bt_store *s) {
  struct bt_key prefix, at;
  struct bt_str key, stored;
  struct bt_str from = bt_key_names(&prefix, LOAD, (struct bt_str){NULL, 0});
  int rc;
  while ((rc = bt_kv_next(s->kv, BT_AS_OF, BT_T_META, from, true, &key, &stored)) == 0 && key.n > prefix.n &&
         memcmp(key.p, prefix.bytes, prefix.n) == 0) {
    if ((rc = load_row(s, key, stored)) < 0)
      return rc;
    memcpy(at.bytes, key.p, at.n = key.n);
    from = (struct bt_str){at.bytes, at.n};
  }
  return rc == -BT_ABSENT ? 0 : rc;
}

/* A department that holds nothing has no row, so that the same log leaves the same rows whenever it was written. */
void bt_loads_save(struct bt_store *s) {
  struct bt_key key;
  for (uint32_t i = 0; i < s->loads.n; i++) {
    const struct bt_load *load = &s->loads.now[i];
    if (load->cases == s->loads.before[i].saved)
      continue;
    struct bt_str name = bt_key_names(&key, LOAD, load->department);
    if (load->cases)
      bt_now_put_u64(s, BT_T_META, name, load->cases);
    else
      bt_now_delete(s, BT_T_META, name);
  }
}

void bt_loads_keep(struct bt_load_counts *l) {
  for (uint32_t i = 0; i < l->n; i++)
    l->before[i].saved = l->now[i].cases;
}

void bt_loads_rollback(struct bt_load_counts *l) {
  for (uint32_t i = 0; i < l->n; i++)
    l->now[i].cases = l->before[i].saved;
}

void bt_loads_mark(struct bt_load_counts *l) {
  for (uint32_t i = 0; i < l->n; i++)
    l->before[i].marked = l->now[i].cases;
}

/* A name that came after the mark was at nothing then, as it still says. */
void bt_loads_undo(struct bt_load_counts *l) {
  for (uint32_t i = 0; i < l->n; i++)
    l->now[i].cases = l->before[i].marked;
}

void bt_loads_fini(struct bt_load_counts *l) {
  for (uint32_t i = 0; i < l->n; i++)
    free((void *)(uintptr_t)l->now[i].department.p);
  free(l->now);
  free(l->before);
}

struct bt_loads bt_store_loads(const struct bt_store *s) {
  return (struct bt_loads){s->loads.n, s->loads.now};
}

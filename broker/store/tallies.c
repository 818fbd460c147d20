/* What each department has in hand: open cases, and what stands open by kind. Counted as entries are applied, because
 * routing, metrics and alerts ask again and again and nobody could count a million cases for them. Kept in memory; a
 * checkpoint writes what has changed into meta, one row for each department that has anything. */
#include <stdlib.h>

#include "store/private.h"

#define TALLY BT_LIT("tally") /* a row of meta each: this, 0x00, the name */
enum { ROW_SIZE = 4 * BT_STANDING_COUNT };

static struct bt_tally tally_at(const struct bt_tallies *l, uint32_t i) {
  struct bt_tally t = {.cases = l->loads[i].cases};
  memcpy(t.standing, l->standing[i].n, sizeof t.standing);
  return t;
}

static void set_all(struct bt_tallies *l, const struct bt_tally *to) {
  for (uint32_t i = 0; i < l->n; i++) {
    l->loads[i].cases = to[i].cases;
    memcpy(l->standing[i].n, to[i].standing, sizeof to[i].standing);
  }
}

static void copy_all(const struct bt_tallies *l, struct bt_tally *ret) {
  for (uint32_t i = 0; i < l->n; i++)
    ret[i] = tally_at(l, i);
}

/* ---- departments ---- */

/* The place of a name, or where it belongs. */
static uint32_t place_of(const struct bt_tallies *l, struct bt_str name, bool *ret_there) {
  uint32_t from = 0, to = l->n;
  *ret_there = false;
  while (from < to && !*ret_there) {
    uint32_t middle = from + (to - from) / 2;
    int order = bt_str_cmp(l->loads[middle].department, name);
    *ret_there = order == 0;
    if (order < 0)
      from = middle + 1;
    else
      to = middle;
  }
  return to;
}

static bool grow(void *list, uint32_t room, size_t size) {
  void *now;
  memcpy(&now, list, sizeof now); /* each list has its own type */
  now = realloc(now, room * size);
  if (now)
    memcpy(list, &now, sizeof now);
  return now != NULL;
}

static bool make_room(struct bt_tallies *l) {
  if (l->n < l->room)
    return true;
  const uint32_t room = l->room ? l->room * 2 : 64;
  if (!grow(&l->loads, room, sizeof *l->loads) || !grow(&l->standing, room, sizeof *l->standing) ||
      !grow(&l->saved, room, sizeof *l->saved) || !grow(&l->marked, room, sizeof *l->marked))
    return false;
  l->room = room;
  return true;
}

#define OPEN_GAP(list, at, n) memmove((list) + (at) + 1, (list) + (at), ((n) - (at)) * sizeof *(list))

/* Names stay for as long as the store is open: there are no more than departments ever were. Whoever comes after a mark
 * or a checkpoint had nothing then. NO_PLACE: no memory. */
enum { NO_PLACE = UINT32_MAX };
static uint32_t need(struct bt_tallies *l, struct bt_str name) {
  bool there;
  uint32_t at = place_of(l, name, &there);
  if (there)
    return at;
  char *copy = make_room(l) ? malloc(name.n + 1) : NULL;
  if (!copy)
    return NO_PLACE;
  memcpy(copy, name.p, name.n);
  OPEN_GAP(l->loads, at, l->n);
  OPEN_GAP(l->standing, at, l->n);
  OPEN_GAP(l->saved, at, l->n);
  OPEN_GAP(l->marked, at, l->n);
  l->n++;
  l->loads[at] = (struct bt_load){.department = {copy, name.n}};
  l->standing[at] = (struct bt_standing_count){.department = {copy, name.n}};
  l->saved[at] = l->marked[at] = (struct bt_tally){0};
  return at;
}

/* ---- counting: adding -1 wraps around to subtraction ---- */

void bt_tally_case(struct bt_store *s, const struct bt_case *c, int by) {
  if (!bt_case_is_open(c) || c->dormant || c->custodian.n == 0)
    return;
  const uint32_t at = need(&s->tallies, c->custodian);
  if (at == NO_PLACE)
    bt_kv_fail(s->kv, -BT_NOMEM);
  else
    s->tallies.loads[at].cases += (uint32_t)by;
}

void bt_tally_standing(struct bt_store *s, const struct bt_standing *x, int by) {
  const uint32_t at = need(&s->tallies, x->department);
  if (at == NO_PLACE)
    bt_kv_fail(s->kv, -BT_NOMEM);
  else
    s->tallies.standing[at].n[x->kind] += (uint32_t)by;
}

/* ---- rows: how many cases, then how many of each kind from the first on ---- */

static void row_of(const struct bt_tally *t, char row[ROW_SIZE]) {
  bt_put_u32(row, t->cases);
  for (int kind = 1; kind < BT_STANDING_COUNT; kind++)
    bt_put_u32(row + 4 * kind, t->standing[kind]);
}

static int load_row(struct bt_store *s, struct bt_str key, struct bt_str stored) {
  struct bt_str value;
  int rc = bt_raw_open(BT_T_META, key, stored, &value);
  if (rc < 0 || value.n != ROW_SIZE)
    return rc < 0 ? rc : -BT_CORRUPT;
  struct bt_tallies *l = &s->tallies;
  const uint32_t at = need(l, (struct bt_str){key.p + TALLY.n + 1, key.n - TALLY.n - 1});
  if (at == NO_PLACE)
    return -BT_NOMEM;
  l->loads[at].cases = bt_get_u32(value.p);
  for (int kind = 1; kind < BT_STANDING_COUNT; kind++)
    l->standing[at].n[kind] = bt_get_u32(value.p + 4 * kind);
  l->saved[at] = tally_at(l, at);
  return 0;
}

int bt_tallies_load(struct bt_store *s) {
  struct bt_key prefix, at;
  struct bt_str key, stored;
  struct bt_str from = bt_key_names(&prefix, TALLY, (struct bt_str){NULL, 0});
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

/* A department that has nothing has no row, so that the same log leaves the same rows whenever it was written. */
void bt_tallies_save(struct bt_store *s) {
  static const struct bt_tally nothing = {0};
  struct bt_key key;
  char row[ROW_SIZE];
  for (uint32_t i = 0; i < s->tallies.n; i++) {
    const struct bt_tally t = tally_at(&s->tallies, i);
    if (memcmp(&t, &s->tallies.saved[i], sizeof t) == 0)
      continue;
    struct bt_str name = bt_key_names(&key, TALLY, s->tallies.loads[i].department);
    row_of(&t, row);
    if (memcmp(&t, &nothing, sizeof t) == 0)
      bt_now_delete(s, BT_T_META, name);
    else
      bt_now_put_raw(s, BT_T_META, name, (struct bt_str){row, sizeof row});
  }
}

/* ---- the checkpoint and the mark ---- */

void bt_tallies_keep(struct bt_tallies *l) {
  copy_all(l, l->saved);
}

void bt_tallies_rollback(struct bt_tallies *l) {
  set_all(l, l->saved);
}

void bt_tallies_mark(struct bt_tallies *l) {
  copy_all(l, l->marked);
}

void bt_tallies_undo(struct bt_tallies *l) {
  set_all(l, l->marked);
}

void bt_tallies_fini(struct bt_tallies *l) {
  for (uint32_t i = 0; i < l->n; i++)
    free((void *)(uintptr_t)l->loads[i].department.p);
  free(l->loads);
  free(l->standing);
  free(l->saved);
  free(l->marked);
}

/* ---- reading ---- */

struct bt_loads bt_store_loads(const struct bt_store *s) {
  return (struct bt_loads){s->tallies.n, s->tallies.loads};
}

void bt_store_standing(const struct bt_store *s, struct bt_standing_counts *ret) {
  *ret = (struct bt_standing_counts){.n = s->tallies.n, .v = s->tallies.standing};
  for (uint32_t i = 0; i < ret->n; i++)
    for (int kind = 1; kind < BT_STANDING_COUNT; kind++)
      ret->total[kind] += ret->v[i].n[kind];
}

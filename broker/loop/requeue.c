/* Deliveries made again, and dead letters dropped, because an operator says so. */
#include "base/log.h"
#include "loop/outbox.h"
#include "loop/parts.h"

enum { ROWS_PER_ENTRY = 256, ARENA = 1024 * 1024 };
_Static_assert(BT_NAMED_AT_ONCE / ROWS_PER_ENTRY <= BT_MAX_UNIT, "they are one unit");

/* 1: there is such a dead letter. */
static int is_dead(struct bt_loop *l, struct bt_str adapter, const struct bt_delivery_name *d) {
  struct bt_dead_row row;
  int rc = bt_store_dead(l->parts.store, BT_NOW, adapter, d->case_id, d->sequence, &l->release, &row);
  return rc == -BT_ABSENT ? 0 : rc ? rc : 1;
}

static int is_waiting(struct bt_loop *l, struct bt_str adapter, const struct bt_delivery_name *d) {
  struct bt_inbox_row row;
  int rc = bt_store_inbox(l->parts.store, BT_NOW, adapter, d->sequence, &l->release, &row);
  return rc == -BT_ABSENT ? 0 : rc ? rc : 1;
}

/* Those that an operator's word still means. The age of a row begins anew: it is not given up for having been old. */
static int choose(struct bt_loop *l, const struct bt_deliveries_named *what, struct bt_arena *arena,
                  struct bt_requeued_rows *ret) {
  const int64_t now_us = bt_time_now(l);
  *ret = (struct bt_requeued_rows){0, BT_NEW_ARRAY(arena, struct bt_requeued_row, what->n)};
  if (!ret->v)
    return -BT_NOMEM;
  for (uint32_t i = 0; i < what->n; i++) {
    int dead = is_dead(l, what->adapter, &what->v[i]);
    int waits = dead || what->dead_only ? 0 : is_waiting(l, what->adapter, &what->v[i]);
    bt_arena_reset(&l->release);
    if (dead < 0 || waits < 0)
      return dead < 0 ? dead : waits;
    if (dead || !(what->dead_only || waits))
      ret->v[ret->n++] = (struct bt_requeued_row){what->v[i].sequence, what->v[i].case_id, dead, now_us};
  }
  return 0;
}

static uint32_t entries_for(uint32_t rows) {
  return (rows + ROWS_PER_ENTRY - 1) / ROWS_PER_ENTRY;
}

static uint32_t part(uint32_t rows, uint32_t i) {
  const uint32_t left = rows - i * ROWS_PER_ENTRY;
  return left < ROWS_PER_ENTRY ? left : ROWS_PER_ENTRY;
}

static struct bt_entry requeued(const struct bt_deliveries_named *what, struct bt_requeued_row *v, uint32_t n) {
  return (struct bt_entry){
      .kind = BT_REQUEUED,
      .adapter = what->adapter,
      .requeued = {.rows = {n, v}, .by = what->operator_name, .reason = what->reason},
  };
}

static struct bt_entry dropped(const struct bt_deliveries_named *what, struct bt_dropped_row *v, uint32_t n) {
  return (struct bt_entry){
      .kind = BT_DEAD_DROPPED,
      .adapter = what->adapter,
      .dead_dropped = {.rows = {n, v}, .by = what->operator_name, .reason = what->reason},
  };
}

static void tell(const struct bt_deliveries_named *what, const char *event, uint32_t n) {
  if (!n)
    return;
  bt_log(BT_LOG_INFO, event, BT_L_STR("adapter", what->adapter), BT_L_UINT("deliveries", n),
         BT_L_STR("operator", what->operator_name));
}

int bt_loop_requeue(void *loop, const struct bt_deliveries_named *what, uint32_t *ret_done) {
  struct bt_loop *l = loop;
  struct bt_entry v[BT_MAX_UNIT];
  struct bt_requeued_rows rows;
  struct bt_arena arena; /* the commit empties all of the loop's own */
  if (!bt_rules_adapter(l->rules, what->adapter))
    return -BT_NOT_FOUND;
  bt_arena_init(&arena, ARENA);
  int rc = choose(l, what, &arena, &rows);
  for (uint32_t i = 0; !rc && i < entries_for(rows.n); i++)
    v[i] = requeued(what, rows.v + i * ROWS_PER_ENTRY, part(rows.n, i));
  if (!rc && rows.n)
    rc = bt_own_commit(l, v, entries_for(rows.n));
  if (!rc) {
    for (uint32_t i = 0; i < rows.n; i++)
      bt_deliver_again(l, what->adapter, rows.v[i].case_id, rows.v[i].sequence);
    l->parts.counters->deliveries_requeued += rows.n;
    tell(what, "deliveries-requeued", rows.n);
    *ret_done = rows.n;
  }
  bt_arena_fini(&arena);
  return rc;
}

static int choose_dead(struct bt_loop *l, const struct bt_deliveries_named *what, struct bt_arena *arena,
                       struct bt_dropped_rows *ret) {
  *ret = (struct bt_dropped_rows){0, BT_NEW_ARRAY(arena, struct bt_dropped_row, what->n)};
  int rc = ret->v ? 0 : -BT_NOMEM;
  for (uint32_t i = 0; i < what->n && rc >= 0; i++) {
    rc = is_dead(l, what->adapter, &what->v[i]);
    bt_arena_reset(&l->release);
    if (rc == 1)
      ret->v[ret->n++] = (struct bt_dropped_row){what->v[i].sequence, what->v[i].case_id};
  }
  return rc < 0 ? rc : 0;
}

int bt_loop_dead_drop(void *loop, const struct bt_deliveries_named *what, uint32_t *ret_done) {
  struct bt_loop *l = loop;
  struct bt_entry v[BT_MAX_UNIT];
  struct bt_dropped_rows rows;
  struct bt_arena arena;
  bt_arena_init(&arena, ARENA);
  int rc = choose_dead(l, what, &arena, &rows);
  for (uint32_t i = 0; !rc && i < entries_for(rows.n); i++)
    v[i] = dropped(what, rows.v + i * ROWS_PER_ENTRY, part(rows.n, i));
  if (!rc && rows.n)
    rc = bt_own_commit(l, v, entries_for(rows.n));
  if (!rc) {
    l->parts.counters->dead_dropped += rows.n;
    tell(what, "dead-letters-dropped", rows.n);
    *ret_done = rows.n;
  }
  bt_arena_fini(&arena);
  return rc;
}

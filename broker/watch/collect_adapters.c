/* What is wrong with adapters, and what waits for them. */
#include "base/clock.h"
#include "watch/condition.h"

#define LONG_WAIT_US (300 * BT_SECOND_US)

static int64_t ago(const struct bt_watch_view *x, int64_t us) {
  return x->now_us - us;
}

static int64_t up_us(const struct bt_watch_view *x) {
  return x->facts.up_us ? x->facts.up_us : ago(x, x->started_us);
}

/* One that departments wait for: it takes deliveries. Whoever only tells things comes and goes as there are things to
 * tell. */
static bool is_missing(const struct bt_backlog *b, int64_t gone_us) {
  return b->adapter->receives && !b->connected && !b->lost && gone_us > LONG_WAIT_US;
}

static void health(const struct bt_watch_view *x, const struct bt_backlog *b, struct bt_conditions *c) {
  const struct bt_report *r = &b->known->report;
  const int64_t gone_us = b->known->left_us ? x->mono_us - b->known->left_us : up_us(x);
  const struct bt_str name = b->adapter->name;
  if (r->health == BT_HEALTH_DOWN)
    bt_condition_add(c, BT_COND_ADAPTER_DOWN, name, 1, r->since_us);
  if (r->health == BT_HEALTH_TROUBLED)
    bt_condition_add(c, BT_COND_ADAPTER_TROUBLED, name, 1, r->since_us);
  if (b->silent_us || b->lost)
    bt_condition_add(c, BT_COND_ADAPTER_SILENT, name, 1, ago(x, b->silent_us ? b->silent_us : gone_us));
  if (is_missing(b, gone_us))
    bt_condition_add(c, BT_COND_ADAPTER_MISSING, name, 1, ago(x, gone_us));
  if (r->spool.rejects)
    bt_condition_add(c, BT_COND_SPOOL_REJECTS, name, r->spool.rejects, 0);
}

static void inbox(const struct bt_watch_view *x, const struct bt_backlog *b, struct bt_conditions *c) {
  const int64_t old_us = x->config->settings.alert_inbox_us;
  const struct bt_str name = b->adapter->name;
  if (b->row.held)
    bt_condition_add(c, BT_COND_ADAPTER_HELD, name, 1, b->row.held_at_us);
  else if (b->waits && !b->connected && b->oldest_us > LONG_WAIT_US)
    bt_condition_add(c, BT_COND_INBOX_UNCONNECTED, name, 1, ago(x, b->oldest_us));
  if (b->waits && old_us && b->oldest_us > old_us)
    bt_condition_add(c, BT_COND_INBOX_OLD, name, 1, ago(x, b->oldest_us));
}

static int dead(const struct bt_watch_view *x, const struct bt_backlog *b, struct bt_arena *scratch,
                struct bt_conditions *c) {
  struct bt_dead_row row;
  uint64_t sequence;
  bt_arena_reset(scratch);
  int rc = bt_store_next_dead(x->store, BT_NOW, b->adapter->name, 0, 0, scratch, &sequence, &row);
  if (rc == 0)
    bt_condition_add(c, BT_COND_DEAD_LETTERS, b->adapter->name, 0, 0);
  return rc == -BT_ABSENT ? 0 : rc;
}

int bt_collect_adapters(const struct bt_watch_view *view, const struct bt_backlogs *all, struct bt_conditions *c) {
  const uint64_t letters = bt_store_count(view->store, BT_NOW, BT_T_DEAD);
  struct bt_arena scratch;
  int rc = 0;
  bt_arena_init(&scratch, 64 * 1024);
  for (uint32_t i = 0; i < all->n; i++) {
    health(view, &all->v[i], c);
    inbox(view, &all->v[i], c);
    if (letters && rc == 0)
      rc = dead(view, &all->v[i], &scratch, c);
  }
  bt_arena_fini(&scratch);
  bool said = false;
  for (uint32_t i = 0; i < c->n; i++)
    said = said || c->v[i].kind == BT_COND_DEAD_LETTERS;
  if (letters && !said && rc == 0)
    bt_condition_add(c, BT_COND_DEAD_LETTERS, BT_LIT("adapters that are configured no longer"), 0, 0);
  c->total[BT_COND_DEAD_LETTERS] = letters;
  return rc;
}

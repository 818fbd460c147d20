#include "watch/backlog.h"

#include <stdlib.h>

#include "base/clock.h"

/* It says something every 2 s. */
#define SILENT_US (6 * BT_SECOND_US)

static int one(const struct bt_watch_view *x, const struct bt_adapter *a, struct bt_arena *arena,
               struct bt_backlog *ret) {
  static const struct bt_known nothing;
  struct bt_backlog b = {.adapter = a, .session = bt_wire_session_of(x->wire, a->name)};
  struct bt_inbox_row oldest;
  uint64_t sequence;
  int rc = bt_store_adapter(x->store, BT_NOW, a->name, arena, &b.row);
  if (rc == 0)
    rc = bt_store_next_inbox(x->store, BT_NOW, a->name, 0, arena, &sequence, &oldest);
  b.waits = rc == 0;
  if (b.waits)
    b.oldest_us = x->now_us > oldest.since_us ? x->now_us - oldest.since_us : 0;
  b.connected = b.session != NULL;
  b.known = bt_wire_known(x->wire, a->name);
  if (!b.known)
    b.known = &nothing;
  int64_t unheard_us = b.connected ? x->mono_us - b.session->heard_us : 0;
  b.silent_us = unheard_us > SILENT_US ? unheard_us : 0;
  b.lost = !b.connected && b.known->left_us && !b.known->parted;
  b.in_flight = x->in_flight ? x->in_flight(x->loop, a->name) : 0;
  *ret = b;
  return rc == -BT_ABSENT ? 0 : rc;
}

static int worst_first(const void *left, const void *right) {
  const struct bt_backlog *a = left, *b = right;
  if (a->waits != b->waits)
    return a->waits ? -1 : 1;
  if (a->oldest_us != b->oldest_us)
    return a->oldest_us > b->oldest_us ? -1 : 1;
  return bt_str_cmp(a->adapter->name, b->adapter->name);
}

int bt_backlogs_of(const struct bt_watch_view *view, struct bt_arena *arena, struct bt_backlogs *ret) {
  const struct bt_rules *rules = &view->config->rules;
  struct bt_backlogs all = {rules->adapters.n, BT_NEW_ARRAY(arena, struct bt_backlog, rules->adapters.n)};
  if (!all.v)
    return -BT_NOMEM;
  for (uint32_t i = 0; i < all.n; i++) {
    int rc = one(view, &rules->adapters.v[i], arena, &all.v[i]);
    if (rc < 0)
      return rc;
  }
  if (all.n > 1)
    qsort(all.v, all.n, sizeof *all.v, worst_first);
  *ret = all;
  return 0;
}

#include "control/backlog.h"

#include <stdlib.h>

#include "base/clock.h"

/* It says something every 2 s. */
#define SILENT_US (6 * BT_SECOND_US)

static int one(struct bt_call *call, const struct bt_adapter *a, int64_t now_us, struct bt_backlog *ret) {
  const struct bt_control_context *x = call->context;
  struct bt_backlog b = {.adapter = a, .session = bt_wire_session_of(x->wire, a->name)};
  struct bt_inbox_row oldest;
  uint64_t sequence;
  int rc = bt_store_adapter(x->store, BT_NOW, a->name, call->arena, &b.row);
  if (rc == 0)
    rc = bt_store_next_inbox(x->store, BT_NOW, a->name, 0, call->arena, &sequence, &oldest);
  b.waits = rc == 0;
  if (b.waits)
    b.oldest_us = now_us > oldest.since_us ? now_us - oldest.since_us : 0;
  static const struct bt_known nothing;
  b.connected = b.session != NULL;
  b.known = bt_wire_known(x->wire, a->name);
  if (!b.known)
    b.known = &nothing;
  int64_t unheard_us = b.connected ? bt_clock_mono_us() - b.session->heard_us : 0;
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

int bt_backlog_all(struct bt_call *call, int64_t now_us, struct bt_backlogs *ret) {
  const struct bt_rules *rules = &call->context->config->rules;
  struct bt_backlogs all = {rules->adapters.n, BT_NEW_ARRAY(call->arena, struct bt_backlog, rules->adapters.n)};
  if (!all.v)
    return -BT_NOMEM;
  for (uint32_t i = 0; i < all.n; i++) {
    int rc = one(call, &rules->adapters.v[i], now_us, &all.v[i]);
    if (rc < 0)
      return rc;
  }
  if (all.n > 1)
    qsort(all.v, all.n, sizeof *all.v, worst_first);
  *ret = all;
  return 0;
}

int bt_backlog_count(struct bt_call *call, struct bt_str adapter, uint64_t max, uint64_t *ret) {
  struct bt_arena scratch;
  bt_arena_init(&scratch, 64 * 1024);
  uint64_t n = 0, from = 0;
  int rc = 0;
  while (n < max && rc == 0) {
    struct bt_inbox_row row;
    bt_arena_reset(&scratch);
    rc = bt_store_next_inbox(call->context->store, BT_NOW, adapter, from, &scratch, &from, &row);
    n += rc == 0;
    from++;
  }
  bt_arena_fini(&scratch);
  *ret = n;
  return rc == -BT_ABSENT ? 0 : rc;
}

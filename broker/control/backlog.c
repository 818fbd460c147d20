#include "control/backlog.h"

#include "base/clock.h"

struct bt_watch_view bt_call_view(const struct bt_call *call, int64_t now_us) {
  const struct bt_control_context *x = call->context;
  struct bt_watch_view view = {.config = x->config,
                               .store = x->store,
                               .wire = x->wire,
                               .started_us = x->started_us,
                               .now_us = now_us,
                               .mono_us = bt_clock_mono_us(),
                               .loop = x->loop,
                               .in_flight = x->in_flight};
  if (x->facts)
    x->facts(x->loop, &view.facts);
  return view;
}

int64_t bt_backlog_now_us(const struct bt_call *call) {
  return call->context->clock ? bt_call_now_us(call) : bt_clock_wall_us();
}

int bt_backlog_all(struct bt_call *call, int64_t now_us, struct bt_backlogs *ret) {
  const struct bt_watch_view view = bt_call_view(call, now_us);
  return bt_backlogs_of(&view, call->arena, ret);
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

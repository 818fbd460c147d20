/* Before maintenance: no new work, nothing new goes out, and where it was asked for the end. */
#include "base/clock.h"
#include "base/log.h"
#include "loop/parts.h"

static uint32_t in_flight(struct bt_loop *l) {
  uint32_t n = 0;
  for (struct bt_session *s = bt_wire_next(l->parts.wire, NULL); s; s = bt_wire_next(l->parts.wire, s))
    n += bt_loop_in_flight(l, s->adapter);
  return n;
}

void bt_loop_drain(void *loop, const struct bt_drain *what) {
  struct bt_loop *l = loop;
  const bool began = what->on && !l->drain.on, left_off = !what->on && l->drain.on;
  const struct bt_drain before = l->drain;
  l->drain = *what;
  if (began)
    l->busy_before_drain = l->parts.counters->events_busy;
  else
    l->drain.since_us = before.since_us;
  if (began || left_off || what->leave)
    bt_log(BT_LOG_INFO,
           what->leave ? "drain-exit"
           : began     ? "drain"
                       : "drain-stopped",
           BT_L_TEXT("operator", what->by), BT_L_UINT("in_flight", in_flight(l)));
}

void bt_loop_drained(void *loop, struct bt_drain *ret) {
  struct bt_loop *l = loop;
  *ret = l->drain;
  ret->in_flight = in_flight(l);
  ret->turned_away = l->drain.on ? l->parts.counters->events_busy - l->busy_before_drain : 0;
}

bool bt_drain_may_leave(struct bt_loop *l) {
  if (!l->drain.leave)
    return false;
  const uint32_t out = in_flight(l);
  l->drain.leaving = !out || bt_clock_mono_us() >= l->drain.until_us;
  if (l->drain.leaving)
    bt_log(BT_LOG_INFO, "stopping", BT_L_TEXT("operator", l->drain.by), BT_L_UINT("in_flight", out));
  return l->drain.leaving;
}

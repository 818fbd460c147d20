/* The figures that nobody counts, put together from the record, the sessions and the configuration. Private to this
 * room. */
#ifndef BT_METRICS_GATHER_H
#define BT_METRICS_GATHER_H

#include "control/control.h"
#include "metrics/snapshot.h"

struct bt_gathering {
  const struct bt_control_context *context;
  struct bt_snapshot *to;
  struct bt_arena scratch; /* for single rows */
  int64_t now_us;          /* recorded time */
  int64_t wall_us, mono_us, up_us;
  uint32_t unreadable;
};

/* `to` is empty but for its arena and counters; up_us: how long the process runs; took_us: the answer before. What the
 * samples borrow is valid until the record, the sessions or the configuration change. */
void bt_gather(const struct bt_control_context *context, int64_t up_us, int64_t took_us, struct bt_snapshot *to);

/* Of each configured adapter, and of each department that is configured or has anything open. */
void bt_gather_adapters(struct bt_gathering *g);
void bt_gather_departments(struct bt_gathering *g);
/* An age in microseconds, never negative. */
int64_t bt_gathered_age(int64_t now_us, int64_t since_us);

#endif

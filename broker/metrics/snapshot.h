/* What the figures of base/counters.h are at one moment. Private to this room. */
#ifndef BT_METRICS_SNAPSHOT_H
#define BT_METRICS_SNAPSHOT_H

#include "base/arena.h"
#include "base/counters.h"

struct bt_sample {
  struct bt_sample *next;
  int64_t value; /* of a figure in seconds: microseconds */
  struct bt_str label[BT_FIGURE_LABELS];
};

/* Samples lie in the arena; labels are borrowed. */
struct bt_snapshot {
  const struct bt_counters *counters;
  struct bt_arena *arena;
  struct bt_sample *first[BT_FIGURE_COUNT], *last[BT_FIGURE_COUNT]; /* of what is gathered */
};

/* One more sample of a gathered figure. Past the arena's limit it is left out, and the arena says so. */
void bt_snapshot_add(struct bt_snapshot *s, enum bt_figure figure, struct bt_str label, struct bt_str other,
                     int64_t value);

#endif

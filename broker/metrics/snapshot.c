#include "metrics/snapshot.h"

void bt_snapshot_add(struct bt_snapshot *s, enum bt_figure figure, struct bt_str label, struct bt_str other,
                     int64_t value) {
  struct bt_sample *sample = BT_NEW(s->arena, struct bt_sample);
  if (!sample)
    return;
  *sample = (struct bt_sample){.value = value, .label = {label, other}};
  if (s->last[figure])
    s->last[figure]->next = sample;
  else
    s->first[figure] = sample;
  s->last[figure] = sample;
}

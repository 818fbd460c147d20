#include "core/routing.h"

#include <stdlib.h>

/* The longest handled prefix that the topic lies under; empty where none does. */
static struct bt_str best_prefix(const struct bt_department *d, struct bt_str topic) {
  struct bt_str best = {0};
  for (uint32_t i = 0; i < d->topics.n; i++)
    if (d->topics.v[i].n > best.n && bt_topic_under(topic, d->topics.v[i]))
      best = d->topics.v[i];
  return best;
}

static bool is_connected(const struct bt_rules *rules, const struct bt_strs *connected, struct bt_str department) {
  for (uint32_t i = 0; i < connected->n; i++) {
    const struct bt_adapter *a = bt_rules_adapter(rules, connected->v[i]);
    if (a && a->receives && bt_adapter_acts_for(a, department))
      return true;
  }
  return false;
}

static bool held_before(const struct bt_case *c, struct bt_str department) {
  for (uint32_t i = 0; c && i < c->trail.n; i++)
    if (bt_str_eq(c->trail.v[i].department, department))
      return true;
  return false;
}

static int by_preference(const void *left, const void *right) {
  const struct bt_candidate *a = left, *b = right;
  if (a->handles.n != b->handles.n)
    return a->handles.n > b->handles.n ? -1 : 1;
  if (a->held_before != b->held_before)
    return a->held_before ? -1 : 1;
  if (a->connected != b->connected)
    return a->connected ? -1 : 1;
  return bt_str_cmp(a->department->name, b->department->name);
}

int bt_route(const struct bt_rules *rules, struct bt_str topic, const struct bt_case *c, struct bt_str except,
             const struct bt_strs *connected, struct bt_arena *arena, struct bt_candidates *ret) {
  uint32_t matches = 0;
  for (uint32_t i = 0; i < rules->departments.n; i++)
    matches += best_prefix(&rules->departments.v[i], topic).n != 0;
  struct bt_candidates found = {0, BT_NEW_ARRAY(arena, struct bt_candidate, matches)};
  if (!found.v)
    return -BT_NOMEM;
  for (uint32_t i = 0; i < rules->departments.n; i++) {
    const struct bt_department *d = &rules->departments.v[i];
    struct bt_str prefix = best_prefix(d, topic);
    if (!prefix.n || d->unattended || bt_str_eq(d->name, except))
      continue;
    found.v[found.n++] = (struct bt_candidate){
        .department = d,
        .handles = prefix,
        .held_before = held_before(c, d->name),
        .connected = is_connected(rules, connected, d->name),
    };
  }
  if (found.n > 1)
    qsort(found.v, found.n, sizeof *found.v, by_preference);
  *ret = found;
  return 0;
}

struct bt_str bt_route_owner(const struct bt_rules *rules, struct bt_str topic) {
  struct bt_str owner = rules->last_owner;
  size_t longest = 0;
  for (uint32_t i = 0; i < rules->departments.n; i++) {
    const struct bt_department *d = &rules->departments.v[i];
    struct bt_str prefix = best_prefix(d, topic);
    if (prefix.n > longest && !d->unattended) {
      longest = prefix.n;
      owner = d->name;
    }
  }
  return owner;
}

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
  for (uint32_t i = 0; i < rules->adapters.n; i++) {
    const struct bt_adapter *a = &rules->adapters.v[i];
    if (a->receives && bt_adapter_acts_for(a, department) && bt_strs_has(connected, a->name))
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

static uint32_t load_of(const struct bt_loads *loads, struct bt_str department) {
  uint32_t from = 0, to = loads->n;
  while (from < to) {
    uint32_t middle = from + (to - from) / 2;
    int order = bt_str_cmp(loads->v[middle].department, department);
    if (order == 0)
      return loads->v[middle].cases;
    if (order < 0)
      from = middle + 1;
    else
      to = middle;
  }
  return 0;
}

/* Among those that are closed the first to open; who does not open within the calendar comes last. */
static int by_opening(const struct bt_candidate *a, const struct bt_candidate *b) {
  if (a->open != b->open)
    return a->open ? -1 : 1;
  if (a->open || a->opens_at_us == b->opens_at_us)
    return 0;
  if (!a->opens_at_us || !b->opens_at_us)
    return a->opens_at_us ? -1 : 1;
  return a->opens_at_us < b->opens_at_us ? -1 : 1;
}

static int by_preference(const void *left, const void *right) {
  const struct bt_candidate *a = left, *b = right;
  int order = by_opening(a, b);
  if (order)
    return order;
  if (a->handles.n != b->handles.n)
    return a->handles.n > b->handles.n ? -1 : 1;
  if (a->held_before != b->held_before)
    return a->held_before ? -1 : 1;
  if (a->connected != b->connected)
    return a->connected ? -1 : 1;
  if (a->load != b->load)
    return a->load < b->load ? -1 : 1;
  return bt_str_cmp(a->department->name, b->department->name);
}

static bool among(const struct bt_strs *names, struct bt_str name) {
  for (uint32_t i = 0; i < names->n; i++)
    if (bt_str_eq(names->v[i], name))
      return true;
  return false;
}

static struct bt_candidate candidate(const struct bt_rules *rules, const struct bt_routing *r,
                                     const struct bt_department *d, struct bt_str handles) {
  struct bt_candidate k = {
      .department = d,
      .handles = handles,
      .open = bt_calendar_is_open(&d->calendar, r->now_us),
      .held_before = held_before(r->c, d->name),
      .connected = is_connected(rules, &r->connected, d->name),
      .load = load_of(&r->loads, d->name),
  };
  if (!k.open && bt_calendar_opens(&d->calendar, r->now_us, &k.opens_at_us))
    k.opens_at_us = 0;
  return k;
}

int bt_route(const struct bt_rules *rules, const struct bt_routing *routing, struct bt_arena *arena,
             struct bt_candidates *ret) {
  uint32_t matches = 0;
  for (uint32_t i = 0; i < rules->departments.n; i++)
    matches += best_prefix(&rules->departments.v[i], routing->topic).n != 0;
  struct bt_candidates found = {0, BT_NEW_ARRAY(arena, struct bt_candidate, matches)};
  if (!found.v)
    return -BT_NOMEM;
  for (uint32_t i = 0; i < rules->departments.n; i++) {
    const struct bt_department *d = &rules->departments.v[i];
    struct bt_str prefix = best_prefix(d, routing->topic);
    if (prefix.n && !d->unattended && !bt_str_eq(d->name, routing->except) && !among(&routing->asked, d->name))
      found.v[found.n++] = candidate(rules, routing, d, prefix);
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
    if (prefix.n > longest && !d->unattended && !d->external) {
      longest = prefix.n;
      owner = d->name;
    }
  }
  return owner;
}

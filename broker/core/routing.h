/* Who is asked to take a case on a topic, in which order, and why. */
#ifndef BT_CORE_ROUTING_H
#define BT_CORE_ROUTING_H

#include "base/arena.h"
#include "base/code.h"
#include "core/case.h"
#include "core/rules.h"

struct bt_candidate {
  const struct bt_department *department;
  struct bt_str handles; /* the configured topic that matched */
  bool held_before, connected;
};
struct bt_candidates {
  uint32_t n;
  struct bt_candidate *v;
};

/* Departments whose handled topics match, in the order in which they would be asked: longest prefix, has held this case
 * before, connected, name. c may be NULL. Unattended departments never are candidates, nor is `except`.
 * connected: adapters with a live session, sorted by name. */
int bt_route(const struct bt_rules *rules, struct bt_str topic, const struct bt_case *c, struct bt_str except,
             const struct bt_strs *connected, struct bt_arena *arena, struct bt_candidates *ret) BT_MUST_CHECK;
/* The department answerable for cases on this topic: who handles it, else the owner of last resort. May be empty. */
struct bt_str bt_route_owner(const struct bt_rules *rules, struct bt_str topic);

#endif

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
  bool open;
  int64_t opens_at_us; /* when closed; 0: not within the compiled calendar */
  bool held_before, connected;
  uint32_t load; /* open cases that it holds */
};
struct bt_candidates {
  uint32_t n;
  struct bt_candidate *v;
};

/* How many open cases a department holds. Sorted by name; who holds none need not be there. */
struct bt_load {
  struct bt_str department;
  uint32_t cases;
};
struct bt_loads {
  uint32_t n;
  const struct bt_load *v;
};

/* What routing looks at that does not stand in the configuration. */
struct bt_routing {
  struct bt_str topic;
  const struct bt_case *c;  /* NULL: no case yet */
  struct bt_str except;     /* who holds it */
  struct bt_strs asked;     /* who was asked before, in vain: none of them again */
  struct bt_strs connected; /* adapters with a live session, sorted by name */
  struct bt_loads loads;
  int64_t now_us;
};

/* Departments whose handled topics match, in the order in which they would be asked: open now; longest prefix; has held
 * this case before; connected; least loaded; name. Those that are closed come after, the first to open first.
 * Unattended departments never are candidates. */
int bt_route(const struct bt_rules *rules, const struct bt_routing *routing, struct bt_arena *arena,
             struct bt_candidates *ret) BT_MUST_CHECK;
/* The department answerable for cases on this topic: who handles it, else the owner of last resort. May be empty.
 * Nobody outside the house: an external department sees a case only while it is in its hands. */
struct bt_str bt_route_owner(const struct bt_rules *rules, struct bt_str topic);

#endif

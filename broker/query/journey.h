/* A journey being told, event by event in their order. Private to this room.
 *
 * Times are occurred times. One that runs backwards counts as the latest before it: so no stretch is counted twice, and
 * nothing is ever before what caused it. */
#ifndef BT_QUERY_JOURNEY_H
#define BT_QUERY_JOURNEY_H

#include "query/ask.h"

enum { BT_JOURNEY_NAMES = 64 };

struct bt_journey_telling {
  struct bt_journey_view view;
  struct bt_arena *arena;
  int64_t before_us;  /* what the last event said */
  int64_t offered_us; /* of the open offer; 0: none */
  uint32_t names_n;
  struct bt_str names[BT_JOURNEY_NAMES]; /* copied once */
};

/* Room for n events. -BT_NOMEM. */
int bt_journey_begin(struct bt_journey_telling *t, struct bt_arena *arena, uint32_t n) BT_MUST_CHECK;
/* The next event; borrows nothing. -BT_NOMEM. */
int bt_journey_tell(struct bt_journey_telling *t, const struct bt_entry *e) BT_MUST_CHECK;
/* The whole, with the case as it stands now. */
void bt_journey_end(struct bt_journey_telling *t, const struct bt_case *c, struct bt_journey_view *ret);

#endif

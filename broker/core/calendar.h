/* When a department is open: a sorted list of UTC intervals, compiled by config from zone, weekly hours and holidays.
 *
 * The core only searches. A calendar knows the time from `from_us` to `until_us`; what would lie outside is answered
 * with HORIZON, never guessed. Instants are int64 microseconds UTC, intervals are [open, close). */
#ifndef BT_CORE_CALENDAR_H
#define BT_CORE_CALENDAR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/code.h"

struct bt_span {
  int64_t open_us, close_us;
};

struct bt_calendar {
  bool limited; /* false: no hours are configured, open day and night, and the list is empty */
  uint32_t n;
  struct bt_span *v; /* sorted, disjoint, not touching */
  int64_t from_us, until_us;
};

/* Outside of what was compiled: closed. */
bool bt_calendar_is_open(const struct bt_calendar *c, int64_t at_us);
/* The first instant from at_us on at which it is open (at_us itself, where it is open then). -BT_HORIZON. */
int bt_calendar_opens(const struct bt_calendar *c, int64_t at_us, int64_t *ret_us) BT_MUST_CHECK;
/* The instant at which `span_us` of open time have passed since at_us; at_us where span_us is 0. -BT_HORIZON. */
int bt_calendar_add(const struct bt_calendar *c, int64_t at_us, int64_t span_us, int64_t *ret_us) BT_MUST_CHECK;
/* The latest instant before at_us such that `span_us` of open time lie between the two. Where less than that has been
 * compiled, the beginning of what has; never after at_us. */
int64_t bt_calendar_before(const struct bt_calendar *c, int64_t at_us, int64_t span_us);

#endif

/* When departments are open, as instants: from weekly hours, holidays and the zone of the site. */
#ifndef BT_CONFIG_CALENDARS_H
#define BT_CONFIG_CALENDARS_H

#include "config/config.h"
#include "config/zone.h"

/* Compiled are so many days before the instant of the load and after it; extended when fewer lie ahead. */
enum { BT_CALENDAR_BEHIND_D = 35, BT_CALENDAR_AHEAD_D = 400, BT_CALENDAR_LEAST_AHEAD_D = 390 };

/* What a zone must have been read of, for a calendar from the one instant to the other. */
void bt_calendar_zone_range(int64_t from_us, int64_t until_us, int64_t *ret_from_s, int64_t *ret_until_s);
/* Spans go into the arena. A span belongs to the day on which it begins; on a holiday none begins. Without hours: not
 * limited. -BT_INVALID: hours or holidays are not of their form; -BT_NOMEM. */
int bt_calendar_compile(struct bt_arena *arena, const struct bt_zone *zone, const struct bt_strs *hours,
                        const struct bt_strs *holidays, int64_t from_us, int64_t until_us,
                        struct bt_calendar *ret) BT_MUST_CHECK;

#endif

/* Local time to instants. The tz database is read by GLib; what is asked of it is only the offset at an instant, which
 * has one answer. Which instant a local time is then follows from the offsets, and is decided here:
 *
 * - a time that the clock skips is the instant after the gap;
 * - a time that the clock reads twice is the first of the two where something begins, the second where it ends. */
#ifndef BT_CONFIG_ZONE_H
#define BT_CONFIG_ZONE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/code.h"

/* A time during which the offset stays the same: to the beginning of the next one. */
struct bt_zone_part {
  int64_t begin_s; /* since 1970-01-01 UTC */
  int64_t offset_s;
};

struct bt_zone {
  uint32_t n;
  struct bt_zone_part *v;
};

bool bt_zone_known(const char *name);
/* What is between the two instants. -BT_ABSENT: no such zone; -BT_NOMEM. */
int bt_zone_read(struct bt_arena *arena, const char *name, int64_t from_s, int64_t until_s,
                 struct bt_zone *ret) BT_MUST_CHECK;
/* local_s: what the clock shows, as seconds since it showed 1970-01-01 00:00. */
int64_t bt_zone_begin_s(const struct bt_zone *z, int64_t local_s);
int64_t bt_zone_end_s(const struct bt_zone *z, int64_t local_s);

/* The number of a day, for "2026-12-25"; consecutive days have consecutive numbers. -BT_INVALID: no such day. */
int bt_date_parse(struct bt_str text, int32_t *ret_day) BT_MUST_CHECK;
/* Local time at the beginning of the day. */
int64_t bt_date_local_s(int32_t day);
int32_t bt_date_of_local_s(int64_t local_s);
/* 0 is Monday. */
uint32_t bt_date_weekday(int32_t day);

#endif

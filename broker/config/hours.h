/* Weekly hours, as a department's `hours` have them: "mon-fri 09:00-12:30 13:30-17:00", "sat 22:00-04:00". Local times,
 * without a zone or a date; calendars.h makes instants of them. Pure text: allocates nothing. */
#ifndef BT_CONFIG_HOURS_H
#define BT_CONFIG_HOURS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/code.h"
#include "base/str.h"

enum { BT_DAY_MIN = 24 * 60, BT_WEEK_MIN = 7 * BT_DAY_MIN, BT_WEEK_SPANS = 128 };

struct bt_hours {
  uint32_t day;              /* that it begins on: 0 is Monday */
  uint32_t from_min, to_min; /* after that day's midnight; `to` beyond BT_DAY_MIN runs on into the next day */
  uint32_t text;             /* the number of the text that it comes from */
};

struct bt_week {
  uint32_t n;
  struct bt_hours v[BT_WEEK_SPANS];
};

/* Adds the spans of one text, which ends with a NUL. -BT_INVALID with a sentence in `why`: not of that form, or more
 * than BT_WEEK_SPANS in all. */
int bt_week_add(struct bt_week *w, struct bt_str text, uint32_t number, char *why, size_t size) BT_MUST_CHECK;
/* By the time they begin. */
void bt_week_sort(struct bt_week *w);
/* Of a sorted week: two spans have a minute in common (Sunday's may run on into Monday's). Says of which texts. */
bool bt_week_overlaps(const struct bt_week *w, uint32_t *ret_one, uint32_t *ret_other);

#endif

#include "config/calendars.h"

#include <stdlib.h>

#include "base/clock.h"
#include "config/hours.h"

#define DAY_S INT64_C(86400)
#define DAY_US (DAY_S * BT_SECOND_US)
#define MINUTE_S 60

enum { MEMORY = 1 << 30, MARGIN_D = 3 /* more than any offset and any span together */ };

void bt_calendar_zone_range(int64_t from_us, int64_t until_us, int64_t *ret_from_s, int64_t *ret_until_s) {
  *ret_from_s = from_us / BT_SECOND_US - 2 * MARGIN_D * DAY_S;
  *ret_until_s = until_us / BT_SECOND_US + 2 * MARGIN_D * DAY_S;
}

struct days {
  uint32_t n;
  int32_t *v;
};

static int by_number(const void *a, const void *b) {
  int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
  return (x > y) - (x < y);
}

static int read_days(struct bt_arena *arena, const struct bt_strs *dates, struct days *ret) {
  struct days d = {dates->n, BT_NEW_ARRAY(arena, int32_t, dates->n)};
  if (!d.v)
    return -BT_NOMEM;
  int rc = 0;
  for (uint32_t i = 0; !rc && i < d.n; i++)
    rc = bt_date_parse(dates->v[i], &d.v[i]);
  if (!rc && d.n)
    qsort(d.v, d.n, sizeof *d.v, by_number);
  *ret = d;
  return rc;
}

static bool has_day(const struct days *d, int32_t day) {
  return d->n && bsearch(&day, d->v, d->n, sizeof *d->v, by_number);
}

static int read_week(const struct bt_strs *hours, struct bt_week *ret) {
  char why[256];
  int rc = 0;
  ret->n = 0;
  for (uint32_t i = 0; !rc && i < hours->n; i++)
    rc = bt_week_add(ret, hours->v[i], i, why, sizeof why);
  bt_week_sort(ret);
  return rc;
}

/* Cut to what the calendar knows; joined to the one before where there is nothing between them. Beginnings and
 * ends come in order, for a later local time never begins or ends earlier. */
static void add_span(struct bt_calendar *c, int64_t open_us, int64_t close_us) {
  open_us = open_us > c->from_us ? open_us : c->from_us;
  close_us = close_us < c->until_us ? close_us : c->until_us;
  if (open_us >= close_us)
    return;
  struct bt_span *last = c->n ? &c->v[c->n - 1] : NULL;
  if (!last || open_us > last->close_us)
    c->v[c->n++] = (struct bt_span){open_us, close_us};
  else
    last->close_us = close_us;
}

static void add_day(struct bt_calendar *c, const struct bt_zone *zone, const struct bt_week *week, int32_t day) {
  uint32_t weekday = bt_date_weekday(day);
  int64_t midnight_s = bt_date_local_s(day);
  for (uint32_t i = 0; i < week->n; i++) {
    const struct bt_hours *h = &week->v[i];
    if (h->day == weekday)
      add_span(c, bt_zone_begin_s(zone, midnight_s + h->from_min * MINUTE_S) * BT_SECOND_US,
               bt_zone_end_s(zone, midnight_s + h->to_min * MINUTE_S) * BT_SECOND_US);
  }
}

int bt_calendar_compile(struct bt_arena *arena, const struct bt_zone *zone, const struct bt_strs *hours,
                        const struct bt_strs *holidays, int64_t from_us, int64_t until_us, struct bt_calendar *ret) {
  struct bt_week week;
  struct days closed;
  struct bt_calendar c = {.limited = hours->n > 0, .from_us = from_us, .until_us = until_us};
  int32_t first = bt_date_of_local_s(from_us / BT_SECOND_US) - MARGIN_D;
  int32_t last = bt_date_of_local_s(until_us / BT_SECOND_US) + MARGIN_D;
  int rc = read_week(hours, &week);
  if (!rc)
    rc = read_days(arena, holidays, &closed);
  if (rc)
    return rc;
  c.v = BT_NEW_ARRAY(arena, struct bt_span, (size_t)week.n * ((uint32_t)(last - first) / 7 + 1));
  if (!c.v)
    return -BT_NOMEM;
  for (int32_t day = first; week.n && day <= last; day++)
    if (!has_day(&closed, day))
      add_day(&c, zone, &week, day);
  *ret = c;
  return 0;
}

/* ---- All departments of a generation ---- */

static int compile_site(const struct bt_rules *r, const struct bt_site *site, struct bt_arena *arena,
                        const struct bt_calendar *range, struct bt_calendar *v) {
  int64_t from_s, until_s;
  struct bt_zone zone;
  bt_calendar_zone_range(range->from_us, range->until_us, &from_s, &until_s);
  int rc = bt_zone_read(arena, site->zone.p, from_s, until_s, &zone);
  for (uint32_t i = 0; !rc && i < r->departments.n; i++) {
    const struct bt_department *d = &r->departments.v[i];
    if (bt_str_eq(d->site, site->name))
      rc = bt_calendar_compile(arena, &zone, &d->hours, &site->holidays, range->from_us, range->until_us, &v[i]);
  }
  return rc;
}

/* Nothing of the generation in use is touched before everything is there. */
int bt_config_compile_calendars(struct bt_config *c, int64_t now_us) {
  struct bt_rules *r = &c->rules;
  const struct bt_calendar range = {.from_us = now_us - BT_CALENDAR_BEHIND_D * DAY_US,
                                    .until_us = now_us + BT_CALENDAR_AHEAD_D * DAY_US};
  struct bt_arena arena;
  bt_arena_init(&arena, MEMORY);
  struct bt_calendar *v = BT_NEW_ARRAY(&arena, struct bt_calendar, r->departments.n);
  int rc = v ? 0 : -BT_NOMEM;
  for (uint32_t i = 0; !rc && i < r->sites.n; i++)
    rc = compile_site(r, &r->sites.v[i], &arena, &range, v);
  if (rc) {
    bt_arena_fini(&arena);
    return rc;
  }
  for (uint32_t i = 0; i < r->departments.n; i++)
    r->departments.v[i].calendar = v[i];
  bt_arena_fini(&c->calendars);
  c->calendars = arena;
  c->calendars_from_us = range.from_us;
  c->calendars_until_us = range.until_us;
  return 0;
}

/* A clock that was set back makes what was compiled begin too late; that is mended in the same way. */
int bt_config_extend(struct bt_config *c, int64_t now_us) {
  const int64_t least_behind_us = (BT_CALENDAR_BEHIND_D - 5) * DAY_US;
  if (c->calendars_until_us - now_us >= BT_CALENDAR_LEAST_AHEAD_D * DAY_US &&
      now_us - c->calendars_from_us >= least_behind_us)
    return 0;
  int rc = bt_config_compile_calendars(c, now_us);
  return rc ? rc : 1;
}

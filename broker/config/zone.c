#include "config/zone.h"

#include <glib.h>

#define DAY_S INT64_C(86400)

bool bt_zone_known(const char *name) {
  GTimeZone *tz = g_time_zone_new_identifier(name);
  if (tz)
    g_time_zone_unref(tz);
  return tz != NULL;
}

static int interval_at(GTimeZone *tz, int64_t at_s) {
  return g_time_zone_find_interval(tz, G_TIME_TYPE_UNIVERSAL, at_s);
}

/* The first second after `from` that lies in another interval; `to` does. Intervals are numbered in order. */
static int64_t find_change(GTimeZone *tz, int64_t from_s, int64_t to_s) {
  int here = interval_at(tz, from_s);
  while (to_s - from_s > 1) {
    int64_t middle_s = from_s + (to_s - from_s) / 2;
    if (interval_at(tz, middle_s) == here)
      from_s = middle_s;
    else
      to_s = middle_s;
  }
  return to_s;
}

/* The parts between the two, into v where there is one. Returns their number. */
static uint32_t list_parts(GTimeZone *tz, int64_t from_s, int64_t until_s, struct bt_zone_part *v) {
  uint32_t n = 0;
  for (int64_t at_s = from_s; at_s < until_s;) {
    int here = interval_at(tz, at_s);
    if (v)
      v[n] = (struct bt_zone_part){at_s, g_time_zone_get_offset(tz, here)};
    n++;
    int64_t next_s = at_s + DAY_S;
    while (next_s < until_s && interval_at(tz, next_s) == here)
      next_s += DAY_S;
    at_s = next_s < until_s ? find_change(tz, at_s, next_s) : until_s;
  }
  return n;
}

int bt_zone_read(struct bt_arena *arena, const char *name, int64_t from_s, int64_t until_s, struct bt_zone *ret) {
  GTimeZone *tz = g_time_zone_new_identifier(name);
  if (!tz)
    return -BT_ABSENT;
  struct bt_zone z = {.n = list_parts(tz, from_s, until_s, NULL)};
  z.v = BT_NEW_ARRAY(arena, struct bt_zone_part, z.n);
  if (z.v) {
    list_parts(tz, from_s, until_s, z.v);
    *ret = z;
  }
  g_time_zone_unref(tz);
  return z.v ? 0 : -BT_NOMEM;
}

/* The first part whose clock has gone past the time at its end: the clock either reads it there, or has skipped it. */
int64_t bt_zone_begin_s(const struct bt_zone *z, int64_t local_s) {
  uint32_t i = 0;
  while (i + 1 < z->n && z->v[i + 1].begin_s + z->v[i].offset_s <= local_s)
    i++;
  int64_t at_s = local_s - z->v[i].offset_s;
  return i > 0 && at_s < z->v[i].begin_s ? z->v[i].begin_s : at_s;
}

/* The last part whose clock begins before the time. An end at the first moment of a repeated hour is before all of it:
 * who closes at one has closed when the clock goes from two back to one. */
int64_t bt_zone_end_s(const struct bt_zone *z, int64_t local_s) {
  uint32_t i = z->n - 1;
  while (i > 0 && z->v[i].begin_s + z->v[i].offset_s >= local_s)
    i--;
  int64_t at_s = local_s - z->v[i].offset_s;
  return i + 1 < z->n && at_s > z->v[i + 1].begin_s ? z->v[i + 1].begin_s : at_s;
}

/* GLib counts days from the year 1. */
enum { DAY_OF_1970 = 719163 };

static bool is_form(struct bt_str s) {
  static const char form[] = "0000-00-00";
  if (s.n != sizeof form - 1)
    return false;
  for (size_t i = 0; i < s.n; i++)
    if (form[i] == '-' ? s.p[i] != '-' : !g_ascii_isdigit(s.p[i]))
      return false;
  return true;
}

int bt_date_parse(struct bt_str text, int32_t *ret_day) {
  int year = 0, month = 0, day = 0;
  for (size_t i = 0; is_form(text) && i < text.n; i++) {
    int *part = i < 4 ? &year : i < 7 ? &month : &day;
    if (text.p[i] != '-')
      *part = *part * 10 + (text.p[i] - '0');
  }
  if (!g_date_valid_dmy((GDateDay)day, (GDateMonth)month, (GDateYear)year))
    return -BT_INVALID;
  GDate date;
  g_date_clear(&date, 1);
  g_date_set_dmy(&date, (GDateDay)day, (GDateMonth)month, (GDateYear)year);
  *ret_day = (int32_t)g_date_get_julian(&date);
  return 0;
}

int64_t bt_date_local_s(int32_t day) {
  return (day - DAY_OF_1970) * DAY_S;
}

int32_t bt_date_of_local_s(int64_t local_s) {
  int64_t days = local_s / DAY_S - (local_s % DAY_S < 0);
  return (int32_t)(days + DAY_OF_1970);
}

uint32_t bt_date_weekday(int32_t day) {
  GDate date;
  g_date_clear(&date, 1);
  g_date_set_julian(&date, (guint32)day);
  return (uint32_t)g_date_get_weekday(&date) - G_DATE_MONDAY;
}

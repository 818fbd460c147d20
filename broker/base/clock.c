#include "base/clock.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/code.h"

static int64_t read_us(clockid_t which) {
  struct timespec t;
  clock_gettime(which, &t);
  return (int64_t)t.tv_sec * BT_SECOND_US + t.tv_nsec / 1000;
}

#ifdef BT_TEST_CLOCK
static int64_t passed_us, jumped_us;

/* A process can begin in another time than this one. */
__attribute__((constructor)) static void begin_elsewhere(void) {
  const char *seconds = getenv("BATON_TEST_CLOCK_S");
  if (seconds)
    jumped_us = strtoll(seconds, NULL, 10) * BT_SECOND_US;
}

void bt_clock_advance(int64_t by_us) {
  passed_us += by_us;
}

void bt_clock_jump(int64_t by_us) {
  jumped_us += by_us;
}
#else
enum { passed_us = 0, jumped_us = 0 };
#endif

int64_t bt_clock_wall_us(void) {
  return read_us(CLOCK_REALTIME) + passed_us + jumped_us;
}

int64_t bt_clock_mono_us(void) {
  return read_us(CLOCK_MONOTONIC);
}

int64_t bt_clock_boot_us(void) {
  return read_us(CLOCK_BOOTTIME) + passed_us;
}

/* The proleptic Gregorian calendar in eras of 400 years (146,097 days), with the year beginning in March so that the
 * leap day comes last. Day 0 is 1970-01-01. Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms". */
enum { ERA_DAYS = 146097, EPOCH_FROM_MARCH_0 = 719468 };

static int64_t floor_div(int64_t a, int64_t b) {
  return a / b - (a % b < 0);
}

static int64_t days_of(int64_t year, int month, int day) {
  year -= month <= 2;
  int64_t era = floor_div(year, 400), year_of_era = year - era * 400;
  int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * ERA_DAYS + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - EPOCH_FROM_MARCH_0;
}

static void date_of(int64_t days, int64_t *ret_year, int *ret_month, int *ret_day) {
  days += EPOCH_FROM_MARCH_0;
  int64_t era = floor_div(days, ERA_DAYS), d = days - era * ERA_DAYS;
  int64_t year_of_era = (d - d / 1460 + d / 36524 - d / 146096) / 365;
  int64_t day_of_year = d - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  int64_t m = (5 * day_of_year + 2) / 153;
  *ret_day = (int)(day_of_year - (153 * m + 2) / 5 + 1);
  *ret_month = (int)(m < 10 ? m + 3 : m - 9);
  *ret_year = year_of_era + era * 400 + (*ret_month <= 2);
}

char *bt_clock_format(int64_t us, char *buf, size_t size) {
  int64_t day_us = INT64_C(86400) * BT_SECOND_US;
  int64_t days = floor_div(us, day_us), rest = us - days * day_us, year;
  int month, day;
  date_of(days, &year, &month, &day);
  int s = (int)(rest / BT_SECOND_US);
  snprintf(buf, size, "%04" PRId64 "-%02d-%02dT%02d:%02d:%02d.%06dZ", year, month, day, s / 3600, s / 60 % 60, s % 60,
           (int)(rest % BT_SECOND_US));
  return buf;
}

/* Takes exactly n digits. */
static bool digits(struct bt_str *s, size_t n, int *ret) {
  if (s->n < n)
    return false;
  int v = 0;
  for (size_t i = 0; i < n; i++) {
    if (s->p[i] < '0' || s->p[i] > '9')
      return false;
    v = v * 10 + (s->p[i] - '0');
  }
  s->p += n;
  s->n -= n;
  *ret = v;
  return true;
}

static bool one_of(struct bt_str *s, const char *set) {
  if (s->n == 0 || s->p[0] == '\0' || !strchr(set, s->p[0]))
    return false;
  s->p++;
  s->n--;
  return true;
}

static int days_in(int year, int month) {
  static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return lengths[month - 1] + (month == 2 && leap);
}

static bool parse_date(struct bt_str *s, int64_t *ret_days) {
  int year, month, day;
  if (!digits(s, 4, &year) || !one_of(s, "-") || !digits(s, 2, &month) || !one_of(s, "-") || !digits(s, 2, &day))
    return false;
  if (month < 1 || month > 12 || day < 1 || day > days_in(year, month))
    return false;
  *ret_days = days_of(year, month, day);
  return true;
}

/* Digits beyond the microsecond are dropped. A 60th second (a leap second) counts as the first of the next minute. */
static bool parse_time(struct bt_str *s, int64_t *ret_us) {
  int hour, minute, second, digit;
  if (!digits(s, 2, &hour) || !one_of(s, ":") || !digits(s, 2, &minute) || !one_of(s, ":") || !digits(s, 2, &second))
    return false;
  if (hour > 23 || minute > 59 || second > 60)
    return false;
  int64_t us = (int64_t)(hour * 3600 + minute * 60 + second) * BT_SECOND_US, unit = BT_SECOND_US / 10;
  if (one_of(s, ".")) {
    if (!digits(s, 1, &digit))
      return false;
    do {
      us += digit * unit;
      unit /= 10;
    } while (digits(s, 1, &digit));
  }
  *ret_us = us;
  return true;
}

static bool parse_zone(struct bt_str *s, int64_t *ret_us) {
  *ret_us = 0;
  if (one_of(s, "Zz"))
    return true;
  int sign = s->n && s->p[0] == '-' ? -1 : 1, hour, minute;
  if (!one_of(s, "+-") || !digits(s, 2, &hour) || !one_of(s, ":") || !digits(s, 2, &minute))
    return false;
  *ret_us = sign * (int64_t)(hour * 3600 + minute * 60) * BT_SECOND_US;
  return hour <= 23 && minute <= 59;
}

int bt_clock_parse(struct bt_str text, int64_t *ret_us) {
  int64_t days, time_us, zone_us;
  if (!parse_date(&text, &days) || !one_of(&text, "Tt ") || !parse_time(&text, &time_us) ||
      !parse_zone(&text, &zone_us) || text.n != 0)
    return -BT_INVALID;
  *ret_us = days * 86400 * BT_SECOND_US + time_us - zone_us;
  return 0;
}

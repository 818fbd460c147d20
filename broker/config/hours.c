#include "config/hours.h"

#include <stdio.h>
#include <stdlib.h>

static const char *const day_names[7] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

/* What is left of a text, and where to say what is wrong with it. */
struct reading {
  const char *p;
  char *why;
  size_t size;
};

static bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

static bool take(struct reading *r, char c) {
  if (*r->p != c)
    return false;
  r->p++;
  return true;
}

/* 0 to 6; -1: no day here. */
static int take_day(struct reading *r) {
  for (int i = 0; i < 7; i++)
    if (strncmp(r->p, day_names[i], 3) == 0) {
      r->p += 3;
      return i;
    }
  return -1;
}

/* "mon" or "mon-fri"; "sat-mon" goes over the end of the week. */
static int take_days(struct reading *r, int *ret_first, int *ret_last) {
  *ret_first = *ret_last = take_day(r);
  if (*ret_first >= 0 && take(r, '-'))
    *ret_last = take_day(r);
  if (*ret_first >= 0 && *ret_last >= 0 && *r->p == ' ')
    return 0;
  snprintf(r->why, r->size, "begins with no days: mon, tue, wed, thu, fri, sat, sun, or two of them as in mon-fri");
  return -BT_INVALID;
}

/* "09:30", as minutes; "24:00" is the end of a day. */
static int take_time(struct reading *r, uint32_t *ret_min) {
  const char *p = r->p;
  bool form = is_digit(p[0]) && is_digit(p[1]) && p[2] == ':' && is_digit(p[3]) && is_digit(p[4]) && !is_digit(p[5]);
  uint32_t hour = form ? (uint32_t)(p[0] - '0') * 10 + (uint32_t)(p[1] - '0') : 0;
  uint32_t minute = form ? (uint32_t)(p[3] - '0') * 10 + (uint32_t)(p[4] - '0') : 0;
  if (!form || minute > 59 || hour * 60 + minute > BT_DAY_MIN) {
    int n = (int)strcspn(p, " -");
    snprintf(r->why, r->size, "\"%.*s\" is no time of day: 00:00 to 24:00", n, p);
    return -BT_INVALID;
  }
  r->p += 5;
  *ret_min = hour * 60 + minute;
  return 0;
}

/* "13:30-17:00"; an end that is not after the beginning lies on the next day. */
static int take_span(struct reading *r, uint32_t *ret_from_min, uint32_t *ret_to_min) {
  const char *began = r->p;
  int rc = take_time(r, ret_from_min);
  if (rc)
    return rc;
  if (!take(r, '-')) {
    snprintf(r->why, r->size, "wants a time to end after \"%.5s\", as in 09:00-17:00", began);
    return -BT_INVALID;
  }
  if ((rc = take_time(r, ret_to_min)))
    return rc;
  if (*ret_from_min == BT_DAY_MIN || *ret_from_min == *ret_to_min) {
    snprintf(r->why, r->size,
             *ret_from_min == BT_DAY_MIN ? "\"%.11s\" begins where the day ends: 00:00 of the next day is meant"
                                         : "\"%.11s\" has no length: a whole day is 00:00-24:00",
             began);
    return -BT_INVALID;
  }
  if (*ret_to_min < *ret_from_min)
    *ret_to_min += BT_DAY_MIN;
  return 0;
}

static int add_span(struct bt_week *w, const struct bt_hours *span, int last, struct reading *r) {
  for (uint32_t day = span->day;; day = (day + 1) % 7) {
    if (w->n == BT_WEEK_SPANS) {
      snprintf(r->why, r->size, "makes more than %d spans a week", BT_WEEK_SPANS);
      return -BT_INVALID;
    }
    w->v[w->n] = *span;
    w->v[w->n++].day = day;
    if (day == (uint32_t)last)
      return 0;
  }
}

int bt_week_add(struct bt_week *w, struct bt_str text, uint32_t number, char *why, size_t size) {
  struct reading r = {text.p, why, size};
  int first, last, rc = take_days(&r, &first, &last);
  while (!rc && take(&r, ' ')) {
    struct bt_hours span = {.day = (uint32_t)first, .text = number};
    rc = take_span(&r, &span.from_min, &span.to_min);
    if (!rc)
      rc = add_span(w, &span, last, &r);
  }
  if (!rc && *r.p) {
    snprintf(why, size, "\"%.16s\" is too much: spans are parted by one blank", r.p);
    rc = -BT_INVALID;
  }
  return rc;
}

static uint32_t begins_min(const struct bt_hours *h) {
  return h->day * BT_DAY_MIN + h->from_min;
}

static int by_begin(const void *a, const void *b) {
  const struct bt_hours *x = a, *y = b;
  uint32_t at = begins_min(x), other = begins_min(y);
  if (at != other)
    return at < other ? -1 : 1;
  return (x->text > y->text) - (x->text < y->text);
}

void bt_week_sort(struct bt_week *w) {
  qsort(w->v, w->n, sizeof *w->v, by_begin);
}

/* Sorted, so if any two overlap, two neighbours do; the last one's neighbour is the first one a week later. */
bool bt_week_overlaps(const struct bt_week *w, uint32_t *ret_one, uint32_t *ret_other) {
  for (uint32_t i = 0; i < w->n; i++) {
    const struct bt_hours *this = &w->v[i], *next = &w->v[(i + 1) % w->n];
    uint32_t ends_min = begins_min(this) + this->to_min - this->from_min;
    if (ends_min > begins_min(next) + (i + 1 == w->n ? BT_WEEK_MIN : 0)) {
      *ret_one = this->text;
      *ret_other = next->text;
      return true;
    }
  }
  return false;
}

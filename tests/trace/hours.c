/* Opening hours of a trace: no zones and no holidays, which belong to the configuration. */
#include "script.h"

enum { FROM_DAY = -7, TO_DAY = 400 };

#define MINUTE_US (INT64_C(60) * 1000000)

struct hours {
  struct bt_arena *arena;
  struct bt_calendar *calendar;
  uint32_t room;
};

static int day_of(struct bt_str name) {
  static const char *const days[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
  for (int i = 0; i < 7; i++)
    if (bt_str_eq(name, bt_str(days[i])))
      return i;
  return -1;
}

/* The next part of *rest that ends at `end` or with the text, without blanks around it. */
static struct bt_str part(struct bt_str *rest, char end) {
  const char *at = rest->n ? memchr(rest->p, end, rest->n) : NULL;
  struct bt_str ret = {rest->p, at ? (size_t)(at - rest->p) : rest->n};
  size_t used = ret.n + (at != NULL);
  *rest = (struct bt_str){rest->p + used, rest->n - used};
  while (ret.n && ret.p[0] == ' ')
    ret.p++, ret.n--;
  while (ret.n && ret.p[ret.n - 1] == ' ')
    ret.n--;
  return ret;
}

static bool put_span(struct hours *h, struct bt_span span) {
  struct bt_calendar *c = h->calendar;
  if (c->n == h->room)
    return false;
  uint32_t at = c->n++;
  for (; at && c->v[at - 1].open_us > span.open_us; at--)
    c->v[at] = c->v[at - 1];
  c->v[at] = span;
  return true;
}

static const char *put_times(struct hours *h, int first, int last, struct bt_str times) {
  struct bt_str open = part(&times, '-');
  int64_t open_us, close_us;
  if (trace_parse_time(open, &open_us) || trace_parse_time(times, &close_us) || close_us <= open_us)
    return "hours are HH:MM-HH:MM";
  for (int day = FROM_DAY; day <= TO_DAY; day++) {
    int weekday = ((day % 7) + 7) % 7;
    bool wanted = first <= last ? weekday >= first && weekday <= last : weekday >= first || weekday <= last;
    int64_t shift_us = trace_day_us(day) - trace_day_us(0);
    if (wanted && !put_span(h, (struct bt_span){open_us + shift_us, close_us + shift_us}))
      return "too many hours";
  }
  return NULL;
}

/* "mon-fri 09:00-12:30 13:30-17:00" */
static const char *put_line(struct hours *h, struct bt_str line) {
  struct bt_str days = part(&line, ' '), first = part(&days, '-');
  int from = day_of(first), to = days.n ? day_of(days) : from;
  const char *wrong = from < 0 || to < 0 ? "days are mon to sun" : line.n ? NULL : "hours are HH:MM-HH:MM";
  while (line.n && !wrong) {
    struct bt_str times = part(&line, ' ');
    if (times.n)
      wrong = put_times(h, from, to, times);
  }
  return wrong;
}

/* Midnight is the end of one day and the beginning of the next. */
static void join_touching(struct bt_calendar *c) {
  uint32_t n = 0;
  for (uint32_t i = 0; i < c->n; i++)
    if (n && c->v[n - 1].close_us >= c->v[i].open_us)
      c->v[n - 1].close_us = c->v[n - 1].close_us > c->v[i].close_us ? c->v[n - 1].close_us : c->v[i].close_us;
    else
      c->v[n++] = c->v[i];
  c->n = n;
}

const char *script_hours(struct bt_str text, struct bt_arena *arena, struct bt_calendar *ret) {
  struct hours h = {.arena = arena, .calendar = ret, .room = 4096};
  *ret = (struct bt_calendar){
      .limited = true,
      .v = BT_NEW_ARRAY(arena, struct bt_span, h.room),
      .from_us = trace_day_us(FROM_DAY),
      .until_us = trace_day_us(TO_DAY + 1),
  };
  const char *wrong = NULL;
  while (text.n && !wrong)
    wrong = put_line(&h, part(&text, ';'));
  join_touching(ret);
  return wrong;
}

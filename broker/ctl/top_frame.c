/* A frame: trouble first, then rates, departments and adapters, the worst of them first. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ctl/top.h"
#include "ctl/top_words.h"

enum { TROUBLE_AT_MOST = 5, NAME = 20 };

const char *const bt_top_sort_names[BT_TOP_SORTS] = {"trouble", "name", "cases"};

struct making {
  const struct bt_top_view *view;
  const struct bt_top_sample *before, *now;
  struct bt_top_frame *frame;
  uint32_t most; /* lines */
};

static void put(struct making *m, enum bt_top_look look, const char *format, ...) __attribute__((format(printf, 3, 4)));
static void put(struct making *m, enum bt_top_look look, const char *format, ...) {
  char text[BT_TOP_LINE];
  va_list args;
  if (m->frame->n == m->most)
    return;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  m->frame->v[m->frame->n].look = look;
  bt_top_fit(m->frame->v[m->frame->n++].text, text, m->view->width, m->view->ascii);
}

static uint32_t room(const struct making *m) {
  return m->most - m->frame->n;
}

/* ---- head ---- */

static double counter(const struct bt_top_sample *s, const char *name) {
  size_t i;
  json_t *row;
  json_array_foreach(json_object_get(s->counters, "counters"), i, row) {
    const char *key = bt_top_text(row, "counter");
    if (strcmp(key, name) == 0)
      return bt_top_number(row, "value");
  }
  return 0;
}

/* A second; "-" where nothing is there to compare with. A broker that started anew counts from 0. */
static const char *rate(const struct making *m, const char *name, char buf[32]) {
  const double seconds = (double)(m->now->at_us - m->before->at_us) / 1e6;
  const double more = counter(m->now, name) - counter(m->before, name);
  if (!m->before->counters || seconds <= 0)
    return "-";
  snprintf(buf, 32, "%.1f/s", more > 0 ? more / seconds : 0.0);
  return buf;
}

static void put_head(struct making *m) {
  char up[BT_TOP_SPAN], at[32];
  const time_t now = time(NULL);
  struct tm tm;
  strftime(at, sizeof at, "%H:%M:%SZ", gmtime_r(&now, &tm));
  put(m, BT_TOP_HEAD, "Baton %s  %s  up %s  every %g s  by %s%s", bt_top_text(m->now->status, "version"), at,
      bt_top_span(m->now->status, "uptime_s", up), m->view->interval_s, bt_top_sort_names[m->view->sort],
      m->view->paused ? "  PAUSED" : "");
}

static void put_rates(struct making *m) {
  char a[32], b[32], c[32], d[32];
  const json_t *s = m->now->status;
  put(m, BT_TOP_PLAIN, "events %s  deliveries %s  refusals %s  busy %s", rate(m, "events_accepted", a),
      rate(m, "deliveries_sent", b), rate(m, "events_refused", c), rate(m, "events_busy", d));
  put(m, BT_TOP_PLAIN, "cases %.0f  undelivered %.0f  dead letters %.0f  connected %.0f of %.0f  last event #%.0f",
      bt_top_number(s, "cases"), bt_top_number(s, "undelivered"), bt_top_number(s, "dead_letters"),
      bt_top_number(s, "connected"), bt_top_number(s, "adapters"), bt_top_number(s, "durable"));
}

static void put_trouble(struct making *m) {
  const json_t *rows = json_object_get(m->now->status, "trouble");
  const size_t n = json_array_size(rows);
  char span[BT_TOP_SPAN];
  size_t i;
  json_t *row;
  put(m, BT_TOP_PLAIN, "%s", "");
  if (!n)
    put(m, BT_TOP_PLAIN, "no trouble");
  json_array_foreach(rows, i, row) {
    if (i == TROUBLE_AT_MOST && m->view->height) {
      put(m, BT_TOP_BAD, "! and %zu more: status", n - i);
      break;
    }
    const double how_many = bt_top_number(row, "how_many");
    char count[32] = "";
    if (how_many > 0)
      snprintf(count, sizeof count, ": %.0f", how_many);
    const bool since = json_is_number(json_object_get(row, "longest_s"));
    put(m, BT_TOP_BAD, "! %s%s%s%s  (%s)", bt_top_text(row, "what"), count, since ? ", for " : "",
        since ? bt_top_span(row, "longest_s", span) : "", bt_top_text(row, "see"));
  }
}

/* ---- departments ---- */

static double trouble_of(const json_t *d) {
  return bt_top_number(d, "broken") * 1e6 + bt_top_number(d, "overdue") * 1e4 + bt_top_number(d, "at_risk") * 100;
}

static int compare(double a, double b) {
  return (a < b) - (a > b);
}

static int by_name(const void *left, const void *right) {
  return strcmp(bt_top_text(*(json_t *const *)left, "department"), bt_top_text(*(json_t *const *)right, "department"));
}

static int by_cases(const void *left, const void *right) {
  int c = compare(bt_top_number(*(json_t *const *)left, "cases"), bt_top_number(*(json_t *const *)right, "cases"));
  return c ? c : by_name(left, right);
}

static int by_trouble(const void *left, const void *right) {
  const json_t *a = *(json_t *const *)left, *b = *(json_t *const *)right;
  int c = compare(trouble_of(a), trouble_of(b));
  c = c ? c : compare(bt_top_number(a, "oldest_s"), bt_top_number(b, "oldest_s"));
  return c ? c : by_cases(left, right);
}

static void put_department(struct making *m, const json_t *d) {
  char oldest[BT_TOP_SPAN];
  const bool bad = bt_top_number(d, "broken") > 0 || bt_top_number(d, "overdue") > 0;
  const bool warn = bt_top_number(d, "at_risk") > 0;
  put(m,
      bad    ? BT_TOP_BAD
      : warn ? BT_TOP_WARN
             : BT_TOP_PLAIN,
      "%-*.*s %-6s %5.0f %6.0f %8s %8.0f %4.0f %6.0f %5.0f %7.0f", NAME, NAME, bt_top_text(d, "department"),
      json_is_true(json_object_get(d, "open")) ? "open" : "closed", bt_top_number(d, "cases"),
      bt_top_number(d, "offers"), bt_top_span(d, "oldest_s", oldest), bt_top_number(d, "promises"),
      bt_top_number(d, "at_risk"), bt_top_number(d, "broken"), bt_top_number(d, "asked"), bt_top_number(d, "overdue"));
}

/* most: lines, its heading and what is left out included. */
static void put_departments(struct making *m, uint32_t most) {
  static int (*const orders[])(const void *, const void *) = {by_trouble, by_name, by_cases};
  const json_t *rows = json_object_get(m->now->standing, "departments");
  const size_t n = json_array_size(rows);
  json_t **v = calloc(n + 1, sizeof *v);
  if (!v || most < 3)
    goto out;
  for (size_t i = 0; i < n; i++)
    v[i] = json_array_get(rows, i);
  qsort(v, n, sizeof *v, orders[m->view->sort]);
  put(m, BT_TOP_PLAIN, "%s", "");
  put(m, BT_TOP_HEAD, "%-*s %-6s %5s %6s %8s %8s %4s %6s %5s %7s", NAME, "DEPARTMENT", "", "CASES", "OFFERS", "OLDEST",
      "PROMISES", "RISK", "BROKEN", "ASKED", "OVERDUE");
  const size_t fit = n <= most - 2 ? n : most - 3;
  for (size_t i = 0; i < fit; i++)
    put_department(m, v[i]);
  if (fit < n)
    put(m, BT_TOP_PLAIN, "and %zu more: show standing", n - fit);
out:
  free(v);
}

/* ---- adapters ---- */

static void put_adapter(struct making *m, const json_t *a) {
  char oldest[BT_TOP_SPAN];
  const char *link = bt_top_text(a, "link"), *health = bt_top_text(a, "health");
  const bool bad = strcmp(health, "down") == 0 || strcmp(link, "lost") == 0 || strcmp(link, "silent") == 0;
  const bool warn = strcmp(health, "troubled") == 0 || strcmp(link, "held") == 0;
  put(m,
      bad    ? BT_TOP_BAD
      : warn ? BT_TOP_WARN
             : BT_TOP_PLAIN,
      "%-*.*s %-6s %-8s %8s %6.0f %s", NAME, NAME, bt_top_text(a, "adapter"), link, *health ? health : "-",
      bt_top_span(a, "oldest_waiting_s", oldest), bt_top_number(a, "in_flight"), bt_top_text(a, "last_error"));
}

/* In the broker's order, which has those in trouble first. */
static void put_adapters(struct making *m, uint32_t most) {
  const json_t *rows = json_object_get(m->now->adapters, "adapters");
  const size_t n = json_array_size(rows);
  if (most < 3)
    return;
  put(m, BT_TOP_PLAIN, "%s", "");
  put(m, BT_TOP_HEAD, "%-*s %-6s %-8s %8s %6s %s", NAME, "ADAPTER", "LINK", "HEALTH", "WAITING", "OUT", "LAST ERROR");
  const size_t fit = n <= most - 2 ? n : most - 3;
  for (size_t i = 0; i < fit; i++)
    put_adapter(m, json_array_get(rows, i));
  if (fit < n)
    put(m, BT_TOP_PLAIN, "and %zu more: show adapters", n - fit);
}

void bt_top_frame_make(const struct bt_top_view *view, const struct bt_top_sample *before,
                       const struct bt_top_sample *now, struct bt_top_frame *ret) {
  struct making m = {.view = view, .before = before, .now = now, .frame = ret, .most = BT_TOP_LINES};
  if (view->height && view->height < BT_TOP_LINES)
    m.most = view->height;
  ret->n = 0;
  if (!now->status) {
    put(&m, BT_TOP_BAD, "no broker at %s, trying", view->control_dir);
    return;
  }
  put_head(&m);
  put_rates(&m);
  put_trouble(&m);
  /* Each of the two takes what the other leaves, and at least half. */
  const uint32_t adapters = (uint32_t)json_array_size(json_object_get(now->adapters, "adapters")) + 2, left = room(&m);
  const uint32_t for_adapters = adapters < left / 2 ? adapters : left / 2;
  put_departments(&m, left - for_adapters);
  put_adapters(&m, room(&m));
}

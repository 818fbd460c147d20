/* What is configured, connected and counted. */
#include "base/clock.h"
#include "control/backlog.h"

#define TEXT BT_OUT_TEXT
#define NUMBER BT_OUT_NUMBER
#define FLAG BT_OUT_FLAG
#define NAMES BT_OUT_NAMES
#define SPAN BT_OUT_SPAN
#define TIME BT_OUT_TIME
#define PLAIN BT_OUT_PLAIN
#define WIDE BT_OUT_WIDE
#define RARE BT_OUT_RARE
#define DETAIL BT_OUT_DETAIL

/* The grants of a department in the words of its configuration. */
static struct bt_strs grants_of(struct bt_arena *a, const struct bt_department *d) {
  const struct {
    bool has;
    const char *word;
  } grants[] = {{d->external, "external"},   {d->unattended, "unattended"},
                {d->must_take, "must_take"}, {d->front, "front"},
                {d->link, "link"},           {d->break_glass, "break_glass"}};
  enum { N = sizeof grants / sizeof *grants };
  struct bt_strs words = {0, BT_NEW_ARRAY(a, struct bt_str, N)};
  for (size_t i = 0; words.v && i < N; i++)
    if (grants[i].has)
      words.v[words.n++] = bt_str(grants[i].word);
  return words;
}

static uint32_t load_of(const struct bt_loads *loads, struct bt_str department) {
  for (uint32_t i = 0; i < loads->n; i++)
    if (bt_str_eq(loads->v[i].department, department))
      return loads->v[i].cases;
  return 0;
}

/* When a department that is closed opens; nothing where it is open, or not within the compiled calendar. */
static struct bt_out_value opens(const struct bt_calendar *c, int64_t now_us) {
  int64_t at_us;
  bool known = !bt_calendar_is_open(c, now_us) && bt_calendar_opens(c, now_us, &at_us) == 0;
  return known ? bt_out_time(at_us) : bt_out_none();
}

int bt_cmd_departments(struct bt_call *call) {
  static const struct bt_out_column columns[] = {
      {"department", TEXT, WIDE},   {"site", TEXT, WIDE},           {"is", NAMES, WIDE},
      {"handles", NAMES, WIDE},     {"open", FLAG, PLAIN},          {"opens", TIME, RARE},
      {"load", NUMBER, PLAIN},      {"reads", NAMES, WIDE},         {"fallback", TEXT, WIDE},
      {"title", TEXT, DETAIL},      {"escalates_to", TEXT, DETAIL}, {"hours", NAMES, DETAIL},
      {"break_glass", FLAG, DETAIL}};
  const struct bt_rules *rules = &call->context->config->rules;
  const struct bt_loads loads = bt_store_loads(call->context->store);
  int64_t wall_us = bt_clock_wall_us(), last_us = bt_store_recorded_us(call->context->store, BT_NOW);
  int64_t now_us = wall_us > last_us ? wall_us : last_us;
  BT_OUT_TABLE(call->out, "departments", columns);
  for (uint32_t i = 0; i < rules->departments.n; i++) {
    const struct bt_department *d = &rules->departments.v[i];
    const struct bt_strs is = grants_of(call->arena, d);
    BT_OUT_ROW(call->out, bt_out_text(d->name), bt_out_text(d->site), bt_out_names(&is), bt_out_names(&d->topics),
               bt_out_flag(bt_calendar_is_open(&d->calendar, now_us)), opens(&d->calendar, now_us),
               bt_out_number(load_of(&loads, d->name)), bt_out_names(&d->reads), bt_out_text(d->fallback),
               bt_out_text(d->title), bt_out_text(d->escalates_to), bt_out_names(&d->hours),
               bt_out_flag(d->break_glass));
  }
  return 0;
}

int bt_cmd_inboxes(struct bt_call *call) {
  enum { COUNT_AT_MOST = 10000 };
  static const struct bt_out_column columns[] = {
      {"adapter", TEXT, PLAIN}, {"waiting", NUMBER, PLAIN}, {"or_more", FLAG, PLAIN},     {"resyncs", NUMBER, PLAIN},
      {"oldest", SPAN, PLAIN},  {"held", FLAG, PLAIN},      {"in_flight", NUMBER, PLAIN}, {"connected", FLAG, PLAIN}};
  struct bt_backlogs all;
  int rc = bt_backlog_all(call, bt_backlog_now_us(call), &all);
  BT_OUT_TABLE(call->out, "inboxes", columns);
  uint64_t counted = 0;
  for (uint32_t i = 0; rc == 0 && i < all.n; i++) {
    const struct bt_backlog *b = &all.v[i];
    if (!b->adapter->receives && !b->waits)
      continue;
    uint64_t n = 0, max = COUNT_AT_MOST * 4 - counted; /* in all inboxes together: this runs on the loop */
    max = max < COUNT_AT_MOST ? max : COUNT_AT_MOST;
    rc = b->waits ? bt_backlog_count(call, b->adapter->name, max, &n) : 0;
    counted += n;
    BT_OUT_ROW(call->out, bt_out_text(b->adapter->name), bt_out_number(n), bt_out_flag(b->waits && n == max),
               bt_out_number(b->row.resyncs), b->waits ? bt_out_span(b->oldest_us) : bt_out_none(),
               bt_out_flag(b->row.held), bt_out_number(b->in_flight), bt_out_flag(b->connected));
  }
  return rc;
}

int bt_cmd_stats(struct bt_call *call) {
  static const struct bt_out_column columns[] = {
      {"department", TEXT, WIDE},   {"events", NUMBER, PLAIN},      {"contacts", NUMBER, PLAIN},
      {"attempts", NUMBER, DETAIL}, {"offers_made", NUMBER, PLAIN}, {"received", NUMBER, PLAIN},
      {"accepted", NUMBER, PLAIN},  {"refused", NUMBER, PLAIN},     {"withdrawn", NUMBER, DETAIL},
      {"moved_in", NUMBER, PLAIN},  {"resolved", NUMBER, PLAIN},    {"mean_time_to_accept", SPAN, PLAIN}};
  const struct bt_rules *rules = &call->context->config->rules;
  BT_OUT_TABLE(call->out, "departments", columns);
  for (uint32_t i = 0; i < rules->departments.n; i++) {
    struct bt_stats_row s;
    struct bt_str name = rules->departments.v[i].name;
    int rc = bt_store_stats(call->context->store, BT_NOW, name, call->arena, &s);
    if (rc == -BT_ABSENT)
      continue;
    if (rc < 0)
      return rc;
    if (!s.events && !s.offers_received && !s.reported_in)
      continue;
    BT_OUT_ROW(call->out, bt_out_text(name), bt_out_number(s.events), bt_out_number(s.contacts),
               bt_out_number(s.attempts), bt_out_number(s.offers_made), bt_out_number(s.offers_received),
               bt_out_number(s.accepted), bt_out_number(s.refused), bt_out_number(s.withdrawn),
               bt_out_number(s.reported_in), bt_out_number(s.resolved),
               s.accepted ? bt_out_span((int64_t)(s.accept_wait_us / s.accepted)) : bt_out_none());
  }
  return 0;
}

int bt_cmd_sessions(struct bt_call *call) {
  static const struct bt_out_column columns[] = {
      {"adapter", TEXT, WIDE},      {"session", NUMBER, DETAIL},  {"software", TEXT, WIDE},
      {"up", SPAN, PLAIN},          {"silent", SPAN, PLAIN},      {"credit", NUMBER, PLAIN},
      {"in_flight", NUMBER, PLAIN}, {"submitted", NUMBER, PLAIN}, {"delivered", NUMBER, PLAIN},
      {"settled", NUMBER, PLAIN},   {"busy", FLAG, PLAIN}};
  const struct bt_control_context *x = call->context;
  int64_t now_us = bt_clock_mono_us();
  BT_OUT_TABLE(call->out, "sessions", columns);
  for (const struct bt_session *s = bt_wire_next(x->wire, NULL); s; s = bt_wire_next(x->wire, (struct bt_session *)s))
    BT_OUT_ROW(call->out, bt_out_text(s->adapter), bt_out_number(s->id), bt_out_text(s->software),
               bt_out_span(now_us - s->opened_us), bt_out_span(now_us - s->heard_us), bt_out_number(s->window),
               bt_out_number(x->in_flight ? x->in_flight(x->loop, s->adapter) : 0), bt_out_number(s->submitted),
               bt_out_number(s->delivered), bt_out_number(s->settled), bt_out_flag(s->busy));
  return 0;
}

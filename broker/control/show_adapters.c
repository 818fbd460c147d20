/* The adapters, those in trouble first, and what waits in their spools. */
#include <inttypes.h>

#include "base/clock.h"
#include "control/backlog.h"

#define TEXT BT_OUT_TEXT
#define NUMBER BT_OUT_NUMBER
#define FLAG BT_OUT_FLAG
#define NAMES BT_OUT_NAMES
#define SPAN BT_OUT_SPAN
#define TIME BT_OUT_TIME
#define SHARE BT_OUT_SHARE
#define PLAIN BT_OUT_PLAIN
#define WIDE BT_OUT_WIDE
#define WRAP BT_OUT_WRAP
#define RARE BT_OUT_RARE
#define DETAIL BT_OUT_DETAIL

enum { RANKS = 5 };

/* Both clocks: an adapter's times are those of its own wall clock. */
struct now {
  int64_t wall_us, mono_us;
};

static uint32_t rank(const struct bt_backlog *b) {
  uint32_t health = b->known->report.health;
  bool missing = b->adapter->receives && !b->connected;
  return health == BT_HEALTH_DOWN       ? 0
         : health == BT_HEALTH_TROUBLED ? 1
         : b->silent_us || b->lost      ? 2
         : missing                      ? 3
                                        : 4;
}

static const char *link_word(const struct bt_backlog *b) {
  if (b->connected)
    return b->silent_us ? "silent" : b->row.held ? "held" : "up";
  return b->lost ? "lost" : b->known->left_us ? "left" : "none";
}

static struct bt_out_value since(int64_t at_us, int64_t now_us) {
  return at_us ? bt_out_span(now_us > at_us ? now_us - at_us : 0) : bt_out_none();
}

static struct bt_out_value health_word(const struct bt_report *r) {
  static const char *const words[] = {
      [BT_HEALTH_WELL] = "well", [BT_HEALTH_TROUBLED] = "troubled", [BT_HEALTH_DOWN] = "down"};
  return r->health ? bt_out_literal(words[r->health]) : bt_out_none();
}

static void put_adapter(struct bt_call *call, const struct bt_backlog *b, struct now now) {
  static struct bt_str every[] = {{"*", 1}};
  static const struct bt_strs anybody = {1, every};
  const struct bt_adapter *a = b->adapter;
  const struct bt_known *known = b->known;
  const struct bt_report *r = &known->report;
  int64_t age_us = now.mono_us - known->reported_us;
  bool is_old = known->reported && (!b->connected || b->silent_us);
  BT_OUT_ROW(call->out, bt_out_text(a->name), bt_out_text(a->department), bt_out_literal(link_word(b)),
             b->silent_us ? bt_out_span(b->silent_us) : bt_out_none(), health_word(r), since(r->since_us, now.wall_us),
             is_old ? bt_out_span(age_us) : bt_out_none(), bt_out_text(r->text), since(r->text_at_us, now.wall_us),
             bt_out_time(r->since_us), bt_out_time(r->text_at_us),
             known->reported ? bt_out_time(now.wall_us - age_us) : bt_out_none(),
             bt_out_names(a->acts_for_all ? &anybody : &a->acts_for), bt_out_flag(a->receives),
             bt_out_flag(a->backfill), bt_out_flag(b->connected), bt_out_flag(b->row.held),
             b->waits ? bt_out_span(b->oldest_us) : bt_out_none(), bt_out_number(b->in_flight));
}

static void put_adapters(struct bt_call *call, const struct bt_backlogs *all, struct now now) {
  static const struct bt_out_column columns[] = {
      {"adapter", TEXT, PLAIN},     {"department", TEXT, WIDE}, {"link", TEXT, PLAIN},
      {"silent", SPAN, RARE},       {"health", TEXT, PLAIN},    {"for", SPAN, PLAIN},
      {"as_of", SPAN, RARE},        {"last_error", TEXT, WRAP}, {"ago", SPAN, RARE},
      {"since", TIME, DETAIL},      {"error_at", TIME, DETAIL}, {"reported_at", TIME, DETAIL},
      {"acts_for", NAMES, DETAIL},  {"receives", FLAG, DETAIL}, {"backfill", FLAG, DETAIL},
      {"connected", FLAG, DETAIL},  {"held", FLAG, DETAIL},     {"oldest_waiting", SPAN, DETAIL},
      {"in_flight", NUMBER, DETAIL}};
  BT_OUT_TABLE(call->out, "adapters", columns);
  for (uint32_t r = 0; r < RANKS; r++)
    for (uint32_t i = 0; i < all->n; i++)
      if (rank(&all->v[i]) == r)
        put_adapter(call, &all->v[i], now);
}

static void put_spools(struct bt_call *call, const struct bt_backlogs *all, struct now now) {
  static const struct bt_out_column columns[] = {
      {"adapter", TEXT, PLAIN},   {"events", NUMBER, PLAIN}, {"oldest", SPAN, PLAIN},        {"full", SHARE, PLAIN},
      {"rejects", NUMBER, PLAIN}, {"bytes", NUMBER, DETAIL}, {"limit_bytes", NUMBER, DETAIL}};
  BT_OUT_TABLE(call->out, "spools", columns);
  bt_out_rare(call->out);
  for (uint32_t i = 0; i < all->n; i++) {
    const struct bt_report *r = &all->v[i].known->report;
    const struct bt_spool *s = &r->spool;
    if (r->has_spool)
      BT_OUT_ROW(call->out, bt_out_text(all->v[i].adapter->name), bt_out_number(s->events),
                 since(s->oldest_us, now.wall_us), bt_out_share(s->bytes, s->limit_bytes), bt_out_number(s->rejects),
                 bt_out_number(s->bytes), bt_out_number(s->limit_bytes));
  }
}

int bt_cmd_adapters(struct bt_call *call) {
  const struct now now = {bt_clock_wall_us(), bt_clock_mono_us()};
  struct bt_backlogs all;
  int rc = bt_backlog_all(call, bt_backlog_now_us(call), &all);
  if (rc < 0)
    return rc;
  put_adapters(call, &all, now);
  put_spools(call, &all, now);
  return 0;
}

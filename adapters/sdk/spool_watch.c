/* What operators see of the spool: lines of the log on edges, and the figures of a report. */
#include <inttypes.h>
#include <stdio.h>

#include "spool.h"
#include "text.h"

enum { HIGH_PERCENT = 80, LOW_PERCENT = 70, ROOM_PERCENT = 95 };

static void number(char to[24], uint64_t v) {
  snprintf(to, 24, "%" PRIu64, v);
}

static void say(const struct bt_sdk_spool *s, const char *level, const char *event, const char *why) {
  char events[24], rejects[24], percent[24];
  number(events, bt_sdk_spool_waiting(s));
  number(rejects, s->store.rejects);
  number(percent, s->store.used * 100 / s->limit);
  baton_log(level, event, "events", events, "rejects", rejects, "percent", percent, "why", why, NULL);
}

void bt_sdk_spool_watch_full(struct bt_sdk_spool *s, const char *why) {
  if (!s->seen.full)
    say(s, "error", "spool-full", why);
  s->seen.full = true;
  snprintf(s->seen.full_why, sizeof s->seen.full_why, "%s", why);
}

void bt_sdk_spool_watch_reject(struct bt_sdk_spool *s, const char *key, int code, const char *field) {
  bool first = s->store.rejects == 0;
  for (size_t i = 0; first && i < s->n_verdicts; i++)
    first = s->verdicts[i].code == 0;
  if (first)
    baton_log("warn", "spool-rejects", "key", key, "code", baton_code_name(code), "field", field, "why",
              "refused for good and kept aside; --rejects lists them", NULL);
}

/* Both ends of a stay without the broker; on_disconnected told why before. */
static void watch_holding(baton *b, int64_t now_ms) {
  struct bt_sdk_spool *s = b->spool;
  bool away = b->state != BT_SDK_WELCOME && b->reported;
  if (!s->seen.holding && away && bt_sdk_spool_waiting(s) > 0) {
    if (!s->seen.draining) {
      s->seen.since_ms = now_ms;
      s->seen.taken = 0;
    }
    s->seen.holding = s->seen.draining = true;
    say(s, "warn", "spool-holds", "the broker is away; events wait on the disk");
  } else if (s->seen.draining && bt_sdk_spool_waiting(s) == 0) {
    char events[24], seconds[24];
    number(events, s->seen.taken);
    number(seconds, (uint64_t)(now_ms - s->seen.since_ms) / 1000);
    s->seen.holding = s->seen.draining = false;
    baton_log("info", "spool-drained", "events", events, "seconds", seconds, NULL);
  }
}

/* The figures of the report alone tell nothing of a full disk, and not why all the rest waits. */
static void watch_health(baton *b) {
  const struct bt_sdk_spool *s = b->spool;
  char why[256];
  if (s->seen.full)
    snprintf(why, sizeof why, "the spool is full, and its source is told so: %s", s->seen.full_why);
  else if (s->n_later >= BT_SDK_SPOOL_LATER_MAX)
    snprintf(why, sizeof why, "the broker fails on %zu events of the spool (INTERNAL): the rest waits for them",
             s->n_later);
  else
    *why = '\0';
  bt_sdk_health_spool(b, *why ? why : NULL);
}

void bt_sdk_spool_watch(baton *b, int64_t now_ms) {
  struct bt_sdk_spool *s = b->spool;
  uint64_t percent = s->store.used * 100 / s->limit;
  watch_holding(b, now_ms);
  if (!s->seen.high && percent >= HIGH_PERCENT)
    say(s, "warn", "spool-filling", "it is nearly full");
  s->seen.high = percent >= HIGH_PERCENT || (s->seen.high && percent >= LOW_PERCENT);
  if (s->seen.full && !s->seen.disk_full && percent < ROOM_PERCENT && s->n_verdicts == 0) {
    s->seen.full = false;
    say(s, "info", "spool-has-room", "it takes events again");
  }
  watch_health(b);
}

/* ---- The report ---- */

/* Those on their way are the oldest; else it is the first that was not handed on yet. */
static int64_t oldest_us(const baton *b) {
  struct bt_sdk_spool *s = b->spool;
  uint8_t buffer[BT_SDK_SPOOL_RECORD_MAX];
  struct bt_sdk_spool_record r;
  uint64_t position;
  int64_t oldest = INT64_MAX;
  for (const struct bt_sdk_item *item = b->first; item; item = item->next)
    if (item->spooled && item->first_tried_us < oldest)
      oldest = item->first_tried_us;
  for (size_t i = 0; i < s->n_later; i++)
    if (s->later[i].put_us < oldest)
      oldest = s->later[i].put_us;
  if (oldest == INT64_MAX && s->fed < s->store.last && !s->store.broken && bt_sdk_spool_view(&s->store) == 0) {
    if (bt_sdk_spool_next(&s->store, BT_SDK_SPOOL_QUEUE, s->fed, buffer, &position, &r) == 1)
      oldest = r.put_us;
    bt_sdk_spool_leave(&s->store);
  }
  return oldest == INT64_MAX ? 0 : oldest;
}

bool bt_sdk_spool_report(const baton *b, Baton__V1__Spool *ret) {
  const struct bt_sdk_spool *s = b->spool;
  if (!s)
    return false;
  baton__v1__spool__init(ret);
  ret->events = bt_sdk_spool_waiting(s);
  ret->bytes = s->store.used;
  ret->limit_bytes = s->limit;
  ret->oldest_us = ret->events ? oldest_us(b) : 0;
  ret->rejects = s->store.rejects;
  for (size_t i = 0; i < s->n_verdicts; i++)
    ret->rejects += s->verdicts[i].code != 0;
  return true;
}

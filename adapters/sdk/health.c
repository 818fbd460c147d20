/* How the department's system does: said to the log and to the broker where it changes, at most once a second each. */
#include <stdio.h>
#include <string.h>

#include "sdk.h"
#include "text.h"

enum { EVERY_MS = 1000 };

static const char *const names[] = {[BATON_WELL] = "well", [BATON_TROUBLED] = "troubled", [BATON_DOWN] = "down"};

/* As the broker takes it: one line of UTF-8 without control characters, cut between two characters. */
static void copy_line(char to[BT_SDK_HEALTH_TEXT + 1], const char *from) {
  size_t used = 0;
  while (*from) {
    size_t n = bt_sdk_utf8_first(from);
    bool control = n == 1 ? (unsigned char)*from < ' ' || *from == 0x7f
                          : n == 2 && from[0] == '\xc2' && (unsigned char)from[1] < 0xa0;
    const char *as = n == 0 ? "?" : control ? " " : from;
    size_t size = n == 0 || control ? 1 : n;
    if (used + size > BT_SDK_HEALTH_TEXT)
      break;
    memcpy(to + used, as, size);
    used += size;
    from += n ? n : 1;
  }
  to[used] = '\0';
}

void bt_sdk_health_init(struct bt_sdk_health *h) {
  *h = (struct bt_sdk_health){.state = BATON_WELL, .said = BATON_WELL, .since_us = bt_sdk_wall_us()};
  h->logged_ms = h->sent_ms = bt_sdk_mono_ms() - EVERY_MS;
}

static void log_tick(struct bt_sdk_health *h, int64_t now_ms) {
  if (!h->to_log || now_ms < h->logged_ms + EVERY_MS)
    return;
  bool well = h->state == BATON_WELL;
  h->to_log = false;
  h->logged_ms = now_ms;
  baton_log(well ? "info" : "warn", "health", "state", names[h->state], well ? NULL : "why", h->text, NULL);
}

/* A system that is down comes first, then a spool that takes nothing more, then what else troubles the adapter. */
static void tell(struct bt_sdk_health *h) {
  bool of_spool = h->said != BATON_DOWN && *h->spool_text;
  baton_health_state state = of_spool ? BATON_TROUBLED : h->said;
  const char *text = of_spool ? h->spool_text : h->said_text;
  if (state == h->state && (state == BATON_WELL || strcmp(text, h->text) == 0))
    return;
  int64_t now_us = bt_sdk_wall_us();
  if (state != h->state)
    h->since_us = now_us;
  h->state = state;
  if (state != BATON_WELL) { /* when it is well again, what was wrong last stays */
    snprintf(h->text, sizeof h->text, "%s", text);
    h->text_at_us = now_us;
  }
  h->to_log = h->to_send = true;
  log_tick(h, bt_sdk_mono_ms());
}

void baton_health(baton *b, baton_health_state state, const char *why) {
  struct bt_sdk_health *h = &b->health;
  if (state < BATON_WELL || state > BATON_DOWN)
    return;
  h->said = state;
  copy_line(h->said_text, why && *why ? why : "no reason is given");
  tell(h);
}

void bt_sdk_health_spool(baton *b, const char *why) {
  copy_line(b->health.spool_text, why ? why : "");
  tell(&b->health);
}

static bool spool_changed(const Baton__V1__Spool *a, const Baton__V1__Spool *b) {
  return a->events != b->events || a->bytes != b->bytes || a->limit_bytes != b->limit_bytes ||
         a->oldest_us != b->oldest_us || a->rejects != b->rejects;
}

static bool send_report(baton *b, const Baton__V1__Spool *spool) {
  const struct bt_sdk_health *h = &b->health;
  Baton__V1__Report report = BATON__V1__REPORT__INIT;
  Baton__V1__Frame frame = BATON__V1__FRAME__INIT;
  report.health = (Baton__V1__Health)h->state;
  report.text = (char *)h->text;
  report.text_at_us = h->text_at_us;
  report.since_us = h->since_us;
  report.spool = (Baton__V1__Spool *)spool;
  frame.kind_case = BATON__V1__FRAME__KIND_REPORT;
  frame.report = &report;
  return bt_sdk_send(b, &frame);
}

static void report(baton *b, int64_t now_ms) {
  struct bt_sdk_health *h = &b->health;
  Baton__V1__Spool spool = BATON__V1__SPOOL__INIT;
  bool has_spool = bt_sdk_spool_report(b, &spool);
  if (!h->to_send && !(has_spool && spool_changed(&spool, &h->spool)))
    return;
  h->sent_ms = now_ms; /* also of a try that found no room */
  if (!send_report(b, has_spool ? &spool : NULL))
    return;
  h->to_send = false;
  h->spool = spool;
}

void bt_sdk_health_tick(baton *b, int64_t now_ms) {
  log_tick(&b->health, now_ms);
  if (b->state == BT_SDK_WELCOME && now_ms >= b->health.sent_ms + EVERY_MS)
    report(b, now_ms);
}

void bt_sdk_health_restart(baton *b) {
  b->health.to_send = true;
  b->health.sent_ms = bt_sdk_mono_ms() - EVERY_MS;
}

/* What the second held back is said before the end. */
void bt_sdk_health_finish(baton *b) {
  struct bt_sdk_health *h = &b->health;
  h->logged_ms = h->sent_ms = bt_sdk_mono_ms() - EVERY_MS;
  bt_sdk_health_tick(b, bt_sdk_mono_ms());
}

int64_t bt_sdk_health_due(const baton *b) {
  const struct bt_sdk_health *h = &b->health;
  int64_t log_ms = h->to_log ? h->logged_ms + EVERY_MS : INT64_MAX;
  int64_t send_ms = h->to_send && b->state == BT_SDK_WELCOME ? h->sent_ms + EVERY_MS : INT64_MAX;
  return log_ms < send_ms ? log_ms : send_ms;
}

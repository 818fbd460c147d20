#include "hook_settle.h"

#include <inttypes.h>
#include <stdio.h>

enum {
  LATER_MOST_MS = 600 * 1000,
  /* So that the broker's 16 attempts last longer than a weekend's outage would like. */
  SURPLUS_FIRST_MS = 60 * 1000,
  SURPLUS_MOST_MS = 4 * 3600 * 1000,
  REFUSALS_MAX = 3,
};

void hook_settle(baton *b, const struct hook_call *c, baton_verdict verdict, int64_t after_ms, const char *why) {
  if (baton_settle(b, c->sequence, verdict, (uint32_t)after_ms, why) < 0)
    baton_log("debug", "not-settled", "target", c->target->name, "why", baton_error(b), NULL);
}

/* The upper half of the backoff: never soon, never all at once. */
static int64_t half_jittered(unsigned attempt, int first_ms, int most_ms) {
  int64_t span = first_ms;
  for (unsigned i = 1; i < attempt && span < most_ms; i++)
    span *= 2;
  span = span < most_ms ? span : most_ms;
  return span / 2 + baton_backoff_ms(1, (int)(span / 2), (int)(span / 2));
}

void hook_settle_later(baton *b, const struct hook_call *c, const char *why, int64_t pause_ms, int first_ms) {
  int64_t after_ms = half_jittered(c->attempt, first_ms, LATER_MOST_MS);
  hook_settle(b, c, BATON_RETRY, pause_ms > after_ms ? pause_ms : after_ms, why);
}

/* Each is a dead letter, which the operators see anyway. */
static void log_count(const char *event, const struct hook_call *c, const char *why, uint64_t n) {
  char sequence[24], count[24];
  if (!baton_log_due(n))
    return;
  snprintf(sequence, sizeof sequence, "%" PRIu64, c->sequence);
  snprintf(count, sizeof count, "%" PRIu64, n);
  baton_log("warn", event, "target", c->target->name, "delivery", sequence, "why", why, "count", count, NULL);
}

void hook_settle_rejected(baton *b, const struct hook_call *c, const char *why) {
  log_count("hook-rejected", c, why, ++c->target->rejected);
  hook_settle(b, c, BATON_REJECT, 0, why);
}

bool hook_settle_refused(baton *b, struct hook_call *c, const char *code, const char *text) {
  char why[256];
  hook_words(c->refused, sizeof c->refused, code);
  hook_words(c->refused_text, sizeof c->refused_text, text);
  log_count("hook-answer-refused", c, c->refused, ++c->target->refused);
  if (++c->refusals <= REFUSALS_MAX)
    return false;
  snprintf(why, sizeof why, "its answer was refused: %s: %s", c->refused, c->refused_text);
  hook_settle(b, c, BATON_REJECT, 0, why);
  return true;
}

static int64_t surplus_ms(const struct hook_target *t, uint32_t attempt) {
  int64_t after_ms = half_jittered(attempt, SURPLUS_FIRST_MS, SURPLUS_MOST_MS);
  int64_t pause_ms = t->paused_until_ms - baton_now_ms();
  return pause_ms > after_ms ? pause_ms : after_ms;
}

baton_verdict hook_settle_surplus(baton *b, const struct hook_target *t, uint64_t sequence, uint32_t attempt) {
  if (baton_settle(b, sequence, BATON_RETRY, (uint32_t)surplus_ms(t, attempt), t->why) < 0)
    baton_log("debug", "not-settled", "target", t->name, "why", baton_error(b), NULL);
  return BATON_LATER;
}

void hook_settle_share(baton *b, struct hook_target *t, size_t share) {
  while (t->n_waiting > share) {
    struct hook_call *c = TAILQ_LAST(&t->waiting, hook_list);
    hook_settle(b, c, BATON_RETRY, surplus_ms(t, c->attempt), t->why);
    TAILQ_REMOVE(&t->waiting, c, link);
    t->n_waiting--;
    hook_call_free(c);
  }
}

#include "hook_target.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>

#include "baton.h"
#include "hook_body.h"
#include "hook_call.h"

void hook_target_init(struct hook_target *t) {
  *t = (struct hook_target){.timeout_ms = 10000, .parallel = 4, .answers = true};
  TAILQ_INIT(&t->waiting);
  TAILQ_INIT(&t->busy);
}

static void free_list(char **list) {
  for (size_t i = 0; list && list[i]; i++)
    free(list[i]);
  free(list);
}

static void free_calls(struct hook_list *list) {
  struct hook_call *c;
  while ((c = TAILQ_FIRST(list))) {
    TAILQ_REMOVE(list, c, link);
    hook_call_free(c);
  }
}

void hook_target_fini(struct hook_target *t) {
  free_calls(&t->waiting);
  free_calls(&t->busy);
  for (size_t i = 0; i < t->n_secrets; i++)
    hook_secret_wipe(&t->secret[i]);
  curl_slist_free_all(t->headers);
  free_list(t->kind);
  free_list(t->topic);
  hook_fields_free(t->field, t->n_fields);
  free(t->name);
  free(t->url);
  free(t->ca_file);
  free(t->certificate_file);
  free(t->key_file);
  free(t->proxy);
}

bool hook_target_is_down(const struct hook_target *t) {
  return t->failures >= HOOK_DOWN_AFTER;
}

bool hook_target_is_free(const struct hook_target *t, int64_t now_ms) {
  return t->under_way < (t->failures ? 1 : t->parallel) && now_ms >= t->paused_until_ms;
}

struct hook_call *hook_target_next(struct hook_target *t, int64_t now_ms) {
  struct hook_call *c;
  if (!hook_target_is_free(t, now_ms))
    return NULL;
  TAILQ_FOREACH(c, &t->waiting, link)
  if (c->not_before_ms <= now_ms)
    return c;
  return NULL;
}

int64_t hook_target_due(const struct hook_target *t) {
  const struct hook_call *c;
  int64_t due = INT64_MAX;
  if (t->under_way >= (t->failures ? 1 : t->parallel))
    return due;
  TAILQ_FOREACH(c, &t->waiting, link) {
    if (c->not_before_ms < due)
      due = c->not_before_ms;
    if (due <= t->paused_until_ms)
      return t->paused_until_ms;
  }
  return due;
}

void hook_target_reached(struct hook_target *t) {
  if (hook_target_is_down(t))
    baton_log("info", "hook-recovered", "target", t->name, "host", t->host, NULL);
  t->failures = t->rounds = 0;
  t->paused_until_ms = 0;
  t->why[0] = '\0';
}

static void log_failure(const struct hook_target *t) {
  char count[24];
  if (!baton_log_due(t->failures))
    return;
  snprintf(count, sizeof count, "%u", t->failures);
  baton_log("warn", "hook-failed", "target", t->name, "in_a_row", count, "why", t->why, NULL);
}

void hook_target_failed(struct hook_target *t, const struct hook_judgement *j, int64_t pause_ms, int first_ms,
                        int most_ms, int64_t now_ms) {
  bool for_long = pause_ms > most_ms;
  t->failures++;
  int n = snprintf(t->why, sizeof t->why, "%.32s (%.80s): %.100s", t->name, t->host, j->why);
  if (for_long)
    snprintf(t->why + n, sizeof t->why - (size_t)n, "; asks for %lld s", (long long)pause_ms / 1000);
  log_failure(t);
  if ((j->meaning == HOOK_BROKEN || for_long) && t->failures < HOOK_DOWN_AFTER)
    t->failures = HOOK_DOWN_AFTER; /* more tries would tell nothing new */
  if (j->meaning == HOOK_DOUBTFUL && !hook_target_is_down(t))
    return;                         /* its own retry is enough as yet */
  if (now_ms >= t->paused_until_ms) /* several that fail together are one round */
    t->rounds++;
  int64_t until = now_ms + baton_backoff_ms(t->rounds, first_ms, most_ms);
  if (until < now_ms + pause_ms)
    until = now_ms + pause_ms;
  if (until > t->paused_until_ms)
    t->paused_until_ms = until;
}

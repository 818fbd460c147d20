#include "hook.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hook_answer.h"
#include "hook_body.h"
#include "hook_call.h"
#include "hook_choose.h"
#include "hook_settle.h"
#include "net.h"

enum { STOP_MS = 2000, NO_ROOM_MS = 1000, DONE_A_STEP = 64 };

int hooks_start(struct hooks *h, const baton_options *connection) {
  h->share = h->n_targets < 2 ? SIZE_MAX : 1 + connection->credit / h->n_targets;
  h->net = net_new();
  return h->net ? 0 : -1;
}

void hooks_fini(struct hooks *h) {
  for (size_t i = 0; i < h->n_targets; i++) {
    struct hook_call *c;
    TAILQ_FOREACH(c, &h->target[i].busy, link)
    if (c->easy)
      net_remove(h->net, c->easy);
    hook_target_fini(&h->target[i]);
  }
  free(h->target);
  net_free(h->net);
  *h = (struct hooks){.target = NULL};
}

int hooks_fd(const struct hooks *h) {
  return h->net ? net_fd(h->net) : -1;
}

void hooks_connected(struct hooks *h, const char *adapter, const char *department) {
  snprintf(h->department, sizeof h->department, "%s", department);
  snprintf(h->adapter, sizeof h->adapter, "%s", adapter);
}

/* ---- A delivery comes ---- */

/* Perhaps somebody forgot a kind. */
static baton_verdict unwanted(struct hooks *h, const baton_delivery *d) {
  char count[24];
  h->unwanted++;
  snprintf(count, sizeof count, "%" PRIu64, h->unwanted);
  if (baton_log_due(h->unwanted))
    baton_log(strcmp(d->kind, "Resync") == 0 ? "warn" : "info", "hook-unwanted", "kind", d->kind, "count", count, NULL);
  return BATON_ACK;
}

baton_verdict hooks_deliver(struct hooks *h, const baton_delivery *d) {
  if (h->stopping)
    return BATON_LATER; /* the broker has it back when this process is gone */
  struct hook_target *t = hook_choose(h, d);
  if (!t)
    return unwanted(h, d);
  if (hook_target_is_down(t) && t->n_waiting >= h->share)
    return hook_settle_surplus(h->b, t, d->sequence, d->attempt);
  struct hook_call *c = hook_call_new(t, d->sequence, d->case_id, d->attempt, hook_body(d, t->field, t->n_fields));
  if (!c)
    return BATON_RETRY;
  c->redelivery = d->redelivery;
  TAILQ_INSERT_TAIL(&t->waiting, c, link);
  t->n_waiting++;
  return BATON_LATER;
}

/* ---- It is called out ---- */

static void back_to_wait(struct hook_call *c, bool first) {
  struct hook_target *t = c->target;
  TAILQ_REMOVE(&t->busy, c, link);
  if (first)
    TAILQ_INSERT_HEAD(&t->waiting, c, link);
  else
    TAILQ_INSERT_TAIL(&t->waiting, c, link);
  t->n_waiting++;
}

static void drop(struct hook_call *c) {
  TAILQ_REMOVE(&c->target->busy, c, link);
  hook_call_free(c);
}

static void begin(struct hooks *h, struct hook_call *c, int64_t now_ms) {
  struct hook_target *t = c->target;
  TAILQ_REMOVE(&t->waiting, c, link);
  TAILQ_INSERT_TAIL(&t->busy, c, link);
  t->n_waiting--;
  if (hook_call_begin(c, h->adapter) == 0 && net_add(h->net, c->easy, NULL) == 0) {
    t->under_way++;
    return;
  }
  back_to_wait(c, true);
  c->not_before_ms = now_ms + NO_ROOM_MS;
}

/* ---- And comes back ---- */

/* The answer cannot be taken, or the broker did not take it. The system is told so with another call, in case it can
 * answer better; one that cannot is for the operators. */
static void refuse(struct hooks *h, struct hook_call *c, const char *code, const char *text) {
  if (hook_settle_refused(h->b, c, code, text)) {
    drop(c);
    return;
  }
  c->due = 0;
  c->not_before_ms = baton_now_ms() + baton_backoff_ms(c->refusals, (int)h->first_ms, (int)h->most_ms);
  back_to_wait(c, false);
}

static void taken(struct hooks *h, struct hook_call *c) {
  baton_event *event[HOOK_EVENTS_MAX];
  size_t n = 0;
  char why[256] = "longer than 65536 bytes";
  struct hook_about about = {.case_id = c->case_id, .department = h->department};
  if (hook_call_answers(c) && (c->is_long || hook_answer_read(c->answer, c->answer_n, &about, event, &n, why) < 0)) {
    refuse(h, c, "INVALID", why);
    return;
  }
  if (n == 0) {
    hook_settle(h->b, c, BATON_ACK, 0, NULL);
    drop(c);
    return;
  }
  c->due = n;
  if (baton_settle_with(h->b, c->sequence, event, n) < 0)
    refuse(h, c, "INVALID", baton_error(h->b));
}

static void put_off(struct hooks *h, struct hook_call *c, const char *why, int64_t pause_ms) {
  hook_settle_later(h->b, c, why, pause_ms, (int)h->first_ms);
  drop(c);
}

static void failed(struct hooks *h, struct hook_call *c, const struct hook_judgement *j, int64_t pause_ms) {
  struct hook_target *t = c->target;
  hook_target_failed(t, j, pause_ms, (int)h->first_ms, (int)h->most_ms, baton_now_ms());
  if (j->meaning == HOOK_DOUBTFUL && !hook_target_is_down(t))
    put_off(h, c, j->why, pause_ms);
  else
    back_to_wait(c, j->meaning != HOOK_DOUBTFUL);
}

static void ended(struct hooks *h, struct hook_call *c, CURLcode code) {
  int64_t pause_ms;
  struct hook_judgement j = hook_call_end(c, code, &pause_ms);
  c->target->under_way--;
  if (j.meaning == HOOK_DOUBTFUL || j.meaning == HOOK_OUTAGE || j.meaning == HOOK_BROKEN) {
    failed(h, c, &j, pause_ms);
    return;
  }
  hook_target_reached(c->target);
  if (j.meaning == HOOK_TAKEN) {
    taken(h, c);
  } else if (j.meaning == HOOK_LATER) {
    put_off(h, c, j.why, pause_ms);
  } else {
    hook_settle_rejected(h->b, c, j.why);
    drop(c);
  }
}

static bool finish_some(struct hooks *h) {
  CURLcode code;
  CURL *easy;
  int n = 0;
  net_pump(h->net);
  for (; n < DONE_A_STEP && (easy = net_done(h->net, &code)); n++) {
    net_remove(h->net, easy);
    struct hook_call *c = NULL;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &c);
    ended(h, c, code);
  }
  return n == DONE_A_STEP;
}

void hooks_receipt(struct hooks *h, const baton_receipt *r) {
  struct hook_call *c = NULL;
  for (size_t i = 0; !c && i < h->n_targets; i++) {
    TAILQ_FOREACH(c, &h->target[i].busy, link)
    if (c->due && c->sequence == r->delivery)
      break;
  }
  if (!c)
    return;
  if (r->code == 0 && --c->due > 0)
    return;
  if (r->code == 0 || strcmp(r->code_name, "UNKNOWN_DELIVERY") == 0) {
    drop(c);
  } else if (strcmp(r->code_name, "INTERNAL") == 0) {
    put_off(h, c, "the broker failed at its answer", 0);
  } else {
    c->version = r->version;
    refuse(h, c, r->code_name, r->text);
  }
}

/* ---- The loop ---- */

static void say_progress(struct hooks *h, int64_t now_ms) {
  if (now_ms < h->progress_due_ms)
    return;
  h->progress_due_ms = now_ms + h->progress_ms;
  if (!baton_connected(h->b))
    return;
  for (size_t i = 0; i < h->n_targets; i++) {
    const struct hook_call *c;
    TAILQ_FOREACH(c, &h->target[i].waiting, link)
    hook_settle(h->b, c, BATON_IN_PROGRESS, 0, NULL);
    TAILQ_FOREACH(c, &h->target[i].busy, link)
    if (!c->due)
      hook_settle(h->b, c, BATON_IN_PROGRESS, 0, NULL);
  }
}

static int64_t next_due(const struct hooks *h) {
  int net_ms = net_next_ms(h->net);
  int64_t due = net_ms < 0 ? INT64_MAX : baton_now_ms() + net_ms;
  for (size_t i = 0; i < h->n_targets; i++) {
    const struct hook_target *t = &h->target[i];
    int64_t own = hook_target_due(t);
    bool any = t->n_waiting > 0 || t->under_way > 0;
    own = any && h->progress_due_ms < own ? h->progress_due_ms : own;
    due = own < due ? own : due;
  }
  return due;
}

int hooks_step(struct hooks *h, baton *b) {
  h->b = b;
  bool more = finish_some(h);
  int64_t now_ms = baton_now_ms();
  say_progress(h, now_ms);
  for (size_t i = 0; i < h->n_targets; i++) {
    struct hook_target *t = &h->target[i];
    struct hook_call *c;
    if (hook_target_is_down(t) && t->n_waiting > h->share)
      hook_settle_share(b, t, h->share);
    while ((c = hook_target_next(t, now_ms)))
      begin(h, c, now_ms);
  }
  int64_t due = next_due(h);
  now_ms = baton_now_ms();
  return more || due <= now_ms ? 0 : due == INT64_MAX ? -1 : due - now_ms > 60000 ? 60000 : (int)(due - now_ms);
}

static long under_way(const struct hooks *h) {
  long n = 0;
  for (size_t i = 0; i < h->n_targets; i++)
    n += h->target[i].under_way;
  return n;
}

void hooks_stop(struct hooks *h) {
  int64_t until = baton_now_ms() + STOP_MS, now_ms;
  h->stopping = true;
  while (h->b && under_way(h) && (now_ms = baton_now_ms()) < until) {
    int left_ms = (int)(until - now_ms), due_ms = net_next_ms(h->net);
    struct pollfd p = {.fd = net_fd(h->net), .events = POLLIN};
    poll(&p, 1, due_ms >= 0 && due_ms < left_ms ? due_ms : left_ms);
    finish_some(h);
  }
  if (h->b && baton_poll(h->b, 0) < 0) /* sends the verdicts */
    baton_log("debug", "not-settled", "why", baton_error(h->b), NULL);
}

baton_health_state hooks_health(const struct hooks *h, char why[256]) {
  size_t down = 0;
  why[0] = '\0';
  for (size_t i = 0; i < h->n_targets; i++)
    if (hook_target_is_down(&h->target[i]) && ++down == 1)
      snprintf(why, 256, "%s", h->target[i].why);
  return down == 0 ? BATON_WELL : down < h->n_targets ? BATON_TROUBLED : BATON_DOWN;
}

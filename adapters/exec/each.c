#include "each.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#define TELL_MS 5000 /* well within any settle timeout worth setting */
#define KILL_MS 1000

static struct call **find(struct each *e, uint64_t sequence) {
  struct call **at = &e->first;
  while (*at && (*at)->sequence != sequence)
    at = &(*at)->next;
  return at;
}

static void forget(struct each *e, struct call *c) {
  struct call **at = find(e, c->sequence);
  if (*at == c)
    *at = c->next;
  call_free(c);
}

/* ---- Verdicts ---- */

static void settle(struct each *e, uint64_t sequence, baton_verdict verdict, int wait_ms, const char *why) {
  if (baton_settle(e->b, sequence, verdict, (uint32_t)wait_ms, why) < 0)
    baton_log("warn", "not-settled", "why", baton_error(e->b), NULL);
}

/* Until a failure is tried again. */
static int again_ms(const struct each *e, uint32_t attempt) {
  return baton_backoff_ms(attempt, (int)e->o->restart_first_ms, (int)e->o->restart_most_ms);
}

/* Until what the program put off comes again: each time uses up one of the broker's attempts, and it may wait for a
 * person. */
static int later_ms(const struct each *e, uint32_t attempt) {
  return baton_backoff_ms(attempt, (int)e->later_first_ms, (int)e->later_most_ms);
}

static void log_failure(const struct each *e, const struct call *c, const char *why, bool rejected) {
  char sequence[24], attempt[16], failures[24];
  if (!rejected && !baton_log_due(e->failures))
    return;
  snprintf(sequence, sizeof sequence, "%" PRIu64, c->sequence);
  snprintf(attempt, sizeof attempt, "%" PRIu32, c->attempt);
  snprintf(failures, sizeof failures, "%" PRIu64, e->failures);
  baton_log("warn", "program-failed", "program", e->o->argv[0], "delivery", sequence, "attempt", attempt, "verdict",
            rejected ? "reject" : "retry", "in_a_row", failures, "why", why, NULL);
}

/* Not done: again after a while, or when it failed often enough, never again. c is freed. */
static void fail(struct each *e, struct call *c, const char *why, bool put_off) {
  char health[256];
  bool rejected = !put_off && e->tries > 0 && c->attempt >= e->tries;
  int wait_ms = put_off ? later_ms(e, c->attempt) : again_ms(e, c->attempt);
  e->failures++;
  log_failure(e, c, why, rejected);
  snprintf(health, sizeof health, "%.40s: %.80s%s%s", e->o->argv[0], why, *c->said ? ": " : "", c->said);
  baton_health(e->b, BATON_TROUBLED, health);
  settle(e, c->sequence, rejected ? BATON_REJECT : BATON_RETRY, rejected ? 0 : wait_ms, why);
  forget(e, c);
}

static void done(struct each *e, struct call *c) {
  e->failures = 0;
  baton_health(e->b, BATON_WELL, NULL);
  forget(e, c);
}

static void succeed(struct each *e, struct call *c) {
  baton_event *event[CALL_EVENTS];
  size_t n = call_take_events(c, event);
  if (n == 0) {
    settle(e, c->sequence, BATON_ACK, 0, NULL);
    done(e, c);
  } else if (baton_settle_with(e->b, c->sequence, event, n) < 0) {
    fail(e, c, baton_error(e->b), false);
  } else {
    c->settling = true; /* done when its receipt comes */
  }
}

static void judge(struct each *e, struct call *c) {
  char why[64];
  int status = WIFEXITED(c->status) ? WEXITSTATUS(c->status) : -1;
  snprintf(why, sizeof why, "it ended with %s %d", status < 0 ? "signal" : "exit",
           status < 0 ? WTERMSIG(c->status) : status);
  if (*c->why)
    fail(e, c, c->why, false);
  else if (status == 0)
    succeed(e, c);
  else
    fail(e, c, why, status == EX_TEMPFAIL);
}

/* ---- What comes from the broker ---- */

/* The first receipt of a settle tells of all its events; the others find the call gone. */
static void on_receipt(void *context, const baton_receipt *r) {
  struct each *e = context;
  struct call *c = r->delivery ? *find(e, r->delivery) : NULL;
  char why[160];
  if (!c || !c->settling)
    return;
  snprintf(why, sizeof why, "an event it wrote was refused: %.40s %.60s", r->code_name, r->field);
  if (r->code == 0)
    done(e, c);
  else if (strcmp(r->code_name, "UNKNOWN_DELIVERY") == 0)
    forget(e, c);
  else {
    refused_keep(&e->refused, r);
    fail(e, c, why, false);
  }
}

static baton_verdict on_delivery(void *context, const baton_delivery *d) {
  struct each *e = context;
  int64_t now = baton_now_ms();
  int error;
  if (!e->b)
    return BATON_RETRY; /* before the first step */
  if (e->is_over)
    return BATON_LATER; /* nobody would wait for its program; it comes again in the next session */
  const struct refusal *before = refused_find(&e->refused, d->sequence);
  struct call *c = call_new(e->o->argv, e->o->directory, d, before, now + e->timeout_ms, &error);
  struct epoll_event watch = {.events = EPOLLIN};
  if (c && epoll_ctl(e->epoll, EPOLL_CTL_ADD, c->child.epoll, &watch) == 0) {
    refused_forget(&e->refused, d->sequence);
    c->tell_ms = now + TELL_MS;
    c->next = e->first;
    e->first = c;
    return BATON_LATER;
  }
  error = c ? errno : error;
  if (c)
    child_signal(&c->child, SIGKILL);
  call_free(c);
  char health[256];
  snprintf(health, sizeof health, "%.120s could not be started: %s", e->o->argv[0], strerror(error));
  baton_health(e->b, BATON_DOWN, health);
  settle(e, d->sequence, BATON_RETRY, again_ms(e, d->attempt), health);
  return BATON_LATER;
}

/* ---- The loop ---- */

/* Milliseconds until something is due; -1: nothing runs. */
static int pump(struct each *e) {
  int64_t next = INT64_MAX, now = baton_now_ms();
  for (struct call *c = e->first, *after; c; c = after) {
    after = c->next;
    if (c->settling)
      continue;
    if (call_step(c, now)) {
      judge(e, c);
      continue;
    }
    if (now >= c->tell_ms) {
      c->tell_ms = now + TELL_MS;
      if (baton_connected(e->b) && baton_settle(e->b, c->sequence, BATON_IN_PROGRESS, 0, NULL) < 0)
        baton_log("warn", "not-settled", "why", baton_error(e->b), NULL);
    }
    int64_t due = c->due_ms < c->tell_ms ? c->due_ms : c->tell_ms;
    next = due < next ? due : next;
  }
  return next == INT64_MAX ? -1 : next > now ? (int)(next - now) : 0;
}

int each_start(struct each *e, const struct exec *o, baton_options *connection) {
  e->o = o;
  connection->on_receipt = on_receipt;
  connection->on_delivery = on_delivery;
  connection->context = e;
  connection->credit = (uint32_t)e->parallel; /* what does not run yet waits at the broker */
  e->epoll = epoll_create1(EPOLL_CLOEXEC);
  if (e->epoll >= 0)
    return 0;
  baton_log("error", "cannot-start", "why", strerror(errno), NULL);
  return -BATON_E_IO;
}

int each_step(struct each *e, baton *b) {
  e->b = b;
  return pump(e);
}

static bool is_running(const struct each *e) {
  for (const struct call *c = e->first; c; c = c->next)
    if (!c->settling)
      return true;
  return false;
}

void each_stop(struct each *e) {
  bool told = false;
  e->is_over = true;
  for (int64_t end = baton_now_ms() + e->o->stop_ms; is_running(e);) {
    int wait = pump(e);
    int64_t left = end - baton_now_ms();
    if (left <= 0 && !told) {
      told = true;
      for (struct call *c = e->first; c; c = c->next)
        call_end(c, baton_now_ms() + KILL_MS, "the adapter was stopped before it ended");
      continue;
    }
    wait = wait < 0 || wait > 100 ? 100 : wait;
    struct pollfd p = {.fd = e->epoll, .events = POLLIN};
    if (is_running(e))
      poll(&p, 1, !told && left < wait ? (int)left : wait);
  }
}

void each_fini(struct each *e) {
  while (e->first)
    forget(e, e->first);
  if (e->epoll >= 0)
    close(e->epoll);
}

#include "call.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOG_LINE_MAX 2048
#define LINES_A_STEP 256
#define KILL_MS 1000

/* A script may not depend on how the adapter was started: it gets a PATH to find its tools, and what it is about. */
static int start(struct call *c, char *const *argv, const char *directory, const baton_delivery *d,
                 const struct refusal *before) {
  char path[1024], kind[80], ref[64], sequence[48], attempt[32], code[64], text[256], version[48];
  char redelivery[] = "BATON_REDELIVERY=1";
  const char *ours = getenv("PATH");
  char *environment[10] = {path, kind, ref, sequence, attempt};
  size_t n = 5;
  if (d->redelivery)
    environment[n++] = redelivery;
  if (before->delivery) {
    environment[n++] = code;
    environment[n++] = text;
    if (before->version)
      environment[n++] = version;
  }
  snprintf(path, sizeof path, "PATH=%s", ours && strlen(ours) < sizeof path - 8 ? ours : "/usr/bin:/bin");
  snprintf(kind, sizeof kind, "BATON_KIND=%s", d->kind);
  snprintf(ref, sizeof ref, "BATON_REF=%s", d->ref);
  snprintf(sequence, sizeof sequence, "BATON_SEQUENCE=%" PRIu64, d->sequence);
  snprintf(attempt, sizeof attempt, "BATON_ATTEMPT=%" PRIu32, d->attempt);
  snprintf(code, sizeof code, "BATON_REFUSED=%s", before->code);
  snprintf(text, sizeof text, "BATON_REFUSED_TEXT=%s", before->text);
  snprintf(version, sizeof version, "BATON_VERSION=%" PRIu64, before->version);
  return child_start(&c->child, argv, directory, environment, true);
}

struct call *call_new(char *const *argv, const char *directory, const baton_delivery *d, const struct refusal *before,
                      int64_t due_ms, int *ret_errno) {
  const char *piece[] = {d->json, NULL};
  size_t size[] = {strlen(d->json)};
  struct call *c = calloc(1, sizeof *c);
  *ret_errno = ENOMEM;
  if (!c)
    return NULL;
  c->sequence = d->sequence;
  c->attempt = d->attempt;
  c->due_ms = due_ms;
  bool ready = child_init(&c->child) == 0 && lines_init(&c->out, LINE_MAX_BYTES) == 0 &&
               lines_init(&c->err, LOG_LINE_MAX) == 0 && outbox_line(&c->box, piece, size) == 0;
  if (ready && (*ret_errno = start(c, argv, directory, d, before)) == 0)
    return c;
  call_free(c);
  return NULL;
}

size_t call_take_events(struct call *c, baton_event **ret_event) {
  size_t n = c->n_events;
  memcpy(ret_event, c->event, n * sizeof *ret_event);
  c->n_events = 0;
  return n;
}

void call_free(struct call *c) {
  if (!c)
    return;
  for (size_t i = 0; i < c->n_events; i++)
    baton_event_free(c->event[i]);
  outbox_fini(&c->box);
  lines_fini(&c->out);
  lines_fini(&c->err);
  child_fini(&c->child);
  free(c);
}

static void wrong(struct call *c, const char *what, const char *more) {
  if (!*c->why)
    snprintf(c->why, sizeof c->why, "%s%s%.120s", what, *more ? ": " : "", more);
}

void call_end(struct call *c, int64_t kill_ms, const char *why) {
  wrong(c, why, "");
  if (c->signals)
    return;
  c->signals = SIGTERM;
  c->due_ms = kill_ms;
  child_signal(&c->child, SIGTERM);
}

static void take_event(struct call *c, const char *line, size_t n) {
  char error[256];
  baton_event *e = NULL;
  if (c->n_events == CALL_EVENTS)
    wrong(c, "more than 8 events on its standard output", "");
  else if (!(e = baton_event_from_json(line, n, error)))
    wrong(c, "a line of its standard output is no event", error);
  else
    c->event[c->n_events++] = e;
}

static void read_out(struct call *c) {
  const char *line;
  size_t n;
  while (!*c->why) {
    int got = lines_next(&c->out, &line, &n);
    if (got == 0 && lines_fill(&c->out, c->child.out))
      continue;
    if (got == 0)
      break;
    if (got < 0)
      wrong(c, "a line of its standard output is longer than 65536 bytes", "");
    else if (n > 0)
      take_event(c, line, n);
    lines_done(&c->out);
  }
  if (c->out.eof || *c->why)
    child_close_out(&c->child);
}

static void log_line(struct call *c, const char *line, size_t n, bool too_long) {
  char text[LOG_LINE_MAX + 1], sequence[24];
  snprintf(text, sizeof text, "%.*s", (int)n, line);
  if (*text)
    snprintf(c->said, sizeof c->said, "%.*s", (int)sizeof c->said - 1, text);
  snprintf(sequence, sizeof sequence, "%" PRIu64, c->sequence);
  if (++c->n_logged <= CALL_LOG_LINES)
    baton_log("info", "program", "delivery", sequence, "text", too_long ? "(a line of more than 2048 bytes)" : text,
              NULL);
  else if (c->n_logged == CALL_LOG_LINES + 1)
    baton_log("warn", "program", "delivery", sequence, "text", "(it says more, which is not logged)", NULL);
}

static void read_err(struct call *c) {
  const char *line;
  size_t n;
  for (int i = 0; i < LINES_A_STEP; i++) {
    int got = lines_next(&c->err, &line, &n);
    if (got == 0 && lines_fill(&c->err, c->child.err))
      continue;
    if (got == 0)
      break;
    log_line(c, line, n, got < 0);
    lines_done(&c->err);
  }
  if (c->err.eof)
    child_close_err(&c->child);
}

static void write_in(struct call *c) {
  bool open = c->child.in >= 0 && outbox_write(&c->box, c->child.in);
  if (!open)
    outbox_clear(&c->box); /* it need not read what it is not interested in */
  if (outbox_size(&c->box) == 0)
    child_close_in(&c->child);
  child_want(&c->child, true, c->child.in >= 0);
}

bool call_step(struct call *c, int64_t now_ms) {
  bool ended = !c->child.pid || child_ended(&c->child, &c->status);
  read_err(c);
  read_out(c);
  if (ended)
    return true;
  write_in(c);
  if (*c->why && !c->signals)
    call_end(c, now_ms + KILL_MS, c->why);
  if (now_ms < c->due_ms)
    return false;
  if (!c->signals) {
    call_end(c, now_ms + KILL_MS, "it took longer than it may");
  } else if (c->signals == SIGTERM) {
    c->signals = SIGKILL;
    c->due_ms = INT64_MAX;
    child_signal(&c->child, SIGKILL);
  }
  return false;
}

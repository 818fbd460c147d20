/* One run of the program for one delivery: the item on its standard input, events on its standard output, and its exit
 * status as the verdict.
 *
 * Bounded in every direction: CALL_EVENTS lines of LINE_MAX_BYTES, CALL_LOG_LINES lines of its standard error, and a
 * deadline; what goes beyond ends its process group. Nothing blocks. */
#ifndef BATON_EXEC_CALL_H
#define BATON_EXEC_CALL_H

#include "baton.h"
#include "child.h"
#include "lines.h"
#include "refused.h"

#define CALL_EVENTS 8 /* as many as a settle carries */
#define CALL_LOG_LINES 16

struct call {
  struct call *next;
  uint64_t sequence;
  uint32_t attempt;
  struct child child;
  struct outbox box;
  struct lines out, err;
  baton_event *event[CALL_EVENTS];
  size_t n_events, n_logged;
  int64_t due_ms;  /* it is ended then; after SIGTERM: killed */
  int64_t tell_ms; /* the broker is told then that it still runs */
  int signals;     /* 0, SIGTERM, SIGKILL: the last that it was sent */
  int status;      /* as of waitpid */
  bool settling;   /* ended; its events are on their way */
  char why[192];   /* what it did wrong, "" so far nothing */
  char said[128];  /* the last line of its standard error that says something; whatever bytes */
};

/* NULL: *ret_errno says why it could not be started. The delivery is the first and only line it reads; why what it
 * wrote for it before was refused, if it was, stands in its environment. */
struct call *call_new(char *const *argv, const char *directory, const baton_delivery *d, const struct refusal *before,
                      int64_t due_ms, int *ret_errno);
/* The events are the caller's from here on. */
size_t call_take_events(struct call *c, baton_event **ret_event);
void call_free(struct call *c);
/* All that can be done now. true: it ended, and everything it wrote is read. */
bool call_step(struct call *c, int64_t now_ms);
/* Ends it, at first with SIGTERM, at `kill_ms` with SIGKILL; why: kept unless there is a reason already. */
void call_end(struct call *c, int64_t kill_ms, const char *why);

#endif

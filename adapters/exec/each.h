/* A program that is started once for each delivery, as a hook or a CGI script is.
 *
 * Exit status 0 acknowledges the delivery, together with the events that the program wrote; 75 (EX_TEMPFAIL of
 * sysexits.h) asks for it again later; anything else is a failure, tried again and after `tries` deliveries rejected.
 * An operator finds it among the dead letters then. */
#ifndef BATON_EXEC_EACH_H
#define BATON_EXEC_EACH_H

#include "call.h"
#include "exec.h"

struct each {
  /* options */
  int64_t parallel, timeout_ms, tries, later_first_ms, later_most_ms;

  const struct exec *o; /* command, directory, the waits */
  baton *b;             /* from the first step on */
  int epoll;            /* over the epolls of all that run */
  struct call *first;
  uint64_t failures; /* in a row */
  struct refused refused;
  bool is_over; /* the adapter ends: nothing is started any more */
};

int each_start(struct each *e, const struct exec *o, baton_options *connection);
int each_step(struct each *e, baton *b);
/* Waits for those that run, for at most stop_ms; those that did not end come again. */
void each_stop(struct each *e);
void each_fini(struct each *e);

#endif

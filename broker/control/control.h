/* The control sockets: text commands for operators.
 *
 * Two AF_UNIX stream sockets in a 0700 folder, read.sock and admin.sock; peers are checked by SO_PEERCRED (root or the
 * broker's own user). One line is one command; the answer ends with a line holding a single dot, after a first line
 * "ok" or "error CODE text"; a line that begins with a dot has one more put before it. `json` before a command gives
 * one JSON document instead of text, `width N` breaks and clips so that lines fit. The command table
 * has words, privilege, arguments, help and function; privilege is checked in one place, before the function runs.
 *
 * One thread; the loop owns the waiting: it polls the descriptors and calls bt_control_serve. No client can block it: a
 * client that does not read costs one bounded answer, and is not read from until it has taken it. */
#ifndef BT_CONTROL_CONTROL_H
#define BT_CONTROL_CONTROL_H

#include <poll.h>
#include <stdio.h>

#include "base/code.h"
#include "base/counters.h"
#include "config/config.h"
#include "query/query.h"
#include "wire/wire.h"

struct bt_control;

/* The clock as the loop sees it. */
struct bt_clock_state {
  int64_t wall_us, boot_us, recorded_us;
  bool trouble;     /* timers are suspended until an operator accepts the wall clock */
  const char *why;  /* a sentence */
  int64_t since_us; /* recorded time */
};

/* What commands may look at, and the few things they may ask the loop to do. */
struct bt_control_context {
  const struct bt_config *config;
  struct bt_store *store;
  struct bt_journal *journal;
  struct bt_wire *wire;
  const struct bt_counters *counters;
  int64_t started_us; /* wall */
  const char *version;
  void *loop;
  /* An operator holds or resumes an adapter: becomes a journal entry; returns once it is durable. 0 or a code. */
  int (*hold)(void *loop, struct bt_str adapter, bool held, struct bt_str operator_name, struct bt_str reason);
  /* Unsettled deliveries of an adapter that are out with it now. */
  uint32_t (*in_flight)(void *loop, struct bt_str adapter);
  void (*clock)(void *loop, struct bt_clock_state *ret);
  /* An operator says that the wall clock is right: becomes a journal entry, and timers go on. -BT_WRONG_STATUS: nobody
   * doubts it. */
  int (*clock_accept)(void *loop, struct bt_str operator_name, struct bt_str reason);
};

/* context is copied; what it points to is borrowed. Makes the folder where it is not there. -BT_LOCKED: another broker
 * listens there; -BT_USAGE: the folder is open to others or somebody else's; -BT_LIMIT: its path is too long; -BT_IO.
 * *ret_text: a sentence for the log, static. */
int bt_control_open(const char *dir, const struct bt_control_context *context, struct bt_control **ret,
                    const char **ret_text) BT_MUST_CHECK;
void bt_control_close(struct bt_control *c); /* unlinks the sockets; NULL is fine */
/* Descriptors to poll, at most `max`; returns how many. */
uint32_t bt_control_pollfds(struct bt_control *c, struct pollfd *v, uint32_t max);
/* Serves what is ready. Call it after release, never between decide and commit. */
void bt_control_serve(struct bt_control *c, const struct pollfd *v, uint32_t n);

/* The commands with their arguments and help, for --help. */
void bt_control_describe(FILE *to);

#endif

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
#include "watch/alerts.h"
#include "wire/wire.h"

struct bt_control;
struct bt_confirmations;

/* An intervention: an event that an operator sends in the name of a department. */
struct bt_operation {
  struct bt_str operator_name, reason;
  struct bt_event event; /* locator.id: the case. department empty: of whom the thing is (bt_operator_department).
                            expected_version 0: the case as it is now */
};
struct bt_operated {
  struct bt_str department; /* in whose name */
  struct bt_receipt receipt;
};

enum { BT_NAMED_AT_ONCE = 4096 }; /* a round of the loop takes so many, and then sees to the others */

/* Deliveries of one adapter, by number. */
struct bt_delivery_name {
  uint64_t sequence, case_id;
};
struct bt_deliveries_named {
  struct bt_str adapter, operator_name, reason;
  bool dead_only; /* of bt_loop_requeue: those that are no dead letter are left */
  const struct bt_delivery_name *v;
  uint32_t n; /* at most BT_NAMED_AT_ONCE */
};

/* The clock as the loop sees it. */
struct bt_clock_state {
  int64_t wall_us, boot_us, recorded_us;
  bool trouble;     /* timers are suspended until an operator accepts the wall clock */
  const char *why;  /* a sentence */
  int64_t since_us; /* recorded time */
};

/* A snapshot of the record. */
struct bt_snapshot_state {
  uint64_t position, bytes;
  int64_t recorded_us; /* of the last entry in it */
};

/* What a reload came to, or would come to. Everything in the arena that was given to it. */
struct bt_reload {
  bool refused, adopted;   /* neither: nothing has changed, or it was only to be looked at */
  struct bt_strs problems; /* why it is refused: "FILE:LINE: KEY: what is wrong", or a key that takes a restart */
  struct bt_changes changes;
  struct bt_strs gone; /* departments whose cases, offers and questions pass on */
};

/* Before maintenance: see bt_control_context.drain. Volatile: a broker that starts takes work. */
struct bt_drain {
  bool on, leave, leaving; /* leaving: the process ends after this round */
  int64_t since_us;        /* wall */
  int64_t until_us;        /* monotonic; of `leave` */
  char by[64];
  uint64_t turned_away; /* events answered BUSY since */
  uint32_t in_flight;   /* deliveries that are out and not settled */
};

/* Long work that a process beside the broker does: at most one of each sort at a time. */
enum bt_chore { BT_CHORE_BACKUP, BT_CHORE_VERIFY, BT_CHORE_COUNT };
enum { BT_CHORE_SAID = 16, BT_CHORE_KEY = 24 };
struct bt_chore_state {
  bool running;
  bool ended, fine;             /* the last one that came to its end; fine: it found nothing wrong */
  int64_t started_us, ended_us; /* wall */
  uint64_t number;              /* of those that were started */
  char what[48];                /* how far it is; 0 of 0: not known */
  uint64_t done, of;
  struct {
    char key[BT_CHORE_KEY];
    uint64_t value;
  } said[BT_CHORE_SAID]; /* what it has to tell */
  uint32_t n_said;
  int code; /* where it was not fine: negative */
  char text[512];
};

/* What commands may look at, and the few things they may ask the loop to do. */
struct bt_control_context {
  const struct bt_config *config;
  const char *config_file; /* it was loaded from; NULL: not known */
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
  /* Decides it as any request and returns once it is durable. 0 also where it was refused: see ret->receipt. */
  int (*operate)(void *loop, const struct bt_operation *what, struct bt_arena *arena, struct bt_operated *ret);
  /* Deliveries of an adapter are made again, or dead letters dropped: one unit of journal entries, durable when it
   * returns. What is in the inbox already, or no dead letter any more, is left; *ret_done counts the others. */
  int (*requeue)(void *loop, const struct bt_deliveries_named *what, uint32_t *ret_done);
  int (*dead_drop)(void *loop, const struct bt_deliveries_named *what, uint32_t *ret_done);
  /* A delivery as the adapter would get it now. -BT_NOT_FOUND: no such adapter is configured. */
  int (*item)(void *loop, struct bt_str adapter, uint64_t sequence, uint64_t case_id, struct bt_arena *arena,
              struct bt_delivery_item *ret);
  /* What an operator did becomes an entry, durable when it returns. */
  int (*did)(void *loop, const struct bt_operator_did *did);
  /* What the loop alone knows of conditions. NULL: nothing. */
  void (*facts)(void *loop, struct bt_watch_facts *ret);
  const struct bt_alerts *alerts;
  /* Tells the alert command of an alert that is none. -BT_ABSENT: no command is configured. -BT_BUSY. */
  int (*alert_test)(void *loop);
  /* True while that goes on; then *ret_why, empty where it went well, borrowed. */
  bool (*alert_tested)(void *loop, const char **ret_why);
  /* Starts a chore, with what the process is to be told (dir and word may be NULL). -BT_LOCKED: one runs; -BT_IO. */
  int (*chore_start)(void *loop, enum bt_chore which, const char *dir, const char *word);
  void (*chore)(void *loop, enum bt_chore which, struct bt_chore_state *ret);
  /* Snapshots that may be used, the newest first: at most `max`; how many. */
  uint32_t (*snapshots)(void *loop, struct bt_snapshot_state *v, uint32_t max);
  /* Reads the configuration's file again and, unless it is only to be looked at, goes on with it: *ret says what
   * happened, a refusal as well. A code: it could not be done at all. */
  int (*reload)(void *loop, bool dry_run, struct bt_str operator_name, struct bt_arena *arena, struct bt_reload *ret);
  /* From now on no new work is taken and nothing new goes out, or all of it again. `leave`: the process ends in order
   * when nothing is out any more, at the latest at until_us (monotonic). No entry: the caller says who did it. */
  void (*drain)(void *loop, const struct bt_drain *what);
  void (*drained)(void *loop, struct bt_drain *ret);
  struct bt_confirmations *confirmations; /* set by bt_control_open */
  uint32_t *following;                    /* likewise: how many followers there are */
};

/* context is copied; what it points to is borrowed. Makes the folder where it is not there. -BT_LOCKED: another broker
 * listens there; -BT_USAGE: the folder is open to others or somebody else's; -BT_LIMIT: its path is too long; -BT_IO.
 * *ret_text: a sentence for the log, static. */
int bt_control_open(const char *dir, const struct bt_control_context *context, struct bt_control **ret,
                    const char **ret_text) BT_MUST_CHECK;
void bt_control_close(struct bt_control *c); /* unlinks the sockets; NULL is fine */
/* The generation that commands look at from now on. */
void bt_control_adopt(struct bt_control *c, const struct bt_config *config);
/* Descriptors to poll, at most `max`; returns how many. */
uint32_t bt_control_pollfds(struct bt_control *c, struct pollfd *v, uint32_t max);
/* Serves what is ready. Call it after release, never between decide and commit. */
void bt_control_serve(struct bt_control *c, const struct pollfd *v, uint32_t n);

/* The commands with their arguments and help, for --help. */
void bt_control_describe(FILE *to);
/* The same for programs: words, arguments and socket of each, separated by tabs. */
void bt_control_list(FILE *to);

#endif

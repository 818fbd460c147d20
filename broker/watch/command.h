/* The configured command: told of alerts, one process each, without a shell.
 *
 * A run gets the alert in its environment (BATON_ALERT and the like) and as one line of JSON on its standard input, no
 * descriptor but the first three, and its own process group. Of one alert no two runs go on at once, and never more
 * than BT_MAX_RUNS in all; what cannot run yet waits, bounded: of an alert that waits only the newest state is kept,
 * and what finds no place is counted as lost. A run that is not over in its time is killed with its group.
 *
 * Nothing here waits but for the system to start the program. One thread; children are waited for by their own number.
 */
#ifndef BT_WATCH_COMMAND_H
#define BT_WATCH_COMMAND_H

#include <sys/types.h>

#include "watch/alerts.h"

enum { BT_MAX_RUNS = 4, BT_MAX_TOLD = 64 };

/* What a run is told; texts are its own. */
struct bt_told {
  char name[BT_ALERT_OBJECT], object[BT_ALERT_OBJECT], text[BT_ALERT_TEXT], see[BT_ALERT_TEXT];
  const char *state; /* "raised", "repeated", "cleared" */
  const char *severity;
  uint64_t n;
  int64_t since_us, at_us; /* recorded time */
  bool test;
};

struct bt_run_state {
  pid_t pid;        /* 0: free */
  int64_t until_us; /* monotonic */
  bool late;        /* it was killed */
  bool former;      /* of a program that is configured no longer */
  struct bt_told told;
};

struct bt_command_runner {
  struct bt_run_state runs[BT_MAX_RUNS];
  struct bt_told waiting[BT_MAX_TOLD];
  uint32_t waiting_n;
  uint64_t started, failed, lost;
  /* The last run that ended: "exit 3", "signal 9", "killed after 30 s", "cannot be started: ..."; empty: it was fine.
   */
  char why[BT_ALERT_TEXT];
  uint64_t ended; /* how many runs have ended so far, started or not */
  bool tested;    /* a run that was a test has ended, and how */
  char test_why[BT_ALERT_TEXT];
};

struct bt_told bt_told_of(enum bt_alert_change change, const struct bt_alert *alert, int64_t now_us);
/* Takes it to be run; false: too many wait. */
bool bt_command_tell(struct bt_command_runner *r, const struct bt_told *told);
/* Starts what may be started, looks after what runs. path: absolute, or NULL: nothing is run, and nothing waits.
 * Returns true where a run has ended in this call. */
bool bt_command_step(struct bt_command_runner *r, const char *path, int64_t longest_us, int64_t mono_us);
/* One that nobody will look after: the broker is about to end. */
void bt_command_last(const char *path, const struct bt_told *told);
/* The program is another one now: runs of the old one end by themselves, and say nothing about the new one. */
void bt_command_changed(struct bt_command_runner *r);
/* Kills what runs: nobody would look after it. */
void bt_command_stop(struct bt_command_runner *r);

#endif

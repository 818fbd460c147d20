/* Retention: when a snapshot is taken and a stretch of the journal becomes an archive segment.
 *
 * The long work is done by a process of its own (the same program, started as batond --retain), which only reads what
 * the broker has open and writes files of its own. The broker looks at what it has made, notes it in the journal, and
 * only then lets go of anything. One such process at a time, and never one that outlives the broker. */
#ifndef BT_LOOP_RETAIN_H
#define BT_LOOP_RETAIN_H

#include "loop/snapshot.h"

enum bt_retain_job { BT_RETAIN_NOTHING, BT_RETAIN_SNAPSHOT, BT_RETAIN_SEAL, BT_RETAIN_PRUNE };

/* What the process says with its exit code. */
enum { BT_RETAIN_DONE = 0, BT_RETAIN_FAILED = 1, BT_RETAIN_NOT_YET = 3, BT_RETAIN_FULL = 4 };

struct bt_retain {
  enum bt_retain_job job;    /* of the process that runs */
  int pid;                   /* 0: none */
  int64_t job_us;            /* monotonic: when it was started */
  int64_t look_us;           /* monotonic: when to look again whether something is due */
  int64_t told_us;           /* monotonic: when the log last had that it fails; 0: it does not */
  enum bt_retain_job failed; /* of what fails: the last one, */
  int64_t failed_us;         /* and since when; 0: nothing does */
  uint32_t n;
  struct bt_snapshot snapshots[BT_SNAPSHOTS_KEPT]; /* that are known, the newest first */
  bool prune;
  bool to_note;          /* the newest snapshot has no entry yet, for want of room: nothing else is done before */
  int64_t first_us;      /* recorded time of the journal's beginning: the first snapshot is due by it */
  uint64_t upto;         /* how far the process that seals may go */
  uint64_t not_yet_upto; /* there was no whole segment up to here, */
  int64_t not_yet_us;    /* and it is not looked for again before (monotonic) */
  bool former;           /* the process was started under other settings than those that hold */
  uint64_t oldest;       /* the first entry that is in no segment, and when it was recorded */
  int64_t oldest_us;
};

struct bt_loop;

/* What is to be done now. Of a seal: how far it may go at most, and (0: that far) before when what goes was recorded.
 */
enum bt_retain_job bt_retain_due(struct bt_loop *l, uint64_t *ret_upto, int64_t *ret_before_us);
/* When an entry was recorded. */
int bt_retain_recorded_us(struct bt_loop *l, uint64_t sequence, int64_t *ret) BT_MUST_CHECK;

/* The process: batond --retain WORDS. Returns its exit code. */
int bt_retain_child(int n, char **words);

#endif

/* Chores: long work for an operator that a process beside the broker does (batond --chore, at the lowest priority): a
 * backup, a verification. It only reads what the broker has open. What it writes to its standard output, the broker
 * looks at between batches:
 *
 *   WHAT: N of M     how far it is
 *   = KEY N          something to tell
 *   ! CODE TEXT      what is wrong
 *
 * The verification begins by itself where the configuration says how often. None outlives the broker. */
#ifndef BT_LOOP_CHORE_H
#define BT_LOOP_CHORE_H

#include "control/control.h"

enum { BT_CHORE_LINE = 640 };

struct bt_chores {
  struct {
    int pid, fd; /* 0: none runs */
    struct bt_chore_state state;
    char line[BT_CHORE_LINE];
    size_t n;
  } v[BT_CHORE_COUNT];
  int64_t verified_us; /* monotonic: when the last verification began, or the broker; 0: not looked at */
};

#endif

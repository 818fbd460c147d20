/* Room on the disk ahead of the end of a file that grows: what is written there later finds room although the disk is
 * full, and whoever filled it cannot have it.
 *
 * The file's size does not change. Where the file system cannot do that there is simply none ahead. */
#ifndef BT_BASE_AHEAD_H
#define BT_BASE_AHEAD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/code.h"

struct bt_ahead {
  uint64_t until;  /* allocated up to here, as far as this process has asked for it */
  uint64_t wanted; /* what was asked for the last time */
  bool never;      /* this file system does not */
};

/* Sees that `bytes` behind `used` are allocated; asks the system only where half of it is gone, or where it is another
 * number than the last time: of a smaller one the rest is given back. -BT_FULL: the disk has
 * no room, and what was there stays; -BT_ABSENT: this file system cannot; -BT_IO. May take as long as the file system
 * does for that much. */
int bt_ahead_keep(struct bt_ahead *a, int fd, uint64_t used, uint64_t bytes) BT_MUST_CHECK;
/* Bytes behind `used` that are there for sure. */
uint64_t bt_ahead_of(const struct bt_ahead *a, uint64_t used);

#endif

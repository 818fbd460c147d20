/* How far something that takes long has come, for somebody at a terminal: one line that is written over and over.
 *
 * Nothing is written in the first second, so what is quick says nothing. The caller knows whether there is a terminal:
 * without one `to` is NULL, and the calls do nothing. Zeroed but for `to` to begin with. */
#ifndef BT_BASE_PROGRESS_H
#define BT_BASE_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct bt_progress {
  FILE *to;
  const char *what;
  uint64_t first;            /* where it began */
  int64_t began_us, told_us; /* monotonic */
  bool shown;                /* there is a line to wipe away */
};

/* what: a literal; another one begins anew. all: 0 where nobody knows. Says the rate and the time that is left. */
void bt_progress_say(struct bt_progress *p, const char *what, uint64_t done, uint64_t all);
void bt_progress_end(struct bt_progress *p);

#endif

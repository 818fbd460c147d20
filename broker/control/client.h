/* One operator's connection. Private to this room.
 *
 * Lines in, answers out, both bounded: a line by BT_CLIENT_LINE, an answer where it is rendered. The next line is only
 * looked at once the answer before it is written, so a client that does not read costs one answer. Nothing here blocks.
 */
#ifndef BT_CONTROL_CLIENT_H
#define BT_CONTROL_CLIENT_H

#include "control/command.h"

enum { BT_CLIENT_LINE = 4096, BT_CLIENT_NAME = 64 };

struct bt_client {
  int fd; /* -1: free */
  enum bt_privilege privilege;
  uint32_t uid;
  struct bt_run *running;    /* a command that is not done yet */
  char name[BT_CLIENT_NAME]; /* of the peer's user */
  int64_t heard_us;          /* monotonic: when it was last served */
  bool ended;                /* the peer sends no more */
  bool waits;                /* and there is nothing to do for it before something happens */
  int64_t taken_us;          /* monotonic: when it last took something of an answer */
  bool closing;              /* nothing more is taken; goes once its answer is written */
  size_t in_n;
  char in[BT_CLIENT_LINE];
  char *out;
  size_t out_n, out_sent;
};

void bt_client_init(struct bt_client *c, int fd, enum bt_privilege privilege, const char *name, uint32_t uid);
void bt_client_fini(struct bt_client *c);          /* closes; idle already: fine */
short bt_client_events(const struct bt_client *c); /* what to poll for */
/* Does not take the answer that waits for it. */
bool bt_client_is_stuck(const struct bt_client *c);
/* Reads, runs, writes; begins no further line at until_us (monotonic). False: the connection is over. */
bool bt_client_serve(struct bt_client *c, const struct bt_control_context *context, int64_t until_us);

#endif

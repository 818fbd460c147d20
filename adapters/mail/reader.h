/* The process in which mail is read (read.h), seen from the adapter.
 *
 * A mail that kills its reader, or keeps it too long, costs that process and no more: it is read once again, its
 * beginning alone, and after that given up. The reader knows no secret and has no connection. */
#ifndef MAIL_READER_H
#define MAIL_READER_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "net.h"
#include "read.h"

enum { READER_SHORT = 32 << 10 }; /* of the second try */

enum reader_state { READER_FREE, READER_BUSY, READER_DONE };

struct reader {
  struct net *net;
  struct read_limits limits;
  enum reader_state state;
  pid_t pid;
  int fd;
  int64_t deadline_ms;
  char *out, *in;
  size_t out_n, out_at, in_n;
  int tries;
  json_t *json;  /* what was read; NULL: it could not be */
  bool is_short; /* only the beginning was */
};

void reader_init(struct reader *r, struct net *net, const struct read_limits *limits);
void reader_fini(struct reader *r);
/* Begins to read; the state is READER_DONE later, also where it failed. -1 with errno: it could not begin. */
int reader_ask(struct reader *r, const char *mail, size_t n);
/* READER_FREE again; what was read, to be freed with json_decref, or NULL. */
json_t *reader_take(struct reader *r);
int reader_step(struct reader *r); /* milliseconds until it wants to be called again, -1 */

/* The other side: `program --read-mail parts depth ms`, with the adapter at descriptor 0. Returns the exit code. */
int reader_main(int argc, char **argv);
extern const char reader_word[]; /* "--read-mail" */

#endif

/* One connection to PostgreSQL that never blocks (but for the resolver, where the server is given by name).
 *
 * It connects, watches over itself and connects again, with a capped and jittered wait. On it runs one job at a time: a
 * list of commands that are sent together (libpq's pipeline mode); the first that fails ends the job. A job whose
 * answer stays away for longer than its time ends the connection: the server hangs, or the network does.
 *
 * Memory: everything a job points to must live until its `done`. Results handed to `done` belong to the link, unless it
 * takes them out. */
#ifndef BATON_POSTGRES_LINK_H
#define BATON_POSTGRES_LINK_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LINK_WORDS 256
#define LINK_COMMANDS_MAX 300

struct command {
  const char *name; /* of a prepared statement: prepares sql as that, or runs it where sql is NULL */
  const char *sql;
  int n;
  const char *const *value; /* texts or NULL, n of them */
  const Oid *type;          /* of these, 0: as the server sees it; NULL: all */
};

struct answer {
  bool lost;         /* the connection ended; what was sent may have been done or not */
  int failed;        /* the command that failed; -1: none */
  const char *state; /* its SQLSTATE, "" where there is none */
  const char *words; /* and the server's message, on one line of printable ASCII */
  PGresult **result; /* one for each command that succeeded, NULL for others */
};

typedef void link_done(void *context, struct answer *a);

enum link_state { LINK_WAITS, LINK_CONNECTS, LINK_OPENS, LINK_READY };

/* Where and how to connect: of the configuration, for all links. */
struct link_to {
  const char *conninfo, *password;
  int64_t connect_ms, statement_ms, lock_ms, answer_ms, retry_first_ms, retry_most_ms;
};

struct link {
  /* the owner's */
  const char *name;
  const struct link_to *to;
  int epoll;
  void (*on_open)(void *context);   /* connected: the owner's first job, which ends with link_opened or link_refuse */
  void (*on_notify)(void *context); /* may be NULL */
  void *context;

  enum link_state state;
  PGconn *conn;
  unsigned attempt;
  int64_t due_ms;         /* try again, give up connecting, or give up the job; 0: none */
  char words[LINK_WORDS]; /* what is wrong; "": nothing, or it was never tried */
  char failure[LINK_WORDS], sqlstate[6];

  bool busy;
  link_done *done;
  void *done_context;
  int n, at, failed, nulls;
  int64_t opened_ms; /* when this connection was there */
  uint64_t received; /* bytes, before the last job */
  PGresult *result[LINK_COMMANDS_MAX];
};

/* Does what there is to do; milliseconds until it wants to be called again even if its descriptor stays silent, -1:
 * never. */
int link_step(struct link *l);
void link_close(struct link *l);
/* Whether a job can begin now (LINK_OPENS counts for the owner's first one). */
bool link_idle(const struct link *l);
/* Bytes that came on this connection so far; 0 where the system does not count them (a socket of this machine). */
uint64_t link_received(const struct link *l);
/* Only on an idle link. done is called once, never from inside. */
void link_run(struct link *l, const struct command *c, int n, link_done *done, void *context);
void link_opened(struct link *l);
/* Work was done on it: what was wrong is over, and the waits begin anew. */
void link_well(struct link *l);
/* Ends the connection because of these words; it is tried again later. */
void link_refuse(struct link *l, const char *words);
/* One line, printable ASCII, at most LINK_WORDS - 1 bytes. */
void link_words(char to[LINK_WORDS], const char *from);

#endif

/* Puts deliveries into the database: those that wait together in one transaction, each with a line in baton.taken, by
 * which one that comes again is recognised. They are acknowledged once the transaction is committed.
 *
 * What fails because of what stands in it is rejected; where a lock, a deadlock or a limit is in the way, it is asked
 * for again; while the server is away the deliveries are kept, and the broker is told that they are in progress.
 *
 *   sink.c        the queue and its transactions
 *   statements.c  which statements a delivery runs, with which values
 */
#ifndef BATON_POSTGRES_SINK_H
#define BATON_POSTGRES_SINK_H

#include "baton.h"
#include "link.h"

#define STATEMENTS_MAX 64
#define PARAMETERS_MAX 32
#define STATEMENTS_A_KIND 8

struct statement {
  const char *kind; /* "*": every other */
  char name[24];    /* of the prepared statement */
  const char *sql;
  const char *path[PARAMETERS_MAX];
  int n;
};

struct statements {
  struct baton_table *table;
  struct statement s[STATEMENTS_MAX];
  int n;
};

/* Reads the list `statements`; with_inbox adds the shipped inbox for every kind that has none. -1: error (256 bytes).
 */
int statements_read(struct statements *t, const char *file, bool with_inbox, char *error);
void statements_fini(struct statements *t);

struct parcel {
  struct parcel *next;
  uint64_t sequence;
  uint32_t attempt;
  bool running, alone; /* alone: it was in a transaction that failed */
  bool redelivery;     /* an operator had it made again */
  int64_t told_ms;
  char number[24], stream[24], version[24];
  int n;
  struct filled {
    const struct statement *statement;
    char *value[PARAMETERS_MAX];
  } filled[STATEMENTS_A_KIND];
};

/* Fills in what this delivery runs; adapter is its name. -1: no memory. */
int statements_fill(const struct statements *t, const baton_delivery *d, const char *adapter, struct parcel *p);
void parcel_free(struct parcel *p);

struct sink {
  struct statements statements;
  int64_t keep_days; /* of baton.taken */
  struct link link;
  baton *b;
  char adapter[40];
  struct parcel *first, **end;
  bool in_job;
  int running;
  int64_t clean_ms, look_ms;
  uint64_t taken, repeats, rejected, retried;
};

void sink_open(void *context);
void sink_fini(struct sink *k);
baton_verdict sink_delivery(struct sink *k, const baton_delivery *d);
int sink_step(struct sink *k, baton *b);

#endif

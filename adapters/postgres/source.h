/* Reads rows and sends them as events, in the order of their positions, each once.
 *
 * Positions are given out in one order and become visible in another: a slow transaction shows a row of a smaller
 * position after a larger one was seen. Therefore reading goes from mark to mark. A mark is the largest position that
 * is visible, and then the transactions that hold the lock on the table which an INSERT takes before it asks for its
 * position, and keeps until it is visible or gone. When those have ended, nothing at or below the mark can still
 * appear, and the rows up to it are read. No other transaction is waited for, and writers wait for nobody.
 *
 *   source.c       the rounds: mark, wait, read, clean up
 *   source_read.c  the rows up to the mark; one by one, where one of them fails
 *   source_open.c  at each connection: is this the database, is it as it was left
 *   source_rows.c  rows into events, with the cursor
 *   receipts.c     what became of them; rejects
 */
#ifndef BATON_POSTGRES_SOURCE_H
#define BATON_POSTGRES_SOURCE_H

#include "baton.h"
#include "link.h"
#include "map.h"
#include "place.h"

#define PENDING_KEY_MAX 128

/* A row on its way: sent, or refused and on its way to the rejects. */
struct pending {
  struct pending *previous, *next;
  int64_t position;
  bool refused, storing;
  char key[PENDING_KEY_MAX + 1];
  char code[32], reason[600];
};

enum source_phase { SOURCE_RESTS, SOURCE_MARKED, SOURCE_WAITS, SOURCE_READS };

struct source {
  /* options */
  bool outbox; /* else a query */
  const char *query, *position_column, *name;
  int64_t batch, poll_ms, settle_ms, start_after, keep_days;
  bool keeps_rejects;
  char *tables; /* whose writers are waited for, a JSON array */
  struct map *map;

  struct link link;
  baton *b; /* from the first step on */
  char *peek_sql, *next_sql, *read_sql;
  bool asked, has_place;
  struct place place; /* as last sent, or found at the start */
  int64_t resent_to;  /* rows up to here were decided in an earlier run: the cursor is past them */
  int64_t read;       /* the last position read */
  int64_t said;       /* up to here the cursor said that all is settled */

  enum source_phase phase;
  bool in_job, notified;
  int64_t mark, due_ms, marked_ms, clean_ms, not_before_ms;
  int wait_ms;
  char *writers; /* virtual transactions, a JSON array */

  int64_t careful; /* so many rows are still read one by one */
  bool has_one;
  int64_t one; /* the position of the one that is next */
  int bad_run; /* rows in a row on which the query failed */

  PGresult *rows;
  int row, n_rows; /* the next, and how many count */
  int *field;      /* of the map's columns */
  int position_field;
  struct mapped mapped; /* of that row, when the broker had no room for it */
  bool has_event;

  struct pending *first, *last;
  size_t n_refused; /* of them */
  bool rewind;      /* the broker wants some again: from the first that is not settled, once the rest is */
  unsigned rewinds;
  uint64_t accepted, duplicates, refused;
  char trouble[LINK_WORDS]; /* not well, and why; "" */
};

/* 0, or -1: error (256 bytes). */
int source_start(struct source *s, char *error);
void source_fini(struct source *s);
/* Milliseconds until it wants to be called again, -1: when something happens. */
int source_step(struct source *s, baton *b);
void source_trouble(struct source *s, const char *words);

/* source.c: false: it failed, and the link is closed with the server's words. */
bool source_good(struct source *s, const struct answer *a);
void source_rest(struct source *s, int64_t ms);

/* ---- source_read.c ---- */
bool source_read_sql(struct source *s); /* false: no memory */
void source_read(struct source *s);
extern const Oid source_types[2][3]; /* of $1, $2, $3: for a query, for the outbox */

/* ---- source_open.c ---- */
void source_open(void *context);
bool source_ask(struct source *s, baton *b);

/* ---- source_rows.c ---- */
/* Binds the columns of the result that was just read and drops rows whose like may be cut off. false: link refused. */
bool source_take(struct source *s, PGresult *rows);
/* Sends as many rows as the broker takes; true: none is left. */
bool source_send(struct source *s, baton *b);
/* Refuses the row at this position, which cannot be read. */
void source_pass_unread(struct source *s, int64_t position, const char *why);
/* Moves the cursor alone when all is settled. */
void source_send_place(struct source *s, baton *b);

/* ---- receipts.c ---- */
void source_receipt(struct source *s, const baton_receipt *r);
struct pending *source_pend(struct source *s, int64_t position, const char *key);
void source_unpend(struct source *s, struct pending *p);
void source_refuse(struct source *s, struct pending *p, const char *code, const char *reason);
/* Puts refused rows into the rejects; true: a job was begun. */
bool source_store(struct source *s);

#endif

/* One supervised program between its pipes and the broker.
 *
 *   translate.c   a line of the program → something said to the broker
 *   spooled.c     events that go through the spool
 *   report.c      receipts, deliveries, answers and complaints → lines for the program
 *   ask.c         its queries
 *   health.c      how it does, for operators
 *   find.c        is the program there
 *   run.c         starting, pumping, ending, starting again
 *
 * With mode = "each" the program is started once per delivery instead: call.c is one such run, each.c is all of them,
 * refused.c what the next try is told of the one before.
 *
 * baton-exec(1) has the lines. */
#ifndef BATON_EXEC_EXEC_H
#define BATON_EXEC_EXEC_H

#include "baton.h"
#include "child.h"
#include "hands.h"
#include "lines.h"
#include "members.h"

/* An event of the program that has no receipt yet. */
struct sent {
  struct sent *previous, *next;
  uint64_t run; /* which start of the program sent it */
  size_t key_n, tag_n;
  char text[]; /* key and tag as the program wrote them */
};

struct exec {
  /* options */
  const char *command, *directory;
  bool restart, listens;
  int64_t restart_first_ms, restart_most_ms, stop_ms;

  char **argv;
  baton *b; /* from the first step on */
  char *adapter, *department;
  struct child child;
  struct lines out, err;
  struct outbox box; /* lines for the program */
  struct hands hands;
  struct sent *first;
  struct sent *put, **put_end; /* in the spool once this round is committed */

  uint64_t run;     /* how often the program was started */
  unsigned attempt; /* starts that did not last */
  int64_t start_due_ms, started_ms;
  bool ended, failed; /* it ended for good; and not well */
  bool stopping;      /* because the adapter does */
  int status;
  char why[192]; /* how its last run ended */
  uint64_t bad_lines, events, refused;
  bool greeted; /* this run had its hello */
  bool full;    /* the broker has no room: the current line waits */
  bool down;    /* reported so, because it ended */
};

/* ---- translate.c ---- */
/* false: the broker has no room for it now; the same line again later. */
bool exec_translate(struct exec *x, const char *line, size_t n);

/* ---- report.c ---- */
void exec_on_connected(void *context, const char *adapter, const char *department);
void exec_on_receipt(void *context, const baton_receipt *receipt);
baton_verdict exec_on_delivery(void *context, const baton_delivery *delivery);
void exec_say_hello(struct exec *x);
/* {"NAME":json,"tag":tag}; tag.at may be NULL. */
void exec_say(struct exec *x, const char *name, const char *json, size_t n, struct piece key, struct piece tag);
/* The current line is wrong: why, and what would be right. */
void exec_complain(struct exec *x, struct piece tag, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* {"error":{"line":line,"text":text},"tag":tag} */
void exec_say_error(struct exec *x, uint64_t line, struct piece tag, const char *text);
/* A delivery whose program is gone: it comes again. d is freed. */
void exec_give_back(struct exec *x, struct hand *d);
/* Moves deliveries to the program as far as it reads. */
void exec_hand_over(struct exec *x);

/* ---- spooled.c ---- */
/* Puts an event into the spool; the program is told once it is durable, or that there is no room. One that does not
 * listen cannot be told: false, and its line waits until there is room. */
bool exec_put(struct exec *x, struct piece key, struct piece tag, const char *source_key, baton_event *event);
/* Makes durable what was put, and tells the program. */
void exec_commit(struct exec *x);
/* The receipt of an event that went through the spool, perhaps in an earlier run. */
void exec_spooled_receipt(struct exec *x, const baton_receipt *r);
void exec_forget_put(struct exec *x);

/* ---- ask.c ---- */
/* false: too many queries are under way; the same line again later. */
bool exec_ask(struct exec *x, struct piece query, struct piece tag);

/* ---- health.c ---- */
void exec_down(struct exec *x); /* its run ended, as x->why says */
void exec_up(struct exec *x);   /* what exec_down said is over */
/* Of a program that runs: milliseconds until it counts as well again; -1: it does, or says so itself. */
int exec_steady_ms(struct exec *x, int64_t now_ms);
/* As the program says. false: not one of the states, or one that wants a text has none. */
bool exec_health(struct exec *x, const char *state, const char *text);

/* ---- run.c ---- */
int exec_check(void *context, const char *config_file);
int exec_start(void *context, baton_options *connection, const char *config_file);
int exec_step(void *context, baton *b);
int exec_fd(void *context);
void exec_stop(void *context);
void exec_fini(struct exec *x);

#endif

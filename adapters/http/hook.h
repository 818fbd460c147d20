/* The way out: deliveries as signed calls to a department's system (a CRM, a helpdesk, a chat tool).
 *
 *   hook.c          a delivery comes, waits, is called out, and is settled by what the system answered
 *   hook_choose.c   which system it goes to
 *   hook_target.c   one system: its calls in order, its pauses, whether it counts as down
 *   hook_settle.c   verdicts, and what of them the log is told
 *   hook_call.c     one call: headers, signature, the answer as far as it is wanted
 *   hook_judge.c    what a status or a broken connection means
 *   hook_answer.c   events in an answer
 *   hook_body.c     the body by a mapping
 *   hook_read.c     the configuration; hook_read_lists.c, hook_url.c, hook_header.c, hook_secret.c parts of it
 *
 * One thread, nothing blocks but hooks_stop. A delivery is one call at a time, and the broker has at most one delivery
 * of a case unsettled, so calls about one case are in order; between cases there is none. A delivery that waits here is
 * kept alive with IN_PROGRESS. Nothing is stored: what is not settled when this process dies comes again from the
 * broker, with the same Baton-Delivery. */
#ifndef BATON_HTTP_HOOK_H
#define BATON_HTTP_HOOK_H

#include "baton.h"

struct hook_target;
struct net;

struct hooks {
  /* options: hooks.progress_ms, hooks.retry_first_ms, hooks.retry_most_ms */
  int64_t progress_ms, first_ms, most_ms;

  struct hook_target *target; /* in the order of the configuration: the first that wants a delivery gets it */
  size_t n_targets;
  struct net *net;
  baton *b;            /* from the first step on */
  char adapter[65];    /* our name */
  char department[65]; /* whose deliveries they are */
  size_t share;        /* deliveries that one target that is down may keep from the others */
  int64_t progress_due_ms;
  uint64_t unwanted; /* deliveries that no target wants */
  bool stopping;
};

/* The options' keys, for the table of baton_main. */
#define HOOKS_OPTIONS(h)                                                                                               \
  {"hooks.targets", BATON_SECTION, NULL, NULL, 0, 0, "the systems that deliveries go to"},                             \
      {"hooks.progress_ms",                                                                                            \
       BATON_INT,                                                                                                      \
       &(h)->progress_ms,                                                                                              \
       "10000",                                                                                                        \
       100,                                                                                                            \
       600000,                                                                                                         \
       "milliseconds after which the broker is told that a delivery is still in hand; well under its "                 \
       "settle_timeout_ms"},                                                                                           \
      {"hooks.retry_first_ms",                                                                                         \
       BATON_INT,                                                                                                      \
       &(h)->first_ms,                                                                                                 \
       "1000",                                                                                                         \
       1,                                                                                                              \
       600000,                                                                                                         \
       "milliseconds before the first retry, at most; doubles from there"},                                            \
  {                                                                                                                    \
    "hooks.retry_most_ms", BATON_INT, &(h)->most_ms, "60000", 1, 3600000,                                              \
        "milliseconds between two tries of a system that is down, at most"                                             \
  }

/* For check: reads hooks.targets, with the secrets. 0, or -1 with file, line and key in error (at least 256 bytes).
 * Without the section there are no targets, and every delivery is rejected. */
int hooks_read(struct hooks *h, const char *config_file, char *error);
/* 0, or -1 with errno. */
int hooks_start(struct hooks *h, const baton_options *connection);
/* For on_connected, on_delivery and on_receipt. */
void hooks_connected(struct hooks *h, const char *adapter, const char *department);
baton_verdict hooks_deliver(struct hooks *h, const baton_delivery *d);
/* Of a receipt with `delivery` set. */
void hooks_receipt(struct hooks *h, const baton_receipt *r);
/* Milliseconds until it wants to be called again; -1: when something happens. */
int hooks_step(struct hooks *h, baton *b);
int hooks_fd(const struct hooks *h); /* -1: none */
/* How the systems do; why gets the sentence ("" when well). */
baton_health_state hooks_health(const struct hooks *h, char why[256]);
/* Gives calls under way up to 2 s to end; begins none. */
void hooks_stop(struct hooks *h);
void hooks_fini(struct hooks *h);

#endif

/* What waits to be sent: mail about deliveries, each settled when the server has answered, and mail to those who wrote.
 *
 * While the server cannot be talked to, all of it waits here and nothing is given up; a delivery that waits is said to
 * be in progress. A mail that the server puts off or refuses is the broker's to decide on: retry, dead letter. */
#ifndef MAIL_POST_H
#define MAIL_POST_H

#include "baton.h"
#include "compose.h"
#include "smtp.h"

struct letter;
struct post {
  struct net *net;
  const struct settings *settings;
  baton *b;
  struct letter *first, *last;
  struct letter *current; /* the one on its way */
  struct smtp *smtp;
  unsigned attempts, replies;
  int64_t again_ms, progress_ms;
  char why[SMTP_WHY]; /* the server cannot be talked to; "" */
};

void post_init(struct post *p, struct net *net, const struct settings *s);
void post_fini(struct post *p); /* open deliveries come again in the next session */
/* About a delivery. attempt: of the delivery. -1: no memory. */
int post_deliver(struct post *p, uint64_t sequence, uint32_t attempt, const struct mail *m);
/* To somebody who wrote; `address` is copied. At most 64 wait: -1. */
int post_reply(struct post *p, const char *address, const struct mail *m);
int post_step(struct post *p, baton *b);   /* milliseconds until it wants to be called again, -1 */
size_t post_replies(const struct post *p); /* that wait */

#endif

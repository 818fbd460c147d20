/* Which deliveries become a mail to the department's people, and what it says. */
#ifndef MAIL_NOTICE_H
#define MAIL_NOTICE_H

#include "baton.h"
#include "post.h"

enum { NOTICE_ADVISORIES_KNOWN = 64 };

struct notice {
  const struct settings *settings;
  struct post *post;
  char department[33]; /* whose mailbox this is */
  /* An advisory comes with every case that it bears on; it is told once. In memory alone: after a restart, once more.
   */
  struct {
    uint64_t advisory, sequence; /* of the delivery that tells it */
  } told[NOTICE_ADVISORIES_KNOWN];
  unsigned turn;
  baton *b;
  bool is_over;          /* the program ends: what still comes is left for the next session */
  struct telling *first; /* wait for a card */
};

/* The verdict; BATON_LATER where a mail is on its way. */
baton_verdict notice_deliver(struct notice *n, const baton_delivery *d);
void notice_step(struct notice *n, baton *b);
void notice_fini(struct notice *n);
/* How an offer is answered; for the answers to answers too. */
extern const char notice_how_to_answer[];

#endif

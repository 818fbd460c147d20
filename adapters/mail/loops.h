/* Tells mail that no person wrote: answers of robots, reports, lists. Such mail is never a contact and never answered,
 * or two robots would write to each other for ever. */
#ifndef MAIL_LOOPS_H
#define MAIL_LOOPS_H

#include <gmime/gmime.h>

enum { LOOPS_WHY = 120 };

/* Why, "Auto-Submitted: auto-replied"; "" where a person may have written it. */
void loops_find(GMimeMessage *message, char ret[LOOPS_WHY]);
/* The list that it came through, or that it came through one; "" where not. A department may have its mailbox behind
 * one. */
void loops_find_list(GMimeMessage *message, char ret[LOOPS_WHY]);

#endif

/* The connection below an imap: made by libcurl, closed, tried again. */
#ifndef MAIL_IMAP_LINK_H
#define MAIL_IMAP_LINK_H

#include "imap.h"

void imap_dial(struct imap *m);
void imap_hang_up(struct imap *m);
/* Closes it and says why; what is under way is IMAP_LOST, and it is tried again later. */
__attribute__((format(printf, 2, 3))) void imap_lose(struct imap *m, const char *format, ...);
void imap_clean(char *words); /* of the server: printable ASCII is left of them */

#endif

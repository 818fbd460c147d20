/* Sends one mail, by libcurl. */
#ifndef MAIL_SMTP_H
#define MAIL_SMTP_H

#include <stddef.h>

#include "net.h"
#include "settings.h"

enum sent {
  SENT,         /* the server took it (250) */
  SENT_LATER,   /* not this mail, now (4xx) */
  SENT_REFUSED, /* not this mail, ever (5xx) */
  SENT_CUT,     /* the connection ended within this mail: nobody knows why */
  SENT_AWAY     /* the server cannot be talked to: not this mail's fault */
};
enum { SMTP_WHY = 200 };

struct smtp; /* one mail on its way */
/* why: a sentence, also with SENT where a recipient was refused; else "". The smtp is gone after it. */
typedef void smtp_done(void *user, enum sent sent, const char *why);

/* data (with CRLF) stays valid until `done`, which is called from net_step. NULL: no memory. */
struct smtp *smtp_send(struct net *net, const struct settings *s, const struct addresses *to, const char *data,
                       size_t n, smtp_done *done, void *user);
void smtp_free(struct smtp *p); /* NULL is fine; `done` is not called any more */

#endif

/* Authentication-Results (RFC 8601): what our own mail server found out about who sent a mail.
 *
 * Anybody can write such a field into a mail. Only those of one server, by its authserv-id, count, and that server has
 * to take out those that others wrote under its name. What does not parse to the letter proves nothing. */
#ifndef MAIL_AUTHRES_H
#define MAIL_AUTHRES_H

#include <stdbool.h>
#include <stddef.h>

struct authres {
  unsigned ours;                 /* fields of that server */
  bool bad;                      /* one of them is malformed, or says that nothing was looked at */
  bool dmarc, dkim, other_dmarc; /* passed for the domain; a DMARC result that is no pass for it */
};

/* Adds one field's value to what is known. domain: of the sender's address. */
void authres_add(struct authres *r, const char *value, const char *authserv_id, const char *domain);
/* The domain's owner stands behind the mail: DMARC passed, or, where that was not looked at, DKIM of this very domain.
 */
bool authres_proves(const struct authres *r);

#endif

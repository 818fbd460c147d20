/* Reports that a mail was not delivered (RFC 3464). */
#ifndef MAIL_RETURNED_H
#define MAIL_RETURNED_H

#include <gmime/gmime.h>
#include <jansson.h>

/* {id, subject, recipient, status, failed} of the mail that came back; NULL where this is no such report. failed: for
 * good, not only late. */
json_t *returned_read(GMimeMessage *message);

#endif

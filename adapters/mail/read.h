/* Reads one mail: what it says, who wrote it, what it answers. Runs in a process of its own (reader.h), because what
 * comes in a mail is made by anybody. */
#ifndef MAIL_READ_H
#define MAIL_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
  READ_TEXT_MAX = 32 << 10, /* before quotes are taken off */
  READ_ATTACHMENTS = 16,    /* told by name */
  READ_HEADER_MAX = 1000,   /* of one value */
  READ_RESULTS = 32,        /* fields of Authentication-Results, and what stands between them */
  READ_RESULT_MAX = 4000
};

struct read_limits {
  int64_t max_parts, max_depth;
  int64_t ms; /* after which no further part is begun */
};

/* A JSON object (free it with g_free), or NULL where there is no memory:
 *   from, name, subject      decoded, without control characters; "" where there is none
 *   ids [...]                Message-IDs that it answers, newest first
 *   to [...]                 addresses that it went to
 *   ref, loop                X-Baton-Ref, X-Baton-Loop
 *   senders                  how many addresses stand in From
 *   results [...]            Authentication-Results, from the top; "" stands for a Received in between
 *   automatic                why no person wrote this ("Auto-Submitted: auto-replied"); "" where one did
 *   list                     the mailing list that it came through; ""
 *   text, trimmed            what it says; whether quotes were taken off
 *   cut                      why that is not all; ""
 *   attachments [{name, type, bytes, sha256}], more   and how many more there are
 *   returned {id, subject, recipient, status, failed} a report about a mail that was not delivered */
char *read_mail(const char *mail, size_t n, const struct read_limits *limits);

#endif

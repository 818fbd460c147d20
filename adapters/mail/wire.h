/* What an IMAP server says (RFC 3501), as far as this adapter asks for it. Everything in it may be hostile.
 *
 * A response is one line; the one literal that is kept is that of BODY[], all others are passed over. */
#ifndef MAIL_WIRE_H
#define MAIL_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { WIRE_LINE_MAX = 4 << 20 }; /* a search that finds half a million mails */

struct wire {
  char *line; /* NUL-terminated, without CRLF; where a literal stood, "~" */
  size_t n, room;
  char *body; /* of the BODY[] literal */
  size_t body_n, body_room, body_max;
  size_t literal_left;
  bool keeps; /* the literal that is being read */
  bool has_body, is_whole;
};

void wire_init(struct wire *w, size_t body_max);
void wire_fini(struct wire *w);
/* Takes bytes up to the end of a response. Returns how many; *ret_whole: a response is there, until the next call.
 * -1: longer than it may be, or no memory. */
ssize_t wire_feed(struct wire *w, const char *bytes, size_t n, bool *ret_whole);

struct wire_mail {
  uint32_t uid;
  uint64_t size;
  char received[64];     /* INTERNALDATE, as it stands */
  bool has_body, is_nil; /* is_nil: the server says that it has none */
};
/* "* n FETCH (...)": whether it is one, and what it says. */
bool wire_fetched(struct wire *w, struct wire_mail *ret);
/* "* SEARCH n n ...": whether it is one. The UIDs that are `first` or more go to uids, the lowest `max` of them, in
 * order. */
bool wire_searched(const char *line, uint32_t first, uint32_t *uids, size_t max, size_t *ret_n);
/* The number behind a word such as "[UIDVALIDITY "; false where it is not there. */
bool wire_number(const char *line, const char *word, uint32_t *ret);
/* "19-Nov-2026 10:00:00 +0100" to microseconds since 1970; 0: not a time. */
int64_t wire_time_us(const char *received);

#endif

/* Finds what a mail is about: Baton's refs in a Subject, Message-IDs in In-Reply-To and References. */
#ifndef MAIL_REFS_H
#define MAIL_REFS_H

#include <stdbool.h>
#include <stddef.h>

enum { REF_TEXT = 32, IDS_MAX = 32 };

/* The first ref in brackets, "[0000-0A3F-K]"; without brackets where "ref", "case" or "#" stands before it. Whether
 * there is a case of that number is for the broker to say. */
bool refs_find(const char *text, char ret[REF_TEXT]);

/* Calls `each` for the Message-IDs in a header's value, brackets left out, the last one first, IDS_MAX at most. */
void refs_ids(const char *value, void (*each)(void *user, const char *id), void *user);

#endif

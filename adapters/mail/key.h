/* The source key of a mail: the same whenever and from wherever it is read again. */
#ifndef MAIL_KEY_H
#define MAIL_KEY_H

#include <stdbool.h>
#include <stddef.h>

enum { KEY_TEXT = 48 };

/* Of the mail's first bytes as they came. Mails of one Message-ID are one where author, date, subject and text are the
 * same, so that a copy which came another way counts once, and one that only borrows the Message-ID does not. Without a
 * usable Message-ID all bytes count, and when the server got them (its INTERNALDATE). */
void key_make(const char *mail, size_t n, const char *received, char ret[KEY_TEXT]);

#endif

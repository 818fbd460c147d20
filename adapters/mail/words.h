/* Text from outside made fit to be passed on: UTF-8, and no control characters but line feeds and tabs. */
#ifndef MAIL_WORDS_H
#define MAIL_WORDS_H

#include <stddef.h>

/* One line of at most max bytes: what breaks lines becomes a space. Free with g_free. */
char *words_line(const char *text, size_t max);
/* Lines that end in LF; blank lines at most one in a row. Free with g_free. */
char *words_text(const char *text, size_t n);
/* Cuts at a character, at most max bytes with the NUL. */
void words_cut(char *text, size_t max);

#endif

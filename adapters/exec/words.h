/* Splits a command line into words, much as a shell does but without a shell: blanks divide, '…' keeps everything, "…"
 * keeps blanks, a backslash keeps the next character (outside '…'). Nothing is expanded; who wants a shell names it:
 * /bin/sh -c '…'. */
#ifndef BATON_EXEC_WORDS_H
#define BATON_EXEC_WORDS_H

/* A NULL-ended array in one block of memory (free it). NULL: no memory, or error (may not be NULL) says what is wrong.
 */
char **words_split(const char *line, const char **error);

#endif

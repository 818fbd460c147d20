/* Whether the program that is to be started is there, before anything is started. */
#ifndef BATON_EXEC_FIND_H
#define BATON_EXEC_FIND_H

#include <stdbool.h>
#include <stddef.h>

/* As starting it would look: a name with a slash is a path, seen from `directory` ("": here); another is looked for in
 * PATH. false: why (n bytes) gets the sentence. */
bool find_program(const char *program, const char *directory, char *why, size_t n);

#endif

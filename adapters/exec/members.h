/* Takes one JSON object apart into its members without building a tree: each value stays a piece of the line.
 *
 * An event is by far the greatest part of a line, and libbaton parses it anyway; to parse it here too, and write it out
 * again in between, would cost as much again. This only finds where values begin and end. What a value is worth is for
 * its reader to say: a piece may still be bad JSON inside, and members_value_ok says whether it is. */
#ifndef BATON_EXEC_MEMBERS_H
#define BATON_EXEC_MEMBERS_H

#include <stdbool.h>
#include <stddef.h>

#define MEMBERS_MAX 8

struct piece {
  const char *at; /* NULL: not there */
  size_t n;
};

struct members {
  size_t n;
  struct piece name[MEMBERS_MAX]; /* without quotes, escapes as they stand */
  struct piece value[MEMBERS_MAX];
};

/* false: error says what is wrong. Pieces point into line. */
bool members_split(const char *line, size_t n, struct members *ret, const char **error);
struct piece members_get(const struct members *m, const char *name);
/* Is it one well-formed JSON value? */
bool members_value_ok(struct piece value);

#endif

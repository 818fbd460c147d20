/* What is wrong with a configuration: all of it, in the order of the files' lines. */
#ifndef BT_CONFIG_PROBLEMS_H
#define BT_CONFIG_PROBLEMS_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/arena.h"

struct bt_problem;
struct bt_problems {
  struct bt_arena arena;
  struct bt_problem *first; /* newest first */
  uint32_t n;
};

void bt_problems_init(struct bt_problems *p);
void bt_problems_fini(struct bt_problems *p);
/* file is copied; key may be NULL (the line as a whole); the sentence says what is wrong, and what would be right. */
void bt_problem_add(struct bt_problems *p, const char *file, int line, const char *key, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
void bt_problem_addv(struct bt_problems *p, const char *file, int line, const char *key, const char *format,
                     va_list args) __attribute__((format(printf, 5, 0)));
/* One line each: FILE:LINE: KEY: sentence. -BT_NOMEM where some could not be kept. */
int bt_problems_print(const struct bt_problems *p, FILE *to);

/* The word nearest to `word` among `words`, or NULL when none is near enough to be what was meant. */
const char *bt_nearest(const char *word, const char *const *words, size_t n);

#endif

/* Reads the targets of the configuration. Parts of one group each: hook_read.c the single keys, hook_read_lists.c the
 * lists. */
#ifndef BATON_HTTP_HOOK_READ_H
#define BATON_HTTP_HOOK_READ_H

#include "hook_target.h"
#include "table.h"

/* Where in the file we are. */
struct hook_reading {
  const baton_table *table;
  const char *file;
  char *error; /* at least 256 bytes */
  size_t i;    /* of the target */
  struct hook_target *t;
};

/* -1, with file, line and key before the sentence. key: of this target, or "" for the target itself. */
int hook_bad(const struct hook_reading *r, const char *key, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The path of a key of this target. */
void hook_key(const struct hook_reading *r, const char *key, char path[160]);
const char *hook_text(const struct hook_reading *r, const char *key);
size_t hook_size(const struct hook_reading *r, const char *key);

int hook_read_names(struct hook_reading *r);    /* kinds, topics */
int hook_read_statuses(struct hook_reading *r); /* reject_on */
int hook_read_fields(struct hook_reading *r);
int hook_read_headers(struct hook_reading *r);

#endif

/* Reads a further configuration file of an adapter: lists of groups, such as a column mapping, for which the option
 * table of baton_main is too flat.
 *
 * The same language as every other configuration here (libconfig). Values are handed out as text: a string as it
 * stands, an integer in decimals, a boolean as "true" or "false". Paths name a value: "delimiter", "fields.[2].column",
 * "fields.[2].map.[0].is". Texts are valid until baton_table_free. */
#ifndef BATON_TABLE_H
#define BATON_TABLE_H

#include <stddef.h>

#include "baton.h"

typedef struct baton_table baton_table;

/* NULL: unreadable, no memory or bad syntax; error (at least 256 bytes, or NULL) gets file, line and what is wrong. */
BATON_API baton_table *baton_table_read(const char *file, char *error);
BATON_API void baton_table_free(baton_table *t); /* NULL is fine */
/* The text at path; NULL where there is none, or no single value. */
BATON_API const char *baton_table_get(const baton_table *t, const char *path);
/* How many elements the list or group at path has; 0 where there is none. */
BATON_API size_t baton_table_size(const baton_table *t, const char *path);
/* The source line of the value at path; 0 where there is none. */
BATON_API unsigned baton_table_line(const baton_table *t, const char *path);
/* Refuses a key of the group at path ("": the file's own) that is not among allowed (ends with NULL): -BATON_E_INVALID,
 * and error (at least 256 bytes, or NULL) names file, line and key. */
BATON_API int baton_table_check(const baton_table *t, const char *path, const char *const *allowed,
                                char *error) BATON_CHECK;

#endif

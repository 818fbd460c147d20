/* A mapping: what of a row goes where in an event. Adapters share it, so that their users learn one language.
 *
 * It is a list of the adapter's configuration file, such as `fields`. Each of its groups has a `path` (as
 * baton_event_set takes it; "kind" and "key" are the event's kind and its source key) and one source: `column`, `value`
 * (a constant) or `template` ("{column}-{column}"). What a column is, and the word for it, is the adapter's: a column
 * of a file, a JSON pointer. With `map`, a list of { is = "…"; to = "…"; }, the text is looked
 * up, and `otherwise` is taken for every other text; without `otherwise` such a row is bad. `as` converts: "seconds",
 * "milliseconds" (since 1970) or "name" (lower case, anything else than a letter or digit becomes a dash). Empty values
 * are left out; a row with an empty kind is passed over; a path that begins with another kind than the row's is left
 * out.
 *
 * Memory: the map owns its strings; everything in a mapped row but the event is inside the struct. */
#ifndef BATON_MAP_H
#define BATON_MAP_H

#include <stdbool.h>
#include <stddef.h>

#include "baton.h"

#define MAP_KEY_MAX 128
#define MAP_TEXT_MAX 4097

struct map;

struct mapped {
  baton_event *event;        /* the caller's */
  char key[MAP_KEY_MAX + 1]; /* "" where the mapping has none */
  char problem[320];         /* why it is bad: names paths and columns, never a value */
};

enum map_verdict { MAP_BAD = -1, MAP_SKIP = 0, MAP_EVENT = 1 };

/* list: where in the file, "fields"; word: what that adapter calls a column. NULL: error (at least 256 bytes) names
 * file, line and what is wrong. */
struct map *map_read(const char *file, const char *list, const char *word, char *error);
void map_free(struct map *m);
/* The columns it reads, each once. */
const char *const *map_columns(const struct map *m, size_t *ret_n);
/* value: one for each of map_columns, never NULL. */
enum map_verdict map_row(const struct map *m, const char *const *value, struct mapped *ret);
/* "handoff_offered" (n bytes) and "HandoffOffered" are one name. */
bool map_same_kind(const char *a, size_t n, const char *b);

#endif

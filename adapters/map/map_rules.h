/* The inside of a mapping, for map.c (which applies it), map_rules.c (which reads it) and map_check.c. */
#ifndef BATON_MAP_RULES_H
#define BATON_MAP_RULES_H

#include <stdbool.h>

#include "map.h"
#include "table.h"

struct map_piece {
  const char *text; /* NULL: the value of `column` */
  size_t column;
};
struct map_pair {
  const char *is, *to;
};
enum map_as { MAP_AS_TEXT, MAP_AS_SECONDS, MAP_AS_MILLISECONDS, MAP_AS_NAME };

struct map_rule {
  const char *path;
  size_t kind_n;      /* so many bytes of the path name a kind: for rows of that kind alone; 0: for every row */
  const char *source; /* the column or template, for complaints; "" for a constant */
  struct map_piece *piece;
  size_t n_pieces;
  struct map_pair *pair;
  size_t n_pairs;
  const char *otherwise; /* NULL: none */
  enum map_as as;
};

struct map {
  baton_table *table;
  const char **column;
  size_t n_columns;
  char **owned; /* strings cut out of templates */
  size_t n_owned;
  struct map_rule *rule;
  size_t n_rules;
  const struct map_rule *kind, *key; /* key: or NULL */
};

/* The kinds that rows can become, by number from 0 ("": the row is passed over), where the mapping itself lists them.
 * NULL: after the last, or at once where a column names the kind. */
const char *map_kind_at(const struct map *m, size_t i);
/* Whether every path can be set, and takes the constants that are mapped to it; fills in kind_n. -1: *ret_rule, and why
 * (256 bytes) begins with the path or the kind. */
int map_check(struct map *m, size_t *ret_rule, char *why);

#endif

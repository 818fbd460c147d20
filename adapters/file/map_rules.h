/* The inside of a mapping, for map.c (which applies it) and map_rules.c (which reads it). */
#ifndef BATON_FILE_MAP_RULES_H
#define BATON_FILE_MAP_RULES_H

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

#endif

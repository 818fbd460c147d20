/* What of a mapping can be known to be wrong before the first row: paths that no event has, constants that no field
 * takes. */
#include <stdio.h>
#include <string.h>

#include "map_rules.h"

/* The kind that a path begins with, as the library writes it; NULL: none. */
static const char *path_kind(const char *path, size_t *ret_n) {
  const char *kind, *dot = strchr(path, '.');
  *ret_n = dot ? (size_t)(dot - path) : 0;
  for (size_t i = 0; dot && (kind = baton_event_kind(i)); i++)
    if (map_same_kind(path, *ret_n, kind))
      return kind;
  *ret_n = 0;
  return NULL;
}

const char *map_kind_at(const struct map *m, size_t i) {
  const struct map_rule *k = m->kind;
  if (i < k->n_pairs)
    return k->pair[i].to;
  if (!k->n_pairs && k->n_pieces == 1 && k->piece[0].text)
    return i == 0 ? k->piece[0].text : NULL;
  return i == k->n_pairs ? k->otherwise : NULL;
}

static int check_value(const char *kind, const struct map_rule *r, const char *value, char *why) {
  if (!value || !*value || r->as != MAP_AS_TEXT)
    return 0;
  baton_event *e = baton_event_new(kind);
  int rc = e ? baton_event_put(e, r->path, value, why) : 0;
  baton_event_free(e);
  return rc;
}

/* The rule's path, and every value that the mapping itself brings, in an event of this kind. */
static int check_in(const char *kind, const struct map_rule *r, char *why) {
  bool constant = r->n_pieces == 1 && r->piece[0].text && !r->n_pairs;
  if (baton_event_check(kind, r->path, why) < 0 || check_value(kind, r, r->otherwise, why) < 0 ||
      (constant && check_value(kind, r, r->piece[0].text, why) < 0))
    return -1;
  for (size_t i = 0; i < r->n_pairs; i++)
    if (check_value(kind, r, r->pair[i].to, why) < 0)
      return -1;
  return 0;
}

/* Rows may be of any kind: some kind must take it. */
static int check_in_some(const struct map_rule *r, char *why) {
  const char *kind;
  for (size_t i = 0; (kind = baton_event_kind(i)); i++)
    if (check_in(kind, r, why) == 0)
      return 0;
  return -1;
}

static int check_rule(const struct map *m, struct map_rule *r, char *why) {
  const char *kind = path_kind(r->path, &r->kind_n);
  char sentence[256];
  if (kind)
    return check_in(kind, r, why);
  if (!map_kind_at(m, 0))
    return check_in_some(r, why);
  for (size_t i = 0; (kind = map_kind_at(m, i)); i++)
    if (*kind && check_in(kind, r, sentence) < 0) {
      snprintf(why, 256, "in %.40s: %.200s", kind, sentence);
      return -1;
    }
  return 0;
}

int map_check(struct map *m, size_t *ret_rule, char *why) {
  for (size_t i = 0; i < m->n_rules; i++) {
    struct map_rule *r = &m->rule[i];
    if (r == m->kind || r == m->key || check_rule(m, r, why) == 0)
      continue;
    *ret_rule = i;
    return -1;
  }
  return 0;
}

#include "map_rules.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Everything a rule is read with. */
struct reading {
  struct map *map;
  const char *file, *list, *word;
  char *error;
  size_t i; /* of the rule */
};

static int reading_bad(const struct reading *r, const char *format, ...) {
  char path[128];
  va_list a;
  snprintf(path, sizeof path, "%.64s.[%zu]", r->list, r->i);
  int n = snprintf(r->error, 256, "%.120s:%u: ", r->file, baton_table_line(r->map->table, path));
  va_start(a, format);
  vsnprintf(r->error + n, (size_t)(256 - n), format, a);
  va_end(a);
  return -1;
}

static const char *reading_get(const struct reading *r, const char *key) {
  char path[192];
  snprintf(path, sizeof path, "%.64s.[%zu].%.64s", r->list, r->i, key);
  return baton_table_get(r->map->table, path);
}

static void *map_grow(void *array, size_t n, size_t size) {
  return n & (n - 1) ? array : realloc(array, (n ? 2 * n : 1) * size); /* doubles at each power of two */
}

static int map_column(const struct reading *r, const char *name, size_t *ret_column) {
  struct map *m = r->map;
  for (size_t i = 0; i < m->n_columns; i++)
    if (strcmp(m->column[i], name) == 0) {
      *ret_column = i;
      return 0;
    }
  const char **grown = map_grow(m->column, m->n_columns, sizeof *m->column);
  if (!grown)
    return reading_bad(r, "no memory");
  m->column = grown;
  m->column[m->n_columns] = name;
  *ret_column = m->n_columns++;
  return 0;
}

static int map_add_piece(const struct reading *r, struct map_rule *rule, const char *text, const char *column) {
  struct map_piece *grown = map_grow(rule->piece, rule->n_pieces, sizeof *rule->piece);
  if (!grown)
    return reading_bad(r, "no memory");
  rule->piece = grown;
  struct map_piece *p = &grown[rule->n_pieces++];
  *p = (struct map_piece){.text = text};
  return column ? map_column(r, column, &p->column) : 0;
}

static const char *map_cut(const struct reading *r, const char *from, size_t n) {
  struct map *m = r->map;
  char **grown = map_grow(m->owned, m->n_owned, sizeof *m->owned);
  char *copy = grown ? strndup(from, n) : NULL;
  if (grown)
    m->owned = grown;
  if (!copy)
    return reading_bad(r, "no memory"), NULL;
  m->owned[m->n_owned++] = copy;
  return copy;
}

static int map_template(const struct reading *r, struct map_rule *rule, const char *t) {
  while (*t) {
    bool column = *t == '{';
    size_t n = column ? strcspn(t, "}") : strcspn(t, "{");
    if (column && (!t[n] || n == 1))
      return reading_bad(r, "template: a %s is written {name}", r->word);
    const char *cut = map_cut(r, t + column, n - column);
    if (!cut || map_add_piece(r, rule, column ? NULL : cut, column ? cut : NULL) < 0)
      return -1;
    t += n + column;
  }
  return 0;
}

static int map_source(const struct reading *r, struct map_rule *rule) {
  const char *column = reading_get(r, r->word), *value = reading_get(r, "value"),
             *template = reading_get(r, "template");
  if (!!column + !!value + !!template != 1)
    return reading_bad(r, "one of %s, value and template is needed", r->word);
  rule->source = column ? column : template ? template : "";
  if (template)
    return map_template(r, rule, template);
  return map_add_piece(r, rule, value, column);
}

static int map_pairs(const struct reading *r, struct map_rule *rule) {
  char path[160];
  snprintf(path, sizeof path, "%.64s.[%zu].map", r->list, r->i);
  size_t n = baton_table_size(r->map->table, path);
  rule->otherwise = reading_get(r, "otherwise");
  if (n == 0)
    return rule->otherwise ? reading_bad(r, "otherwise goes with map") : 0;
  rule->pair = calloc(n, sizeof *rule->pair);
  if (!rule->pair)
    return reading_bad(r, "no memory");
  for (; rule->n_pairs < n; rule->n_pairs++) {
    struct map_pair *p = &rule->pair[rule->n_pairs];
    snprintf(path, sizeof path, "map.[%zu].is", rule->n_pairs);
    p->is = reading_get(r, path);
    snprintf(path, sizeof path, "map.[%zu].to", rule->n_pairs);
    p->to = reading_get(r, path);
    snprintf(path, sizeof path, "%.64s.[%zu].map.[%zu]", r->list, r->i, rule->n_pairs);
    if (baton_table_check(r->map->table, path, (const char *const[]){"is", "to", NULL}, r->error) < 0)
      return -1;
    if (!p->is || !p->to)
      return reading_bad(r, "an entry of map is { is = \"...\"; to = \"...\"; }");
  }
  return 0;
}

static int map_conversion(const struct reading *r, struct map_rule *rule) {
  static const char *const names[] = {[MAP_AS_TEXT] = "text",
                                      [MAP_AS_SECONDS] = "seconds",
                                      [MAP_AS_MILLISECONDS] = "milliseconds",
                                      [MAP_AS_NAME] = "name"};
  const char *as = reading_get(r, "as");
  for (size_t i = 0; as && i < sizeof names / sizeof *names; i++)
    if (strcmp(as, names[i]) == 0) {
      rule->as = (enum map_as)i;
      return 0;
    }
  return as ? reading_bad(r, "as is text, seconds, milliseconds or name") : 0;
}

static int map_rule(struct reading *r) {
  const char *const keys[] = {"path", r->word, "value", "template", "map", "otherwise", "as", NULL};
  struct map *m = r->map;
  struct map_rule *rule = &m->rule[r->i];
  char path[128];
  snprintf(path, sizeof path, "%.64s.[%zu]", r->list, r->i);
  if (baton_table_check(m->table, path, keys, r->error) < 0)
    return -1;
  rule->path = reading_get(r, "path");
  if (!rule->path || !*rule->path)
    return reading_bad(r, "path is missing");
  if (map_source(r, rule) < 0 || map_pairs(r, rule) < 0 || map_conversion(r, rule) < 0)
    return -1;
  const struct map_rule **only = strcmp(rule->path, "kind") == 0  ? &m->kind
                                 : strcmp(rule->path, "key") == 0 ? &m->key
                                                                  : NULL;
  if (only && *only)
    return reading_bad(r, "a second %s", rule->path);
  if (only)
    *only = rule;
  return 0;
}

/* Every kind that it can produce must exist. */
static int map_check_kinds(struct reading *r) {
  const struct map_rule *k = r->map->kind;
  if (!k)
    return snprintf(r->error, 256, "%.120s: %.64s has no entry with path = \"kind\"", r->file, r->list), -1;
  r->i = (size_t)(k - r->map->rule);
  const char *kind;
  for (size_t i = 0; (kind = map_kind_at(r->map, i)); i++) {
    if (!*kind)
      continue;
    baton_event *e = baton_event_new(kind);
    if (!e)
      return reading_bad(r, "no such kind of event: %.64s", kind);
    baton_event_free(e);
  }
  return 0;
}

static int map_check_paths(struct reading *r) {
  char why[256];
  return map_check(r->map, &r->i, why) < 0 ? reading_bad(r, "%s", why) : 0;
}

struct map *map_read(const char *file, const char *list, const char *word, char *error) {
  struct map *m = calloc(1, sizeof *m);
  struct reading r = {.map = m, .file = file, .list = list, .word = word, .error = error};
  if (!m)
    return snprintf(error, 256, "no memory"), NULL;
  m->table = baton_table_read(file, error);
  bool ok = m->table;
  if (ok) {
    m->n_rules = baton_table_size(m->table, list);
    m->rule = calloc(m->n_rules + 1, sizeof *m->rule);
    if (!m->rule)
      ok = (snprintf(error, 256, "no memory"), false);
  }
  for (; ok && r.i < m->n_rules; r.i++)
    ok = map_rule(&r) == 0;
  if (ok && map_check_kinds(&r) == 0 && map_check_paths(&r) == 0)
    return m;
  map_free(m);
  return NULL;
}

void map_free(struct map *m) {
  if (!m)
    return;
  for (size_t i = 0; m->rule && i < m->n_rules; i++) {
    free(m->rule[i].piece);
    free(m->rule[i].pair);
  }
  for (size_t i = 0; i < m->n_owned; i++)
    free(m->owned[i]);
  free(m->owned);
  free(m->column);
  free(m->rule);
  baton_table_free(m->table);
  free(m);
}

const char *const *map_columns(const struct map *m, size_t *ret_n) {
  *ret_n = m->n_columns;
  return m->column;
}

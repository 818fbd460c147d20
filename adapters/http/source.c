#include "source.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "map_json.h"
#include "pointer.h"

void sources_fini(struct sources *s) {
  for (size_t i = 0; i < s->n; i++) {
    struct source *v = &s->v[i];
    if (v->signature.secret)
      sodium_memzero(v->signature.secret, v->signature.secret_n);
    free(v->signature.secret);
    for (size_t k = 0; k < v->n_when; k++)
      free(v->when[k].is);
    free(v->when);
    map_free(v->map);
  }
  free(s->v);
  baton_table_free(s->table);
}

const struct source *sources_find(const struct sources *s, const char *name) {
  for (size_t i = 0; i < s->n; i++)
    if (strcmp(s->v[i].name, name) == 0)
      return &s->v[i];
  return NULL;
}

static const char *place_text(const struct call *c, json_t *element, size_t index, const char *place,
                              char number[MAP_NUMBER_TEXT]) {
  if (strncmp(place, "header:", 7) == 0) {
    const char *value = c->header(c->context, place + 7);
    return value ? value : "";
  }
  if (pointer_is_index(place)) {
    snprintf(number, MAP_NUMBER_TEXT, "%zu", index);
    return number;
  }
  return map_json_text(pointer_get(c->body, element, place), number);
}

static bool holds(const struct call *c, json_t *element, size_t index, const struct condition *w) {
  char number[MAP_NUMBER_TEXT];
  const char *text = place_text(c, element, index, w->what, number);
  for (size_t i = 0; text && i < w->n; i++)
    if (w->is[i] && strcmp(w->is[i], text) == 0)
      return true;
  return false;
}

int call_rows(const struct call *c) {
  if (!c->source->each)
    return 1;
  json_t *list = pointer_get(c->body, NULL, c->source->each);
  return json_is_array(list) ? (int)json_array_size(list) : -1;
}

static enum map_verdict map_places(const struct call *c, json_t *element, size_t index, const char **value,
                                   char (*number)[MAP_NUMBER_TEXT], struct mapped *ret) {
  size_t n;
  const char *const *place = map_columns(c->source->map, &n);
  for (size_t i = 0; i < n; i++) {
    value[i] = place_text(c, element, index, place[i], number[i]);
    if (!value[i]) {
      snprintf(ret->problem, sizeof ret->problem, "%.200s is no single value", place[i]);
      return MAP_BAD;
    }
  }
  return map_row(c->source->map, value, ret);
}

enum map_verdict call_row(const struct call *c, size_t i, struct mapped *ret) {
  size_t n;
  json_t *list = c->source->each ? pointer_get(c->body, NULL, c->source->each) : NULL;
  json_t *element = list ? json_array_get(list, i) : NULL;
  for (size_t k = 0; k < c->source->n_when; k++)
    if (!holds(c, element, i, &c->source->when[k]))
      return MAP_SKIP;
  *ret = (struct mapped){.event = NULL};
  map_columns(c->source->map, &n);
  const char **value = calloc(n + 1, sizeof *value);
  char(*number)[MAP_NUMBER_TEXT] = calloc(n + 1, sizeof *number);
  enum map_verdict verdict = MAP_BAD;
  if (value && number)
    verdict = map_places(c, element, i, value, number, ret);
  else
    snprintf(ret->problem, sizeof ret->problem, "no memory");
  free(value);
  free(number);
  return verdict;
}

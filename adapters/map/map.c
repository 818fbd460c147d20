#include "map.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "map_rules.h"

bool map_same_kind(const char *a, size_t n, const char *b) {
  size_t i = 0;
  for (;;) {
    while (i < n && a[i] == '_')
      i++;
    while (*b == '_')
      b++;
    if (i == n || !*b)
      return i == n && !*b;
    if (tolower((unsigned char)a[i++]) != tolower((unsigned char)*b++))
      return false;
  }
}

static bool map_concerns(const struct map_rule *r, const char *kind) {
  return !r->kind_n || map_same_kind(r->path, r->kind_n, kind);
}

static int map_bad(struct mapped *m, const struct map_rule *r, const char *why) {
  snprintf(m->problem, sizeof m->problem, "%.64s%s%.64s%s: %.180s", r->path, r->source[0] ? " (" : "", r->source,
           r->source[0] ? ")" : "", why);
  return -1;
}

/* Joins the pieces. All or nothing: with one column empty the whole text is. */
static int map_join(const struct map_rule *r, const char *const *value, char *text, struct mapped *m) {
  size_t used = 0;
  for (size_t i = 0; i < r->n_pieces; i++) {
    const struct map_piece *p = &r->piece[i];
    const char *part = p->text ? p->text : value[p->column];
    size_t n = strlen(part);
    if (!p->text && n == 0) {
      used = 0;
      break;
    }
    if (used + n >= MAP_TEXT_MAX)
      return map_bad(m, r, "longer than 4096 bytes");
    memcpy(text + used, part, n);
    used += n;
  }
  text[used] = '\0';
  return 0;
}

static int map_look_up(const struct map_rule *r, char *text, struct mapped *m) {
  const char *to = r->otherwise;
  for (size_t i = 0; i < r->n_pairs; i++)
    if (strcmp(r->pair[i].is, text) == 0) {
      to = r->pair[i].to;
      break;
    }
  if (!to)
    return map_bad(m, r, "the mapping has no entry for this value");
  snprintf(text, MAP_TEXT_MAX, "%s", to);
  return 0;
}

/* Decimal digits with an optional fraction, times 1,000,000 or 1,000, without the rounding of a double. */
static int map_as_time(const struct map_rule *r, char *text, int digits, struct mapped *m) {
  char whole[20], fraction[7] = "000000";
  size_t n = strspn(text, "0123456789"), f = 0;
  const char *rest = text + n;
  if (*rest == '.') {
    f = strspn(++rest, "0123456789");
    memcpy(fraction, rest, f < 6 ? f : 6);
    rest += f;
  }
  if (n == 0 || n > 12 || *rest)
    return map_bad(m, r, "not a number of seconds or milliseconds since 1970");
  memcpy(whole, text, n);
  whole[n] = '\0';
  snprintf(text, MAP_TEXT_MAX, "%s%.*s", whole, digits, fraction);
  return 0;
}

static void map_as_name(char *text) {
  char *to = text;
  for (const char *from = text; *from; from++)
    if (isascii((unsigned char)*from) && isalnum((unsigned char)*from))
      *to++ = (char)tolower((unsigned char)*from);
    else if (to > text && to[-1] != '-')
      *to++ = '-';
  if (to > text && to[-1] == '-')
    to--;
  *to = '\0';
}

static int map_text(const struct map_rule *r, const char *const *value, char *text, struct mapped *m) {
  if (map_join(r, value, text, m) < 0 || (r->n_pairs && map_look_up(r, text, m) < 0))
    return -1;
  if (!*text)
    return 0;
  if (r->as == MAP_AS_SECONDS || r->as == MAP_AS_MILLISECONDS)
    return map_as_time(r, text, r->as == MAP_AS_SECONDS ? 6 : 3, m);
  if (r->as == MAP_AS_NAME)
    map_as_name(text);
  return 0;
}

static int map_key(const struct map_rule *r, const char *const *value, char *text, struct mapped *m) {
  if (map_text(r, value, text, m) < 0)
    return -1;
  if (!*text || strlen(text) > MAP_KEY_MAX)
    return map_bad(m, r, "a source key has 1 to 128 bytes");
  strcpy(m->key, text);
  return 0;
}

/* The library's sentence without the path that it begins with. */
static const char *map_reason(const struct map_rule *r, const char *error) {
  size_t n = strlen(r->path);
  return strncmp(error, r->path, n) == 0 && strncmp(error + n, ": ", 2) == 0 ? error + n + 2 : error;
}

static int map_fields(const struct map *map, const char *kind, const char *const *value, char *text, struct mapped *m) {
  char error[256];
  for (size_t i = 0; i < map->n_rules; i++) {
    const struct map_rule *r = &map->rule[i];
    if (r == map->kind || r == map->key || !map_concerns(r, kind))
      continue;
    if (map_text(r, value, text, m) < 0)
      return -1;
    if (*text && baton_event_put(m->event, r->path, text, error) < 0)
      return map_bad(m, r, map_reason(r, error));
  }
  return 0;
}

enum map_verdict map_row(const struct map *map, const char *const *value, struct mapped *ret) {
  char kind[MAP_TEXT_MAX], text[MAP_TEXT_MAX];
  ret->event = NULL;
  ret->key[0] = ret->problem[0] = '\0';
  if (map_text(map->kind, value, kind, ret) < 0)
    return MAP_BAD;
  if (!*kind)
    return MAP_SKIP;
  if (map->key && map_key(map->key, value, text, ret) < 0)
    return MAP_BAD;
  ret->event = baton_event_new(kind);
  if (!ret->event)
    return map_bad(ret, map->kind, "no such kind of event");
  if (map_fields(map, kind, value, text, ret) == 0)
    return MAP_EVENT;
  baton_event_free(ret->event);
  ret->event = NULL;
  return MAP_BAD;
}

#include "members.h"

#include <jansson.h>
#include <string.h>

static void skip_blanks(const char **p, const char *end) {
  while (*p < end && (**p == ' ' || **p == '\t' || **p == '\r' || **p == '\n'))
    ++*p;
}

/* *p stands on the opening quote; after: behind the closing one. */
static bool skip_string(const char **p, const char *end) {
  for (++*p; *p < end; ++*p) {
    if (**p == '"')
      return ++*p, true;
    if (**p == '\\' && ++*p == end)
      return false;
  }
  return false;
}

/* Up to the comma or brace that ends the value; brackets inside are counted, their kinds are not compared. */
static bool skip_value(const char **p, const char *end) {
  const char *begin = *p;
  size_t depth = 0;
  while (*p < end) {
    switch (**p) {
    case '"':
      if (!skip_string(p, end))
        return false;
      continue;
    case '{':
    case '[':
      depth++;
      break;
    case ',':
      if (depth == 0)
        return *p > begin;
      break;
    case '}':
    case ']':
      if (depth == 0)
        return **p == '}' && *p > begin;
      depth--;
      break;
    }
    ++*p;
  }
  return false;
}

static bool split_member(const char **p, const char *end, struct members *m, const char **error) {
  *error = "a member begins with its name in quotes";
  if (*p == end || **p != '"')
    return false;
  const char *name = *p + 1;
  if (!skip_string(p, end))
    return *error = "a string never ends", false;
  size_t n = (size_t)(*p - 1 - name);
  skip_blanks(p, end);
  if (*p == end || **p != ':')
    return *error = "a name is followed by a colon", false;
  ++*p;
  skip_blanks(p, end);
  const char *value = *p;
  if (!skip_value(p, end))
    return *error = "a value is missing or never ends", false;
  if (m->n == MEMBERS_MAX)
    return *error = "too many members", false;
  for (size_t i = 0; i < m->n; i++)
    if (m->name[i].n == n && memcmp(m->name[i].at, name, n) == 0)
      return *error = "the same member twice", false;
  m->name[m->n] = (struct piece){name, n};
  m->value[m->n++] = (struct piece){value, (size_t)(*p - value)};
  return true;
}

bool members_split(const char *line, size_t n, struct members *ret, const char **error) {
  const char *p = line, *end = line + n;
  ret->n = 0;
  skip_blanks(&p, end);
  if (p == end || *p != '{')
    return *error = "a line is one JSON object", false;
  p++;
  for (;;) {
    skip_blanks(&p, end);
    if (ret->n == 0 && p < end && *p == '}')
      break;
    if (!split_member(&p, end, ret, error))
      return false;
    if (*p == '}')
      break;
    p++; /* the comma */
  }
  p++;
  skip_blanks(&p, end);
  return p == end || (*error = "something stands behind the object", false);
}

struct piece members_get(const struct members *m, const char *name) {
  size_t n = strlen(name);
  for (size_t i = 0; i < m->n; i++)
    if (m->name[i].n == n && memcmp(m->name[i].at, name, n) == 0)
      return m->value[i];
  return (struct piece){NULL, 0};
}

bool members_value_ok(struct piece value) {
  json_t *v = json_loadb(value.at, value.n, JSON_DECODE_ANY, NULL);
  json_decref(v);
  return v;
}

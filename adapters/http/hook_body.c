#include "hook_body.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_BYTES = 160 };

/* ---- When the configuration is read ---- */

int hook_path_check(const char *path, char *error) {
  if (strlen(path) >= PATH_BYTES)
    return snprintf(error, 256, "a path has fewer than %d bytes", PATH_BYTES), -1;
  return baton_delivery_check(path, error) < 0 ? -1 : 0;
}

/* The next piece of a template at *at: true for a path (without its braces), false for plain text. *ret_n 0: the end;
 * -1: a brace without its other. */
static bool next_piece(const char **at, const char **ret, long *ret_n) {
  bool path = **at == '{';
  const char *begin = *at + path;
  size_t n = path ? strcspn(begin, "}") : strcspn(begin, "{");
  *ret = begin;
  *ret_n = path && (begin[n] != '}' || n == 0 || n >= PATH_BYTES) ? -1 : (long)n;
  *at = begin + n + (path && begin[n]);
  return path;
}

int hook_template_check(const char *text, char *error) {
  const char *piece;
  long n;
  while (*text) {
    char path[PATH_BYTES];
    bool is_path = next_piece(&text, &piece, &n);
    if (n < 0)
      return snprintf(error, 256, "template: a value of the delivery is written {path}"), -1;
    snprintf(path, sizeof path, "%.*s", (int)n, piece);
    if (is_path && hook_path_check(path, error) < 0)
      return -1;
  }
  return 0;
}

void hook_fields_free(struct hook_field *field, size_t n) {
  for (size_t i = 0; i < n; i++) {
    free(field[i].to);
    free(field[i].text);
  }
  free(field);
}

/* ---- For each delivery ---- */

static char *fill(const baton_delivery *d, const char *text) {
  char *out = NULL;
  size_t size = 0;
  FILE *f = open_memstream(&out, &size);
  if (!f)
    return NULL;
  while (*text) {
    const char *piece;
    long n;
    char path[PATH_BYTES];
    bool is_path = next_piece(&text, &piece, &n);
    if (!is_path) {
      fwrite(piece, 1, (size_t)n, f);
      continue;
    }
    snprintf(path, sizeof path, "%.*s", (int)n, piece);
    const char *value = baton_delivery_get(d, path);
    fputs(value ? value : "", f);
  }
  if (fclose(f) != 0) {
    free(out);
    return NULL;
  }
  return out;
}

/* The member's place, through objects that are made on the way. false: no memory, or something else stands there. */
static bool put(json_t *object, const char *to, const char *value) {
  char name[PATH_BYTES];
  size_t n;
  for (; to[n = strcspn(to, ".")]; to += n + 1) {
    snprintf(name, sizeof name, "%.*s", (int)n, to);
    json_t *inside = json_object_get(object, name);
    if (!inside && json_object_set_new(object, name, inside = json_object()) < 0)
      return false;
    object = inside;
  }
  return json_is_object(object) && json_object_set_new(object, to, json_string(value)) == 0;
}

static bool put_field(json_t *object, const baton_delivery *d, const struct hook_field *f) {
  if (f->source == HOOK_VALUE)
    return put(object, f->to, f->text);
  if (f->source == HOOK_PATH) {
    const char *value = baton_delivery_get(d, f->text);
    return !value || put(object, f->to, value);
  }
  char *text = fill(d, f->text);
  bool good = text && put(object, f->to, text);
  free(text);
  return good;
}

char *hook_body(const baton_delivery *d, const struct hook_field *field, size_t n) {
  if (n == 0)
    return strdup(d->json);
  json_t *object = json_object();
  bool good = object;
  for (size_t i = 0; good && i < n; i++)
    good = put_field(object, d, &field[i]);
  char *text = good ? json_dumps(object, JSON_COMPACT) : NULL;
  json_decref(object);
  return text;
}

/* Reads the list `sources`. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "beside.h"
#include "clients.h"
#include "pointer.h"
#include "source.h"

enum { SOURCES_MAX = 64, SECRET_MIN = 16, SECRET_MAX = 1024, TOLERANCE_MAX_S = 86400 };

struct reading {
  struct sources *to;
  const char *file;
  char *error;
  size_t i;
};

static int bad(const struct reading *r, const char *format, ...) {
  char path[48];
  va_list a;
  snprintf(path, sizeof path, "sources.[%zu]", r->i);
  int n = snprintf(r->error, 256, "%.120s:%u: ", r->file, baton_table_line(r->to->table, path));
  va_start(a, format);
  vsnprintf(r->error + n, (size_t)(256 - n), format, a);
  va_end(a);
  return -1;
}

static const char *get(const struct reading *r, const char *key) {
  char path[128];
  snprintf(path, sizeof path, "sources.[%zu].%.90s", r->i, key);
  return baton_table_get(r->to->table, path);
}

static size_t size(const struct reading *r, const char *key) {
  char path[128];
  snprintf(path, sizeof path, "sources.[%zu].%.90s", r->i, key);
  return baton_table_size(r->to->table, path);
}

static bool place_is_valid(const char *place) {
  if (strncmp(place, "header:", 7) == 0)
    return place[7] && !place[7 + strcspn(place + 7, " :\t")];
  return pointer_is_valid(place);
}

/* ---- the signature ---- */

static int secret(const struct reading *r, struct signature *s) {
  const char *name = get(r, "signature.secret_file");
  char *path = name ? beside(r->file, name) : NULL;
  if (!path)
    return bad(r, name ? "no memory" : "signature.secret_file is missing");
  char why[256];
  s->secret = baton_secret_read(path, SECRET_MAX, &s->secret_n, why);
  free(path);
  if (!s->secret)
    return bad(r, "signature.secret_file: %.150s", why);
  while (s->secret_n && strchr("\r\n", s->secret[s->secret_n - 1]))
    s->secret_n--; /* the end of the line is not part of it */
  return s->secret_n >= SECRET_MIN ? 0 : bad(r, "a secret has at least %d bytes", SECRET_MIN);
}

static int tolerance(const struct reading *r, struct signature *s) {
  const char *text = get(r, "signature.tolerance_s");
  char *end = "";
  s->tolerance_s = text ? strtol(text, &end, 10) : 300;
  return !*end && s->tolerance_s >= 1 && s->tolerance_s <= TOLERANCE_MAX_S
             ? 0
             : bad(r, "signature.tolerance_s wants seconds from 1 to %d", TOLERANCE_MAX_S);
}

static int signature(const struct reading *r, struct signature *s) {
  static const char *const keys[] = {"secret_file",      "header",           "prefix",      "encoding", "signs",
                                     "timestamp_header", "timestamp_prefix", "tolerance_s", NULL};
  char path[64];
  snprintf(path, sizeof path, "sources.[%zu].signature", r->i);
  if (baton_table_check(r->to->table, path, keys, r->error) < 0)
    return -1;
  const char *encoding = get(r, "signature.encoding"), *prefix = get(r, "signature.prefix"),
             *timestamp_prefix = get(r, "signature.timestamp_prefix"), *signs = get(r, "signature.signs");
  s->header = get(r, "signature.header");
  s->timestamp_header = get(r, "signature.timestamp_header");
  s->prefix = prefix ? prefix : "";
  s->timestamp_prefix = timestamp_prefix ? timestamp_prefix : "";
  s->signs = signs ? signs : s->timestamp_header ? "{timestamp}.{body}" : "{body}";
  s->base64 = encoding && strcmp(encoding, "base64") == 0;
  if (!s->header || !*s->header)
    return bad(r, "signature.header is missing");
  if (encoding && !s->base64 && strcmp(encoding, "hex") != 0)
    return bad(r, "signature.encoding is hex or base64");
  if (!signature_signs_is_valid(s))
    return bad(r, "signature.signs has {body} once, {timestamp} where there is a timestamp_header, {header:NAME}");
  return tolerance(r, s) < 0 ? -1 : secret(r, s);
}

/* ---- the conditions ---- */

static int condition(const struct reading *r, size_t k, struct condition *c) {
  char path[64], at[64];
  snprintf(path, sizeof path, "sources.[%zu].when.[%zu]", r->i, k);
  if (baton_table_check(r->to->table, path, (const char *const[]){"pointer", "is", NULL}, r->error) < 0)
    return -1;
  snprintf(at, sizeof at, "when.[%zu].pointer", k);
  c->what = get(r, at);
  if (!c->what || !place_is_valid(c->what))
    return bad(r, "a condition is { pointer = \"/action\"; is = [\"created\"]; }");
  snprintf(at, sizeof at, "when.[%zu].is", k);
  const char *one = get(r, at);
  c->n = one ? 1 : size(r, at);
  c->is = calloc(c->n + 1, sizeof *c->is);
  if (!c->is)
    return bad(r, "no memory");
  c->is[0] = one;
  for (size_t i = 0; !one && i < c->n; i++) {
    snprintf(at, sizeof at, "when.[%zu].is.[%zu]", k, i);
    c->is[i] = get(r, at);
  }
  return c->n ? 0 : bad(r, "a condition without is");
}

static int conditions(const struct reading *r, struct source *s) {
  size_t n = size(r, "when");
  s->when = calloc(n + 1, sizeof *s->when);
  if (!s->when)
    return bad(r, "no memory");
  int rc = 0;
  for (size_t i = 0; rc == 0 && i < n; i++) {
    s->n_when++; /* what was begun is freed */
    rc = condition(r, i, &s->when[i]);
  }
  return rc;
}

/* ---- the mapping ---- */

static int mapping(const struct reading *r, struct source *s) {
  char list[48];
  size_t n;
  snprintf(list, sizeof list, "sources.[%zu].fields", r->i);
  s->map = map_read(r->file, list, "pointer", r->error);
  if (!s->map)
    return -1;
  const char *const *place = map_columns(s->map, &n);
  for (size_t i = 0; i < n; i++) {
    if (!place_is_valid(place[i]))
      return bad(r,
                 "%.64s: a pointer is as in RFC 6901: \"/order/id\"; in an element of each: \"0/sku\"; or header:NAME",
                 place[i]);
    if (*place[i] == '0' && !s->each)
      return bad(r, "%.64s: there are no elements without each", place[i]);
  }
  return 0;
}

static int source(const struct reading *r, struct source *s) {
  char path[48];
  snprintf(path, sizeof path, "sources.[%zu]", r->i);
  static const char *const keys[] = {"name", "department", "signature", "each", "when", "fields", NULL};
  if (baton_table_check(r->to->table, path, keys, r->error) < 0)
    return -1;
  s->name = get(r, "name");
  s->department = get(r, "department");
  s->each = get(r, "each");
  if (!s->name || !name_is_valid(s->name) || !s->department || !name_is_valid(s->department))
    return bad(r, "name and department want 1 to 32 of a-z, 0-9 and -");
  for (size_t i = 0; i < r->i; i++)
    if (strcmp(r->to->v[i].name, s->name) == 0)
      return bad(r, "a second source of this name");
  if (s->each && (*s->each == '0' || !pointer_is_valid(s->each)))
    return bad(r, "each wants a JSON pointer to a list");
  return signature(r, &s->signature) < 0 || conditions(r, s) < 0 ? -1 : mapping(r, s);
}

int sources_read(struct sources *to, const char *config_file, char *error) {
  struct reading r = {.to = to, .file = config_file, .error = error};
  to->table = baton_table_read(config_file, error);
  if (!to->table)
    return -1;
  size_t n = baton_table_size(to->table, "sources");
  if (n > SOURCES_MAX)
    return snprintf(error, 256, "%.120s: at most %d sources", config_file, SOURCES_MAX), -1;
  to->v = calloc(n + 1, sizeof *to->v);
  if (!to->v)
    return snprintf(error, 256, "no memory"), -1;
  int rc = 0;
  for (; rc == 0 && r.i < n; r.i++) {
    to->n++;
    rc = source(&r, &to->v[r.i]);
  }
  return rc;
}

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "baton.h"
#include "hook_body.h"
#include "hook_read.h"

enum { NAMES_MAX = 64 };

/* A list of texts, as a list that ends with NULL; *ret stays NULL where there is none. */
static int read_texts(const struct hook_reading *r, const char *key, char ***ret) {
  size_t n = hook_size(r, key);
  char element[64];
  if (n == 0)
    return hook_text(r, key) ? hook_bad(r, key, "wants a list: [\"...\"]") : 0;
  if (n > NAMES_MAX)
    return hook_bad(r, key, "has more than %d entries", NAMES_MAX);
  if (!(*ret = calloc(n + 1, sizeof **ret)))
    return hook_bad(r, key, "no memory");
  for (size_t i = 0; i < n; i++) {
    snprintf(element, sizeof element, "%s.[%zu]", key, i);
    const char *text = hook_text(r, element);
    if (!text || !*text)
      return hook_bad(r, key, "wants a list of texts");
    if (!((*ret)[i] = strdup(text)))
      return hook_bad(r, key, "no memory");
  }
  return 0;
}

/* "handoff_offered" to "HandoffOffered", where it stands. */
static void to_camel(char *name) {
  char *to = name;
  bool upper = true;
  for (const char *c = name; *c; c++) {
    if (*c != '_')
      *to++ = upper ? (char)toupper((unsigned char)*c) : *c;
    upper = *c == '_';
  }
  *to = '\0';
}

int hook_read_names(struct hook_reading *r) {
  struct hook_target *t = r->t;
  if (read_texts(r, "kinds", &t->kind) < 0 || read_texts(r, "topics", &t->topic) < 0)
    return -1;
  for (size_t i = 0; t->kind && t->kind[i]; i++) {
    if (!baton_delivery_has_kind(t->kind[i]))
      return hook_bad(r, "kinds", "no such kind of event: %.64s", t->kind[i]);
    to_camel(t->kind[i]);
  }
  return 0;
}

int hook_read_statuses(struct hook_reading *r) {
  static const struct hook_statuses usual = {.at = {400, 413, 422}, .n = 3};
  struct hook_statuses *to = &r->t->reject_on;
  char **text = NULL;
  int rc = read_texts(r, "reject_on", &text);
  if (rc == 0 && !text) {
    char path[160];
    hook_key(r, "reject_on", path);
    *to = baton_table_line(r->table, path) ? (struct hook_statuses){.n = 0} : usual; /* []: none */
  }
  for (size_t i = 0; rc == 0 && text && text[i]; i++) {
    bool good = strlen(text[i]) == 3 && *text[i] == '4' && isdigit((unsigned char)text[i][1]) &&
                isdigit((unsigned char)text[i][2]) && to->n < HOOK_STATUSES;
    if (good)
      to->at[to->n++] = atoi(text[i]);
    else
      rc = hook_bad(r, "reject_on", "wants at most %d numbers from 400 to 499", HOOK_STATUSES);
  }
  for (size_t i = 0; text && text[i]; i++)
    free(text[i]);
  free(text);
  return rc;
}

/* ---- fields ---- */

static int bad_to(const char *to) {
  size_t depth = 1, part = 0;
  for (; *to; to++) {
    part = *to == '.' ? 0 : part + 1;
    depth += *to == '.';
    if (part == 0 && (to[1] == '.' || !to[1]))
      return -1;
    if (part > 64 || (unsigned char)*to < ' ')
      return -1;
  }
  return depth > HOOK_FIELD_DEPTH || part == 0 ? -1 : 0;
}

/* "a" and "a.b" cannot both be. */
static bool clash(const char *a, const char *b) {
  size_t n = strlen(a), m = strlen(b), k = n < m ? n : m;
  return strncmp(a, b, k) == 0 && (n == m || (n < m ? b : a)[k] == '.');
}

static int read_field(const struct hook_reading *r, size_t i) {
  static const char *const allowed[] = {"to", "value", "path", "template", NULL};
  static const enum hook_source sources[] = {0, HOOK_VALUE, HOOK_PATH, HOOK_TEMPLATE};
  char key[48], element[64], path[160], why[256];
  struct hook_field *f = &r->t->field[i];
  snprintf(key, sizeof key, "fields.[%zu]", i);
  hook_key(r, key, path);
  if (baton_table_check(r->table, path, allowed, r->error) < 0)
    return -1;
  for (size_t k = 0; allowed[k]; k++) {
    snprintf(element, sizeof element, "%s.%s", key, allowed[k]);
    const char *text = hook_text(r, element);
    char **to = k == 0 ? &f->to : &f->text;
    if (text && *to)
      return hook_bad(r, key, "one of value, path and template is needed");
    if (text && !(*to = strdup(text)))
      return hook_bad(r, key, "no memory");
    if (text && k > 0)
      f->source = sources[k];
  }
  if (!f->to || !f->text)
    return hook_bad(r, key, "wants { to = \"...\"; path = \"...\"; } (or value, or template)");
  if (*f->to == '.' || bad_to(f->to) < 0)
    return hook_bad(r, key, "to is a name such as text or ticket.subject");
  for (size_t k = 0; k < i; k++)
    if (clash(r->t->field[k].to, f->to))
      return hook_bad(r, key, "%.64s and %.64s cannot both be", r->t->field[k].to, f->to);
  int rc = f->source == HOOK_PATH       ? hook_path_check(f->text, why)
           : f->source == HOOK_TEMPLATE ? hook_template_check(f->text, why)
                                        : 0;
  return rc < 0 ? hook_bad(r, key, "%s", why) : 0;
}

int hook_read_fields(struct hook_reading *r) {
  size_t n = hook_size(r, "fields");
  if (n > HOOK_FIELDS_MAX)
    return hook_bad(r, "fields", "has more than %d entries", HOOK_FIELDS_MAX);
  if (n == 0)
    return 0;
  if (!(r->t->field = calloc(n, sizeof *r->t->field)))
    return hook_bad(r, "fields", "no memory");
  for (size_t i = 0; i < n; i++) {
    r->t->n_fields++;
    if (read_field(r, i) < 0)
      return -1;
  }
  return 0;
}

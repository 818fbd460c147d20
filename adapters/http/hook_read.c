#include "hook_read.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "beside.h"
#include "clients.h"
#include "hook.h"
#include "hook_url.h"

enum { TARGETS_MAX = 32 };

int hook_bad(const struct hook_reading *r, const char *key, const char *format, ...) {
  char path[160];
  va_list a;
  hook_key(r, key, path);
  unsigned line = baton_table_line(r->table, path);
  if (line == 0) { /* the key is missing: the target's line */
    hook_key(r, "", path);
    line = baton_table_line(r->table, path);
  }
  int n = snprintf(r->error, 256, "%.100s:%u: %s%s", r->file, line, key, *key ? ": " : "");
  va_start(a, format);
  vsnprintf(r->error + n, (size_t)(256 - n), format, a);
  va_end(a);
  return -1;
}

void hook_key(const struct hook_reading *r, const char *key, char path[160]) {
  snprintf(path, 160, "hooks.targets.[%zu]%s%.120s", r->i, *key ? "." : "", key);
}

const char *hook_text(const struct hook_reading *r, const char *key) {
  char path[160];
  hook_key(r, key, path);
  return baton_table_get(r->table, path);
}

size_t hook_size(const struct hook_reading *r, const char *key) {
  char path[160];
  hook_key(r, key, path);
  return baton_table_size(r->table, path);
}

/* ---- Single keys ---- */

static int read_number(const struct hook_reading *r, const char *key, long low, long high, long *to) {
  const char *text = hook_text(r, key);
  char *end;
  if (!text)
    return 0;
  errno = 0;
  long v = strtol(text, &end, 10);
  if (errno || *end || end == text || v < low || v > high)
    return hook_bad(r, key, "wants a whole number from %ld to %ld", low, high);
  *to = v;
  return 0;
}

static int read_flag(const struct hook_reading *r, const char *key, bool *to) {
  const char *text = hook_text(r, key);
  if (!text)
    return 0;
  if (strcmp(text, "true") != 0 && strcmp(text, "false") != 0)
    return hook_bad(r, key, "wants true or false");
  *to = strcmp(text, "true") == 0;
  return 0;
}

/* A file that is there and can be read. */
static int read_file(const struct hook_reading *r, const char *key, char **to) {
  const char *text = hook_text(r, key);
  if (!text)
    return 0;
  if (!(*to = beside(r->file, text)))
    return hook_bad(r, key, "no memory");
  return access(*to, R_OK) < 0 ? hook_bad(r, key, "%.100s: %s", *to, strerror(errno)) : 0;
}

static int read_secret(const struct hook_reading *r, const char *key, size_t least, struct hook_secret *to) {
  char why[256];
  char *path = beside(r->file, hook_text(r, key));
  int rc = path ? hook_secret_read(path, to, why) : -1;
  if (rc < 0)
    hook_bad(r, key, "%s", path ? why : "no memory");
  free(path);
  if (rc == 0 && to->n < least)
    return hook_bad(r, key, "a secret has at least %zu characters, better 32 and random", least);
  return rc;
}

static int read_secrets(struct hook_reading *r) {
  static const char *const keys[] = {"secret_file", "former_secret_file"};
  if (hook_text(r, keys[1]) && !hook_text(r, keys[0]))
    return hook_bad(r, keys[1], "goes with secret_file");
  for (size_t i = 0; i < 2; i++)
    if (hook_text(r, keys[i])) {
      r->t->n_secrets++;
      if (read_secret(r, keys[i], HOOK_SECRET_LEAST, &r->t->secret[i]) < 0)
        return -1;
    }
  return 0;
}

static int read_name(const struct hook_reading *r) {
  const char *name = hook_text(r, "name");
  if (!name || !name_is_valid(name))
    return hook_bad(r, "name", "wants 1 to 32 of a-z, 0-9 and -, for the log");
  for (const struct hook_target *other = r->t - r->i; other < r->t; other++)
    if (strcmp(other->name, name) == 0)
      return hook_bad(r, "name", "%s is there twice", name);
  return (r->t->name = strdup(name)) ? 0 : hook_bad(r, "name", "no memory");
}

static int read_url(const struct hook_reading *r) {
  struct hook_secret from_file = {NULL, 0};
  const char *url = hook_text(r, "url"), *key = url ? "url" : "url_file";
  char why[256];
  if (!url == !hook_text(r, "url_file"))
    return hook_bad(r, "", "one of url and url_file (for a URL that is itself a secret) is needed");
  if (!url && read_secret(r, key, 1, &from_file) < 0)
    return -1;
  r->t->url = url ? strdup(url) : from_file.text;
  if (!r->t->url)
    return hook_bad(r, key, "no memory");
  return hook_url_check(r->t->url, r->t->insecure, r->t->host, sizeof r->t->host, why) < 0 ? hook_bad(r, key, "%s", why)
                                                                                           : 0;
}

static int read_proxy(const struct hook_reading *r) {
  const char *proxy = hook_text(r, "proxy");
  if (!proxy)
    return 0;
  return (r->t->proxy = strdup(proxy)) ? 0 : hook_bad(r, "proxy", "no memory");
}

static int read_tls(struct hook_reading *r) {
  struct hook_target *t = r->t;
  if (read_file(r, "ca_file", &t->ca_file) < 0 || read_file(r, "certificate_file", &t->certificate_file) < 0 ||
      read_file(r, "key_file", &t->key_file) < 0)
    return -1;
  if (!t->certificate_file != !t->key_file)
    return hook_bad(r, "", "certificate_file and key_file go together");
  struct hook_secret key = {NULL, 0}; /* only whether others may read it */
  int rc = t->key_file ? read_secret(r, "key_file", 1, &key) : 0;
  hook_secret_wipe(&key);
  return rc;
}

/* ---- A target, and all of them ---- */

static int read_target(struct hook_reading *r) {
  static const char *const keys[] = {"name",     "url",       "url_file", "secret_file", "former_secret_file",
                                     "kinds",    "topics",    "headers",  "fields",      "timeout_ms",
                                     "parallel", "reject_on", "answers",  "ca_file",     "certificate_file",
                                     "key_file", "proxy",     "insecure", NULL};
  char path[160];
  struct hook_target *t = r->t;
  hook_key(r, "", path);
  if (baton_table_check(r->table, path, keys, r->error) < 0)
    return -1;
  bool bad = read_name(r) < 0 || read_flag(r, "insecure", &t->insecure) < 0 || read_url(r) < 0 || read_secrets(r) < 0 ||
             read_flag(r, "answers", &t->answers) < 0 ||
             read_number(r, "timeout_ms", 100, 600000, &t->timeout_ms) < 0 ||
             read_number(r, "parallel", 1, 256, &t->parallel) < 0 || read_tls(r) < 0 || read_proxy(r) < 0 ||
             hook_read_names(r) < 0 || hook_read_statuses(r) < 0 || hook_read_fields(r) < 0 || hook_read_headers(r) < 0;
  return bad ? -1 : 0;
}

static int read_all(struct hooks *h, struct hook_reading *r) {
  size_t n = baton_table_size(r->table, "hooks.targets");
  if (n > TARGETS_MAX)
    return snprintf(r->error, 256, "%.100s: hooks.targets has more than %d entries", r->file, TARGETS_MAX), -1;
  h->target = calloc(n ? n : 1, sizeof *h->target);
  if (!h->target)
    return snprintf(r->error, 256, "no memory"), -1;
  for (r->i = 0; r->i < n; r->i++) {
    r->t = &h->target[r->i];
    hook_target_init(r->t);
    h->n_targets++;
    if (read_target(r) < 0)
      return -1;
  }
  return 0;
}

int hooks_read(struct hooks *h, const char *config_file, char *error) {
  struct hook_reading r = {.file = config_file, .error = error};
  if (!config_file)
    return 0;
  baton_table *table = baton_table_read(config_file, error);
  int rc = -1;
  if (table) {
    r.table = table;
    rc = read_all(h, &r);
  }
  baton_table_free(table);
  return rc;
}

/* The configured headers: each with a value, or with one from a file that nobody else may read. */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "beside.h"
#include "header_text.h"
#include "hook_read.h"

enum { HEADERS_MAX = 32, NAME_MAX_BYTES = 64 };

/* What this program says itself. */
static bool is_ours(const char *name) {
  static const char *const ours[] = {"Content-Type", "Content-Length", "Transfer-Encoding", "Connection",
                                     "Host",         "Expect",         "User-Agent",        "TE",
                                     "Trailer",      "Upgrade",        "Accept-Encoding"};
  for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
    if (strcasecmp(name, ours[i]) == 0)
      return true;
  return strncasecmp(name, "Baton-", 6) == 0;
}

static int add(const struct hook_reading *r, const char *key, const char *name, const char *value) {
  char *line;
  if (!*value || !header_value_is_valid(value, strlen(value)))
    return hook_bad(r, key, "a header's value is one line, without control characters");
  if (asprintf(&line, "%s: %s", name, value) < 0)
    return hook_bad(r, key, "no memory");
  struct curl_slist *grown = curl_slist_append(r->t->headers, line);
  explicit_bzero(line, strlen(line));
  free(line);
  if (!grown)
    return hook_bad(r, key, "no memory");
  r->t->headers = grown;
  return 0;
}

static int read_header(const struct hook_reading *r, size_t i) {
  static const char *const allowed[] = {"name", "value", "file", NULL};
  char key[48], element[3][64], path[160], why[256];
  snprintf(key, sizeof key, "headers.[%zu]", i);
  hook_key(r, key, path);
  if (baton_table_check(r->table, path, allowed, r->error) < 0)
    return -1;
  for (size_t k = 0; k < 3; k++)
    snprintf(element[k], sizeof element[k], "%s.%s", key, allowed[k]);
  const char *name = hook_text(r, element[0]), *value = hook_text(r, element[1]), *file = hook_text(r, element[2]);
  if (!name || !value == !file)
    return hook_bad(r, key, "wants { name = \"...\"; value = \"...\"; } or, for a secret, file instead of value");
  if (is_ours(name))
    return hook_bad(r, key, "%.64s is set by this program", name);
  if (strlen(name) > NAME_MAX_BYTES || !header_name_is_valid(name, strlen(name)))
    return hook_bad(r, key, "%.64s is no name of a header", name);
  if (value)
    return add(r, key, name, value);
  struct hook_secret secret = {NULL, 0};
  char *full = beside(r->file, file);
  int rc = full ? hook_secret_read(full, &secret, why) : -1;
  free(full);
  if (rc < 0)
    return hook_bad(r, key, "%s", full ? why : "no memory");
  rc = add(r, key, name, secret.text);
  hook_secret_wipe(&secret);
  return rc;
}

int hook_read_headers(struct hook_reading *r) {
  size_t n = hook_size(r, "headers");
  if (n > HEADERS_MAX)
    return hook_bad(r, "headers", "has more than %d entries", HEADERS_MAX);
  for (size_t i = 0; i < n; i++)
    if (read_header(r, i) < 0)
      return -1;
  return 0;
}

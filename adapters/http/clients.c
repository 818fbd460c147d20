#include "clients.h"

#include <sodium.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "table.h"

enum { TOKEN_BYTES = 32, TOKENS_FILE_MAX = 1 << 20, CLIENTS_MAX = 1024, MAY_WORDS = 4 };

int name_is_valid(const char *name) {
  size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-");
  return n >= 1 && n <= CLIENT_NAME_MAX && !name[n];
}

static void token_hash(uint8_t hash[TOKEN_HASH], const char *token) {
  crypto_generichash(hash, TOKEN_HASH, (const uint8_t *)token, strlen(token), NULL, 0);
}

/* ---- the configuration ---- */

static const char *get(const baton_table *t, size_t i, const char *key) {
  char path[64];
  snprintf(path, sizeof path, "clients.[%zu].%s", i, key);
  return baton_table_get(t, path);
}

static int bad(const baton_table *t, const char *file, size_t i, char *error, const char *why) {
  char path[64];
  snprintf(path, sizeof path, "clients.[%zu]", i);
  snprintf(error, 256, "%.120s:%u: %s", file, baton_table_line(t, path), why);
  return -1;
}

static int may_of(const baton_table *t, size_t i, unsigned *ret_may) {
  static const char *const words[MAY_WORDS] = {"submit", "read", "answer", "backfill"};
  char path[64];
  snprintf(path, sizeof path, "clients.[%zu].may", i);
  size_t n = baton_table_size(t, path);
  for (size_t k = 0; k < n; k++) {
    char key[32];
    snprintf(key, sizeof key, "may.[%zu]", k);
    const char *word = get(t, i, key);
    size_t w = 0;
    while (word && w < MAY_WORDS && strcmp(word, words[w]) != 0)
      w++;
    if (!word || w == MAY_WORDS)
      return -1;
    *ret_may |= 1u << w;
  }
  return n ? 0 : -1;
}

static int client_read(struct clients *c, const baton_table *t, const char *file, size_t i, char *error) {
  char path[64];
  snprintf(path, sizeof path, "clients.[%zu]", i);
  if (baton_table_check(t, path, (const char *const[]){"name", "department", "may", NULL}, error) < 0)
    return -1;
  struct client *to = &c->v[i];
  const char *name = get(t, i, "name"), *department = get(t, i, "department");
  if (!name || !name_is_valid(name))
    return bad(t, file, i, error, "name wants 1 to 32 of a-z, 0-9 and -");
  if (!department || !name_is_valid(department))
    return bad(t, file, i, error, "department wants the name of one that this adapter acts for");
  for (size_t k = 0; k < i; k++)
    if (strcmp(c->v[k].name, name) == 0)
      return bad(t, file, i, error, "a second client of this name");
  if (may_of(t, i, &to->may) < 0)
    return bad(t, file, i, error, "may wants a list of submit, read, answer and backfill");
  snprintf(to->name, sizeof to->name, "%s", name);
  snprintf(to->department, sizeof to->department, "%s", department);
  return 0;
}

/* ---- the file of tokens ---- */

static int token_line(struct clients *c, char *line, const char **ret_why) {
  char *rest = NULL, *name = strtok_r(line, " \t\r", &rest), *hex = strtok_r(NULL, " \t\r", &rest);
  size_t n = 0, i = 0;
  if (!name || *name == '#')
    return 0;
  struct token *grown = realloc(c->token, (c->n_tokens + 1) * sizeof *grown);
  if (!grown)
    return *ret_why = "no memory", -1;
  c->token = grown;
  struct token *t = &grown[c->n_tokens];
  if (!hex || strtok_r(NULL, " \t\r", &rest) ||
      sodium_hex2bin(t->hash, sizeof t->hash, hex, strlen(hex), NULL, &n, NULL) != 0 || n != TOKEN_HASH)
    return *ret_why = "a line is a client's name and the hash that --new-token printed", -1;
  while (i < c->n && strcmp(c->v[i].name, name) != 0)
    i++;
  if (i == c->n)
    return *ret_why = "no such client in the configuration", -1;
  t->client = i;
  c->n_tokens++;
  return 0;
}

static int tokens_read(struct clients *c, const char *file, char *error) {
  size_t n, number = 0;
  char wrong[256], *text = baton_secret_read(file, TOKENS_FILE_MAX, &n, wrong), *next = text;
  if (!text) {
    snprintf(error, 256, "tokens_file: %.170s%s", wrong,
             access(file, F_OK) < 0 ? " (baton-http --new-token CLIENT prints a line for it)" : "");
    return -1;
  }
  int rc = 0;
  while (rc == 0 && next) {
    char *line = strsep(&next, "\n");
    const char *why = NULL;
    number++;
    rc = token_line(c, line, &why);
    if (rc < 0)
      snprintf(error, 256, "%.120s:%zu: %s", file, number, why);
  }
  free(text);
  return rc;
}

int clients_read(struct clients *c, const char *config_file, const char *tokens_file, char *error) {
  baton_table *t = baton_table_read(config_file, error);
  if (!t)
    return -1;
  size_t n = baton_table_size(t, "clients");
  int rc = 0;
  if (n > CLIENTS_MAX)
    rc = (snprintf(error, 256, "%.120s: at most %d clients", config_file, CLIENTS_MAX), -1);
  else if (!(c->v = calloc(n + 1, sizeof *c->v)))
    rc = (snprintf(error, 256, "no memory"), -1);
  for (; rc == 0 && c->n < n; c->n += rc == 0)
    rc = client_read(c, t, config_file, c->n, error);
  baton_table_free(t);
  if (rc == 0 && n && !*tokens_file)
    rc = (snprintf(error, 256, "%.120s: clients need a tokens_file", config_file), -1);
  return rc == 0 && *tokens_file ? tokens_read(c, tokens_file, error) : rc;
}

void clients_fini(struct clients *c) {
  free(c->v);
  if (c->token)
    sodium_memzero(c->token, c->n_tokens * sizeof *c->token);
  free(c->token);
}

const struct client *clients_find(const struct clients *c, const char *token) {
  uint8_t hash[TOKEN_HASH];
  const struct client *found = NULL;
  token_hash(hash, token);
  for (size_t i = 0; i < c->n_tokens; i++)
    if (sodium_memcmp(hash, c->token[i].hash, sizeof hash) == 0)
      found = &c->v[c->token[i].client];
  return found;
}

int clients_new_token(const char *name) {
  uint8_t bytes[TOKEN_BYTES], hash[TOKEN_HASH];
  char token[64], hex[2 * TOKEN_HASH + 1];
  if (sodium_init() < 0 || !name_is_valid(name)) {
    fprintf(stderr, "--new-token wants a client's name: 1 to 32 of a-z, 0-9 and -\n");
    return 2;
  }
  randombytes_buf(bytes, sizeof bytes);
  sodium_bin2base64(token, sizeof token, bytes, sizeof bytes, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
  token_hash(hash, token);
  sodium_bin2hex(hex, sizeof hex, hash, sizeof hash);
  printf("token: %s\ntokens_file: %s %s\n", token, name, hex);
  return 0;
}

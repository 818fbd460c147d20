#include "options.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "table.h"

enum { CONNECT_S = 10, CONNECT_LEAST_S = 2, CONNECT_MOST_S = 3600 };

static int wrong(const char *key, const char *why) {
  baton_log("error", "configuration", "key", key, "why", why, NULL);
  return -1;
}

/* libpq minds its connect_timeout only where it may block; as there, less than 2 seconds are 2, and 0 is the default.
 */
static int64_t connect_ms(const char *connect_timeout) {
  long s = connect_timeout ? strtol(connect_timeout, NULL, 10) : 0;
  s = s <= 0 ? CONNECT_S : s < CONNECT_LEAST_S ? CONNECT_LEAST_S : s > CONNECT_MOST_S ? CONNECT_MOST_S : s;
  return s * 1000;
}

static int check_connection(struct adapter *a) {
  char *error = NULL, words[LINK_WORDS];
  bool has_password = false;
  PQconninfoOption *o = PQconninfoParse(a->to.conninfo, &error);
  link_words(words, error ? error : "no memory");
  PQfreemem(error);
  if (!o)
    return wrong("connection", words);
  for (const PQconninfoOption *p = o; p->keyword; p++) {
    has_password |= p->val && strcmp(p->keyword, "password") == 0;
    if (strcmp(p->keyword, "connect_timeout") == 0)
      a->to.connect_ms = connect_ms(p->val);
  }
  PQconninfoFree(o);
  return has_password ? wrong("connection", "a password does not stand here but in password_file, or in a passfile")
                      : 0;
}

static int read_password(struct adapter *a) {
  char why[256];
  size_t n;
  if (!*a->password_file)
    return 0;
  char *text = baton_secret_read(a->password_file, sizeof a->password - 1, &n, why);
  if (!text)
    return wrong("password_file", why);
  size_t length = strcspn(text, "\r\n");
  memcpy(a->password, text, length);
  a->password[length] = '\0';
  explicit_bzero(text, n);
  free(text);
  return length > 0 ? 0 : wrong("password_file", "it holds the password alone, and is empty");
}

/* ["shop.orders", "shop.notes"] as JSON for the server; nothing of it becomes part of a statement. */
static char *read_tables(const char *file, char *error) {
  baton_table *t = baton_table_read(file, error);
  json_t *list = json_array();
  size_t n = t ? baton_table_size(t, "tables") : 0;
  for (size_t i = 0; i < n; i++) {
    char path[32];
    snprintf(path, sizeof path, "tables.[%zu]", i);
    const char *name = baton_table_get(t, path);
    json_array_append_new(list, json_string(name ? name : ""));
  }
  char *text = t ? json_dumps(list, JSON_COMPACT) : NULL;
  json_decref(list);
  baton_table_free(t);
  return text;
}

static int check_query(struct source *s, const char *file) {
  char error[256] = "";
  if (!strstr(s->query, "$1") || !strstr(s->query, "$2") || !strstr(s->query, "$3"))
    return wrong("query",
                 "a query with $1, the position after which it begins, $2, the most rows it gives, and $3, the "
                 "position that is the last it gives");
  if (strchr(s->query, ';'))
    return wrong("query", "one query, without a semicolon");
  if (!*s->position_column || strchr(s->position_column, '"'))
    return wrong("position", "the name of the query's increasing column");
  if (!file)
    return wrong("fields", "the mapping can only be set in a configuration file (--config FILE)");
  s->tables = read_tables(file, error);
  if (!s->tables)
    return wrong("tables", error);
  s->map = map_read(file, "fields", "column", error);
  if (!s->map)
    return wrong("fields", error);
  if (strcmp(s->tables, "[]") == 0 && s->settle_ms == 0)
    return wrong("tables",
                 "neither tables nor settle_seconds is set: rows that slow transactions show late would be lost");
  return 0;
}

static int check_source(struct adapter *a, const char *file) {
  static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
  struct source *s = &a->source;
  s->outbox = strcmp(a->reads, "outbox") == 0;
  a->has_source = strcmp(a->reads, "nothing") != 0;
  s->settle_ms *= 1000;
  s->name = *a->source_name ? a->source_name : a->reads;
  if (!s->outbox && a->has_source && strcmp(a->reads, "query") != 0)
    return wrong("reads", "outbox, query or nothing");
  if (strlen(s->name) > 60 || s->name[strspn(s->name, allowed)])
    return wrong("source", "at most 60 letters, digits, dashes, dots");
  if (s->outbox && *s->query)
    return wrong("query", "it goes with reads = \"query\"");
  return s->outbox || !a->has_source ? 0 : check_query(s, file);
}

static int check_sink(struct adapter *a, const char *file) {
  char error[256] = "";
  bool inbox = strcmp(a->writes, "inbox") == 0;
  struct sink *k = &a->sink;
  if (!inbox && strcmp(a->writes, "statements") != 0 && strcmp(a->writes, "nothing") != 0)
    return wrong("writes", "inbox, statements or nothing");
  a->has_sink = strcmp(a->writes, "nothing") != 0;
  if (!a->has_sink)
    return 0;
  if (!file)
    return wrong("statements", "they are read from a configuration file (--config FILE)");
  if (statements_read(&k->statements, file, inbox, error) < 0)
    return wrong("statements", error);
  return k->statements.n > 0 ? 0 : wrong("statements", "writes = \"statements\" wants at least one");
}

int options_check(struct adapter *a, const char *config_file) {
  a->to.password = a->password;
  if (check_connection(a) < 0 || read_password(a) < 0 || check_source(a, config_file) < 0 ||
      check_sink(a, config_file) < 0)
    return -1;
  if (a->to.lock_ms >= a->to.statement_ms)
    return wrong("lock_timeout_ms", "it is shorter than statement_timeout_ms, or it has no effect");
  a->to.answer_ms = a->to.statement_ms + 2000; /* the server's own limit comes first, where it is alive */
  return a->has_source || a->has_sink ? 0 : wrong("reads", "this adapter neither reads nor writes");
}

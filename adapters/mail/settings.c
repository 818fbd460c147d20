#include "settings.h"

#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "table.h"

static const char *const kind_name[NOTICE_KINDS] = {"offers", "questions", "promises", "escalations", "advisories"};

__attribute__((format(printf, 2, 3))) static bool wrong(char *error, const char *format, ...) {
  va_list a;
  va_start(a, format);
  vsnprintf(error, 256, format, a);
  va_end(a);
  return false;
}

/* ---- Files with secrets ---- */

static bool read_secret(const char *key, const char *path, char *to, size_t room, size_t *ret_n, char *error) {
  char why[256];
  size_t size;
  char *text = baton_secret_read(path, room - 1, &size, why);
  if (!text)
    return wrong(error, "%s: %.220s", key, why);
  size_t n = size;
  while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == '\r'))
    n--;
  memcpy(to, text, n);
  to[n] = '\0';
  explicit_bzero(text, size);
  free(text);
  *ret_n = n;
  return n > 0 || wrong(error, "%s: %.120s is empty", key, path);
}

static bool read_files(struct settings *s, char *error) {
  char key[TOKEN_KEY_MAX + 2];
  size_t n;
  if (!read_secret("imap.password_file", s->imap_password_file, s->imap_password, PASSWORD_MAX, &n, error))
    return false;
  if (*s->smtp_user &&
      !read_secret("smtp.password_file", s->smtp_password_file, s->smtp_password, PASSWORD_MAX, &n, error))
    return false;
  if (!read_secret("token_key_file", s->token_key_file, key, sizeof key, &s->key.n, error))
    return false;
  if (s->key.n < 32 || s->key.n > TOKEN_KEY_MAX)
    return wrong(error, "token_key_file: wants 32 to %d bytes: head -c 32 /dev/urandom | base64 > FILE", TOKEN_KEY_MAX);
  memcpy(s->key.bytes, key, s->key.n);
  explicit_bzero(key, sizeof key);
  return true;
}

/* ---- Sections ---- */

static bool is_address(const char *a) {
  const char *at = strchr(a, '@');
  return at && at > a && at[1] && !strpbrk(a, " \t\r\n<>,;\"()") && !strchr(at + 1, '@') && strlen(a) < 128;
}

static bool is_list(const char *a) {
  return *a && !strpbrk(a, " \t\r\n<>") && strlen(a) < 100;
}

static bool read_names(const struct settings *s, const char *path, bool (*fits)(const char *), struct addresses *to,
                       char *error) {
  size_t n = baton_table_size(s->table, path);
  if (n > ADDRESSES_MAX)
    return wrong(error, "%s: at most %d", path, ADDRESSES_MAX);
  for (size_t i = 0; i < n; i++) {
    char at[64];
    snprintf(at, sizeof at, "%s.[%zu]", path, i);
    const char *a = baton_table_get(s->table, at);
    if (!a || !fits(a))
      return wrong(error, "line %u: %s: \"%.80s\" is no %s", baton_table_line(s->table, at), path, a ? a : "",
                   fits == is_list ? "List-Id" : "mail address");
    to->v[to->n++] = a;
  }
  return true;
}

static bool read_rules(struct settings *s, char *error) {
  size_t n = baton_table_size(s->table, "topics");
  if (n > RULES_MAX)
    return wrong(error, "topics: at most %d", RULES_MAX);
  for (size_t i = 0; i < n; i++) {
    char at[64];
    snprintf(at, sizeof at, "topics.[%zu]", i);
    if (baton_table_check(s->table, at, (const char *const[]){"to", "subject", "topic", NULL}, error) < 0)
      return false;
    struct topic_rule *r = &s->rules[s->n_rules++];
    const char **const member[] = {&r->to, &r->subject, &r->topic};
    static const char *const name[] = {"to", "subject", "topic"};
    for (size_t k = 0; k < 3; k++) {
      snprintf(at, sizeof at, "topics.[%zu].%s", i, name[k]);
      *member[k] = baton_table_get(s->table, at);
    }
    if (!r->topic || (!r->to && !r->subject))
      return wrong(error, "topics.[%zu]: wants topic, and to or subject", i);
  }
  return true;
}

static bool read_sections(struct settings *s, const char *config_file, char *error) {
  if (!config_file)
    return wrong(error, "to, may_act and topics can only be set in a configuration file (--config FILE)");
  s->table = baton_table_read(config_file, error);
  if (!s->table)
    return false;
  const char *names[NOTICE_KINDS + 1] = {NULL};
  memcpy(names, kind_name, sizeof kind_name);
  if (baton_table_size(s->table, "to") > 0 && baton_table_check(s->table, "to", names, error) < 0)
    return false;
  for (size_t i = 0; i < NOTICE_KINDS; i++) {
    char path[32];
    snprintf(path, sizeof path, "to.%s", kind_name[i]);
    if (!read_names(s, path, is_address, &s->to[i], error))
      return false;
  }
  return read_names(s, "may_act", is_address, &s->may_act, error) &&
         read_names(s, "own_lists", is_list, &s->own_lists, error) && read_rules(s, error);
}

/* ---- Values ---- */

static bool begins(const char *text, const char *with) {
  return strncasecmp(text, with, strlen(with)) == 0;
}

static bool is_line(const char *text) {
  for (; *text; text++)
    if ((unsigned char)*text < 0x20 || *text == 0x7f)
      return false;
  return true;
}

/* A folder's name outside ASCII is written as the server has it, in IMAP's own UTF-7. */
static bool is_folder(const char *text) {
  for (const char *p = text; *p; p++)
    if ((unsigned char)*p >= 0x80)
      return false;
  return is_line(text) && strlen(text) <= 200;
}

static bool check_values(const struct settings *s, char *error) {
  if (!begins(s->imap_url, "imap://") && !begins(s->imap_url, "imaps://"))
    return wrong(error, "imap.url: wants imap://HOST:PORT or imaps://HOST:PORT");
  if (!begins(s->smtp_url, "smtp://") && !begins(s->smtp_url, "smtps://"))
    return wrong(error, "smtp.url: wants smtp://HOST:PORT or smtps://HOST:PORT");
  if (strchr(s->imap_url + 8, '@') || strchr(s->smtp_url + 8, '@'))
    return wrong(error, "imap.url, smtp.url: user and password have options of their own");
  const char *const folders[] = {s->folder, s->move_to, s->rejects, s->automatic};
  for (size_t i = 0; i < 4; i++)
    if (!is_folder(folders[i]))
      return wrong(error, "a folder's name is at most 200 characters of ASCII, others in modified UTF-7 (RFC 3501)");
  if (!*s->folder)
    return wrong(error, "imap.folder: wants a name");
  if (!is_address(s->from))
    return wrong(error, "smtp.from: \"%.80s\" is no mail address", s->from);
  if (!is_line(s->name) || strlen(s->name) > 100)
    return wrong(error, "smtp.name: wants one line of at most 100 bytes");
  if (s->authserv_id[strcspn(s->authserv_id, " \t\r\n();\"")] || strlen(s->authserv_id) > 200)
    return wrong(error, "authserv_id: wants the name with which the server begins its Authentication-Results");
  if (*s->smtp_user && !*s->smtp_password_file)
    return wrong(error, "smtp.password_file: is needed with smtp.user");
  return true;
}

bool settings_read(struct settings *s, const char *config_file, char *error) {
  if (!check_values(s, error) || !read_sections(s, config_file, error) || !read_files(s, error))
    return false;
  s->from_domain = strchr(s->from, '@') + 1;
  return true;
}

void settings_free(struct settings *s) {
  baton_table_free(s->table);
  s->table = NULL;
  explicit_bzero(s->imap_password, sizeof s->imap_password);
  explicit_bzero(s->smtp_password, sizeof s->smtp_password);
  explicit_bzero(&s->key, sizeof s->key);
}

bool settings_has(const struct addresses *list, const char *address) {
  for (size_t i = 0; i < list->n; i++)
    if (strcasecmp(list->v[i], address) == 0)
      return true;
  return false;
}

static bool is_among(const char *address, const char *const *to, size_t n) {
  for (size_t i = 0; i < n; i++)
    if (strcasecmp(address, to[i]) == 0)
      return true;
  return false;
}

static bool has_words(const char *text, const char *words) {
  char *a = g_utf8_casefold(text, -1), *b = g_utf8_casefold(words, -1);
  bool found = strstr(a, b) != NULL;
  g_free(a);
  g_free(b);
  return found;
}

const char *settings_topic(const struct settings *s, const char *const *to, size_t n_to, const char *subject) {
  for (size_t i = 0; i < s->n_rules; i++) {
    const struct topic_rule *r = &s->rules[i];
    if ((!r->to || is_among(r->to, to, n_to)) && (!r->subject || has_words(subject, r->subject)))
      return r->topic;
  }
  return s->topic;
}

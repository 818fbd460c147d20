#include "compose.h"

#include <gmime/gmime.h>
#include <stdio.h>
#include <string.h>

#include "words.h"

enum { SUBJECT_MAX = 200, LOCAL_MAX = 64 };

static void set(GMimeMessage *m, const char *name, const char *value) {
  g_mime_object_set_header(GMIME_OBJECT(m), name, value, NULL);
}

static void set_subject(GMimeMessage *m, const struct mail *from) {
  char *line = words_line(from->subject, SUBJECT_MAX);
  char *whole = *from->ref ? g_strdup_printf("[%s] %s", from->ref, line) : g_strdup(line);
  g_mime_message_set_subject(m, whole, "utf-8");
  g_free(whole);
  g_free(line);
}

/* Where the server takes them, answers come back with the token in the address, also from programs that name no
 * Message-ID. */
static void set_reply_to(GMimeMessage *m, const struct settings *s, const char *token) {
  size_t local = strcspn(s->from, "@");
  if (!s->plus || local + 1 + strlen(token) > LOCAL_MAX)
    return;
  char *address = g_strdup_printf("%.*s+%s%s", (int)local, s->from, token, s->from + local);
  g_mime_message_add_mailbox(m, GMIME_ADDRESS_TYPE_REPLY_TO, NULL, address);
  g_free(address);
}

static void set_thread(GMimeMessage *m, const struct settings *s, const struct mail *from) {
  struct token thread = {.kind = TOKEN_THREAD, .case_id = from->token.case_id};
  char id[TOKEN_ID];
  token_id_write(&s->key, &thread, s->from_domain, id);
  char *references = g_strdup_printf("%s%s%s", from->token.case_id ? id : "", from->in_reply_to ? " " : "",
                                     from->in_reply_to ? from->in_reply_to : "");
  if (*g_strstrip(references))
    set(m, "References", references);
  if (from->in_reply_to || from->token.case_id)
    set(m, "In-Reply-To", from->in_reply_to ? from->in_reply_to : id);
  g_free(references);
}

static void set_headers(GMimeMessage *m, const struct settings *s, const struct mail *from) {
  char token[TOKEN_TEXT], id[TOKEN_ID];
  GDateTime *date = g_date_time_new_from_unix_utc(from->date_us / 1000000);
  token_write(&s->key, &from->token, token);
  token_id_write(&s->key, &from->token, s->from_domain, id);
  g_mime_message_add_mailbox(m, GMIME_ADDRESS_TYPE_FROM, *s->name ? s->name : NULL, s->from);
  for (size_t i = 0; i < from->to->n; i++)
    g_mime_message_add_mailbox(m, GMIME_ADDRESS_TYPE_TO, NULL, from->to->v[i]);
  set_subject(m, from);
  if (date)
    g_mime_message_set_date(m, date);
  set(m, "Message-ID", id);
  set_reply_to(m, s, token);
  set_thread(m, s, from);
  set(m, "Auto-Submitted", "auto-generated");
  set(m, "X-Auto-Response-Suppress", "All");
  set(m, "X-Baton-Loop", token);
  if (*from->ref)
    set(m, "X-Baton-Ref", from->ref);
  if (date)
    g_date_time_unref(date);
}

static char *with_crlf(const char *text, size_t *ret_n) {
  GString *to = g_string_sized_new(strlen(text) + 256);
  for (const char *p = text; *p; p++) {
    if (*p == '\n' && (p == text || p[-1] != '\r'))
      g_string_append_c(to, '\r');
    g_string_append_c(to, *p);
  }
  *ret_n = to->len;
  return g_string_free(to, FALSE);
}

char *compose(const struct settings *s, const struct mail *from, size_t *ret_n) {
  GMimeMessage *m = g_mime_message_new(TRUE);
  GMimeTextPart *part = g_mime_text_part_new_with_subtype("plain");
  char *clean = words_text(from->text, strlen(from->text));
  set_headers(m, s, from);
  g_mime_text_part_set_charset(part, "utf-8");
  g_mime_text_part_set_text(part, clean);
  g_mime_part_set_content_encoding(GMIME_PART(part), GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE);
  g_mime_message_set_mime_part(m, GMIME_OBJECT(part));
  char *text = g_mime_object_to_string(GMIME_OBJECT(m), NULL);
  char *whole = with_crlf(text, ret_n);
  g_free(text);
  g_free(clean);
  g_object_unref(part);
  g_object_unref(m);
  return whole;
}

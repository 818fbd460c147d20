#include "loops.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

static const char *value_of(GMimeMessage *m, const char *name) {
  const char *v = g_mime_object_get_header(GMIME_OBJECT(m), name);
  while (v && isspace((unsigned char)*v))
    v++;
  return v;
}

static bool is_word(const char *value, const char *word) {
  size_t n = strlen(word);
  return strncasecmp(value, word, n) == 0 && !isalnum((unsigned char)value[n]) && value[n] != '-';
}

/* Of the value no more than a word: the log says it, and it is anybody's. */
static bool say(char *ret, const char *name, const char *value) {
  size_t n = strcspn(value, " \t\r\n;");
  g_snprintf(ret, LOOPS_WHY, "%s%s%.*s", name, n ? ": " : "", (int)(n < 40 ? n : 40), value);
  for (char *p = ret; *p; p++)
    if ((unsigned char)*p < 0x20 || (unsigned char)*p >= 0x7f)
      *p = '?';
  return true;
}

static bool by_value(GMimeMessage *m, char *ret) {
  static const struct {
    const char *name, *value; /* NULL: any */
  } marks[] = {
      {"Precedence", "junk"}, {"Precedence", "auto_reply"}, {"X-Autoreply", NULL},      {"X-Autorespond", NULL},
      {"X-Auto-Reply", NULL}, {"X-Autoreply-From", NULL},   {"X-Mail-Autoreply", NULL}, {"X-Loop", NULL},
  };
  for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
    const char *v = value_of(m, marks[i].name);
    if (v && (!marks[i].value || is_word(v, marks[i].value)))
      return say(ret, marks[i].name, marks[i].value ? v : "");
  }
  const char *v = value_of(m, "Auto-Submitted"); /* RFC 3834: anything but "no" */
  return v && *v && !is_word(v, "no") && say(ret, "Auto-Submitted", v);
}

/* Whom nobody can answer is no person: RFC 5321 wants a null return path of every report. */
static bool by_sender(GMimeMessage *m, char *ret) {
  const char *path = value_of(m, "Return-Path"), *from = value_of(m, "From");
  if (path && strncmp(path, "<>", 2) == 0)
    return say(ret, "Return-Path", "<>");
  const char *at = from ? strcasestr(from, "MAILER-DAEMON@") : NULL;
  return at && say(ret, "From", "MAILER-DAEMON");
}

void loops_find(GMimeMessage *m, char ret[LOOPS_WHY]) {
  GMimeObject *top = g_mime_message_get_mime_part(m);
  GMimeContentType *type = top ? g_mime_object_get_content_type(top) : NULL;
  *ret = '\0';
  if (by_value(m, ret) || by_sender(m, ret))
    return;
  if (type && g_mime_content_type_is_type(type, "multipart", "report"))
    say(ret, "Content-Type", "multipart/report");
}

void loops_find_list(GMimeMessage *m, char ret[LOOPS_WHY]) {
  const char *id = value_of(m, "List-Id"), *precedence = value_of(m, "Precedence");
  const char *in = id ? strrchr(id, '<') : NULL;
  *ret = '\0';
  if (id)
    g_snprintf(ret, LOOPS_WHY, "%.*s", (int)strcspn(in ? in + 1 : id, ">"), in ? in + 1 : id);
  else if (precedence && (is_word(precedence, "bulk") || is_word(precedence, "list")))
    say(ret, "Precedence", precedence);
}

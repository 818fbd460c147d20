#include "trim.h"

#include <glib.h>
#include <stdlib.h>
#include <string.h>

enum { INTRODUCTION_LINES = 3, INTRODUCTION_MAX = 400 };

static size_t line_length(const char *p) {
  size_t n = strcspn(p, "\n");
  return p[n] ? n + 1 : n;
}

/* Without the blanks at its end. */
static size_t content(const char *p, size_t n) {
  while (n > 0 && strchr(" \t\r\n", p[n - 1]))
    n--;
  return n;
}

static bool ends_with(const char *p, size_t n, const char *end) {
  size_t size = strlen(end);
  return n >= size && g_ascii_strncasecmp(p + n - size, end, size) == 0;
}

static bool has(const char *p, size_t n, const char *word) {
  return g_strstr_len(p, (gssize)n, word) != NULL;
}

static bool is_quoted(const char *p, size_t n) {
  size_t blank = strspn(p, " \t");
  return blank < n && blank < 4 && p[blank] == '>';
}

static bool is_introduction(const char *p, size_t n) {
  static const struct {
    const char *begin, *word, *end;
  } forms[] = {
      {"On ", "", " wrote:"},
      {"Am ", " schrieb", ":"},
      {"Le ",
       " a \xc3\xa9"
       "crit",
       ":"},
      {"Op ", " schreef", ":"},
      {"El ", " escribi", ":"},
      {"Il ", " ha scritto", ":"},
  };
  n = content(p, n);
  for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
    if (strncmp(p, forms[i].begin, strlen(forms[i].begin)) == 0 && ends_with(p, n, forms[i].end) &&
        has(p, n, forms[i].word))
      return true;
  return false;
}

/* The length of an introduction that may be wrapped; 0 where none begins here. */
static size_t introduction(const char *p) {
  size_t n = 0;
  for (int line = 0; line < INTRODUCTION_LINES && p[n]; line++) {
    size_t more = line_length(p + n);
    if (n + more > INTRODUCTION_MAX || content(p + n, more) == 0)
      return 0;
    n += more;
    if (is_introduction(p, n))
      return n;
  }
  return 0;
}

static bool begins(const char *p, const char *const *words) {
  for (; *words; words++)
    if (g_ascii_strncasecmp(p, *words, strlen(*words)) == 0)
      return true;
  return false;
}

/* The header that mail programs put over the whole mail that is answered. */
static bool is_header(const char *p) {
  static const char *const from[] = {"From: ", "*From:* ", "Von: ", "*Von:* ", "De : ", "De: ", "Van: ", NULL};
  static const char *const next[] = {
      "Sent: ", "Date: ",        "*Sent:* ",    "*Date:* ", "Gesendet: ", "Datum: ",     "*Gesendet:* ",
      "To: ",   "Envoy\xc3\xa9", "Verzonden: ", "An: ",     "Aan: ",      "\xc3\x80 : ", NULL};
  if (!begins(p, from))
    return false;
  p += line_length(p);
  return begins(p, next);
}

static bool ends_here(const char *p, size_t n) {
  static const char *const marks[] = {"-----Original Message",        "-----Urspr\xc3\xbcngliche Nachricht",
                                      "-----Message d'origine",       "-----Oorspronkelijk bericht",
                                      "----- Original Message",       "----- Urspr\xc3\xbcngliche",
                                      "---------- Forwarded message", NULL};
  size_t full = content(p, n);
  bool rule = full >= 20 && strspn(p, "_") >= full;
  return (strncmp(p, "-- ", 3) == 0 && full == 2) || (full == 2 && strncmp(p, "--", 2) == 0) || begins(p, marks) ||
         is_header(p) || (rule && is_header(p + n));
}

static bool is_blank(const char *text) {
  return text[strspn(text, " \t\r\n")] == '\0';
}

/* The introduction counts where something quoted follows it, or nothing at all. */
static size_t quoted_introduction(const char *p) {
  size_t n = introduction(p);
  const char *after = p + n + strspn(p + n, " \t\r\n");
  return n > 0 && (!*after || is_quoted(after, strlen(after))) ? n : 0;
}

bool trim_text(char *text) {
  char *kept = malloc(strlen(text) + 1), *to = kept;
  bool cut = false;
  if (!kept)
    return false;
  for (const char *p = text; *p;) {
    size_t n = line_length(p), skip = quoted_introduction(p);
    if (skip == 0 && ends_here(p, n)) {
      cut = true;
      break;
    }
    if (skip == 0 && is_quoted(p, n))
      skip = n;
    if (skip == 0) {
      memcpy(to, p, n);
      to += n;
    }
    cut |= skip > 0;
    p += skip ? skip : n;
  }
  *to = '\0';
  cut = cut && !is_blank(kept);
  if (cut)
    memcpy(text, kept, (size_t)(to - kept) + 1);
  free(kept);
  return cut;
}

#include "words.h"

#include <glib.h>
#include <stdbool.h>
#include <string.h>

/* Not seen, or turns the direction of what follows: fit to show another text than there is. */
static bool is_unfit(gunichar c) {
  return (c < 0x20 && c != '\n' && c != '\t') || (c >= 0x7f && c < 0xa0) || (c >= 0x202a && c <= 0x202e) ||
         c == 0x200e || c == 0x200f || c == 0x061c || (c >= 0x2060 && c <= 0x206f) || (c >= 0xfff9 && c <= 0xfffb) ||
         (c >= 0xe0000 && c <= 0xe007f) || c == 0xfeff || c == 0x200b;
}

static bool is_break(gunichar c) {
  return c == '\n' || c == '\t' || c == 0x2028 || c == 0x2029;
}

void words_cut(char *text, size_t max) {
  size_t n = strlen(text);
  if (n < max)
    return;
  for (n = max - 1; n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80;)
    n--;
  text[n] = '\0';
}

char *words_line(const char *text, size_t max) {
  char *valid = g_utf8_make_valid(text, (gssize)strnlen(text, 4 * max));
  GString *to = g_string_new(NULL);
  for (const char *p = valid; *p; p = g_utf8_next_char(p)) {
    gunichar c = g_utf8_get_char(p);
    if (is_break(c) || c == '\r')
      c = ' ';
    if (!is_unfit(c) && !(c == ' ' && (to->len == 0 || to->str[to->len - 1] == ' ')))
      g_string_append_unichar(to, c);
  }
  g_free(valid);
  char *line = g_strchomp(g_string_free(to, FALSE));
  words_cut(line, max);
  return line;
}

char *words_text(const char *text, size_t n) {
  char *valid = g_utf8_make_valid(text, (gssize)n);
  GString *to = g_string_sized_new(n + 1);
  int breaks = 2;
  for (const char *p = valid; *p; p = g_utf8_next_char(p)) {
    gunichar c = g_utf8_get_char(p);
    if (is_unfit(c))
      continue;
    if (c != '\n') {
      breaks = 0;
      g_string_append_unichar(to, c);
      continue;
    }
    if (breaks == 0) /* "-- " alone keeps its blank: it is the mark of a signature */
      while (to->len > 0 && strchr(" \t", to->str[to->len - 1]) &&
             !(to->len >= 3 && memcmp(to->str + to->len - 3, "-- ", 3) == 0))
        g_string_truncate(to, to->len - 1);
    if (++breaks <= 2)
      g_string_append_c(to, '\n');
  }
  g_free(valid);
  return g_string_free(to, FALSE);
}

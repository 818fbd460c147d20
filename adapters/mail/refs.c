#include "refs.h"

#include <string.h>
#include <strings.h>

/* Crockford's base32 and the five further check symbols. */
static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ", checks[] = "*~$=U";

static char upper(char c) {
  return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

static bool is_digit(char c) {
  return c && strchr(digits, upper(c));
}

/* Groups of four digits with dashes between them, and a check symbol: its length, 0 where there is none. */
static size_t ref_length(const char *p) {
  size_t n = 0, groups = 0;
  for (;;) {
    for (int i = 0; i < 4; i++)
      if (!is_digit(p[n + (size_t)i]))
        return 0;
    n += 4;
    if (p[n++] != '-')
      return 0;
    groups++;
    char after = p[n] ? p[n + 1] : '\0';
    bool check = p[n] && (is_digit(p[n]) || strchr(checks, upper(p[n])));
    if (check && !is_digit(after) && after != '-')
      return n + 1;
    if (!check || groups == 4)
      return 0;
  }
}

static bool take(const char *from, size_t n, char ret[REF_TEXT]) {
  if (n == 0 || n >= REF_TEXT)
    return false;
  memcpy(ret, from, n);
  ret[n] = '\0';
  return true;
}

/* Without brackets it takes a word before it: "2026-1" may be the number of an invoice. */
static bool is_announced(const char *text, const char *p) {
  static const char *const words[] = {"#", "ref", "case", "baton"};
  while (p > text && strchr(" :.", p[-1]))
    p--;
  for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
    size_t n = strlen(words[i]);
    if ((size_t)(p - text) >= n && strncasecmp(p - n, words[i], n) == 0)
      return true;
  }
  return false;
}

bool refs_find(const char *text, char ret[REF_TEXT]) {
  for (const char *p = text; (p = strchr(p, '[')); p++) {
    size_t n = ref_length(p + 1);
    if (n > 0 && p[1 + n] == ']')
      return take(p + 1, n, ret);
  }
  for (const char *p = text; *p; p++) {
    size_t n = is_announced(text, p) ? ref_length(p) : 0;
    if (n > 0)
      return take(p, n, ret);
  }
  return false;
}

void refs_ids(const char *value, void (*each)(void *user, const char *id), void *user) {
  const char *found[IDS_MAX];
  size_t n = 0;
  for (const char *p = value; (p = strchr(p, '<')); p++) {
    if (n == IDS_MAX) /* the newest stand last */
      memmove(found, found + 1, --n * sizeof *found);
    found[n++] = p + 1;
  }
  while (n-- > 0) {
    char id[256];
    size_t size = strcspn(found[n], "<> \t\r\n");
    if (size == 0 || size >= sizeof id || found[n][size] != '>')
      continue;
    memcpy(id, found[n], size);
    id[size] = '\0';
    each(user, id);
  }
}

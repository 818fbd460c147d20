#include "key.h"

#include <glib.h>
#include <stdio.h>
#include <string.h>

enum { BODY_MAX = 64 << 10, ID_MAX = 512 }; /* less of the body than is ever fetched: a changed limit changes no key */

struct part {
  const char *p;
  size_t n;
};

static size_t line_length(const char *p, size_t n) {
  const char *end = memchr(p, '\n', n);
  return end ? (size_t)(end - p) + 1 : n;
}

/* A header field with the lines that continue it. */
static struct part field(const char *p, size_t n) {
  size_t size = line_length(p, n);
  while (size < n && (p[size] == ' ' || p[size] == '\t'))
    size += line_length(p + size, n - size);
  return (struct part){p, size};
}

static bool is_named(struct part f, const char *name) {
  size_t n = strlen(name);
  return f.n > n && f.p[n] == ':' && g_ascii_strncasecmp(f.p, name, n) == 0;
}

/* Folding and blanks do not count: servers on the way may change them. */
static void add(GChecksum *sum, struct part f) {
  for (size_t i = 0; i < f.n; i++)
    if (!strchr(" \t\r\n", f.p[i]) || !f.p[i])
      g_checksum_update(sum, (const guchar *)f.p + i, 1);
  g_checksum_update(sum, (const guchar *)"\n", 1);
}

static bool is_id(struct part f) {
  return f.n > 0 && f.n <= ID_MAX && memchr(f.p, '<', f.n) && memchr(f.p, '@', f.n) && memchr(f.p, '>', f.n);
}

void key_make(const char *mail, size_t n, const char *received, char ret[KEY_TEXT]) {
  static const char *const names[] = {"Message-ID", "From", "Date", "Subject"};
  enum { NAMES = sizeof names / sizeof *names };
  struct part found[NAMES] = {{NULL, 0}};
  size_t at = 0;
  while (at < n && mail[at] != '\n' && mail[at] != '\r') {
    struct part f = field(mail + at, n - at);
    for (size_t i = 0; i < NAMES; i++)
      if (!found[i].p && is_named(f, names[i]))
        found[i] = f;
    at += f.n;
  }
  GChecksum *sum = g_checksum_new(G_CHECKSUM_SHA256);
  bool by_id = is_id(found[0]);
  for (size_t i = 0; by_id && i < NAMES; i++)
    add(sum, found[i]);
  if (!by_id) {
    g_checksum_update(sum, (const guchar *)received, (gssize)strlen(received));
    at = 0;
  }
  size_t rest = n - at;
  if (rest > 0)
    g_checksum_update(sum, (const guchar *)mail + at, (gssize)(rest < BODY_MAX ? rest : BODY_MAX));
  snprintf(ret, KEY_TEXT, "%s:%.40s", by_id ? "mid" : "raw", g_checksum_get_string(sum));
  g_checksum_free(sum);
}

#include "wire.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

void wire_init(struct wire *w, size_t body_max) {
  *w = (struct wire){.body_max = body_max};
}

void wire_fini(struct wire *w) {
  free(w->line);
  free(w->body);
}

static bool grow(char **to, size_t *room, size_t wanted, size_t max) {
  if (wanted <= *room)
    return true;
  size_t size = *room ? *room : 1024;
  while (size < wanted)
    size *= 2;
  char *grown = wanted <= max ? realloc(*to, size) : NULL;
  if (!grown)
    return false;
  *to = grown;
  *room = size;
  return true;
}

static bool ends_with(const char *text, size_t n, const char *end) {
  size_t size = strlen(end);
  return n >= size && strncasecmp(text + n - size, end, size) == 0;
}

/* "{n}" at the end of the line: n bytes follow that are no line. */
static bool literal(const struct wire *w, size_t *ret_n, size_t *ret_at) {
  size_t at = w->n, value = 0, scale = 1;
  if (at < 3 || w->line[at - 1] != '}')
    return false;
  for (at--; at > 0 && w->line[at - 1] >= '0' && w->line[at - 1] <= '9'; at--, scale *= 10) {
    if (scale > 1000000000)
      return false;
    value += (size_t)(w->line[at - 1] - '0') * scale;
  }
  if (at == 0 || w->line[at - 1] != '{' || scale == 1)
    return false;
  *ret_n = value;
  *ret_at = at - 1;
  return true;
}

/* At the end of a line: false where a literal follows, and so the response goes on. */
static bool ends(struct wire *w, bool *ret_fits) {
  size_t at;
  *ret_fits = true;
  if (!literal(w, &w->literal_left, &at))
    return true;
  w->keeps = !w->has_body && (ends_with(w->line, at, "BODY[]<0> ") || ends_with(w->line, at, "BODY[] "));
  if (w->keeps) {
    w->has_body = true;
    w->body_n = 0;
    *ret_fits = w->literal_left <= w->body_max && grow(&w->body, &w->body_room, w->literal_left + 1, w->body_max + 1);
  }
  w->n = at;
  w->line[w->n++] = '~'; /* stands for it: what follows is not to be taken for its size */
  return false;
}

static size_t feed_literal(struct wire *w, const char *bytes, size_t n) {
  size_t take = n < w->literal_left ? n : w->literal_left;
  if (w->keeps) {
    memcpy(w->body + w->body_n, bytes, take);
    w->body_n += take;
  }
  w->literal_left -= take;
  return take;
}

static void begin(struct wire *w) {
  if (w->body_room > (64 << 10)) { /* one big mail is no reason to stay big */
    free(w->body);
    w->body = NULL;
    w->body_room = 0;
  }
  w->n = w->body_n = 0;
  w->has_body = w->keeps = w->is_whole = false;
}

ssize_t wire_feed(struct wire *w, const char *bytes, size_t n, bool *ret_whole) {
  size_t used = 0;
  *ret_whole = false;
  if (w->literal_left == 0 && w->is_whole)
    begin(w); /* the one before was whole */
  while (used < n) {
    if (w->literal_left > 0) {
      used += feed_literal(w, bytes + used, n - used);
      continue;
    }
    const char *end = memchr(bytes + used, '\n', n - used);
    size_t take = end ? (size_t)(end - (bytes + used)) + 1 : n - used;
    if (!grow(&w->line, &w->room, w->n + take + 1, WIRE_LINE_MAX))
      return -1;
    memcpy(w->line + w->n, bytes + used, take);
    w->n += take;
    used += take;
    if (!end)
      continue;
    while (w->n > 0 && strchr("\r\n", w->line[w->n - 1]))
      w->n--;
    w->line[w->n] = '\0';
    for (char *nul = w->line; (nul = memchr(nul, '\0', w->n - (size_t)(nul - w->line)));)
      *nul = ' ';
    bool fits;
    *ret_whole = ends(w, &fits);
    if (!fits)
      return -1;
    if (*ret_whole) {
      w->is_whole = true;
      return (ssize_t)used;
    }
  }
  return (ssize_t)used;
}

/* ---- What it says ---- */

static const char *skip_quoted(const char *p) {
  for (p++; *p && *p != '"'; p++)
    if (*p == '\\' && p[1])
      p++;
  return *p ? p + 1 : p;
}

/* Past one value: a list in parentheses, a quoted string, an atom. */
static const char *skip_value(const char *p) {
  int depth = 0;
  do {
    if (*p == '"') {
      p = skip_quoted(p);
      continue;
    }
    depth += *p == '(';
    depth -= *p == ')';
    if (depth < 0 || !*p)
      break;
    p++;
  } while (*p && (depth > 0 || (*p != ' ' && *p != ')')));
  return p;
}

static bool is_word(const char *p, size_t n, const char *word) {
  return strlen(word) == n && strncasecmp(p, word, n) == 0;
}

/* Small bodies may come as a quoted string. */
static void take_quoted(struct wire *w, const char *p) {
  size_t n = strlen(p);
  if (w->has_body || *p != '"' || n > w->body_max || !grow(&w->body, &w->body_room, n + 1, w->body_max + 1))
    return;
  w->has_body = true;
  w->body_n = 0;
  for (p++; *p && *p != '"'; p++) {
    if (*p == '\\' && p[1])
      p++;
    w->body[w->body_n++] = *p;
  }
}

static void take_item(struct wire *w, const char *name, size_t n, const char *value, struct wire_mail *m) {
  if (is_word(name, n, "UID"))
    m->uid = (uint32_t)strtoul(value, NULL, 10);
  else if (is_word(name, n, "RFC822.SIZE"))
    m->size = strtoull(value, NULL, 10);
  else if (is_word(name, n, "INTERNALDATE") && *value == '"')
    snprintf(m->received, sizeof m->received, "%.*s", (int)strcspn(value + 1, "\""), value + 1);
  else if (is_word(name, n, "BODY[]") || is_word(name, n, "BODY[]<0>"))
    *value == '"' ? take_quoted(w, value) : (void)(m->is_nil = strncasecmp(value, "NIL", 3) == 0);
}

bool wire_fetched(struct wire *w, struct wire_mail *ret) {
  *ret = (struct wire_mail){.uid = 0};
  if (strncmp(w->line, "* ", 2) != 0)
    return false;
  const char *p = w->line + 2 + strspn(w->line + 2, "0123456789");
  if (strncasecmp(p, " FETCH (", 8) != 0)
    return false;
  for (p += 8; *p && *p != ')';) {
    size_t n = strcspn(p, " )");
    const char *value = p + n;
    if (*value != ' ')
      break;
    value++;
    const char *after = skip_value(value);
    take_item(w, p, n, value, ret);
    p = after + strspn(after, " ");
    if (after == value)
      break;
  }
  ret->has_body = w->has_body;
  return true;
}

static int by_number(const void *a, const void *b) {
  uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
  return x < y ? -1 : x > y;
}

/* The lowest so many of those that come. */
struct lowest {
  uint32_t *uids;
  size_t n, max, highest; /* highest: where it stands */
};

static void keep(struct lowest *l, uint32_t uid) {
  if (l->n < l->max)
    l->uids[l->n++] = uid;
  else if (uid < l->uids[l->highest])
    l->uids[l->highest] = uid;
  else
    return; /* what most servers come to, who tell them in order */
  for (size_t i = l->highest = 0; i < l->n; i++)
    l->highest = l->uids[i] > l->uids[l->highest] ? i : l->highest;
}

bool wire_searched(const char *line, uint32_t first, uint32_t *uids, size_t max, size_t *ret_n) {
  if (strncasecmp(line, "* SEARCH", 8) != 0)
    return false;
  struct lowest l = {.uids = uids, .max = max};
  for (const char *p = line + 8; *p;) {
    char *end;
    unsigned long uid = strtoul(p, &end, 10);
    if (end == p)
      break;
    if (uid >= first && uid <= UINT32_MAX && uid > 0)
      keep(&l, (uint32_t)uid);
    p = end;
  }
  qsort(uids, l.n, sizeof *uids, by_number);
  *ret_n = l.n;
  return true;
}

bool wire_number(const char *line, const char *word, uint32_t *ret) {
  const char *p = strcasestr(line, word);
  unsigned long v = p ? strtoul(p + strlen(word), NULL, 10) : 0;
  if (v == 0 || v > UINT32_MAX)
    return false;
  *ret = (uint32_t)v;
  return true;
}

int64_t wire_time_us(const char *received) {
  static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
  struct tm t = {.tm_isdst = 0};
  char month[4], sign;
  int zone;
  const char *at;
  if (sscanf(received, " %2d-%3[A-Za-z]-%4d %2d:%2d:%2d %c%4d", &t.tm_mday, month, &t.tm_year, &t.tm_hour, &t.tm_min,
             &t.tm_sec, &sign, &zone) != 8 ||
      strlen(month) != 3 || !(at = strstr(months, month)) || t.tm_year < 1970 || zone < 0)
    return 0;
  t.tm_mon = (int)(at - months) / 3;
  t.tm_year -= 1900;
  int64_t s = (int64_t)timegm(&t) - (sign == '-' ? -1 : 1) * (zone / 100 * 3600 + zone % 100 * 60);
  return s > 0 ? s * 1000000 : 0;
}

/* Which format is wanted: RFC 9110, section 12.5.1, as far as two media types need it. */
#include <stdlib.h>
#include <strings.h>

#include "metrics/render.h"

static const char blanks[] = " \t";

const char *bt_exposition_type(enum bt_exposition exposition) {
  return exposition == BT_OPENMETRICS ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                                      : "text/plain; version=0.0.4; charset=utf-8";
}

static bool says(const char *p, size_t n, const char *word) {
  return n == strlen(word) && strncasecmp(p, word, n) == 0;
}

/* "0.75" as 750; what is no weight weighs nothing. */
static int weight(const char *p) {
  int w = *p == '1' ? 1000 : 0;
  if ((*p != '0' && *p != '1') || (p[1] != '.' && p[1] && !strchr(" \t,;", p[1])))
    return 0;
  if (p[1] == '.' && !w)
    for (int i = 0, scale = 100; i < 3 && p[2 + i] >= '0' && p[2 + i] <= '9'; i++, scale /= 10)
      w += (p[2 + i] - '0') * scale;
  return w;
}

/* One range: "text/plain;version=0.0.4;q=0.5". Its weight in thousandths. */
static int weight_of(const char *p, const char *end) {
  const char *at = p;
  while ((at = memchr(at, ';', (size_t)(end - at)))) {
    at++;
    at += strspn(at, blanks);
    if (end - at >= 2 && strncasecmp(at, "q=", 2) == 0)
      return weight(at + 2);
  }
  return 1000;
}

enum bt_exposition bt_exposition_accepted(const char *accept) {
  int openmetrics = 0, plain = 0;
  for (const char *p = accept; p && *p;) {
    p += strspn(p, " \t,");
    const size_t all = strcspn(p, ","), name = strcspn(p, " \t,;");
    if (says(p, name, "application/openmetrics-text") && weight_of(p, p + all) > openmetrics)
      openmetrics = weight_of(p, p + all);
    if (says(p, name, "text/plain") && weight_of(p, p + all) > plain)
      plain = weight_of(p, p + all);
    p += all;
  }
  return openmetrics && openmetrics >= plain ? BT_OPENMETRICS : BT_PLAIN_TEXT;
}

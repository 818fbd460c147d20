#include "ctl/top_words.h"

#include <stdio.h>

#include "ctl/top.h"

const char *bt_top_text(const json_t *object, const char *key) {
  const char *s = json_string_value(json_object_get(object, key));
  return s ? s : "";
}

double bt_top_number(const json_t *object, const char *key) {
  return json_number_value(json_object_get(object, key));
}

const char *bt_top_span(const json_t *object, const char *key, char buf[BT_TOP_SPAN]) {
  static const struct {
    double seconds;
    const char *unit;
  } units[] = {{86400, "d"}, {3600, "h"}, {60, "min"}, {1, "s"}};
  enum { N = sizeof units / sizeof *units };
  const json_t *value = json_object_get(object, key);
  const double s = json_number_value(value);
  if (!json_is_number(value))
    return "-";
  size_t i = 0;
  while (i < N - 1 && s < 2 * units[i].seconds)
    i++;
  snprintf(buf, BT_TOP_SPAN, "%.0f %s", s / units[i].seconds, units[i].unit);
  return buf;
}

/* Bytes of the character at p: what the broker sends is UTF-8. */
static size_t bytes_of(const unsigned char *p) {
  size_t n = p[0] < 0x80 ? 1 : p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
  for (size_t i = 1; i < n; i++)
    if ((p[i] & 0xc0) != 0x80)
      return i;
  return n;
}

/* Control characters, also those of two bytes. */
static bool is_control(const unsigned char *p, size_t n) {
  return (n == 1 && (p[0] < 0x20 || p[0] >= 0x7f)) || (n == 2 && p[0] == 0xc2 && p[1] < 0xa0);
}

void bt_top_fit(char *to, const char *s, uint32_t width, bool ascii) {
  const unsigned char *p = (const unsigned char *)s;
  size_t n = 0;
  for (uint32_t seen = 0; *p && (!width || seen < width) && n + 5 < BT_TOP_LINE; seen++) {
    const size_t length = bytes_of(p);
    if (is_control(p, length) || (ascii && length > 1))
      to[n++] = '?';
    else
      for (size_t i = 0; i < length; i++)
        to[n++] = (char)p[i];
    p += length;
  }
  while (n && to[n - 1] == ' ')
    n--;
  to[n] = '\0';
}

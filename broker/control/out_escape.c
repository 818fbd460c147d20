#include "control/out.h"

#include <stdlib.h>

/* Length of the UTF-8 sequence at p, and its character; 0: none starts here. */
static size_t sequence_at(const unsigned char *p, size_t n, uint32_t *ret) {
  static const struct {
    unsigned char mask, lead;
    uint32_t lowest;
  } forms[] = {{0x80, 0x00, 0}, {0xe0, 0xc0, 0x80}, {0xf0, 0xe0, 0x800}, {0xf8, 0xf0, 0x10000}};
  for (size_t length = 1; length <= 4 && length <= n; length++) {
    if ((p[0] & forms[length - 1].mask) != forms[length - 1].lead)
      continue;
    uint32_t c = p[0] & (unsigned char)~forms[length - 1].mask;
    for (size_t i = 1; i < length; i++) {
      if ((p[i] & 0xc0) != 0x80)
        return 0;
      c = c << 6 | (p[i] & 0x3f);
    }
    *ret = c;
    return c >= forms[length - 1].lowest && c <= 0x10ffff && (c < 0xd800 || c > 0xdfff) ? length : 0;
  }
  return 0;
}

/* Control characters, line separators, and those that turn the direction of writing or are not seen at all. */
static bool is_unsafe(uint32_t c) {
  return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x61c || (c >= 0x200b && c <= 0x200f) ||
         (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x2069) || c == 0xfeff;
}

/* The escape for one character or stray byte; at most 10 bytes. */
static int escape(char *to, uint32_t c, bool stray) {
  if (c == '\n' || c == '\t' || c == '\r')
    return sprintf(to, "\\%c", c == '\n' ? 'n' : c == '\t' ? 't' : 'r');
  return sprintf(to, stray || c < 0x80 ? "\\x%02x" : "\\u{%x}", c);
}

struct bt_str bt_out_escape(struct bt_arena *arena, struct bt_str s) {
  char *to = bt_arena_alloc(arena, s.n * 10 + 1);
  size_t n = 0;
  if (!to)
    return (struct bt_str){0};
  for (size_t i = 0; i < s.n;) {
    uint32_t c = (unsigned char)s.p[i];
    size_t length = sequence_at((const unsigned char *)s.p + i, s.n - i, &c);
    if (length && !is_unsafe(c)) {
      memcpy(to + n, s.p + i, length);
      n += length;
    } else {
      n += (size_t)escape(to + n, length ? c : (unsigned char)s.p[i], !length);
    }
    i += length ? length : 1;
  }
  return (struct bt_str){to, n};
}

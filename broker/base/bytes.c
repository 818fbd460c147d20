#include "base/bytes.h"

char *bt_hex(char *to, const void *from, size_t n) {
  static const char digits[] = "0123456789abcdef";
  const uint8_t *b = from;
  for (size_t i = 0; i < n; i++) {
    to[2 * i] = digits[b[i] >> 4];
    to[2 * i + 1] = digits[b[i] & 15];
  }
  to[2 * n] = '\0';
  return to;
}

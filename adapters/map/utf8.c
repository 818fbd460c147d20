#include "utf8.h"

/* How many bytes follow, and what the first of them may be: that is where overlong forms and surrogates show. */
static int utf8_follow(unsigned char c, unsigned char *low, unsigned char *high) {
  *low = 0x80;
  *high = 0xBF;
  if (c < 0x80)
    return 0;
  if (c >= 0xC2 && c <= 0xDF)
    return 1;
  if (c >= 0xE0 && c <= 0xEF) {
    *low = c == 0xE0 ? 0xA0 : 0x80;
    *high = c == 0xED ? 0x9F : 0xBF;
    return 2;
  }
  if (c >= 0xF0 && c <= 0xF4) {
    *low = c == 0xF0 ? 0x90 : 0x80;
    *high = c == 0xF4 ? 0x8F : 0xBF;
    return 3;
  }
  return -1;
}

bool utf8_valid(const char *text, size_t n) {
  const unsigned char *p = (const unsigned char *)text, *end = p + n;
  while (p < end) {
    unsigned char low, high;
    int more = utf8_follow(*p++, &low, &high);
    if (more < 0 || more > end - p)
      return false;
    for (; more > 0; more--, low = 0x80, high = 0xBF, p++)
      if (*p < low || *p > high)
        return false;
  }
  return true;
}

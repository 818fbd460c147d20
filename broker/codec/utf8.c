#include "codec/utf8.h"

#include <stdint.h>

static size_t ascii_run(const uint8_t *p, size_t n) {
  const uint64_t high_bits = UINT64_C(0x8080808080808080);
  size_t i = 0;
  for (uint64_t eight; i + sizeof eight <= n; i += sizeof eight) {
    memcpy(&eight, p + i, sizeof eight);
    if (eight & high_bits)
      break;
  }
  while (i < n && p[i] < 0x80)
    i++;
  return i;
}

static bool is_tail(uint8_t b) {
  return (b & 0xC0) == 0x80;
}

/* Length of the multi-byte character at p, 0 where it is malformed. The second byte carries all special rules
 * (RFC 3629, section 4). */
static size_t character(const uint8_t *p, size_t n) {
  uint8_t lead = p[0], low = 0x80, high = 0xBF;
  size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || n < length)
    return 0;
  if (lead == 0xE0)
    low = 0xA0; /* shorter forms exist */
  else if (lead == 0xED)
    high = 0x9F; /* surrogates */
  else if (lead == 0xF0)
    low = 0x90;
  else if (lead == 0xF4)
    high = 0x8F; /* past U+10FFFF */
  if (p[1] < low || p[1] > high)
    return 0;
  for (size_t i = 2; i < length; i++)
    if (!is_tail(p[i]))
      return 0;
  return length;
}

bool bt_utf8_valid(struct bt_str text) {
  const uint8_t *p = (const uint8_t *)text.p;
  for (size_t i = 0; i < text.n;) {
    i += ascii_run(p + i, text.n - i);
    if (i == text.n)
      break;
    size_t length = character(p + i, text.n - i);
    if (length == 0)
      return false;
    i += length;
  }
  return true;
}

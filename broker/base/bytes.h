/* Big-endian integers (they sort in byte order, which is the order of keys in the store) and hexadecimal. */
#ifndef BT_BASE_BYTES_H
#define BT_BASE_BYTES_H

#include <stddef.h>
#include <stdint.h>

static inline void bt_put_u32(void *to, uint32_t v) {
  uint8_t *b = to;
  for (int i = 0; i < 4; i++)
    b[i] = (uint8_t)(v >> (24 - 8 * i));
}

static inline void bt_put_u64(void *to, uint64_t v) {
  uint8_t *b = to;
  for (int i = 0; i < 8; i++)
    b[i] = (uint8_t)(v >> (56 - 8 * i));
}

static inline uint32_t bt_get_u32(const void *from) {
  const uint8_t *b = from;
  uint32_t v = 0;
  for (int i = 0; i < 4; i++)
    v = v << 8 | b[i];
  return v;
}

static inline uint64_t bt_get_u64(const void *from) {
  const uint8_t *b = from;
  uint64_t v = 0;
  for (int i = 0; i < 8; i++)
    v = v << 8 | b[i];
  return v;
}

/* Lower-case hexadecimal with a NUL: `to` holds 2 * n + 1 bytes. Returns to. */
char *bt_hex(char *to, const void *from, size_t n);

#endif

/* Slices of bytes that somebody else owns.
 *
 * A bt_str borrows: it is valid as long as the memory it points into (an arena, a string literal, a configuration
 * generation). It may hold any bytes; texts that came through the codec are UTF-8 without NUL. An empty slice may have
 * p == NULL. Nothing here allocates, blocks or fails. */
#ifndef BT_BASE_STR_H
#define BT_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct bt_str {
  const char *p;
  size_t n;
};

/* For printf: printf("%.*s", BT_STR_ARG(s)). */
#define BT_STR_ARG(s) (int)(s).n, (s).n ? (s).p : ""
#define BT_LIT(literal) ((struct bt_str){(literal), sizeof(literal) - 1})

static inline struct bt_str bt_str(const char *text) {
  return (struct bt_str){text, text ? strlen(text) : 0};
}

static inline bool bt_str_eq(struct bt_str a, struct bt_str b) {
  return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

/* Byte order, the shorter first among equals: the order of keys in the store. */
static inline int bt_str_cmp(struct bt_str a, struct bt_str b) {
  size_t n = a.n < b.n ? a.n : b.n;
  int c = n ? memcmp(a.p, b.p, n) : 0;
  return c ? c : (a.n > b.n) - (a.n < b.n);
}

static inline bool bt_str_starts(struct bt_str s, struct bt_str prefix) {
  return s.n >= prefix.n && (prefix.n == 0 || memcmp(s.p, prefix.p, prefix.n) == 0);
}

#endif

#include "core/ref.h"

/* Crockford's alphabet; the last five symbols are only used as check symbols. */
static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ*~$=U";

struct bt_str bt_ref_format(uint64_t number, char buf[BT_REF_SIZE]) {
  char digits[16];
  int n = 0;
  for (uint64_t rest = number; rest || n < 4; rest /= 32)
    digits[n++] = alphabet[rest % 32];
  size_t at = 0;
  for (int i = n - 1; i >= 0; i--) {
    buf[at++] = digits[i];
    if (i % 4 == 0)
      buf[at++] = '-';
  }
  buf[at++] = alphabet[number % 37];
  buf[at] = 0;
  return (struct bt_str){buf, at};
}

struct bt_str bt_ref_new(struct bt_arena *arena, uint64_t number) {
  char buf[BT_REF_SIZE];
  return bt_arena_copy(arena, bt_ref_format(number, buf));
}

/* -1: not a symbol. */
static int symbol_value(char c) {
  if (c >= 'a' && c <= 'z')
    c = (char)(c - 'a' + 'A');
  if (c == 'O')
    c = '0';
  if (c == 'I' || c == 'L')
    c = '1';
  for (int i = 0; i < 37; i++)
    if (alphabet[i] == c)
      return i;
  return -1;
}

int bt_ref_parse(struct bt_str text, uint64_t *ret_number) {
  int values[14]; /* 13 digits hold 64 bits, and the check symbol */
  size_t n = 0;
  for (size_t i = 0; i < text.n; i++) {
    if (text.p[i] == '-' || text.p[i] == ' ')
      continue;
    int v = symbol_value(text.p[i]);
    if (v < 0 || n == sizeof values / sizeof values[0])
      return -BT_INVALID;
    values[n++] = v;
  }
  if (n < 2)
    return -BT_INVALID;
  uint64_t number = 0;
  for (size_t i = 0; i + 1 < n; i++) {
    if (values[i] >= 32 || number > UINT64_MAX >> 5)
      return -BT_INVALID;
    number = number * 32 + (uint64_t)values[i];
  }
  if ((int)(number % 37) != values[n - 1])
    return -BT_INVALID;
  *ret_number = number;
  return 0;
}

#include "core/normal.h"

static bool blank(char c) {
  return c == ' ' || c == '\t';
}

static struct bt_str trim(struct bt_str s) {
  while (s.n && blank(s.p[0]))
    s.p++, s.n--;
  while (s.n && blank(s.p[s.n - 1]))
    s.n--;
  return s;
}

static int lower(struct bt_str value, struct bt_arena *arena, struct bt_str *ret) {
  char *to = bt_arena_alloc(arena, value.n + 1);
  if (!to)
    return -BT_NOMEM;
  for (size_t i = 0; i < value.n; i++)
    to[i] = value.p[i] >= 'A' && value.p[i] <= 'Z' ? (char)(value.p[i] - 'A' + 'a') : value.p[i];
  *ret = (struct bt_str){to, value.n};
  return 0;
}

/* The digits of a telephone number; false where anything but the usual separators stands between them. */
static bool phone_digits(struct bt_str value, char digits[32], size_t *ret_n) {
  size_t n = 0;
  for (size_t i = value.n && value.p[0] == '+' ? 1 : 0; i < value.n; i++) {
    char c = value.p[i];
    if (c >= '0' && c <= '9') {
      if (n == 31)
        return false;
      digits[n++] = c;
    } else if (!blank(c) && c != '-' && c != '.' && c != '/' && c != '(' && c != ')')
      return false;
  }
  *ret_n = n;
  return true;
}

static int phone(const struct bt_domain *domain, struct bt_str value, struct bt_arena *arena, struct bt_str *ret) {
  char digits[32];
  size_t n;
  if (!phone_digits(value, digits, &n))
    return -BT_INVALID;
  struct bt_str country = {0}, rest = {digits, n};
  if (value.n && value.p[0] == '+') {
    /* international as it stands */
  } else if (bt_str_starts(rest, BT_LIT("00"))) {
    rest = (struct bt_str){digits + 2, n - 2};
  } else if (domain->country.n) {
    country = domain->country;
    if (n && digits[0] == '0')
      rest = (struct bt_str){digits + 1, n - 1};
  } else
    return -BT_INVALID;
  size_t all = country.n + rest.n;
  if (all < 5 || all > 15 || (country.n ? country.p[0] : rest.p[0]) == '0')
    return -BT_INVALID;
  *ret = bt_arena_printf(arena, "+%.*s%.*s", BT_STR_ARG(country), BT_STR_ARG(rest));
  return ret->p ? 0 : -BT_NOMEM;
}

int bt_normalise(const struct bt_domain *domain, struct bt_str value, struct bt_arena *arena, struct bt_str *ret) {
  value = trim(value);
  if (!value.n)
    return -BT_INVALID;
  switch (domain->normal) {
  case BT_NORMAL_LOWER:
    return lower(value, arena, ret);
  case BT_NORMAL_PHONE:
    return phone(domain, value, arena, ret);
  default:
    *ret = value;
    return 0;
  }
}

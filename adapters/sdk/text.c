#include "text.h"
#include "baton.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

char *bt_sdk_base64_encode(const void *bytes, size_t n) {
  const uint8_t *b = bytes;
  char *text = malloc((n + 2) / 3 * 4 + 1), *to = text;
  if (!text)
    return NULL;
  for (size_t i = 0; i < n; i += 3) {
    size_t left = n - i;
    uint32_t v = (uint32_t)b[i] << 16 | (left > 1 ? (uint32_t)b[i + 1] << 8 : 0) | (left > 2 ? b[i + 2] : 0);
    *to++ = alphabet[v >> 18];
    *to++ = alphabet[v >> 12 & 63];
    *to++ = left > 1 ? alphabet[v >> 6 & 63] : '=';
    *to++ = left > 2 ? alphabet[v & 63] : '=';
  }
  *to = '\0';
  return text;
}

static int digit_of(char c) {
  if (c == '-')
    return 62;
  if (c == '_')
    return 63;
  const char *at = c ? strchr(alphabet, c) : NULL;
  return at ? (int)(at - alphabet) : -1;
}

bool bt_sdk_base64_decode(const char *text, size_t n, uint8_t **ret, size_t *ret_n) {
  size_t padding = 0;
  while (padding < 2 && n > 0 && text[n - 1] == '=')
    n--, padding++;
  if (n % 4 == 1 || (padding && (n + padding) % 4 != 0))
    return false;
  uint8_t *bytes = malloc(n / 4 * 3 + 3);
  if (!bytes)
    return false;
  size_t used = 0;
  uint32_t v = 0;
  for (size_t i = 0; i < n; i++) {
    int digit = digit_of(text[i]);
    if (digit < 0) {
      free(bytes);
      return false;
    }
    v = v << 6 | (uint32_t)digit;
    /* Every character after the first of four completes one byte. */
    if (i % 4 > 0)
      bytes[used++] = (uint8_t)(v >> (6 - 2 * (i % 4)));
  }
  *ret = bytes;
  *ret_n = used;
  return true;
}

/* Reads exactly `digits` digits at *at; false where there are fewer. */
static bool take_digits(const char **at, const char *end, int digits, int *ret) {
  int v = 0;
  for (int i = 0; i < digits; i++, (*at)++) {
    if (*at >= end || **at < '0' || **at > '9')
      return false;
    v = v * 10 + (**at - '0');
  }
  *ret = v;
  return true;
}

static bool take_char(const char **at, const char *end, const char *one_of) {
  if (*at >= end || !**at || !strchr(one_of, **at))
    return false;
  (*at)++;
  return true;
}

static int days_in_month(int year, int month) {
  static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return month == 2 && leap ? 29 : days[month - 1];
}

/* Days since 1970-01-01 in the proleptic Gregorian calendar. The year is taken to begin in March, so that the leap day
 * is its last: 153 days per five months from there on. */
static int64_t days_since_epoch(int year, int month, int day) {
  int64_t y = month <= 2 ? year - 1 : year;
  int64_t m = month <= 2 ? month + 9 : month - 3;
  int64_t before = 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1;
  return before - 719468; /* 0000-03-01 to 1970-01-01 */
}

static bool take_fraction(const char **at, const char *end, int *ret_us) {
  int us = 0, digits = 0;
  if (take_char(at, end, ".")) {
    for (; *at < end && **at >= '0' && **at <= '9'; (*at)++, digits++)
      if (digits < 6)
        us = us * 10 + (**at - '0');
    if (digits == 0)
      return false;
  }
  for (; digits < 6; digits++)
    us *= 10;
  *ret_us = us;
  return true;
}

static bool take_offset(const char **at, const char *end, int *ret_minutes) {
  if (take_char(at, end, "Zz")) {
    *ret_minutes = 0;
    return true;
  }
  if (*at >= end)
    return false;
  int sign = **at == '-' ? -1 : 1, h, m;
  if (!take_char(at, end, "+-") || !take_digits(at, end, 2, &h) || !take_char(at, end, ":") ||
      !take_digits(at, end, 2, &m) || h > 23 || m > 59)
    return false;
  *ret_minutes = sign * (h * 60 + m);
  return true;
}

bool bt_sdk_time_parse(const char *text, size_t n, int64_t *ret_us) {
  const char *at = text, *end = text + n;
  int year, month, day, h, m, s, us, offset;
  if (!take_digits(&at, end, 4, &year) || !take_char(&at, end, "-") || !take_digits(&at, end, 2, &month) ||
      !take_char(&at, end, "-") || !take_digits(&at, end, 2, &day) || !take_char(&at, end, "Tt ") ||
      !take_digits(&at, end, 2, &h) || !take_char(&at, end, ":") || !take_digits(&at, end, 2, &m) ||
      !take_char(&at, end, ":") || !take_digits(&at, end, 2, &s) || !take_fraction(&at, end, &us) ||
      !take_offset(&at, end, &offset) || at != end)
    return false;
  if (month < 1 || month > 12 || day < 1 || day > days_in_month(year, month) || h > 23 || m > 59 || s > 60)
    return false;
  int64_t seconds = days_since_epoch(year, month, day) * 86400 + h * 3600 + (m - offset) * 60 + (s == 60 ? 59 : s);
  *ret_us = seconds * 1000000 + us;
  return true;
}

bool bt_sdk_int_parse(const char *text, int64_t *ret) {
  const char *digits = *text == '-' ? text + 1 : text;
  if (!*digits || strspn(digits, "0123456789") != strlen(digits))
    return false;
  errno = 0;
  long long v = strtoll(text, NULL, 10);
  if (errno)
    return false;
  *ret = v;
  return true;
}

bool bt_sdk_uint_parse(const char *text, uint64_t *ret) {
  if (!*text || strspn(text, "0123456789") != strlen(text))
    return false;
  errno = 0;
  unsigned long long v = strtoull(text, NULL, 10);
  if (errno)
    return false;
  *ret = v;
  return true;
}

bool bt_sdk_utf8_valid(const char *text, size_t n) {
  const uint8_t *p = (const uint8_t *)text, *end = p + n;
  while (p < end) {
    uint8_t lead = *p++;
    if (lead < 0x80)
      continue;
    int more = lead >= 0xc2 && lead < 0xe0 ? 1 : lead >= 0xe0 && lead < 0xf0 ? 2 : lead >= 0xf0 && lead < 0xf5 ? 3 : 0;
    if (!more || end - p < more)
      return false;
    /* Over-long forms, surrogates and what lies beyond U+10FFFF show in the second byte. */
    uint8_t low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    uint8_t high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    if (*p < low || *p > high)
      return false;
    for (p++; --more; p++)
      if ((*p & 0xc0) != 0x80)
        return false;
  }
  return true;
}

size_t bt_sdk_utf8_first(const char *p) {
  for (size_t n = 1; n <= 4 && p[n - 1]; n++)
    if (bt_sdk_utf8_valid(p, n))
      return n;
  return 0;
}

int64_t bt_sdk_wall_us(void) {
  struct timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int64_t bt_sdk_mono_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t baton_now_ms(void) {
  return bt_sdk_mono_ms();
}

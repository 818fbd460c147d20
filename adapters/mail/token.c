#include "token.h"

#include <glib.h>
#include <stdio.h>
#include <string.h>

enum { FORMAT = 1, MAC = 10, BYTES_MAX = 2 + 3 * 10 + 4 + TOKEN_DIGEST + MAC };

static const char alphabet[] =
    "abcdefghijklmnopqrstuvwxyz234567"; /* base32 of RFC 4648: mail servers may change the case */

static void mac(const struct token_key *key, const unsigned char *bytes, size_t n, unsigned char ret[MAC]) {
  unsigned char whole[32];
  gsize size = sizeof whole;
  GHmac *h = g_hmac_new(G_CHECKSUM_SHA256, key->bytes, key->n);
  g_hmac_update(h, (const guchar *)"baton-mail", 10);
  g_hmac_update(h, bytes, (gssize)n);
  g_hmac_get_digest(h, whole, &size);
  g_hmac_unref(h);
  memcpy(ret, whole, MAC);
}

static size_t put_number(unsigned char *to, uint64_t v) {
  size_t n = 0;
  for (; v >= 0x80; v >>= 7)
    to[n++] = (unsigned char)(v | 0x80);
  to[n++] = (unsigned char)v;
  return n;
}

/* Moves *at; false where the number does not end. */
static bool get_number(const unsigned char *from, size_t n, size_t *at, uint64_t *ret) {
  uint64_t v = 0;
  for (unsigned shift = 0; *at < n && shift < 64; shift += 7) {
    unsigned char byte = from[(*at)++];
    v |= (uint64_t)(byte & 0x7f) << shift;
    if (!(byte & 0x80)) {
      *ret = v;
      return true;
    }
  }
  return false;
}

static void to_text(const unsigned char *bytes, size_t n, char *to) {
  uint32_t bits = 0, held = 0;
  for (size_t i = 0; i < n; i++) {
    bits = bits << 8 | bytes[i];
    for (held += 8; held >= 5; held -= 5)
      *to++ = alphabet[bits >> (held - 5) & 31];
  }
  if (held > 0)
    *to++ = alphabet[bits << (5 - held) & 31];
  *to = '\0';
}

/* The number of bytes; 0: not base32, or too much of it. */
static size_t from_text(const char *text, size_t n, unsigned char ret[BYTES_MAX]) {
  uint32_t bits = 0, held = 0;
  size_t out = 0;
  for (size_t i = 0; i < n; i++) {
    const char *at = text[i] ? strchr(alphabet, g_ascii_tolower(text[i])) : NULL;
    if (!at)
      return 0;
    bits = bits << 5 | (uint32_t)(at - alphabet);
    held += 5;
    if (held < 8)
      continue;
    if (out == BYTES_MAX)
      return 0;
    held -= 8;
    ret[out++] = (unsigned char)(bits >> held);
  }
  return out;
}

void token_write(const struct token_key *key, const struct token *t, char ret[TOKEN_TEXT]) {
  unsigned char bytes[BYTES_MAX];
  size_t n = 0;
  bytes[n++] = FORMAT;
  bytes[n++] = (unsigned char)t->kind;
  n += put_number(bytes + n, t->case_id);
  n += put_number(bytes + n, t->object);
  n += put_number(bytes + n, t->version);
  for (int shift = 24; shift >= 0; shift -= 8) /* minutes, so that four bytes last */
    bytes[n++] = (unsigned char)((uint64_t)((t->expires_s + 59) / 60) >> shift);
  memcpy(bytes + n, t->digest, TOKEN_DIGEST);
  n += TOKEN_DIGEST;
  mac(key, bytes, n, bytes + n);
  to_text(bytes, n + MAC, ret);
}

static bool is_same(const unsigned char *a, const unsigned char *b, size_t n) {
  unsigned char differs = 0; /* in the same time whatever differs */
  for (size_t i = 0; i < n; i++)
    differs |= a[i] ^ b[i];
  return differs == 0;
}

bool token_read(const struct token_key *key, const char *text, size_t n, struct token *ret) {
  unsigned char bytes[BYTES_MAX], right[MAC];
  struct token t = {.expires_s = 0};
  size_t at = 2, size = from_text(text, n, bytes);
  if (size < 2 + 3 + 4 + TOKEN_DIGEST + MAC || bytes[0] != FORMAT)
    return false;
  size_t signed_n = size - MAC;
  mac(key, bytes, signed_n, right);
  if (!is_same(right, bytes + signed_n, MAC))
    return false;
  t.kind = (enum token_kind)bytes[1];
  if (!get_number(bytes, signed_n, &at, &t.case_id) || !get_number(bytes, signed_n, &at, &t.object) ||
      !get_number(bytes, signed_n, &at, &t.version) || signed_n - at != 4 + TOKEN_DIGEST)
    return false;
  for (int i = 0; i < 4; i++)
    t.expires_s = t.expires_s << 8 | bytes[at++];
  t.expires_s *= 60;
  memcpy(t.digest, bytes + at, TOKEN_DIGEST);
  *ret = t;
  return true;
}

void token_id_write(const struct token_key *key, const struct token *t, const char *domain, char ret[TOKEN_ID]) {
  char text[TOKEN_TEXT];
  token_write(key, t, text);
  snprintf(ret, TOKEN_ID, "<baton.%s@%.255s>", text, domain);
}

bool token_id_read(const struct token_key *key, const char *id, struct token *ret) {
  static const char mark[] = "baton.";
  size_t n = strcspn(id, "@");
  const char *begin = *id == '<' ? id + 1 : id, *plus = memchr(id, '+', n);
  if (g_ascii_strncasecmp(begin, mark, strlen(mark)) == 0)
    begin += strlen(mark);
  else if (plus)
    begin = plus + 1;
  else
    return false;
  return id + n > begin && token_read(key, begin, (size_t)(id + n - begin), ret);
}

#include "signature.h"

#include <sodium.h>
#include <string.h>

enum { MAC = crypto_auth_hmacsha256_BYTES, PARTS_MAX = 8, TIMESTAMP_MAX = 20, HEADER_NAME_MAX = 64 };

#define HEADER "header:"

/* The next piece of `signs`: a name in braces (without them), or the text before the next. false: a brace is left open.
 */
static bool piece(const char **at, const char **ret_text, size_t *ret_n, bool *ret_named) {
  *ret_named = **at == '{';
  *ret_text = *at + *ret_named;
  *ret_n = strcspn(*ret_text, *ret_named ? "}" : "{");
  if (*ret_named && !(*ret_text)[*ret_n])
    return false;
  *at = *ret_text + *ret_n + *ret_named;
  return true;
}

static bool is(const char *text, size_t n, const char *word) {
  return n == strlen(word) && strncmp(text, word, n) == 0;
}

static bool is_header(const char *text, size_t n) {
  return n > strlen(HEADER) && n - strlen(HEADER) <= HEADER_NAME_MAX && strncmp(text, HEADER, strlen(HEADER)) == 0;
}

bool signature_signs_is_valid(const struct signature *s) {
  const char *text;
  size_t n, bodies = 0, times = 0;
  bool named;
  for (const char *at = s->signs; *at;) {
    if (!piece(&at, &text, &n, &named))
      return false;
    bodies += named && is(text, n, "body");
    times += named && is(text, n, "timestamp");
    if (named && !is(text, n, "body") && !is(text, n, "timestamp") && !is_header(text, n))
      return false;
  }
  return bodies == 1 && (times > 0) == !!s->timestamp_header;
}

/* The next part of a header's value, parts being divided by commas or blanks ("t=1700000000,v1=4af…"): its length. */
static size_t part(const char **at) {
  *at += strspn(*at, ", \t");
  return strcspn(*at, ", \t");
}

/* Whether the part has the prefix, and then what follows it. */
static bool after_prefix(const char **at, size_t *n, const char *prefix) {
  size_t p = strlen(prefix);
  if (*n < p || strncmp(*at, prefix, p) != 0)
    return false;
  *at += p;
  *n -= p;
  return true;
}

static bool timestamp_text(const struct signature *s, const char *value, char text[TIMESTAMP_MAX + 1]) {
  size_t n;
  for (unsigned i = 0; value && i < PARTS_MAX && (n = part(&value)); i++, value += n) {
    const char *at = value;
    size_t left = n;
    if (!after_prefix(&at, &left, s->timestamp_prefix) || left == 0 || left > 11 || strspn(at, "0123456789") < left)
      continue;
    memcpy(text, at, left);
    text[left] = '\0';
    return true;
  }
  return false;
}

static int64_t number(const char *digits) {
  int64_t v = 0;
  for (; *digits; digits++)
    v = v * 10 + (*digits - '0');
  return v;
}

struct signed_call {
  const char *timestamp, *body;
  size_t n;
  header_fn *header;
  void *context;
};

static const char *value_of(const struct signed_call *c, const char *text, size_t n, size_t *ret_n) {
  if (is(text, n, "body"))
    return *ret_n = c->n, c->body;
  const char *value = c->timestamp;
  if (is_header(text, n)) {
    char name[HEADER_NAME_MAX + 1];
    size_t name_n = n - strlen(HEADER);
    memcpy(name, text + strlen(HEADER), name_n);
    name[name_n] = '\0';
    value = c->header(c->context, name);
  }
  value = value ? value : "";
  return *ret_n = strlen(value), value;
}

static void compute(const struct signature *s, const struct signed_call *c, uint8_t mac[MAC]) {
  crypto_auth_hmacsha256_state state;
  const char *text;
  size_t n;
  bool named;
  crypto_auth_hmacsha256_init(&state, (const uint8_t *)s->secret, s->secret_n);
  for (const char *at = s->signs; *at && piece(&at, &text, &n, &named);) {
    if (named)
      text = value_of(c, text, n, &n);
    crypto_auth_hmacsha256_update(&state, (const uint8_t *)text, n);
  }
  crypto_auth_hmacsha256_final(&state, mac);
  sodium_memzero(&state, sizeof state);
}

static bool decode(const struct signature *s, const char *text, size_t n, uint8_t mac[MAC]) {
  size_t got = 0;
  if (!s->base64)
    return sodium_hex2bin(mac, MAC, text, n, NULL, &got, NULL) == 0 && got == MAC;
  static const int variants[] = {sodium_base64_VARIANT_ORIGINAL, sodium_base64_VARIANT_ORIGINAL_NO_PADDING,
                                 sodium_base64_VARIANT_URLSAFE, sodium_base64_VARIANT_URLSAFE_NO_PADDING};
  for (size_t i = 0; i < sizeof variants / sizeof *variants; i++)
    if (sodium_base642bin(mac, MAC, text, n, NULL, &got, NULL, variants[i]) == 0 && got == MAC)
      return true;
  return false;
}

const char *signature_check(const struct signature *s, header_fn *header, void *context, const char *body, size_t n,
                            int64_t now_s) {
  char timestamp[TIMESTAMP_MAX + 1] = "";
  const char *value = header(context, s->header);
  uint8_t right[MAC], got[MAC];
  bool good = false;
  size_t left;
  if (!value)
    return "the signature is missing";
  if (s->timestamp_header && !timestamp_text(s, header(context, s->timestamp_header), timestamp))
    return "the timestamp is missing";
  struct signed_call call = {.timestamp = timestamp, .body = body, .n = n, .header = header, .context = context};
  compute(s, &call, right);
  /* A source that changes its secret may send two signatures. */
  for (unsigned i = 0; i < PARTS_MAX && (left = part(&value)); i++, value += left) {
    const char *at = value;
    size_t part_n = left;
    if (after_prefix(&at, &part_n, s->prefix) && decode(s, at, part_n, got) && sodium_memcmp(right, got, MAC) == 0)
      good = true;
  }
  sodium_memzero(right, sizeof right);
  if (!good)
    return "the signature is wrong";
  int64_t off = *timestamp ? number(timestamp) - now_s : 0;
  return off > s->tolerance_s || -off > s->tolerance_s ? "the timestamp is too far from now: a replay, or a wrong clock"
                                                       : NULL;
}

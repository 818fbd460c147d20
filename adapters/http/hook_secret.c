#include "hook_secret.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "baton.h"

int hook_secret_read(const char *path, struct hook_secret *ret, char *error) {
  size_t n;
  char *text = baton_secret_read(path, HOOK_SECRET_MAX, &n, error);
  if (!text)
    return -1;
  *ret = (struct hook_secret){text, strcspn(text, "\r\n")};
  explicit_bzero(text + ret->n, n - ret->n);
  if (ret->n > 0)
    return 0;
  snprintf(error, 256, "%.150s: has nothing in its first line", path);
  hook_secret_wipe(ret);
  return -1;
}

void hook_secret_wipe(struct hook_secret *s) {
  if (s->text)
    explicit_bzero(s->text, s->n);
  free(s->text);
  *s = (struct hook_secret){NULL, 0};
}

void hook_secret_sign(const struct hook_secret *s, const char *at, const char *body, size_t n,
                      char ret_hex[HOOK_HMAC_HEX]) {
  crypto_auth_hmacsha256_state state;
  unsigned char mac[crypto_auth_hmacsha256_BYTES];
  crypto_auth_hmacsha256_init(&state, (const unsigned char *)s->text, s->n);
  crypto_auth_hmacsha256_update(&state, (const unsigned char *)at, strlen(at));
  crypto_auth_hmacsha256_update(&state, (const unsigned char *)".", 1);
  crypto_auth_hmacsha256_update(&state, (const unsigned char *)body, n);
  crypto_auth_hmacsha256_final(&state, mac);
  sodium_bin2hex(ret_hex, HOOK_HMAC_HEX, mac, sizeof mac);
}

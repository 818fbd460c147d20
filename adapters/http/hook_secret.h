/* Secrets from files that nobody else may read, and the signature made with one. */
#ifndef BATON_HTTP_HOOK_SECRET_H
#define BATON_HTTP_HOOK_SECRET_H

#include <stddef.h>

enum { HOOK_SECRET_MAX = 4096, HOOK_SECRET_LEAST = 16, HOOK_HMAC_HEX = 65 };

struct hook_secret {
  char *text; /* NULL: none */
  size_t n;
};

/* The first line of a file of mode 0600 or less. 0, or -1 with a sentence in error (at least 256 bytes). */
int hook_secret_read(const char *path, struct hook_secret *ret, char *error);
void hook_secret_wipe(struct hook_secret *s);
/* HMAC-SHA256 (RFC 2104) over at, a dot and the body, in hex. */
void hook_secret_sign(const struct hook_secret *s, const char *at, const char *body, size_t n,
                      char ret_hex[HOOK_HMAC_HEX]);

#endif

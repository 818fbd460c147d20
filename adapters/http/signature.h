/* Whether a webhook comes from who says so: HMAC-SHA256 over what the source says it signs, and the time of signing
 * where it tells one. */
#ifndef BATON_HTTP_SIGNATURE_H
#define BATON_HTTP_SIGNATURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct signature {
  char *secret;
  size_t secret_n;
  const char *header, *prefix, *timestamp_header, *timestamp_prefix;
  const char *signs; /* "{body}", "{timestamp}.{body}", "{header:X-Id}.{timestamp}.{body}" */
  bool base64;       /* else hex */
  int64_t tolerance_s;
};

/* A header's value; NULL: it is not there. */
typedef const char *header_fn(void *context, const char *name);

/* Whether the text of `signs` can be used: it has {body}, and {timestamp} exactly where a timestamp comes. */
bool signature_signs_is_valid(const struct signature *s);
/* now_s: since 1970. NULL: it is right; else why not. */
const char *signature_check(const struct signature *s, header_fn *header, void *context, const char *body, size_t n,
                            int64_t now_s);

#endif

/* Makes the bytes of a mail. Nothing that comes from outside can add a header or a recipient. */
#ifndef MAIL_COMPOSE_H
#define MAIL_COMPOSE_H

#include <stddef.h>
#include <stdint.h>

#include "settings.h"

struct mail {
  const struct addresses *to;
  const char *ref, *subject, *text; /* ref "": none */
  struct token token;               /* what an answer to it means */
  const char *in_reply_to;          /* a Message-ID with its brackets; NULL */
  int64_t date_us;
};

/* With CRLF; free with g_free. */
char *compose(const struct settings *s, const struct mail *m, size_t *ret_n);

#endif

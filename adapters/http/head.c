/* Heads that two readers may understand differently: whoever stands before this server (a proxy) may have read the
 * other one, and what it took for a body would come in here as somebody else's request. The server library lets them
 * pass. A raw NUL cannot be seen here, because the library ends its texts with one. */
#include "head.h"

#include <microhttpd.h>
#include <string.h>
#include <strings.h>

#include "header_text.h"

static const char *const once[] = {"Authorization", "Content-Length",  "Content-Type",
                                   "Host",          "Idempotency-Key", "Transfer-Encoding"};
enum { ONCE = sizeof once / sizeof *once };

struct seen {
  unsigned times[ONCE];
  bool garbled;
};

static enum MHD_Result see(void *context, enum MHD_ValueKind kind, const char *name, size_t name_n, const char *value,
                           size_t value_n) {
  struct seen *s = context;
  (void)kind;
  s->garbled = s->garbled || !header_name_is_valid(name, name_n) ||
               !header_value_is_valid(value ? value : "", value ? value_n : 0);
  for (size_t i = 0; i < ONCE; i++)
    s->times[i] += strcasecmp(name, once[i]) == 0;
  return MHD_YES;
}

static const char *header(struct MHD_Connection *connection, const char *name) {
  return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

const char *head_trouble(struct MHD_Connection *connection) {
  struct seen s = {.garbled = false};
  MHD_get_connection_values_n(connection, MHD_HEADER_KIND, see, &s);
  if (s.garbled)
    return "a header is not as HTTP has it";
  const char *coding = header(connection, "Transfer-Encoding");
  if (coding && header(connection, "Content-Length"))
    return "Content-Length and Transfer-Encoding exclude each other";
  for (size_t i = 0; i < ONCE; i++)
    if (s.times[i] > 1)
      return "a header stands twice that may stand once";
  if (coding && strcasecmp(coding, "chunked") != 0)
    return "of transfer codings only chunked is known";
  return NULL;
}

bool head_address_is_valid(const char *uri) {
  for (const char *c = uri; *c; c++)
    if (*c == 127 || (unsigned char)*c <= ' ')
      return false;
  return !strstr(uri, "%00");
}

/* What follows the last chunk cannot be seen here: the next request may have been put there. */
bool head_ends_connection(struct MHD_Connection *connection) {
  return header(connection, "Transfer-Encoding");
}

/* Systems that call webhooks: the list `sources` of the configuration, and how the body of a call becomes events.
 *
 * The mapping is that of every adapter (map.h); its columns are JSON pointers into the body, or "header:NAME". */
#ifndef BATON_HTTP_SOURCE_H
#define BATON_HTTP_SOURCE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "map.h"
#include "signature.h"
#include "table.h"

struct condition {
  const char *what; /* a JSON pointer, or "header:NAME" */
  const char **is;
  size_t n;
};

struct source {
  const char *name, *department;
  struct signature signature;
  const char *each; /* where the list is whose elements become events; NULL: the body is one */
  struct condition *when;
  size_t n_when;
  struct map *map;
};

struct sources {
  baton_table *table; /* holds the texts */
  struct source *v;
  size_t n;
};

/* -1: error (256 bytes) names file and line. */
int sources_read(struct sources *s, const char *config_file, char *error);
void sources_fini(struct sources *s);
const struct source *sources_find(const struct sources *s, const char *name);

/* One call, while it is mapped. */
struct call {
  const struct source *source;
  json_t *body;
  header_fn *header;
  void *context;
};
/* How many rows it has: the elements of the list, or one. -1: no list there. */
int call_rows(const struct call *c);
/* Row i as an event. ret->key is "" where the mapping has none. */
enum map_verdict call_row(const struct call *c, size_t i, struct mapped *ret);

#endif

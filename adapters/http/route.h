/* The one table of what there is: it answers requests and makes the OpenAPI document, so that the two are one. */
#ifndef BATON_HTTP_ROUTE_H
#define BATON_HTTP_ROUTE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "clients.h"

struct request;

enum { OPEN_TO_ALL = 0, SIGNED = 16 }; /* besides enum may */

struct parameter {
  const char *name, *in, *help; /* in: "query" or "header" */
  bool required;
};

struct route {
  const char *method, *path; /* one {argument} at most; the last one takes the rest of the path */
  unsigned may;
  void (*run)(struct request *r); /* NULL: openapi */
  const char *id, *summary;
  const char *takes, *gives;          /* schemas of openapi.c; takes may be NULL */
  const struct parameter *parameters; /* ends with name == NULL; may be NULL */
  const char *answer;                 /* of take_answer: the kind of event */
};

/* The route; NULL: *ret_allow says which methods this path has ("" where there is no such path). argument (n bytes)
 * gets what stands for the {argument}. */
const struct route *route_find(const char *method, const char *path, char *argument, size_t n, char ret_allow[64]);
const struct route *route_at(size_t i); /* NULL: after the last */
/* New; NULL: no memory. */
json_t *openapi_document(void);

#endif

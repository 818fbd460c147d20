/* The body of a call: the whole delivery in proto3 JSON, or an object made of some of its values. */
#ifndef BATON_HTTP_HOOK_BODY_H
#define BATON_HTTP_HOOK_BODY_H

#include "baton.h"

enum { HOOK_FIELDS_MAX = 64, HOOK_FIELD_DEPTH = 8 };

/* A member of the object: a constant, the value at a path, or a text with paths in braces. */
struct hook_field {
  char *to; /* "ticket.subject": a member of a member */
  enum hook_source { HOOK_VALUE, HOOK_PATH, HOOK_TEMPLATE } source;
  char *text;
};

/* Is this the path of a value that deliveries can have? error: at least 256 bytes. */
int hook_path_check(const char *path, char *error);
/* The parts of a template, and its paths. */
int hook_template_check(const char *text, char *error);
void hook_fields_free(struct hook_field *field, size_t n);
/* A new text (free it), or NULL without memory. n 0: the whole delivery. A path without a value leaves its member out,
 * or its place in the template empty. */
char *hook_body(const baton_delivery *d, const struct hook_field *field, size_t n);

#endif

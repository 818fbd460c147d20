/* JSON from outside, read strictly: one object or list, in UTF-8 without NUL, no name twice in an object, numbers that
 * fit, and never deeper than agreed. */
#ifndef BATON_HTTP_STRICT_H
#define BATON_HTTP_STRICT_H

#include <jansson.h>
#include <stddef.h>

/* NULL: error (256 bytes) says why, without what stands there. */
json_t *strict_parse(const char *text, size_t n, size_t depth_most, char *error);

#endif

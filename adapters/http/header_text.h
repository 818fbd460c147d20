/* What may stand in a header, of those that come in and of those that go out. */
#ifndef BATON_HTTP_HEADER_TEXT_H
#define BATON_HTTP_HEADER_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* RFC 9110, 5.6.2: a token. */
bool header_name_is_valid(const char *name, size_t n);
/* One line, without control characters but the tab. */
bool header_value_is_valid(const char *value, size_t n);
/* Whether a Content-Type says JSON: application/json, or one that ends in +json. */
bool header_says_json(const char *type, size_t n);

#endif

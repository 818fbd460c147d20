/* Where in a JSON document a value is: RFC 6901, and of the relative JSON pointers
 * (draft-bhutton-relative-json-pointer) what an element of a list needs: "0" is the element, "0/sku" a place in it,
 * "0#" its index. */
#ifndef BATON_HTTP_POINTER_H
#define BATON_HTTP_POINTER_H

#include <jansson.h>
#include <stdbool.h>

bool pointer_is_valid(const char *pointer);
bool pointer_is_index(const char *pointer);
/* NULL: nothing there. element may be NULL, where there is no list. Borrowed. */
json_t *pointer_get(json_t *document, json_t *element, const char *pointer);

#endif

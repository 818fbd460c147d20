/* JSON's single values as the texts that a mapping takes. */
#ifndef BATON_MAP_JSON_H
#define BATON_MAP_JSON_H

#include <jansson.h>

enum { MAP_NUMBER_TEXT = 32 };

/* v may be NULL: "", like null. number: where a number is written; a string is v's own. NULL: a list or an object. */
const char *map_json_text(const json_t *v, char number[MAP_NUMBER_TEXT]);

#endif

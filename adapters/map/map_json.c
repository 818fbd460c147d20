#include "map_json.h"

#include <stdio.h>

const char *map_json_text(const json_t *v, char number[MAP_NUMBER_TEXT]) {
  switch (v ? json_typeof(v) : JSON_NULL) {
  case JSON_NULL:
    return "";
  case JSON_STRING:
    return json_string_value(v);
  case JSON_TRUE:
    return "true";
  case JSON_FALSE:
    return "false";
  case JSON_INTEGER:
    snprintf(number, MAP_NUMBER_TEXT, "%" JSON_INTEGER_FORMAT, json_integer_value(v));
    return number;
  case JSON_REAL:
    snprintf(number, MAP_NUMBER_TEXT, "%.17g", json_real_value(v));
    return number;
  default:
    return NULL;
  }
}

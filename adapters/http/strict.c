#include "strict.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Looked at before the text is parsed: the parser's own bound is far beyond what any sender needs. */
static bool too_deep(const char *text, size_t n, size_t most) {
  size_t depth = 0;
  bool in_string = false;
  for (size_t i = 0; i < n; i++) {
    char c = text[i];
    if (in_string) {
      if (c == '\\')
        i++;
      else if (c == '"')
        in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      if (++depth > most)
        return true;
    } else if ((c == '}' || c == ']') && depth) {
      depth--;
    }
  }
  return false;
}

/* The parser's sentence may end with the text near the fault, which is the sender's own. */
static const char *sentence(const json_error_t *e) {
  static const struct {
    enum json_error_code code;
    const char *text;
  } known[] = {{json_error_duplicate_key, "a name stands twice in one object"},
               {json_error_invalid_utf8, "not valid UTF-8"},
               {json_error_null_character, "NUL in a string"},
               {json_error_null_byte_in_key, "NUL in a name"},
               {json_error_numeric_overflow, "a number does not fit: write a 64-bit number as text"},
               {json_error_premature_end_of_input, "it ends too early"},
               {json_error_end_of_input_expected, "something follows after its end"}};
  for (size_t i = 0; i < sizeof known / sizeof *known; i++)
    if (json_error_code(e) == known[i].code)
      return known[i].text;
  return "not JSON";
}

json_t *strict_parse(const char *text, size_t n, size_t depth_most, char *error) {
  json_error_t e;
  if (too_deep(text, n, depth_most)) {
    snprintf(error, 256, "nested deeper than %zu", depth_most);
    return NULL;
  }
  json_t *json = json_loadb(text, n, JSON_REJECT_DUPLICATES, &e);
  if (!json)
    snprintf(error, 256, "%s, at line %d, byte %d", sentence(&e), e.line, e.position);
  return json;
}

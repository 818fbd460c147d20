#include "pointer.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

bool pointer_is_index(const char *pointer) {
  return strcmp(pointer, "0#") == 0;
}

bool pointer_is_valid(const char *p) {
  if (pointer_is_index(p))
    return true;
  if (*p == '0')
    p++;
  if (*p && *p != '/')
    return false;
  for (; *p; p++)
    if (*p == '~' && p[1] != '0' && p[1] != '1')
      return false;
  return true;
}

/* Whether the token (to the next slash) is this key, ~1 being a slash and ~0 a tilde. */
static bool token_is(const char *token, size_t n, const char *key, size_t key_n) {
  size_t i = 0, k = 0;
  for (; i < n && k < key_n; i++, k++) {
    char c = token[i];
    if (c == '~' && i + 1 < n)
      c = token[++i] == '1' ? '/' : '~';
    if (c != key[k])
      return false;
  }
  return i == n && k == key_n;
}

static json_t *member(json_t *object, const char *token, size_t n) {
  const char *key;
  json_t *value;
  json_object_foreach(object, key, value) {
    if (token_is(token, n, key, strlen(key)))
      return value;
  }
  return NULL;
}

/* Digits without leading zeros. */
static json_t *element_at(const json_t *array, const char *token, size_t n) {
  size_t index = 0;
  if (n == 0 || n > 9 || (n > 1 && *token == '0'))
    return NULL;
  for (size_t i = 0; i < n; i++) {
    if (token[i] < '0' || token[i] > '9')
      return NULL;
    index = index * 10 + (size_t)(token[i] - '0');
  }
  return json_array_get(array, index);
}

json_t *pointer_get(json_t *document, json_t *element, const char *pointer) {
  json_t *at = document;
  if (*pointer == '0') {
    at = element;
    pointer++;
  }
  while (at && *pointer == '/') {
    size_t n = strcspn(++pointer, "/");
    at = json_is_object(at) ? member(at, pointer, n) : json_is_array(at) ? element_at(at, pointer, n) : NULL;
    pointer += n;
  }
  return *pointer ? NULL : at;
}

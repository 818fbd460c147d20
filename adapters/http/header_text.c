#include "header_text.h"

#include <string.h>
#include <strings.h>

bool header_name_is_valid(const char *name, size_t n) {
  static const char allowed[] = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  for (size_t i = 0; i < n; i++)
    if (!name[i] || !strchr(allowed, name[i]))
      return false;
  return n > 0;
}

bool header_value_is_valid(const char *value, size_t n) {
  for (size_t i = 0; i < n; i++)
    if (((unsigned char)value[i] < ' ' && value[i] != '\t') || value[i] == 127)
      return false;
  return true;
}

bool header_says_json(const char *type, size_t n) {
  static const char json[] = "application/json", suffix[] = "+json";
  const size_t json_n = sizeof json - 1, suffix_n = sizeof suffix - 1;
  size_t end = 0;
  while (end < n && !strchr("; \t\r\n", type[end]))
    end++;
  return (end == json_n && strncasecmp(type, json, end) == 0) ||
         (end > suffix_n && strncasecmp(type + end - suffix_n, suffix, suffix_n) == 0);
}

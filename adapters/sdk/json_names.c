/* What would have been right: the names that a message or an enum has. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "json.h"

enum { NEAR = 2, NAME_MAX_BYTES = 40 }; /* edits that still look like a slip */

static size_t least(size_t a, size_t b, size_t c) {
  size_t m = a < b ? a : b;
  return m < c ? m : c;
}

/* Levenshtein's distance, without underscores and case; a name too long to compare is far. */
static size_t distance(const char *a, size_t n, const char *b) {
  size_t row[NAME_MAX_BYTES + 1], m = strlen(b);
  if (n > NAME_MAX_BYTES || m > NAME_MAX_BYTES)
    return NAME_MAX_BYTES;
  for (size_t j = 0; j <= m; j++)
    row[j] = j;
  for (size_t i = 1; i <= n; i++) {
    size_t left_above = row[0]++;
    for (size_t j = 1; j <= m; j++) {
      size_t above = row[j];
      size_t same = tolower((unsigned char)a[i - 1]) == tolower((unsigned char)b[j - 1]) ? 0 : 1;
      row[j] = least(above + 1, row[j - 1] + 1, left_above + same);
      left_above = above;
    }
  }
  return row[m];
}

/* Adds a name where there is room; the list ends with "..." where there is none for all of them. */
static void add(char *error, const char *between, const char *name) {
  size_t used = strlen(error), need = strlen(between) + strlen(name);
  if (used + need + sizeof ", ..." <= BT_SDK_ERROR)
    snprintf(error + used, BT_SDK_ERROR - used, "%s%s", between, name);
  else if (used < 3 || strcmp(error + used - 3, "...") != 0)
    snprintf(error + used, BT_SDK_ERROR - used, ", ...");
}

/* Adds the fields whose names are a slip away. */
static bool add_near(const ProtobufCMessageDescriptor *type, const char *name, size_t n, bool near, char *error) {
  for (unsigned i = 0; i < type->n_fields; i++) {
    size_t edits = distance(name, n, type->fields[i].name);
    if (edits > NEAR || 2 * edits > n)
      continue;
    add(error, near ? ", " : "; near it: ", type->fields[i].name);
    near = true;
  }
  return near;
}

bool bt_sdk_no_field(const ProtobufCMessageDescriptor *type, const ProtobufCMessageDescriptor *other, const char *name,
                     size_t n, const char *where, char *error) {
  snprintf(error, BT_SDK_ERROR, "%.120s: no such field", where);
  bool near = add_near(type, name, n, false, error);
  if (other)
    near = add_near(other, name, n, near, error);
  for (unsigned i = 0; !near && i < type->n_fields; i++)
    add(error, i ? ", " : "; there are: ", type->fields[i].name);
  return false;
}

size_t bt_sdk_enum_prefix(const ProtobufCEnumDescriptor *type) {
  size_t n = strlen(type->short_name) + 1;
  for (const char *c = type->short_name + 1; *c; c++)
    n += isupper((unsigned char)*c) ? 1 : 0;
  return n;
}

bool bt_sdk_no_name(const ProtobufCEnumDescriptor *type, const char *where, char *error) {
  size_t prefix = bt_sdk_enum_prefix(type);
  bool first = true;
  snprintf(error, BT_SDK_ERROR, "%.120s: is none of ", where);
  for (unsigned i = 0; i < type->n_values; i++) {
    if (type->values[i].value == 0 && strstr(type->values[i].name, "UNSPECIFIED"))
      continue;
    add(error, first ? "" : ", ", type->values[i].name + prefix);
    first = false;
  }
  return false;
}

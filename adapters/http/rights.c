#include "rights.h"

#include <stddef.h>
#include <string.h>

static bool is_said(const json_t *v) {
  return v && !json_is_null(v) && !json_is_false(v) && (!json_is_string(v) || json_string_length(v) > 0);
}

static bool is_other(const json_t *v, const char *department) {
  return is_said(v) && (!json_is_string(v) || strcmp(json_string_value(v), department) != 0);
}

const char *rights_bind(json_t *event, const char *department, bool history, const char **ret_field) {
  const json_t *reference = json_object_get(json_object_get(event, "locator"), "reference");
  *ret_field = "department";
  if (is_other(json_object_get(event, *ret_field), department))
    return "another department acts here";
  *ret_field = "locator.reference.department";
  if (is_other(json_object_get(reference, "department"), department))
    return "numbers of another department are not for this one to give";
  *ret_field = "backfill";
  if (!history && is_said(json_object_get(event, *ret_field)))
    return "history is not told here";
  return json_object_set_new(event, "department", json_string(department)) < 0 ? "no memory" : NULL;
}

#include "hook_answer.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rights.h"

static baton_event *one_event(json_t *json, const struct hook_about *about, char *error) {
  if (!json_is_object(json))
    return snprintf(error, 256, "wants an object"), NULL;
  /* A system that is called speaks for the department that it is called for. */
  const char *field, *why = rights_bind(json, about->department, false, &field);
  if (why)
    return snprintf(error, 256, "%s: an answer is given for %.64s alone: %s", field, about->department, why), NULL;
  char id[24];
  snprintf(id, sizeof id, "%" PRIu64, about->case_id);
  if (about->case_id && !json_object_get(json, "locator") &&
      json_object_set_new(json, "locator", json_pack("{s:s}", "id", id)) < 0)
    return snprintf(error, 256, "no memory"), NULL;
  char *text = json_dumps(json, JSON_COMPACT);
  baton_event *event = text ? baton_event_from_json(text, strlen(text), error) : NULL;
  if (!text)
    snprintf(error, 256, "cannot be read");
  free(text);
  return event;
}

static int all_events(const json_t *list, const struct hook_about *about, baton_event **ret_event, size_t *ret_n,
                      char *error) {
  size_t i, n = 0;
  json_t *json;
  if (!json_is_array(list) || json_array_size(list) > HOOK_EVENTS_MAX)
    return snprintf(error, 256, "events wants a list of at most %d", HOOK_EVENTS_MAX), -1;
  json_array_foreach(list, i, json) {
    char why[256];
    if (!(ret_event[n] = one_event(json, about, why))) {
      snprintf(error, 256, "events[%zu]: %.200s", i, why);
      while (n > 0)
        baton_event_free(ret_event[--n]);
      return -1;
    }
    n++;
  }
  *ret_n = n;
  return 0;
}

int hook_answer_read(const char *text, size_t n, const struct hook_about *about,
                     baton_event *ret_event[HOOK_EVENTS_MAX], size_t *ret_n, char *error) {
  json_error_t why;
  *ret_n = 0;
  if (n == 0)
    return 0;
  json_t *json = json_loadb(text, n, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &why);
  if (!json)
    return snprintf(error, 256, "no JSON: %.150s at byte %d", why.text, why.position), -1;
  const json_t *list = json_object_get(json, "events");
  int rc = list ? all_events(list, about, ret_event, ret_n, error) : 0;
  json_decref(json);
  return rc;
}

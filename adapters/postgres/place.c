#include "place.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

bool place_parse(struct place *p, const char *text) {
  struct place q = {.known = true};
  int end = 0;
  int n = sscanf(text, "1 %" SCNd64 " %" SCNd64 " %" SCNd64 " %" SCNd64 " %47s %31s%n", &q.incarnation, &q.sent, &q.low,
                 &q.said_s, q.lineage, q.mark, &end);
  if (n != 6 || text[end] || (q.sent < INT64_MAX && q.low > q.sent + 1))
    return false;
  *p = q;
  return true;
}

int place_write(const struct place *p, char to[PLACE_MAX]) {
  return snprintf(to, PLACE_MAX, "1 %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %s %s", p->incarnation, p->sent,
                  p->low, p->said_s, *p->lineage ? p->lineage : "-", *p->mark ? p->mark : "-");
}

/* Base 64 of the usual or the URL alphabet; false: something else, or too long. */
static bool decode(const char *text, char *to, size_t room) {
  static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  uint32_t bits = 0;
  int held = 0;
  size_t n = 0;
  for (; *text && *text != '='; text++) {
    const char *at = strchr(alphabet, *text == '-' ? '+' : *text == '_' ? '/' : *text);
    if (!at)
      return false;
    bits = (bits << 6 | (uint32_t)(at - alphabet)) & 0xffffff;
    held += 6;
    if (held < 8)
      continue;
    held -= 8;
    if (n + 1 >= room)
      return false;
    to[n++] = (char)(bits >> held & 0xff);
  }
  to[n] = '\0';
  return strlen(to) == n;
}

bool place_read(struct place *p, const char *json) {
  char text[PLACE_MAX];
  json_t *answer = json_loads(json, 0, NULL);
  const char *position = json_string_value(json_object_get(json_object_get(answer, "cursor"), "position"));
  bool good = answer != NULL;
  *p = (struct place){.known = false};
  if (position && *position)
    good = decode(position, text, sizeof text) && place_parse(p, text);
  json_decref(answer);
  return good;
}

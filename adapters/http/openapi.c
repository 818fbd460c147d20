/* The OpenAPI 3.0 document, made of the table of routes. */
#include <stdio.h>
#include <string.h>

#include "in.h"
#include "route.h"

static json_t *reference(const char *schema) {
  char path[96];
  snprintf(path, sizeof path, "#/components/schemas/%s", schema);
  return json_pack("{s:s}", "$ref", path);
}

static json_t *content(const char *type, const char *schema) {
  return json_pack("{s:{s:o}}", type, "schema", reference(schema));
}

static json_t *parameter(const char *name, const char *in, const char *help, bool required) {
  return json_pack("{s:s, s:s, s:s, s:b, s:{s:s}}", "name", name, "in", in, "description", help, "required",
                   (int)required, "schema", "type", "string");
}

static json_t *parameters(const struct route *r) {
  json_t *list = json_array();
  char name[32];
  const char *open = strchr(r->path, '{');
  if (open && sscanf(open, "{%31[a-z]}", name) == 1)
    json_array_append_new(list, parameter(name, "path", name, true));
  for (const struct parameter *p = r->parameters; p && p->name; p++)
    json_array_append_new(list, parameter(p->name, p->in, p->help, p->required));
  return list;
}

static void response(json_t *to, const char *status, const char *help, const char *type, const char *schema) {
  json_object_set_new(to, status, json_pack("{s:s, s:o}", "description", help, "content", content(type, schema)));
}

static json_t *responses(const struct route *r) {
  static const char json[] = "application/json", problem[] = "application/problem+json";
  json_t *to = json_object();
  response(to, "200", r->summary, json, r->gives);
  if (r->takes) {
    response(to, "201", "Accepted by the broker: the receipt is in it", json, r->gives);
    response(to, "202", "Durable here, on its way to the broker", json, r->gives);
    response(to, "207", "Some of the events were refused: each has its status", json, r->gives);
    response(to, "409", "The case has moved on, or the key was used for something else", problem, "Problem");
    response(to, "413", "Too large", problem, "Problem");
    response(to, "415", "Not application/json", problem, "Problem");
    response(to, "422", "Not a valid event", problem, "Problem");
  }
  if (r->may != OPEN_TO_ALL) {
    response(to, "401", "Who is it?", problem, "Problem");
    response(to, "403", "Not for this client", problem, "Problem");
    response(to, "404", "Not there, or not to be seen", problem, "Problem");
    response(to, "429", "Too many failures", problem, "Problem");
  }
  response(to, "503", "Not now: Retry-After says when", problem, "Problem");
  return to;
}

static json_t *operation(const struct route *r) {
  json_t *o = json_pack("{s:s, s:s, s:o, s:o}", "operationId", r->id, "summary", r->summary, "parameters",
                        parameters(r), "responses", responses(r));
  if (r->takes)
    json_object_set_new(o, "requestBody",
                        json_pack("{s:b, s:o}", "required", 1, "content", content("application/json", r->takes)));
  if (r->may & (MAY_SUBMIT | MAY_READ | MAY_ANSWER))
    json_object_set_new(o, "security", json_pack("[{s:[]}]", "token"));
  return o;
}

static json_t *paths(void) {
  json_t *all = json_object();
  const struct route *r;
  for (size_t i = 0; (r = route_at(i)); i++) {
    char method[8];
    size_t n = 0;
    for (; r->method[n] && n < sizeof method - 1; n++)
      method[n] = (char)(r->method[n] | 0x20);
    method[n] = '\0';
    json_t *path = json_object_get(all, r->path);
    if (!path) {
      path = json_object();
      json_object_set_new(all, r->path, path);
    }
    json_object_set_new(path, method, operation(r));
  }
  return all;
}

/* One member for each kind of event there is; what is in it stands in event.proto. */
static json_t *event_schema(void) {
  json_t *members = json_loads("{\"key\":{\"type\":\"string\",\"maxLength\":128},\"department\":{\"type\":\"string\"},"
                               "\"actor\":{\"type\":\"string\"},\"occurredAtUs\":{\"type\":\"string\"},"
                               "\"expectedVersion\":{\"type\":\"string\"},\"backfill\":{\"type\":\"boolean\"},"
                               "\"labels\":{\"type\":\"array\",\"items\":"
                               "{\"type\":\"string\"}},\"locator\":{\"type\":\"object\"}}",
                               0, NULL);
  const char *kind;
  for (size_t i = 0; (kind = baton_event_kind(i)); i++) {
    char name[64];
    size_t n = 0;
    for (const char *k = kind; *k && n < sizeof name - 1; k++) {
      bool hump = *k == '_' && k[1];
      name[n++] = (char)(hump ? *++k & ~0x20 : *k);
    }
    name[n] = '\0';
    json_object_set_new(members, name, json_pack("{s:s}", "type", "object"));
  }
  return json_pack("{s:s, s:s, s:o}", "type", "object", "description",
                   "An Event of event.proto in its proto3 JSON form, with its key", "properties", members);
}

static json_t *schemas(void) {
  json_t *all = json_loads(
      "{\"Any\":{\"type\":\"object\"},"
      "\"Submission\":{\"oneOf\":[{\"$ref\":\"#/components/schemas/Event\"},{\"$ref\":\"#/components/schemas/Keyed\"},"
      "{\"$ref\":\"#/components/schemas/Events\"}]},"
      "\"Keyed\":{\"type\":\"object\",\"required\":[\"event\"],\"properties\":{\"key\":{\"type\":\"string\"},"
      "\"event\":{\"$ref\":\"#/components/schemas/Event\"}}},"
      "\"Events\":{\"type\":\"object\",\"required\":[\"events\"],\"properties\":{\"events\":{\"type\":\"array\","
      "\"items\":{\"anyOf\":[{\"$ref\":\"#/components/schemas/Event\"},{\"$ref\":\"#/components/schemas/Keyed\"}]}}}},"
      "\"Result\":{\"type\":\"object\",\"properties\":{\"key\":{\"type\":\"string\"},\"state\":{\"type\":\"string\","
      "\"enum\":[\"accepted\",\"refused\",\"on-its-way\",\"passed-over\"]},\"status\":{\"type\":\"integer\"},"
      "\"receipt\":{\"type\":\"object\"},\"events\":{\"type\":\"array\",\"items\":{\"$ref\":"
      "\"#/components/schemas/Result\"}}}},"
      "\"Accept\":{\"type\":\"object\",\"required\":[\"ref\",\"expectedVersion\",\"digest\"],\"properties\":{"
      "\"ref\":{\"type\":\"string\"},\"expectedVersion\":{\"type\":\"string\"},\"digest\":{\"type\":\"string\"},"
      "\"readBack\":{\"type\":\"string\"},\"actor\":{\"type\":\"string\"},\"key\":{\"type\":\"string\"}}},"
      "\"Refuse\":{\"type\":\"object\",\"required\":[\"ref\",\"expectedVersion\",\"reason\"],\"properties\":{"
      "\"ref\":{\"type\":\"string\"},\"expectedVersion\":{\"type\":\"string\"},\"reason\":{\"type\":\"string\"},"
      "\"text\":{\"type\":\"string\"},\"rightDepartment\":{\"type\":\"string\"},\"actor\":{\"type\":\"string\"},"
      "\"key\":{\"type\":\"string\"}}},"
      "\"Counter\":{\"type\":\"object\",\"required\":[\"ref\",\"expectedVersion\",\"atUs\"],\"properties\":{"
      "\"ref\":{\"type\":\"string\"},\"expectedVersion\":{\"type\":\"string\"},\"atUs\":{\"type\":\"string\"},"
      "\"type\":{\"type\":\"string\"},\"text\":{\"type\":\"string\"},\"actor\":{\"type\":\"string\"},"
      "\"key\":{\"type\":\"string\"}}},"
      "\"Health\":{\"type\":\"object\",\"properties\":{\"takesEvents\":{\"type\":\"boolean\"},\"broker\":"
      "{\"type\":\"string\",\"enum\":[\"connected\",\"away\"]}}},"
      "\"Problem\":{\"type\":\"object\",\"required\":[\"type\",\"title\",\"status\",\"code\",\"detail\",\"next\"],"
      "\"properties\":{\"type\":{\"type\":\"string\"},\"title\":{\"type\":\"string\"},\"status\":{\"type\":"
      "\"integer\"},\"code\":{\"type\":\"string\"},\"detail\":{\"type\":\"string\"},\"field\":{\"type\":\"string\"},"
      "\"next\":{\"type\":\"string\"},\"receipt\":{\"type\":\"object\"}}}}",
      0, NULL);
  static const char *const answers[][2] = {{"CustomerAnswer", "customer"},
                                           {"CaseAnswer", "case"},
                                           {"HistoryAnswer", "history"},
                                           {"CardAnswer", "card"},
                                           {"OffersAnswer", "offers"}};
  for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
    const char *type = i == 4 ? "array" : "object";
    json_t *what = i == 4 ? json_pack("{s:s, s:{s:s}}", "type", type, "items", "type", "object")
                          : json_pack("{s:s}", "type", type);
    json_object_set_new(all, answers[i][0],
                        json_pack("{s:s, s:{s:{s:s}, s:{s:s}, s:{s:s}, s:o}}", "type", "object", "properties", "asOfUs",
                                  "type", "string", "asOfSequence", "type", "string", "nextPage", "type", "string",
                                  answers[i][1], what));
  }
  json_object_set_new(all, "Event", event_schema());
  return all;
}

json_t *openapi_document(void) {
  return json_pack("{s:s, s:{s:s, s:s, s:s}, s:o, s:{s:o, s:{s:{s:s, s:s}}}}", "openapi", "3.0.3", "info", "title",
                   "Baton", "version", BATON_VERSION, "description",
                   "The way in to Baton for department systems: events, webhooks, questions, answers to offers.",
                   "paths", paths(), "components", "schemas", schemas(), "securitySchemes", "token", "type", "http",
                   "scheme", "bearer");
}

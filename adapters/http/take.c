/* Bodies that become events: POST /v1/events and answers to offers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "in.h"
#include "rights.h"
#include "route.h"
#include "strict.h"

/* Kinds that only who may answer may send. */
static const char *const answers[] = {"handoff_accepted", "handoff_refused", "handoff_countered"};

static const char *header(struct request *r, const char *name) {
  return MHD_lookup_connection_value(r->connection, MHD_HEADER_KIND, name);
}

/* Idempotency-Key is a quoted string by its draft; most send it bare. n: room in text. */
static bool key_of_header(struct request *r, char *text, size_t n) {
  const char *value = header(r, "Idempotency-Key");
  size_t length = value ? strlen(value) : 0;
  bool quoted = length >= 2 && value[0] == '"' && value[length - 1] == '"';
  if (length == 0 || length >= n || strspn(value, " ") == length)
    return false;
  for (size_t i = 0; i < length; i++)
    if (value[i] < ' ' || value[i] > '~')
      return false;
  snprintf(text, n, "%.*s", (int)(length - 2 * quoted), value + quoted);
  return true;
}

static json_t *parse(struct request *r) {
  char error[256];
  json_t *json = strict_parse(r->body ? r->body : "", r->body_n, (size_t)r->in->set.json_depth, error);
  if (!json)
    reply_problem(r, 400, "BAD_JSON", error, NULL);
  else if (!json_is_object(json))
    reply_problem(r, 400, "BAD_REQUEST", "one JSON object is wanted", NULL);
  if (json_is_object(json))
    return json;
  json_decref(json);
  return NULL;
}

/* Prefer: wait=SECONDS (RFC 7240). */
static void read_wish(struct request *r) {
  const char *prefer = header(r, "Prefer"), *wait = prefer ? strstr(prefer, "wait=") : NULL;
  long seconds = wait ? strtol(wait + 5, NULL, 10) : 0;
  if (seconds > r->in->set.answer_s)
    seconds = r->in->set.answer_s;
  r->wish_ms = seconds > 0 ? seconds * 1000 : 0;
}

static struct item *add_item(struct request *r, size_t most) {
  if (!r->items && !(r->items = calloc(most, sizeof *r->items))) {
    reply_problem(r, 503, "BUSY", "no memory", NULL);
    return NULL;
  }
  struct item *item = &r->items[r->n_items++];
  item->request = r;
  return item;
}

static bool refuse(struct request *r, unsigned status, const char *code, const char *text, const char *where,
                   const char *field) {
  char whole[160];
  snprintf(whole, sizeof whole, "%.40s%s%.100s", where, *where && *field ? "." : "", field);
  reply_problem(r, status, code, text, whole);
  return false;
}

/* "path: sentence" of the library: the path is the field. */
static bool refuse_event(struct request *r, const char *error, const char *where) {
  char field[128] = "";
  const char *colon = strstr(error, ": ");
  size_t n = colon ? (size_t)(colon - error) : 0;
  if (colon && n < sizeof field && !memchr(error, ' ', n))
    snprintf(field, sizeof field, "%.*s", (int)n, error);
  return refuse(r, 422, "INVALID", *field ? colon + 2 : error, where, field);
}

static bool make_event(struct request *r, json_t *json, const char *where, struct item *item) {
  char error[256] = "";
  char *text = json_dumps(json, JSON_COMPACT);
  item->event = text ? baton_event_from_json(text, strlen(text), error) : NULL;
  free(text);
  return item->event ? true : refuse_event(r, error, where);
}

/* The client acts as its department, and says what it is allowed to. */
static bool may_say(struct request *r, json_t *event, const char *where) {
  const char *name, *field;
  const char *why = rights_bind(event, r->client->department, r->client->may & MAY_BACKFILL, &field);
  json_t *value;
  if (why)
    return refuse(r, 403, "NOT_GRANTED", why, where, field);
  json_object_foreach(event, name, value) {
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++)
      if (!(r->client->may & MAY_ANSWER) && map_same_kind(answers[i], strlen(answers[i]), name))
        return refuse(r, 403, "NOT_GRANTED", "this client may not answer offers", where, name);
  }
  return true;
}

/* {"key", "event"}, or the event itself with a key beside its fields. NULL: refused. Borrowed. */
static json_t *unwrap(struct request *r, json_t *json, const char *where) {
  json_t *event = json_object_get(json, "event");
  if (!event) {
    json_object_del(json, "key");
    return json;
  }
  if (!json_is_object(event))
    return refuse(r, 422, "INVALID", "wants an object", where, "event"), NULL;
  if (json_object_size(json) > 1u + (json_object_get(json, "key") != NULL))
    return refuse(r, 422, "UNKNOWN_FIELD", "beside event there is only key", where, ""), NULL;
  return event;
}

static bool take_one(struct request *r, json_t *json, const char *where, size_t most) {
  char text[MAP_KEY_MAX + 1] = "";
  if (!json_is_object(json))
    return refuse(r, 422, "INVALID", "wants an object", where, "");
  const char *key = json_string_value(json_object_get(json, "key"));
  if (!key && json_object_get(json, "key"))
    return refuse(r, 422, "INVALID", "wants a text", where, "key");
  if (!key && !r->many && key_of_header(r, text, sizeof text))
    key = text;
  struct item *item = add_item(r, most);
  if (!item)
    return false;
  if (!key || !item_init(item, r->client->name, '/', key))
    return refuse(
        r, 422, "INVALID",
        "a key of its own for each event: 1 to 128 bytes with the client's name and a slash before it, no control "
        "characters",
        where, "key");
  json_t *event = unwrap(r, json, where);
  return event && may_say(r, event, where) && make_event(r, event, where, item);
}

static bool take_list(struct request *r, json_t *json) {
  json_t *list = json_object_get(json, "events"), *one;
  size_t n = json_array_size(list), i;
  r->many = true;
  if (!json_is_array(list) || n == 0 || json_object_size(json) > 1)
    return refuse(r, 422, "INVALID", "wants a list of at least one event, and nothing beside it", "", "events");
  if (n > (size_t)r->in->set.events_per_post)
    return refuse(r, 413, "TOO_LARGE", "more events than one request may have", "", "events");
  json_array_foreach(list, i, one) {
    char where[32];
    snprintf(where, sizeof where, "events[%zu]", i);
    if (!take_one(r, one, where, n))
      return false;
  }
  return true;
}

void take_events(struct request *r) {
  json_t *json = parse(r);
  if (!json)
    return;
  read_wish(r);
  if (json_object_get(json, "events") ? take_list(r, json) : take_one(r, json, "", 1))
    take_all(r, false);
  json_decref(json);
}

/* ---- Answers to offers ---- */

static void move(json_t *from, json_t *to, const char *name) {
  json_t *value = json_object_get(from, name);
  if (value)
    json_object_set(to, name, value);
  json_object_del(from, name);
}

static bool offer_is_valid(const char *text) {
  size_t n = strspn(text, "0123456789");
  return n >= 1 && n <= 19 && !text[n];
}

static bool answer(struct request *r, json_t *body) {
  char usual[64], text[MAP_KEY_MAX + 1];
  json_t *event = json_object(), *key = json_incref(json_object_get(body, "key"));
  struct item *item = add_item(r, 1);
  snprintf(usual, sizeof usual, "offer/%s/%s", r->argument, r->route->id);
  const char *name = json_is_string(key) ? json_string_value(key) : key_of_header(r, text, sizeof text) ? text : usual;
  bool good = item && item_init(item, r->client->name, '/', name);
  json_decref(key);
  if (item && !good)
    refuse(r, 422, "INVALID", "1 to 128 bytes with the client's name and a slash before it", "", "key");
  json_object_del(body, "key");
  json_object_set_new(event, "locator", json_pack("{s:O?}", "ref", json_object_get(body, "ref")));
  json_object_del(body, "ref");
  move(body, event, "expectedVersion");
  move(body, event, "actor");
  json_object_set_new(body, "offer", json_string(r->argument));
  json_object_set(event, r->route->answer, body);
  good = good && may_say(r, event, "") && make_event(r, event, "", item);
  json_decref(event);
  return good;
}

/* An answer is a decision on what stands now: it never waits in a spool. */
void take_answer(struct request *r) {
  if (!offer_is_valid(r->argument)) {
    reply_problem(r, 404, "NO_SUCH_PLACE", "an offer is a number", NULL);
    return;
  }
  json_t *json = parse(r);
  if (json && answer(r, json))
    take_all(r, true);
  json_decref(json);
}

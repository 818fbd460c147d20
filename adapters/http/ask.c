/* Questions to the broker, for the client's department. The request waits, and nobody else. */
#include <stdlib.h>
#include <string.h>

#include "in.h"
#include "route.h"

enum { PAGE_MAX = 1024 };

static const char *argument(struct request *r, const char *name) {
  return MHD_lookup_connection_value(r->connection, MHD_GET_ARGUMENT_KIND, name);
}

/* A page token goes into an address as it is. */
static void plain_page(json_t *answer) {
  const char *page = json_string_value(json_object_get(answer, "nextPage"));
  char *copy = page ? strdup(page) : NULL;
  if (!copy)
    return;
  for (char *c = copy; *c; c++)
    *c = *c == '+' ? '-' : *c == '/' ? '_' : *c == '=' ? '\0' : *c;
  json_object_set_new(answer, "nextPage", json_string(copy));
  free(copy);
}

/* The rows of cases on offer, each with the place of its card, which has the offer's number and the digest. */
static void make_offers(json_t *answer) {
  json_t *offers = json_incref(json_object_get(json_object_get(answer, "cases"), "rows")), *row;
  size_t i;
  json_array_foreach(offers, i, row) {
    const char *ref = json_string_value(json_object_get(row, "ref"));
    json_object_set_new(row, "card", json_sprintf("/v1/cases/%s/card", ref ? ref : ""));
  }
  json_object_del(answer, "cases");
  json_object_set_new(answer, "offers", offers ? offers : json_array());
}

static void on_answer(void *user, int code, const char *json) {
  struct ask *ask = user;
  struct request *r = ask->request;
  free(ask);
  if (!r)
    return;
  r->ask = NULL;
  json_t *answer = json ? json_loads(json, 0, NULL) : NULL;
  if (code < 0 || !answer) {
    reply_problem(r, 504, "NO_ANSWER", "the broker did not answer in time", NULL);
  } else if (code > 0) {
    unsigned status = status_of(code);
    reply_problem(r, status, baton_code_name(code), json_string_value(json_object_get(answer, "text")), NULL);
  } else {
    json_object_del(answer, "id");
    plain_page(answer);
    if (r->route->run == ask_offers)
      make_offers(answer);
    reply_json(r, 200, json_incref(answer));
  }
  json_decref(answer);
}

/* kind: taken over. page: NULL, or of an earlier answer. */
static void ask(struct request *r, const char *name, json_t *kind, const char *page, int limit) {
  json_t *query = json_pack("{s:s, s:o, s:s, s:i}", "department", r->client->department, name, kind, "page",
                            page ? page : "", "limit", limit);
  char *text = query ? json_dumps(query, JSON_COMPACT) : NULL;
  if (!query) {
    reply_problem(r, 422, "INVALID", "not valid UTF-8", NULL);
    return;
  }
  struct ask *a = calloc(1, sizeof *a);
  json_decref(query);
  if (!text || !a || !baton_connected(r->in->b)) {
    bool away = text && a;
    free(a);
    free(text);
    reply_problem(r, 503, away ? "AWAY" : "BUSY", away ? "the broker cannot be reached" : "no memory", NULL);
    return;
  }
  a->request = r;
  r->ask = a;
  r->patience = PATIENCE_ANSWER;
  r->until_ms = INT64_MAX; /* the library watches the time */
  int rc = baton_ask(r->in->b, text, (int)r->in->set.answer_s * 1000, on_answer, a);
  free(text);
  if (rc == 0)
    return;
  free(a);
  r->ask = NULL;
  if (rc == -BATON_E_BUSY)
    reply_problem(r, 503, "BUSY", "too many questions at once", NULL);
  else
    reply_problem(r, 422, "INVALID", baton_error(r->in->b), NULL);
}

/* Pages and limits as the client gave them. */
static void ask_paged(struct request *r, const char *name, json_t *kind) {
  const char *page = argument(r, "page"), *limit = argument(r, "limit");
  char *end = NULL;
  long rows = limit ? strtol(limit, &end, 10) : 0;
  if ((page && strlen(page) > PAGE_MAX) || (limit && (*end || rows < 1 || rows > 200))) {
    json_decref(kind);
    reply_problem(r, 422, "INVALID", "page is nextPage of an answer; limit is 1 to 200", page ? "page" : "limit");
    return;
  }
  ask(r, name, kind, page, (int)rows);
}

static json_t *by_ref(const struct request *r) {
  return json_pack("{s:{s:s}}", "locator", "ref", r->argument);
}

void ask_case(struct request *r) {
  ask(r, "case", by_ref(r), NULL, 0);
}

void ask_history(struct request *r) {
  ask_paged(r, "history", by_ref(r));
}

void ask_card(struct request *r) {
  ask(r, "card", by_ref(r), NULL, 0);
}

void ask_customer(struct request *r) {
  const char *identifier = argument(r, "identifier"), *colon = identifier ? strchr(identifier, ':') : NULL;
  if (!colon || colon == identifier || !colon[1]) {
    reply_problem(r, 422, "INVALID", "wants domain:value, such as email:ann@example.com", "identifier");
    return;
  }
  json_t *kind = json_pack("{s:{s:s%, s:s}}", "identifier", "domain", identifier, (size_t)(colon - identifier), "value",
                           colon + 1);
  ask(r, "find", kind, NULL, 0);
}

void ask_offers(struct request *r) {
  ask_paged(r, "cases", json_pack("{s:s}", "offeredTo", r->client->department));
}

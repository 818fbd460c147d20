#include "route.h"

#include <stdio.h>
#include <string.h>

#include "in.h"

enum { FULL_MS = 10000 };

/* Only an event finds out whether there is room again: somebody must be let in to try. */
static bool is_full(const struct http_in *in) {
  return in->full_ms && baton_now_ms() - in->full_ms < FULL_MS;
}

static void health(struct request *r) {
  const char *broker = baton_connected(r->in->b) ? "connected" : "away";
  bool takes = baton_has_spool(r->in->b) ? !is_full(r->in) : baton_connected(r->in->b);
  reply_json(r, takes ? 200 : 503, json_pack("{s:b, s:s}", "takesEvents", takes, "broker", broker));
}

static void openapi(struct request *r) {
  json_t *document = r->in->openapi ? NULL : openapi_document();
  if (document)
    r->in->openapi = json_dumps(document, JSON_COMPACT); /* once: anybody may ask, and it is much to write */
  json_decref(document);
  reply_written(r, 200, r->in->openapi ? strdup(r->in->openapi) : NULL);
}

static const struct parameter key_header[] = {
    {"Idempotency-Key", "header", "the key of a single event whose body has none", false},
    {"Prefer", "header", "wait=SECONDS: answer with the receipt where it comes within that time", false},
    {NULL, NULL, NULL, false}};
static const struct parameter identifier[] = {
    {"identifier", "query", "domain:value, such as email:ann@example.com", true}, {NULL, NULL, NULL, false}};
static const struct parameter pages[] = {{"page", "query", "nextPage of the answer before", false},
                                         {"limit", "query", "rows at most, 1 to 200", false},
                                         {NULL, NULL, NULL, false}};

static const struct route routes[] = {
    {"POST", "/v1/events", MAY_SUBMIT, take_events, "submitEvents", "Submits one event, or several as a list",
     "Submission", "Result", key_header, NULL},
    {"GET", "/v1/events/{key}", MAY_SUBMIT, take_what_became, "getEvent", "What became of an event of this client",
     NULL, "Result", NULL, NULL},
    {"GET", "/v1/customers", MAY_READ, ask_customer, "findCustomer",
     "A customer, and its cases that the department may see", NULL, "CustomerAnswer", identifier, NULL},
    {"GET", "/v1/cases/{ref}/history", MAY_READ, ask_history, "getHistory", "A case's events, newest first", NULL,
     "HistoryAnswer", pages, NULL},
    {"GET", "/v1/cases/{ref}/card", MAY_READ, ask_card, "getCard",
     "The card of the open offer, with its digest; else one made now", NULL, "CardAnswer", NULL, NULL},
    {"GET", "/v1/cases/{ref}", MAY_READ, ask_case, "getCase", "A case's state", NULL, "CaseAnswer", NULL, NULL},
    {"GET", "/v1/offers", MAY_READ, ask_offers, "getOffers",
     "Cases that are on offer to the client's department, as of the last checkpoint", NULL, "OffersAnswer", pages,
     NULL},
    {"POST", "/v1/offers/{offer}/accept", MAY_ANSWER, take_answer, "acceptOffer", "Takes the case", "Accept", "Result",
     key_header, "handoffAccepted"},
    {"POST", "/v1/offers/{offer}/refuse", MAY_ANSWER, take_answer, "refuseOffer", "Refuses, with a reason", "Refuse",
     "Result", key_header, "handoffRefused"},
    {"POST", "/v1/offers/{offer}/counter", MAY_ANSWER, take_answer, "counterOffer", "Proposes another time", "Counter",
     "Result", key_header, "handoffCountered"},
    {"POST", "/v1/hooks/{name}", SIGNED, take_webhook, "callWebhook", "A webhook of a configured source", "Any",
     "Result", NULL, NULL},
    {"GET", "/v1/health", OPEN_TO_ALL, health, "getHealth", "Whether events are taken; 503 where not", NULL, "Health",
     NULL, NULL},
    {"GET", "/v1/openapi.json", OPEN_TO_ALL, openapi, "getOpenapi", "This document", NULL, "Any", NULL, NULL},
};

const struct route *route_at(size_t i) {
  return i < sizeof routes / sizeof *routes ? &routes[i] : NULL;
}

static bool path_is(const char *pattern, const char *path, char *argument, size_t n) {
  const char *open = strchr(pattern, '{');
  *argument = '\0';
  if (!open)
    return strcmp(pattern, path) == 0;
  size_t before = (size_t)(open - pattern), path_n = strlen(path);
  const char *rest = strchr(open, '}') + 1;
  size_t rest_n = strlen(rest);
  if (path_n <= before + rest_n || strncmp(pattern, path, before) != 0 || strcmp(path + path_n - rest_n, rest) != 0)
    return false;
  size_t got = path_n - before - rest_n;
  if (got >= n)
    return false;
  memcpy(argument, path + before, got);
  argument[got] = '\0';
  return true;
}

const struct route *route_find(const char *method, const char *path, char *argument, size_t n, char ret_allow[64]) {
  if (strcmp(method, "HEAD") == 0)
    method = "GET";
  *ret_allow = '\0';
  for (size_t i = 0; i < sizeof routes / sizeof *routes; i++) {
    if (!path_is(routes[i].path, path, argument, n))
      continue;
    if (strcmp(routes[i].method, method) == 0)
      return &routes[i];
    if (!strstr(ret_allow, routes[i].method)) {
      size_t used = strlen(ret_allow);
      snprintf(ret_allow + used, 64 - used, "%s%s", used ? ", " : "", routes[i].method);
    }
  }
  *argument = '\0';
  return NULL;
}

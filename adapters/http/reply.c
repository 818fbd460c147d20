/* Answers, and what the broker's codes are in HTTP. A refusal is application/problem+json (RFC 9457) with the code, a
 * sentence, the field where one is to blame, and the way forward. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "in.h"
#include "utf8.h"

enum { SENTENCE_MAX = 1024 };

static const struct {
  const char *code;
  unsigned status;
  const char *next;
} codes[] = {
    /* the broker's */
    {"BUSY", 503, "Send the same again after the time in Retry-After."},
    {"STOPPING", 503, "Send the same again after the time in Retry-After."},
    {"IN_USE", 503, "Send the same again after the time in Retry-After."},
    {"INTERNAL", 503, "Send the same again later, under the same key."},
    {"INVALID", 422, "Mend the event; its key is still free."},
    {"UNKNOWN_FIELD", 422, "Mend the event; its key is still free."},
    {"LIMIT", 422, "Send less."},
    {"NOT_YET", 422, "Revive the case first."},
    {"BROKER_ONLY", 422, "Leave it to the broker."},
    {"CONFLICT", 409, "The key was used for other content: take a key of its own."},
    {"TOO_OLD", 409, "Let a person look: it was first tried too long ago."},
    {"NOT_GRANTED", 403, "Ask the operators for the grant."},
    {"UNKNOWN_DEPARTMENT", 422, "Name a department that is configured."},
    {"UNKNOWN_DOMAIN", 422, "Name a domain that is configured."},
    {"UNKNOWN_CASE", 404, "Open a case, or name one that the department takes part in."},
    {"NOT_FOUND", 404, "There is nothing of this name that the department may see."},
    {"STALE", 409, "Read what was missed, decide again on the version given, and send it with that version."},
    {"CLOSED", 409, "Offer it to the topic, or to one of the alternatives."},
    {"WRONG_CARD", 409, "Read the card first and give its digest."},
    {"MUST_TAKE", 409, "Accept it: this department cannot refuse a case."},
    {"BAD_PAGE", 422, "Start over without page."},
    /* the way in's own */
    {"BAD_JSON", 400, "Send one JSON object or list."},
    {"BAD_REQUEST", 400, "The OpenAPI document at /v1/openapi.json says what is wanted."},
    {"NO_TOKEN", 401, "Send Authorization: Bearer and the token."},
    {"BAD_SIGNATURE", 401, "Check the secret, what is signed, and the clock."},
    {"NO_SUCH_PLACE", 404, "The OpenAPI document at /v1/openapi.json lists what there is."},
    {"NOT_REMEMBERED", 404, "Send the event again under the same key: it counts once, and is answered as before."},
    {"BAD_METHOD", 405, "Use a method that Allow names."},
    {"TOO_LARGE", 413, "Send less at once."},
    {"BAD_TYPE", 415, "Send application/json."},
    {"NO_EVENT", 422, "Mend the mapping of this source, or what it sends."},
    {"TOO_MANY_FAILURES", 429, "Wait for the time in Retry-After, and check the token or secret."},
    {"HEADERS_TOO_LARGE", 431, "Send shorter headers."},
    {"FULL", 503, "Send the same again after the time in Retry-After: nothing was lost, and a key counts once."},
    {"AWAY", 503, "Send the same again after the time in Retry-After."},
    {"IO", 503, "Send the same again after the time in Retry-After; the operators must look at the disk."},
    {"NO_RECEIPT", 504, "Send the same again under the same key: it counts once."},
    {"NO_ANSWER", 504, "Ask again a little later."},
};

static size_t code_find(const char *code) {
  size_t i = 0;
  while (i < sizeof codes / sizeof *codes && strcmp(codes[i].code, code) != 0)
    i++;
  return i;
}

/* What is not in the table is a state of the case that forbids it. */
unsigned status_of(int code) {
  size_t i = code_find(baton_code_name(code));
  return code == 0 ? 200 : i < sizeof codes / sizeof *codes ? codes[i].status : 409;
}

static const char *phrase(unsigned status) {
  const char *text = MHD_get_reason_phrase_for(status);
  return text ? text : "Refused";
}

/* A sentence that names what a sender wrote may have been cut within a character of it. */
static const char *whole(char *to, size_t n, const char *from) {
  size_t used = 0;
  for (size_t bytes; *from && used + 4 < n; from += bytes ? bytes : 1) {
    for (bytes = 1; bytes <= 4 && !utf8_valid(from, strnlen(from, bytes)); bytes++)
      ;
    bytes = bytes > 4 ? 0 : strnlen(from, bytes);
    memcpy(to + used, bytes ? from : "?", bytes ? bytes : 1);
    used += bytes ? bytes : 1;
  }
  to[used] = '\0';
  return to;
}

json_t *problem_new(unsigned status, const char *code, const char *text, const char *field, const char *next) {
  char sentence[SENTENCE_MAX], place[SENTENCE_MAX];
  size_t i = code_find(code);
  if (!next)
    next = i < sizeof codes / sizeof *codes ? codes[i].next : "Look at the case, then decide again.";
  json_t *p = json_pack("{s:s, s:s, s:i, s:s, s:s, s:s}", "type", "about:blank", "title", phrase(status), "status",
                        (int)status, "code", code, "detail",
                        text && *text ? whole(sentence, sizeof sentence, text) : phrase(status), "next", next);
  if (p && field && *field)
    json_object_set_new(p, "field", json_string(whole(place, sizeof place, field)));
  return p;
}

static void wake(struct request *r) {
  r->patience = PATIENCE_NONE;
  if (!r->suspended)
    return;
  r->suspended = false;
  r->in->resumed = true;
  DL_DELETE(r->in->waiting, r);
  MHD_resume_connection(r->connection);
}

static void reply_text(struct request *r, unsigned status, char *text, const char *type) {
  static char nothing[] = "{}";
  if (r->response)
    MHD_destroy_response(r->response);
  r->response = text ? MHD_create_response_from_buffer(strlen(text), text, MHD_RESPMEM_MUST_FREE)
                     : MHD_create_response_from_buffer(2, nothing, MHD_RESPMEM_PERSISTENT);
  r->status = text ? status : 503;
  reply_header(r, "Content-Type", type);
  reply_header(r, "Cache-Control", "no-store");
  reply_header(r, "X-Content-Type-Options", "nosniff");
  if (r->status == 401)
    reply_header(r, "WWW-Authenticate", "Bearer");
  if (r->status == 503 || r->status == 504)
    reply_header(r, "Retry-After", "2");
  wake(r);
}

void reply_header(struct request *r, const char *name, const char *value) {
  if (r->response && MHD_add_response_header(r->response, name, value) == MHD_NO)
    baton_log("warn", "header-left-out", "name", name, NULL);
}

void reply_written(struct request *r, unsigned status, char *json) {
  reply_text(r, status, json, "application/json");
}

void reply_json(struct request *r, unsigned status, json_t *body) {
  char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
  json_decref(body);
  reply_written(r, status, text);
}

void reply_with(struct request *r, unsigned status, json_t *problem) {
  char *text = problem ? json_dumps(problem, JSON_COMPACT) : NULL;
  json_decref(problem);
  reply_text(r, status, text, "application/problem+json");
}

void reply_problem(struct request *r, unsigned status, const char *code, const char *text, const char *field) {
  reply_with(r, status, problem_new(status, code, text, field, NULL));
}

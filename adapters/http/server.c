/* What happens to a request from its first header to its answer. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <utlist.h>

#include "head.h"
#include "header_text.h"
#include "in.h"
#include "route.h"

enum { ARGUMENT_MAX = 512, SWALLOW_MAX = 32 << 20, TROUBLE_MS = 300000, TROUBLE_TEXT_MS = 60000 };

/* Who sends one nonsense after the other must not fill the log: the sentence stays for a while. */
void server_trouble(struct http_in *in, const char *format, ...) {
  int64_t now = baton_now_ms();
  bool stays = in->trouble_until_ms > now && now < in->trouble_text_ms + TROUBLE_TEXT_MS;
  in->trouble_until_ms = now + TROUBLE_MS;
  if (stays)
    return;
  va_list a;
  va_start(a, format);
  vsnprintf(in->trouble, sizeof in->trouble, format, a);
  va_end(a);
  in->trouble_text_ms = now;
}

static const char *header(const struct request *r, const char *name) {
  return MHD_lookup_connection_value(r->connection, MHD_HEADER_KIND, name);
}

/* ---- May it come in? Each of these answers where it may not. ---- */

/* A right token always comes in: guesses at 32 random bytes are no danger, and whoever shares an address with somebody
 * who guesses must not be shut out by it. What is limited is the work and the words for wrong ones. */
static bool is_known(struct request *r) {
  const char *value = header(r, "Authorization");
  unsigned wait_s;
  r->client = value && strncasecmp(value, "Bearer ", 7) == 0 ? clients_find(&r->in->clients, value + 7) : NULL;
  if (r->client)
    return true;
  if (failures_count(&r->in->failures, r->visitor->address, baton_now_ms(), &wait_s)) {
    reply_problem(r, 401, "NO_TOKEN", value ? "nobody has this token" : "a token is wanted", NULL);
    return false;
  }
  char text[16];
  snprintf(text, sizeof text, "%u", wait_s);
  server_trouble(r->in, "an address tries one wrong token after the other");
  reply_problem(r, 429, "TOO_MANY_FAILURES", "too many wrong tokens from this address", NULL);
  reply_header(r, "Retry-After", text);
  return false;
}

static bool is_allowed(struct request *r) {
  if (r->route->may == OPEN_TO_ALL)
    return true;
  if (r->route->may == SIGNED) {
    r->source = sources_find(&r->in->sources, r->argument);
    if (!r->source)
      reply_problem(r, 404, "NO_SUCH_PLACE", "no such source", NULL);
    return r->source;
  }
  if (!is_known(r))
    return false;
  if (!(r->client->may & r->route->may))
    reply_problem(r, 403, "NOT_GRANTED", "this client may not do that", NULL);
  return r->client->may & r->route->may;
}

static bool is_well_formed(struct request *r) {
  const char *length = header(r, "Content-Length"), *type = header(r, "Content-Type");
  uint64_t body = length ? strtoull(length, NULL, 10) : 0;
  size_t headers = MHD_get_connection_info(r->connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE)->header_size;
  if (headers > (size_t)r->in->set.header_bytes)
    reply_problem(r, 431, "HEADERS_TOO_LARGE", "the headers are longer than agreed", NULL);
  else if (body > (uint64_t)r->in->set.body_bytes)
    reply_problem(r, 413, "TOO_LARGE", "the body is longer than agreed", NULL);
  else if (r->route->takes && !(type && header_says_json(type, strlen(type))))
    reply_problem(r, 415, "BAD_TYPE", "the body must be application/json", NULL);
  r->at_once = body > SWALLOW_MAX;
  return !r->response;
}

/* Nothing that follows it on the connection can be trusted to be a request. */
static bool is_clear(struct request *r) {
  const char *why =
      r->bad_address ? "the address has a NUL, a blank or a control character" : head_trouble(r->connection);
  if (!why)
    return true;
  r->at_once = r->is_last = true;
  reply_problem(r, 400, "BAD_REQUEST", why, NULL);
  return false;
}

static bool begin(struct request *r, const char *method, const char *url) {
  char argument[ARGUMENT_MAX], allow[64];
  r->visitor = door_visitor(r->connection);
  r->route = route_find(method, url, argument, sizeof argument, allow);
  r->argument = strdup(argument);
  if (!r->argument || !r->visitor)
    return false;
  door_arriving(&r->in->door, r->visitor);
  r->has_begun = true;
  r->is_last = head_ends_connection(r->connection);
  if (!is_clear(r))
    return true;
  if (!r->route) {
    reply_problem(r, *allow ? 405 : 404, *allow ? "BAD_METHOD" : "NO_SUCH_PLACE", NULL, NULL);
    if (*allow)
      reply_header(r, "Allow", allow);
  } else if (is_allowed(r)) {
    (void)is_well_formed(r);
  }
  return true;
}

/* ---- The body ---- */

static bool take_body(struct request *r, const char *bytes, size_t n) {
  if (!r->response && r->body_n + n > (size_t)r->in->set.body_bytes)
    reply_problem(r, 413, "TOO_LARGE", "the body is longer than agreed", NULL);
  /* Refused: read to its end nevertheless, or the sender would see a broken connection and not the answer. */
  if (r->response) {
    r->swallowed += n;
    return r->swallowed <= SWALLOW_MAX;
  }
  size_t room = 4096;
  while (room < r->body_n + n)
    room *= 2;
  char *grown = r->body_n + n > 0 ? realloc(r->body, room) : NULL;
  if (!grown)
    return false;
  r->body = grown;
  memcpy(grown + r->body_n, bytes, n);
  r->body_n += n;
  return true;
}

/* ---- The answer ---- */

static enum MHD_Result answer(struct request *r) {
  if (r->is_last)
    reply_header(r, "Connection", "close");
  enum MHD_Result queued = MHD_queue_response(r->connection, r->status, r->response);
  MHD_destroy_response(r->response);
  r->response = NULL;
  door_leaving(&r->in->door, r->visitor);
  return queued;
}

static enum MHD_Result work(struct request *r) {
  door_inside(r->visitor);
  if (r->in->stopping)
    reply_problem(r, 503, "STOPPING", "the adapter stops", NULL);
  else
    r->route->run(r);
  if (r->response)
    return answer(r);
  r->suspended = true;
  DL_APPEND(r->in->waiting, r);
  MHD_suspend_connection(r->connection);
  return MHD_YES;
}

/* What it gives is the request's state from now on: only here is the address seen as it came. */
void *server_address(void *context, const char *uri, struct MHD_Connection *connection) {
  struct request *r = calloc(1, sizeof *r);
  if (r)
    *r = (struct request){.in = context, .connection = connection, .bad_address = !head_address_is_valid(uri)};
  return r;
}

enum MHD_Result server_request(void *context, struct MHD_Connection *connection, const char *url, const char *method,
                               const char *version, const char *upload, size_t *upload_n, void **state) {
  struct request *r = *state;
  (void)connection, (void)version;
  ((struct http_in *)context)->done++;
  if (!r)
    return MHD_NO;
  if (!r->has_begun) {
    if (!begin(r, method, url))
      return MHD_NO;
    return r->response && (r->at_once || header(r, "Expect")) ? answer(r) : MHD_YES;
  }
  if (*upload_n) {
    size_t n = *upload_n;
    *upload_n = 0;
    return take_body(r, upload, n) ? MHD_YES : MHD_NO;
  }
  return r->response ? answer(r) : work(r);
}

void server_completed(void *context, struct MHD_Connection *connection, void **state,
                      enum MHD_RequestTerminationCode how) {
  (void)connection;
  (void)how;
  ((struct http_in *)context)->done++;
  struct request *r = *state;
  if (!r)
    return;
  if (r->suspended)
    DL_DELETE(r->in->waiting, r);
  if (r->ask)
    r->ask->request = NULL;
  if (r->response)
    MHD_destroy_response(r->response);
  request_items_free(r);
  if (r->has_begun)
    door_idle(&r->in->door, r->visitor);
  free(r->argument);
  free(r->body);
  free(r);
  *state = NULL;
}

/* POST /v1/hooks/NAME: a signed call becomes events by the mapping of its source. */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "in.h"
#include "strict.h"

static const char *header(void *context, const char *name) {
  return MHD_lookup_connection_value(context, MHD_HEADER_KIND, name);
}

static bool is_signed(struct request *r) {
  unsigned wait_s;
  const char *why = signature_check(&r->source->signature, header, r->connection, r->body ? r->body : "", r->body_n,
                                    (int64_t)time(NULL));
  if (!why)
    return true;
  server_trouble(r->in, "source %s sends calls that are refused: %s", r->source->name, why);
  if (failures_count(&r->in->failures, r->visitor->address, baton_now_ms(), &wait_s)) {
    reply_problem(r, 401, "BAD_SIGNATURE", why, NULL);
  } else {
    char text[16];
    snprintf(text, sizeof text, "%u", wait_s);
    reply_problem(r, 429, "TOO_MANY_FAILURES", "too many refused calls from this address", NULL);
    reply_header(r, "Retry-After", text);
  }
  return false;
}

/* Without a key in the mapping, the same body again is the same events. */
static void usual_key(const struct request *r, size_t i, char key[64]) {
  unsigned char hash[16];
  char hex[sizeof hash * 2 + 1];
  crypto_generichash(hash, sizeof hash, (const unsigned char *)(r->body ? r->body : ""), r->body_n, NULL, 0);
  sodium_bin2hex(hex, sizeof hex, hash, sizeof hash);
  snprintf(key, 64, "%s/%zu", hex, i);
}

static bool refuse(struct request *r, const char *text, size_t row) {
  char field[32] = "";
  if (r->many)
    snprintf(field, sizeof field, "row[%zu]", row);
  server_trouble(r->in, "source %s sends calls that its mapping cannot take: %.90s", r->source->name, text);
  reply_problem(r, 422, "NO_EVENT", text, field);
  return false;
}

static bool take_row(struct request *r, const struct call *call, size_t row) {
  struct mapped m = {.event = NULL};
  char usual[64], error[256];
  switch (call_row(call, row, &m)) {
  case MAP_SKIP:
    return true;
  case MAP_BAD:
    return refuse(r, m.problem, row);
  default:
    break;
  }
  struct item *item = &r->items[r->n_items++];
  *item = (struct item){.request = r, .event = m.event};
  usual_key(r, row, usual);
  if (!item_init(item, r->source->name, ':', *m.key ? m.key : usual))
    return refuse(r, "the key and the source's name have more than 127 bytes, or a control character", row);
  if (baton_event_put(item->event, "department", r->source->department, error) < 0)
    return refuse(r, error, row);
  return true;
}

static void take_rows(struct request *r, const struct call *call) {
  int rows = call_rows(call);
  r->many = call->source->each;
  if (rows < 0) {
    refuse(r, "there is no list where each says", 0);
    return;
  }
  if (rows > r->in->set.events_per_post) {
    reply_problem(r, 413, "TOO_LARGE", "more events than one request may have", NULL);
    return;
  }
  r->items = calloc((size_t)rows + 1, sizeof *r->items);
  if (!r->items) {
    reply_problem(r, 503, "BUSY", "no memory", NULL);
    return;
  }
  for (int i = 0; i < rows; i++)
    if (!take_row(r, call, (size_t)i))
      return;
  if (r->n_items)
    take_all(r, false);
  else
    reply_json(r, 200, json_pack("{s:s}", "state", "passed-over"));
}

void take_webhook(struct request *r) {
  char error[256];
  if (!is_signed(r))
    return;
  struct call call = {.source = r->source, .header = header, .context = r->connection};
  call.body = strict_parse(r->body ? r->body : "", r->body_n, (size_t)r->in->set.json_depth, error);
  if (call.body)
    take_rows(r, &call);
  else
    reply_problem(r, 400, "BAD_JSON", error, NULL);
  json_decref(call.body);
}

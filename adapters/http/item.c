/* The events of a request on their way: what each became, and the one answer that comes of it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "in.h"
#include "route.h"

bool item_init(struct item *item, const char *whose, char mark, const char *key) {
  size_t n = strlen(key);
  for (size_t i = 0; i < n; i++)
    if ((unsigned char)key[i] < ' ' || key[i] == 127)
      return false;
  int used = snprintf(item->key, sizeof item->key, "%s%c", whose, mark);
  if (n == 0 || (size_t)used + n >= sizeof item->key)
    return false;
  memcpy(item->key + used, key, n + 1);
  item->own = (size_t)used;
  return true;
}

void request_items_free(struct request *r) {
  for (size_t i = 0; i < r->n_items; i++) {
    ledger_leave(&r->in->ledger, r->items[i].key, &r->items[i]);
    baton_event_free(r->items[i].event);
    json_decref(r->items[i].result);
  }
  free(r->items);
  r->items = NULL;
  r->n_items = 0;
}

static json_t *on_its_way(const struct item *item) {
  return json_pack("{s:s, s:s}", "key", item->key + item->own, "state", "on-its-way");
}

static json_t *told(const struct item *item, json_t *receipt, bool accepted) {
  return json_pack("{s:s, s:s, s:o}", "key", item->key + item->own, "state", accepted ? "accepted" : "refused",
                   "receipt", receipt);
}

/* ---- Handing on ---- */

static void not_taken(struct request *r, size_t i, int rc) {
  const char *key = r->items[i].key, *receipt;
  bool known = ledger_find(&r->in->ledger, key, &receipt);
  char field[32] = "";
  if (r->many)
    snprintf(field, sizeof field, "events[%zu]", i);
  switch (rc) {
  case -BATON_E_FULL:
    r->in->full_ms = baton_now_ms();
    reply_problem(r, 503, "FULL", "as much as may be kept here waits for the broker already", field);
    break;
  case -BATON_E_INVALID:
    /* A key that is on its way can only be refused for other content. */
    reply_problem(r, known ? 409 : 422, known ? "CONFLICT" : "INVALID", baton_error(r->in->b), field);
    break;
  case -BATON_E_LIMIT:
    reply_problem(r, 422, "LIMIT", baton_error(r->in->b), field);
    break;
  case -BATON_E_IO:
    reply_problem(r, 503, "IO", "it could not be written to disk", field);
    break;
  default:
    reply_problem(r, 503, "BUSY", baton_error(r->in->b), field);
  }
}

static int hand_on(struct request *r, struct item *item) {
  baton_event *event = item->event;
  baton *b = r->in->b;
  item->event = NULL;
  item->submission = r->spooled ? 0 : ++r->in->submissions;
  int rc =
      r->spooled ? baton_spool_put(b, item->key, event) : baton_submit(b, item->key, event, (void *)item->submission);
  if (rc == -BATON_E_BUSY && !r->spooled)
    item->event = event; /* still ours */
  if (rc == 0 && !ledger_wait(&r->in->ledger, item->key, item))
    rc = -BATON_E_NOMEM;
  return rc;
}

void take_all(struct request *r, bool straight) {
  struct http_in *in = r->in;
  r->spooled = !straight && baton_has_spool(in->b);
  if (!r->spooled && !baton_connected(in->b)) {
    reply_problem(r, 503, "AWAY", "the broker cannot be reached", NULL);
    return;
  }
  if (!r->spooled && r->n_items > in->in_flight) {
    reply_problem(r, 413, "TOO_LARGE", "more events than may be on their way at once (max_in_flight)", NULL);
    return;
  }
  if (!r->spooled && baton_in_flight(in->b) + r->n_items > in->in_flight) {
    reply_problem(r, 503, "BUSY", "too much waits for the broker", NULL);
    return;
  }
  for (size_t i = 0; i < r->n_items; i++) {
    int rc = hand_on(r, &r->items[i]);
    if (rc < 0) { /* what is before it may count: sent again, it has no second effect */
      not_taken(r, i, rc);
      return;
    }
    in->uncommitted |= r->spooled;
    r->unknown++;
  }
  r->patience = r->spooled ? PATIENCE_COMMIT : PATIENCE_RECEIPT;
  r->until_ms = r->spooled ? INT64_MAX : baton_now_ms() + in->set.answer_s * 1000;
}

/* ---- The answer ---- */

static void reply_one(struct request *r) {
  struct item *item = r->items;
  json_t *result = item->result;
  item->result = NULL;
  unsigned status = item->status ? item->status : 202;
  if (!item->status)
    reply_json(r, 202, on_its_way(item));
  else if (status >= 400)
    reply_with(r, status, result);
  else
    reply_json(r, status, result);
}

static void reply_many(struct request *r) {
  json_t *list = json_array();
  unsigned status = r->unknown ? 202 : 200;
  for (size_t i = 0; i < r->n_items; i++) {
    struct item *item = &r->items[i];
    json_t *one = item->result ? item->result : on_its_way(item);
    item->result = NULL;
    if (item->status >= 400)
      status = 207;
    json_object_set_new(one, "status", json_integer(item->status ? item->status : 202));
    json_array_append_new(list, one);
  }
  reply_json(r, status, json_pack("{s:o}", "events", list));
}

static void reply_results(struct request *r) {
  if (r->many)
    reply_many(r);
  else
    reply_one(r);
}

/* ---- What comes back ---- */

static void settle_item(struct item *item, const baton_receipt *receipt) {
  const struct client *client = item->request->client;
  json_t *json = json_loads(receipt->json, 0, NULL);
  json_object_del(json, "number");
  if (!client || !(client->may & MAY_READ)) { /* nor by the way */
    json_object_del(json, "missed");
    json_object_del(json, "missedPage");
  }
  if (receipt->code == 0) {
    item->status = receipt->duplicate ? 200 : 201;
    item->result = told(item, json, true);
    return;
  }
  item->status = status_of(receipt->code);
  item->result = problem_new(item->status, receipt->code_name, receipt->text, receipt->field, NULL);
  json_object_set_new(item->result, "key", json_string(item->key + item->own));
  json_object_set_new(item->result, "state", json_string("refused"));
  json_object_set_new(item->result, "receipt", json);
}

void http_in_receipt(struct http_in *in, const baton_receipt *receipt) {
  struct item *next;
  for (struct item *i = ledger_receipt(&in->ledger, receipt); i; i = next) {
    struct request *r = i->request;
    next = i->next;
    settle_item(i, receipt);
    if (--r->unknown == 0 && r->patience == PATIENCE_RECEIPT)
      reply_results(r);
  }
}

static void forget(struct request *r) {
  for (size_t i = 0; i < r->n_items; i++) {
    ledger_leave(&r->in->ledger, r->items[i].key, &r->items[i]);
    ledger_forget(&r->in->ledger, r->items[i].key);
  }
}

/* One commit for all that came in with this round of the loop. */
void take_commit(struct http_in *in) {
  struct request *r, *next;
  if (!in->uncommitted)
    return;
  in->uncommitted = false;
  int rc = baton_spool_commit(in->b);
  in->full_ms = rc == -BATON_E_FULL ? baton_now_ms() : in->full_ms;
  for (r = in->waiting; r; r = next) {
    next = r->next;
    if (r->patience != PATIENCE_COMMIT)
      continue;
    if (rc < 0) {
      forget(r);
      reply_problem(r, 503, rc == -BATON_E_FULL ? "FULL" : "IO",
                    rc == -BATON_E_FULL ? "there is no room for it on the disk" : "it could not be written to disk",
                    NULL);
    } else if (r->wish_ms && r->unknown) {
      r->patience = PATIENCE_RECEIPT;
      r->until_ms = baton_now_ms() + r->wish_ms;
    } else {
      reply_results(r);
    }
  }
}

void take_overdue(struct request *r) {
  if (r->spooled)
    reply_results(r);
  else
    reply_problem(r, 504, "NO_RECEIPT", "the broker did not confirm it in time; it may count, or not", NULL);
}

void take_what_became(struct request *r) {
  struct item item = {.own = 0};
  const char *text;
  if (!item_init(&item, r->client->name, '/', r->argument) || !ledger_find(&r->in->ledger, item.key, &text)) {
    reply_problem(r, 404, "NOT_REMEMBERED", "nothing is remembered of an event with this key", NULL);
    return;
  }
  json_t *receipt = text ? json_loads(text, 0, NULL) : NULL;
  reply_json(r, 200, receipt ? told(&item, receipt, !json_object_get(receipt, "code")) : on_its_way(&item));
}

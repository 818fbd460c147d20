#include <inttypes.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exec.h"

/* Deliveries wait on this side while the program has this much to read: it is not listening. */
#define BOX_ENOUGH (64 * 1024)
#define RETRY_MS 1000
#define NONE ((struct piece){NULL, 0})

void exec_say(struct exec *x, const char *name, const char *json, size_t n, struct piece key, struct piece tag) {
  const char *piece[12] = {"{\"", name, "\":", json};
  size_t size[12] = {2, strlen(name), 2, n}, k = 4;
  if (key.at) {
    piece[k] = ",\"key\":";
    size[k++] = 7;
    piece[k] = key.at;
    size[k++] = key.n;
  }
  if (tag.at) {
    piece[k] = ",\"tag\":";
    size[k++] = 7;
    piece[k] = tag.at;
    size[k++] = tag.n;
  }
  piece[k] = "}";
  size[k++] = 1;
  if (x->child.in >= 0 && outbox_line(&x->box, piece, size) < 0)
    baton_log("error", "no-memory", "for", name, NULL);
}

void exec_say_hello(struct exec *x) {
  if (!x->adapter || !x->department || x->greeted)
    return;
  x->greeted = true;
  json_t *o = json_pack("{s:s,s:s}", "adapter", x->adapter, "department", x->department);
  char *text = o ? json_dumps(o, JSON_COMPACT) : NULL;
  if (text)
    exec_say(x, "hello", text, strlen(text), NONE, NONE);
  free(text);
  json_decref(o);
}

void exec_complain(struct exec *x, struct piece tag, const char *format, ...) {
  char text[400], line[24], count[24];
  va_list a;
  va_start(a, format);
  vsnprintf(text, sizeof text, format, a);
  va_end(a);
  if (baton_log_due(++x->bad_lines)) {
    snprintf(line, sizeof line, "%" PRIu64, x->out.number);
    snprintf(count, sizeof count, "%" PRIu64, x->bad_lines);
    baton_log("warn", "bad-line", "line", line, "count", count, "why", text, NULL);
  }
  exec_say_error(x, x->out.number, tag, text);
}

void exec_say_error(struct exec *x, uint64_t line, struct piece tag, const char *text) {
  json_t *o = json_pack("{s:I,s:s}", "line", (json_int_t)line, "text", text);
  if (!o) /* what it quotes is not UTF-8 */
    o = json_pack("{s:I,s:s}", "line", (json_int_t)line, "text", "not valid UTF-8");
  char *json = o ? json_dumps(o, JSON_COMPACT) : NULL;
  if (json)
    exec_say(x, "error", json, strlen(json), NONE, tag);
  free(json);
  json_decref(o);
}

void exec_on_connected(void *context, const char *adapter, const char *department) {
  struct exec *x = context;
  free(x->adapter);
  free(x->department);
  x->adapter = strdup(adapter);
  x->department = strdup(department);
  hands_drop_receipted(&x->hands);
  if (x->child.in >= 0) /* with a spool it runs before the broker answers */
    exec_say_hello(x);
}

void exec_give_back(struct exec *x, struct hand *d) {
  if (baton_settle(x->b, d->sequence, BATON_RETRY, RETRY_MS, "the program ended before it settled") < 0)
    baton_log("warn", "not-settled", "why", baton_error(x->b), NULL);
  hands_remove(&x->hands, d->sequence);
}

static void log_refusal(struct exec *x, const baton_receipt *r) {
  char count[24];
  x->refused++;
  snprintf(count, sizeof count, "%" PRIu64, x->refused);
  if (!x->listens || baton_log_due(x->refused)) /* nobody else would hear of it */
    baton_log("warn", "event-refused", "key", r->source_key, "code", r->code_name, "field", r->field, "why", r->text,
              "count", count, NULL);
}

/* Refused with the events that it carried: the delivery is the program's again, or comes again if that program is gone.
 */
static void receipt_of_settle(struct exec *x, struct hand *d, const baton_receipt *r) {
  bool gone = r->code && strcmp(r->code_name, "UNKNOWN_DELIVERY") == 0;
  if (gone || (r->code == 0 && d->due <= 1))
    hands_remove(&x->hands, r->delivery);
  else if (r->code == 0)
    d->due--;
  else if (d->run == x->run && x->child.in >= 0)
    d->state = HAND_GIVEN;
  else
    exec_give_back(x, d);
}

static void receipt_of_event(struct exec *x, struct sent *s) {
  *(s->previous ? &s->previous->next : &x->first) = s->next;
  if (s->next)
    s->next->previous = s->previous;
  free(s);
}

void exec_on_receipt(void *context, const baton_receipt *r) {
  struct exec *x = context;
  struct sent *s = r->user;
  struct hand *d = r->delivery ? hands_find(&x->hands, r->delivery) : NULL;
  struct piece key = NONE, tag = NONE;
  /* The program that asked may be no more; the next sends again what it needs to know. */
  bool old = (s && s->run != x->run) || (d && d->run != x->run);
  if (s && s->key_n)
    key = (struct piece){s->text, s->key_n};
  if (s && s->tag_n)
    tag = (struct piece){s->text + s->key_n, s->tag_n};
  if (d && d->tag_n)
    tag = (struct piece){d->tag, d->tag_n};
  if (r->code)
    log_refusal(x, r);
  if (!s && !d && *r->source_key)
    exec_spooled_receipt(x, r);
  else if (!old)
    exec_say(x, "receipt", r->json, strlen(r->json), key, tag);
  if (d)
    receipt_of_settle(x, d, r);
  if (s)
    receipt_of_event(x, s);
}

baton_verdict exec_on_delivery(void *context, const baton_delivery *d) {
  struct exec *x = context;
  if (hands_add(&x->hands, d->sequence, d->json) < 0)
    return BATON_RETRY;
  exec_hand_over(x);
  return BATON_LATER;
}

void exec_hand_over(struct exec *x) {
  struct hand *d;
  while (x->child.in >= 0 && outbox_size(&x->box) < BOX_ENOUGH && (d = hands_waiting(&x->hands))) {
    exec_say(x, "delivery", d->json, strlen(d->json), NONE, NONE);
    d->state = HAND_GIVEN;
    d->run = x->run;
    free(d->json);
    d->json = NULL;
  }
}

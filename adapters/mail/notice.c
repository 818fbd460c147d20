#include "notice.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "case_text.h"
#include "telling.h"

enum { CARD_MS = 5000 };

/* By another delivery: the one that tells it may come again, where the mail server put its mail off. */
static bool was_told(struct notice *n, uint64_t advisory, uint64_t sequence) {
  for (size_t i = 0; advisory && i < NOTICE_ADVISORIES_KNOWN; i++)
    if (n->told[i].advisory == advisory)
      return n->told[i].sequence != sequence;
  size_t at = n->turn++ % NOTICE_ADVISORIES_KNOWN;
  n->told[at].advisory = advisory;
  n->told[at].sequence = sequence;
  return false;
}

static void telling_free(struct telling *t) {
  if (t->text)
    g_string_free(t->text, TRUE);
  json_decref(t->asked);
  json_decref(t->item);
  free(t);
}

static baton_verdict post_mail(struct telling *t) {
  struct mail m = {.to = &t->n->settings->to[telling_kinds[t->kind].to],
                   .ref = case_text_get(t->recorded, "ref"),
                   .subject = t->subject,
                   .text = t->text->str,
                   .token = t->token,
                   .date_us = case_text_number(t->recorded, "recordedAtUs")};
  return post_deliver(t->n->post, t->sequence, t->attempt, &m) < 0 ? BATON_RETRY : BATON_LATER;
}

static baton_verdict tell(struct telling *t) {
  t->text = g_string_new(NULL);
  if (!t->body || !telling_kinds[t->kind].tell(t))
    return BATON_ACK;
  if (telling_kinds[t->kind].to == NOTICE_ADVISORIES &&
      was_told(t->n, (uint64_t)case_text_number(t->body, "advisory"), t->sequence))
    return BATON_ACK;
  return post_mail(t);
}

static struct telling *telling_new(struct notice *n, const baton_delivery *d, size_t kind) {
  struct telling *t = calloc(1, sizeof *t);
  if (!t)
    return NULL;
  *t = (struct telling){.n = n,
                        .kind = kind,
                        .item = json_loads(d->json, 0, NULL),
                        .sequence = d->sequence,
                        .case_id = d->case_id,
                        .version = d->version,
                        .attempt = d->attempt,
                        .name = telling_kinds[kind].kind};
  if (d->digest_size >= TOKEN_DIGEST)
    memcpy(t->digest, d->digest, TOKEN_DIGEST);
  const json_t *event = json_object_get(t->recorded = json_object_get(t->item, "recorded"), "event");
  t->body = json_object_get(event, telling_kinds[kind].member);
  t->card = json_object_get(t->item, "card");
  t->department = case_text_get(event, "department");
  return t;
}

/* ---- Those that need the card first: it is asked for outside of the callback ---- */

static void on_card(void *user, int code, const char *json) {
  struct telling *t = user;
  if (code == 0 && json) /* without it the mail says less, and goes out all the same */
    t->asked = json_loads(json, 0, NULL);
  baton_verdict verdict = t->n->is_over || code == -BATON_E_CLOSED ? BATON_LATER : tell(t);
  if (verdict != BATON_LATER && baton_settle(t->n->b, t->sequence, verdict, 0, NULL) < 0)
    baton_log("warn", "not-settled", "why", baton_error(t->n->b), NULL);
  telling_free(t);
}

void notice_step(struct notice *n, baton *b) {
  n->b = b;
  while (n->first) {
    struct telling *t = n->first;
    char query[80];
    snprintf(query, sizeof query, "{\"card\":{\"locator\":{\"id\":\"%" PRIu64 "\"}}}", t->case_id);
    n->first = t->next; /* it may be answered, and gone, before baton_ask returns */
    if (baton_ask(b, query, CARD_MS, on_card, t) == 0)
      continue;
    t->next = n->first;
    n->first = t;
    return;
  }
}

void notice_fini(struct notice *n) {
  n->is_over = true;
  for (struct telling *t = n->first, *next; t; t = next) {
    next = t->next;
    telling_free(t);
  }
  n->first = NULL;
}

static bool asks_first(const struct telling *t) {
  const char *who = case_text_get(t->body, *telling_kinds[t->kind].kind == 'Q' ? "to" : "holder");
  return telling_kinds[t->kind].asks && strcmp(who, t->n->department) == 0;
}

static baton_verdict begin(struct notice *n, const baton_delivery *d, size_t kind) {
  struct telling *t = telling_new(n, d, kind);
  if (!t)
    return BATON_RETRY;
  if (asks_first(t)) {
    t->next = n->first;
    n->first = t;
    return BATON_LATER;
  }
  baton_verdict verdict = tell(t);
  telling_free(t);
  return verdict;
}

baton_verdict notice_deliver(struct notice *n, const baton_delivery *d) {
  if (n->is_over)
    return BATON_LATER;
  for (size_t i = 0; !d->stub && telling_kinds[i].kind; i++)
    if (strcmp(d->kind, telling_kinds[i].kind) == 0)
      return n->settings->to[telling_kinds[i].to].n > 0 ? begin(n, d, i) : BATON_ACK;
  if (!d->stub && strcmp(d->kind, "Resync") == 0)
    baton_log("warn", "resync", "ref", d->ref, "text",
              "what was to be told of this case waited too long and never came: look at the case", NULL);
  return BATON_ACK;
}

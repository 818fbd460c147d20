#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "faults.h"
#include "source.h"

#define STORE_AT_ONCE 100

static const char store_sql[] =
    "insert into baton.rejects (source, incarnation, position, source_key, code, reason) "
    "select distinct on (r.position, r.key) $1, $2::bigint, r.position, r.key, r.code, r.reason "
    "from jsonb_to_recordset($3::jsonb) as r (position bigint, key text, code text, reason text) "
    "on conflict (source, incarnation, position, source_key) do update "
    "set code = excluded.code, reason = excluded.reason, told_at = excluded.told_at, tries = baton.rejects.tries + 1";

struct pending *source_pend(struct source *s, int64_t position, const char *key) {
  struct pending *p = calloc(1, sizeof *p);
  if (!p)
    return NULL;
  p->position = position;
  snprintf(p->key, sizeof p->key, "%s", key);
  struct pending *before = s->last; /* by position: what was refused may lie behind what is sent again */
  while (before && before->position > position)
    before = before->previous;
  p->previous = before;
  p->next = before ? before->next : s->first;
  *(before ? &before->next : &s->first) = p;
  *(p->next ? &p->next->previous : &s->last) = p;
  return p;
}

void source_unpend(struct source *s, struct pending *p) {
  *(p->previous ? &p->previous->next : &s->first) = p->next;
  *(p->next ? &p->next->previous : &s->last) = p->previous;
  s->n_refused -= p->refused;
  free(p);
}

void source_refuse(struct source *s, struct pending *p, const char *code, const char *reason) {
  char position[24], count[24];
  snprintf(p->code, sizeof p->code, "%s", code);
  snprintf(p->reason, sizeof p->reason, "%s", reason);
  p->refused = true;
  s->n_refused++;
  if (baton_log_due(++s->refused)) {
    snprintf(position, sizeof position, "%" PRId64, p->position);
    snprintf(count, sizeof count, "%" PRIu64, s->refused);
    baton_log("warn", "row-refused", "source", s->name, "position", position, "code", p->code, "reason", p->reason,
              "count", count, NULL);
  }
  if (!s->keeps_rejects)
    source_unpend(s, p);
}

void source_receipt(struct source *s, const baton_receipt *r) {
  struct pending *p = r->user;
  char reason[600];
  if (r->code == 0) {
    s->accepted += !r->duplicate;
    s->duplicates += r->duplicate;
    source_unpend(s, p);
  } else if (strcmp(r->code_name, "INTERNAL") == 0) {
    s->rewind = true; /* the broker's trouble, not the row's: from there again, in order */
  } else {
    snprintf(reason, sizeof reason, "%s%s%s%s", r->text, *r->field ? " (" : "", r->field, *r->field ? ")" : "");
    source_refuse(s, p, r->code_name, reason);
  }
}

/* ---- The rejects ---- */

/* As a JSON array; texts that cannot be told as they are (no UTF-8) lose their reason, never their row. */
static char *refused_json(struct source *s) {
  json_t *list = json_array();
  int n = 0;
  for (struct pending *p = s->first; p && n < STORE_AT_ONCE; p = p->next) {
    if (!p->refused)
      continue;
    json_t *o = json_pack("{s:I,s:s,s:s,s:s}", "position", (json_int_t)p->position, "key", p->key, "code", p->code,
                          "reason", p->reason);
    if (!o)
      o = json_pack("{s:I,s:s,s:s,s:s}", "position", (json_int_t)p->position, "key", "", "code", p->code, "reason",
                    "not valid UTF-8");
    json_array_append_new(list, o);
    p->storing = true;
    n++;
  }
  char *text = json_dumps(list, JSON_COMPACT);
  json_decref(list);
  return text;
}

static void stored(void *context, struct answer *a) {
  struct source *s = context;
  char words[LINK_WORDS], sentence[LINK_WORDS + 64];
  bool good = !a->lost && a->failed < 0;
  s->in_job = false;
  for (struct pending *p = s->first, *next; p; p = next) {
    next = p->next;
    if (p->storing && good)
      source_unpend(s, p);
    else
      p->storing = false;
  }
  if (good || a->lost)
    return;
  fault_words(a, words);
  snprintf(sentence, sizeof sentence, "refused rows cannot be put into baton.rejects: %s", words);
  link_refuse(&s->link, sentence);
}

bool source_store(struct source *s) {
  char incarnation[24];
  if (!s->n_refused || !link_idle(&s->link) || s->link.state != LINK_READY)
    return false;
  char *json = refused_json(s);
  if (!json)
    return false;
  snprintf(incarnation, sizeof incarnation, "%" PRId64, s->place.incarnation);
  const struct command c = {.sql = store_sql, .n = 3, .value = (const char *const[]){s->name, incarnation, json}};
  s->in_job = true;
  link_run(&s->link, &c, 1, stored, s);
  free(json); /* libpq has copied it */
  return true;
}

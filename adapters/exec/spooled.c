#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exec.h"

#define NONE ((struct piece){NULL, 0})

static void not_taken(struct exec *x, struct piece key, struct piece tag, int rc) {
  json_t *o = json_pack("{s:I,s:s,s:s}", "line", (json_int_t)x->out.number, "code", baton_code_name(rc), "text",
                        baton_error(x->b));
  char *json = o ? json_dumps(o, JSON_COMPACT) : NULL;
  if (json)
    exec_say(x, "error", json, strlen(json), key, tag);
  free(json);
  json_decref(o);
}

static void keep(struct exec *x, struct sent *s) {
  if (!x->put)
    x->put_end = &x->put;
  *x->put_end = s;
  x->put_end = &s->next;
}

/* One by one, so that a line is done with only when its event is durable. */
static bool put_unheard(struct exec *x, const char *source_key, baton_event *event) {
  int rc = baton_spool_put(x->b, source_key, event);
  rc = rc ? rc : baton_spool_commit(x->b);
  if (rc == -BATON_E_INVALID || rc == -BATON_E_LIMIT)
    exec_complain(x, NONE, "not taken: %s", baton_error(x->b));
  x->events += rc == 0;
  return rc == 0 || rc == -BATON_E_INVALID || rc == -BATON_E_LIMIT;
}

bool exec_put(struct exec *x, struct piece key, struct piece tag, const char *source_key, baton_event *event) {
  if (!x->listens)
    return put_unheard(x, source_key, event);
  struct sent *s = malloc(sizeof *s + key.n + tag.n);
  if (!s) {
    baton_event_free(event);
    exec_complain(x, tag, "no memory");
    return true;
  }
  *s = (struct sent){.run = x->run, .key_n = key.n, .tag_n = tag.n};
  memcpy(s->text, key.at, key.n);
  if (tag.n)
    memcpy(s->text + key.n, tag.at, tag.n);
  int rc = baton_spool_put(x->b, source_key, event);
  if (rc == 0) {
    keep(x, s);
    x->events++;
    return true;
  }
  free(s);
  if (rc == -BATON_E_INVALID || rc == -BATON_E_LIMIT)
    exec_complain(x, tag, "not taken: %s", baton_error(x->b));
  else
    not_taken(x, key, tag, rc);
  return true;
}

/* {"spooled":{"key":key},"tag":tag} */
static void say_spooled(struct exec *x, struct piece key, struct piece tag) {
  char *json = malloc(key.n + sizeof "{\"key\":}");
  if (!json) {
    baton_log("error", "no-memory", "for", "spooled", NULL);
    return;
  }
  int n = sprintf(json, "{\"key\":%.*s}", (int)key.n, key.at);
  exec_say(x, "spooled", json, (size_t)n, NONE, tag);
  free(json);
}

void exec_forget_put(struct exec *x) {
  for (struct sent *s = x->put, *next; s; s = next) {
    next = s->next;
    free(s);
  }
  x->put = NULL;
}

void exec_commit(struct exec *x) {
  if (!x->put)
    return;
  int rc = baton_spool_commit(x->b);
  for (struct sent *s = x->put; s; s = s->next) {
    struct piece key = {s->text, s->key_n}, tag = {s->tag_n ? s->text + s->key_n : NULL, s->tag_n};
    if (rc == 0)
      say_spooled(x, key, tag);
    else
      not_taken(x, key, tag, rc);
  }
  exec_forget_put(x);
}

void exec_spooled_receipt(struct exec *x, const baton_receipt *r) {
  json_t *key = json_string(r->source_key);
  char *text = key ? json_dumps(key, JSON_ENCODE_ANY) : NULL;
  if (text)
    exec_say(x, "receipt", r->json, strlen(r->json), (struct piece){text, strlen(text)}, NONE);
  free(text);
  json_decref(key);
}

/* Queries of the program: it goes on while the broker looks. */
#include <stdlib.h>
#include <string.h>

#include "exec.h"

#define QUERY_MS 5000
#define NONE ((struct piece){NULL, 0})

struct asked {
  struct exec *x;
  uint64_t run, line; /* which start of the program asked, and where */
  size_t tag_n;
  char tag[];
};

static void on_answer(void *user, int code, const char *json) {
  struct asked *a = user;
  struct exec *x = a->x;
  struct piece tag = a->tag_n ? (struct piece){a->tag, a->tag_n} : NONE;
  bool old = a->run != x->run;
  if (json && !old)
    exec_say(x, "answer", json, strlen(json), NONE, tag);
  else if (!old)
    exec_say_error(x, a->line, tag, code == -BATON_E_TIMEOUT ? "query: no answer in time" : "query: not answered");
  free(a);
}

bool exec_ask(struct exec *x, struct piece query, struct piece tag) {
  char *text = strndup(query.at, query.n);
  struct asked *a = text ? malloc(sizeof *a + tag.n) : NULL;
  int rc = -BATON_E_NOMEM;
  if (a) {
    *a = (struct asked){.x = x, .run = x->run, .line = x->out.number, .tag_n = tag.n};
    if (tag.n)
      memcpy(a->tag, tag.at, tag.n);
    rc = baton_ask(x->b, text, QUERY_MS, on_answer, a);
  }
  free(text);
  if (rc == 0)
    return true;
  free(a);
  if (rc != -BATON_E_BUSY)
    exec_complain(x, tag, "query: %s", rc == -BATON_E_NOMEM ? "no memory" : baton_error(x->b));
  return rc != -BATON_E_BUSY;
}

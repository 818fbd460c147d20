/* One delivery on its way to a target, and its call while there is one. */
#ifndef BATON_HTTP_HOOK_CALL_H
#define BATON_HTTP_HOOK_CALL_H

#include <curl/curl.h>

#include "hook_target.h"

enum { HOOK_ANSWER_MAX = 64 * 1024, HOOK_ANSWER_HEADERS_MAX = 64 * 1024 };

struct hook_call {
  TAILQ_ENTRY(hook_call) link;
  struct hook_target *target;
  uint64_t sequence, case_id;
  bool redelivery;  /* an operator had it made again */
  uint32_t attempt; /* the broker's count */
  uint32_t calls;   /* our own, since it was handed over */
  char *body;
  int64_t not_before_ms;

  /* An answer of the system's that was not taken, told to it with the next call. */
  unsigned refusals;
  char refused[32], refused_text[192]; /* "": none */
  uint64_t version;
  size_t due; /* receipts of its events still to come; 0: not settled yet */

  /* while it is under way */
  CURL *easy; /* NULL: it is not */
  struct curl_slist *headers;
  char *answer;
  size_t answer_n, header_n;
  bool has_headers; /* all of them */
  bool is_json;     /* so the answer says */
  bool is_long;     /* and longer than is read */
};

/* body is taken over. NULL: no memory. */
struct hook_call *hook_call_new(struct hook_target *t, uint64_t sequence, uint64_t case_id, uint32_t attempt,
                                char *body);
void hook_call_free(struct hook_call *c); /* not while it is under way in a multi */
/* Makes c->easy ready to go. adapter: our name. -1: no memory. */
int hook_call_begin(struct hook_call *c, const char *adapter);
/* Frees what hook_call_begin made; the answer stays until the next begin. ret_pause_ms: what Retry-After asks for. */
struct hook_judgement hook_call_end(struct hook_call *c, CURLcode code, int64_t *ret_pause_ms);
/* May the answer hold events? */
bool hook_call_answers(const struct hook_call *c);
/* For headers and reasons: at most n - 1 bytes, all of them printable ASCII. */
void hook_words(char *to, size_t n, const char *from);

#endif

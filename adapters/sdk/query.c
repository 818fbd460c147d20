/* Questions that are waited for. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sdk.h"
#include "text.h"

struct wait {
  bool done;
  int code;
  bool (*take)(void *to, const Baton__V1__Answer *answer); /* false: no memory */
  void *to;
};

static void on_answer(void *user, int code, const Baton__V1__Answer *answer) {
  struct wait *w = user;
  w->done = true;
  w->code = answer && !w->take(w->to, answer) ? -BATON_E_NOMEM : code;
}

/* Takes the query. 0 and *ret_code, or a negative code. Once asked, the answer comes whatever happens to the
 * connection: also when this adapter is refused for good. */
static int wait_for(baton *b, Baton__V1__Query *query, int timeout_ms, struct wait *w) {
  if (b->inside) {
    baton__v1__query__free_unpacked(query, NULL);
    return bt_sdk_fail(b, BATON_E_USAGE, "not from inside a callback");
  }
  int rc = bt_sdk_ask(b, query, timeout_ms, on_answer, w);
  int64_t deadline_ms = bt_sdk_mono_ms() + timeout_ms;
  while (rc == 0 && !w->done) {
    int64_t left_ms = deadline_ms - bt_sdk_mono_ms();
    (void)!baton_poll(b, timeout_ms < 0 ? -1 : left_ms > 0 ? (int)left_ms : 0);
  }
  if (rc == 0 && w->code == -BATON_E_NOMEM)
    bt_sdk_fail(b, BATON_E_NOMEM, "out of memory");
  return rc < 0 ? rc : w->code < 0 ? w->code : 0;
}

static bool take_json(void *to, const Baton__V1__Answer *answer) {
  char **json = to;
  *json = bt_sdk_json_text(&answer->base);
  return *json;
}

int baton_query(baton *b, const char *json, int timeout_ms, int *ret_code, char **ret_json) {
  Baton__V1__Query *query;
  char *text;
  struct wait w = {.take = take_json, .to = &text};
  int rc = bt_sdk_query_parse(b, json, &query);
  if (rc == 0)
    rc = wait_for(b, query, timeout_ms, &w);
  if (rc < 0)
    return rc;
  *ret_code = w.code;
  *ret_json = text;
  return 0;
}

struct position {
  uint8_t *bytes;
  size_t n;
  char text[BT_SDK_ERROR];
};

static bool take_position(void *to, const Baton__V1__Answer *answer) {
  struct position *p = to;
  const Baton__V1__CursorView *view = answer->kind_case == BATON__V1__ANSWER__KIND_CURSOR ? answer->cursor : NULL;
  p->n = view && view->known ? view->position.len : 0;
  p->bytes = malloc(p->n ? p->n : 1);
  if (p->bytes && p->n)
    memcpy(p->bytes, view->position.data, p->n);
  snprintf(p->text, sizeof p->text, "%.150s", answer->text);
  return p->bytes;
}

int baton_cursor(baton *b, const char *source, int timeout_ms, void **ret, size_t *ret_n) {
  Baton__V1__Query *query = (Baton__V1__Query *)bt_sdk_message_new(&baton__v1__query__descriptor);
  Baton__V1__CursorQuery *cursor = (Baton__V1__CursorQuery *)bt_sdk_message_new(&baton__v1__cursor_query__descriptor);
  char *name = strdup(source ? source : "");
  struct position p = {.bytes = NULL};
  struct wait w = {.take = take_position, .to = &p};
  if (!query || !cursor || !name) {
    free(query);
    free(cursor);
    free(name);
    return bt_sdk_fail(b, BATON_E_NOMEM, "out of memory");
  }
  cursor->source = name;
  query->kind_case = BATON__V1__QUERY__KIND_CURSOR;
  query->cursor = cursor;
  int rc = wait_for(b, query, timeout_ms, &w);
  if (rc == 0 && w.code != BATON__V1__CODE__CODE_OK && w.code != BATON__V1__CODE__CODE_NOT_FOUND)
    rc = bt_sdk_fail(b, w.code, "%s: %s", baton_code_name(w.code), p.text);
  if (rc < 0) {
    free(p.bytes);
    return rc;
  }
  *ret = p.bytes;
  *ret_n = p.n;
  return 0;
}

/* Questions to the broker: sent, and waited for. */
#include <stdlib.h>
#include <string.h>

#include "sdk.h"
#include "text.h"

static void send_query(baton *b, Baton__V1__Query *query) {
  Baton__V1__Frame frame = BATON__V1__FRAME__INIT;
  frame.kind_case = BATON__V1__FRAME__KIND_QUERY;
  frame.query = query;
  b->query_sent = bt_sdk_send(b, &frame);
}

static void drop_answer(baton *b) {
  if (b->answer)
    baton__v1__answer__free_unpacked(b->answer, NULL);
  b->answer = NULL;
}

bool bt_sdk_query_refused(baton *b, const Baton__V1__Fault *fault) {
  if (!b->query_sent || b->answer)
    return false;
  Baton__V1__Answer *answer = (Baton__V1__Answer *)bt_sdk_message_new(&baton__v1__answer__descriptor);
  char *text = answer ? strdup(fault->text) : NULL;
  if (!text) {
    free(answer);
    return false;
  }
  answer->id = b->query_id;
  answer->code = fault->code;
  answer->text = text;
  b->answer = answer;
  return true;
}

/* A session that ends takes the question with it; it is asked again in the next. */
static int ask(baton *b, Baton__V1__Query *query, int timeout_ms, Baton__V1__Answer **ret) {
  int64_t deadline = timeout_ms < 0 ? INT64_MAX : bt_sdk_mono_ms() + timeout_ms;
  drop_answer(b);
  query->id = ++b->query_id;
  if (baton__v1__query__get_packed_size(query) > BT_SDK_FRAME_FILL)
    return bt_sdk_fail(b, BATON_E_LIMIT, "the query has more than %d bytes", BT_SDK_FRAME_FILL);
  b->query_sent = false;
  while (!b->answer) {
    if (b->state == BT_SDK_WELCOME && !b->query_sent)
      send_query(b, query);
    int64_t left = timeout_ms < 0 ? -1 : deadline - bt_sdk_mono_ms();
    if (timeout_ms >= 0 && left <= 0) {
      b->query_id++; /* an answer that comes after all is nobody's */
      b->query_sent = false;
      return bt_sdk_fail(b, BATON_E_TIMEOUT, "no answer within %d ms", timeout_ms);
    }
    int rc = baton_poll(b, (int)left);
    if (rc < 0) {
      b->query_sent = false;
      return rc;
    }
  }
  b->query_sent = false;
  *ret = b->answer;
  b->answer = NULL;
  return 0;
}

int baton_query(baton *b, const char *json, int timeout_ms, int *ret_code, char **ret_json) {
  char error[BT_SDK_ERROR];
  Baton__V1__Answer *answer;
  if (!json)
    return bt_sdk_fail(b, BATON_E_INVALID, "no query");
  ProtobufCMessage *query = bt_sdk_json_parse(&baton__v1__query__descriptor, json, strlen(json), error);
  if (!query)
    return bt_sdk_fail(b, BATON_E_INVALID, "%s", error);
  int rc = ask(b, (Baton__V1__Query *)query, timeout_ms, &answer);
  protobuf_c_message_free_unpacked(query, NULL);
  if (rc < 0)
    return rc;
  char *text = bt_sdk_json_text(&answer->base);
  int code = (int)answer->code;
  baton__v1__answer__free_unpacked(answer, NULL);
  if (!text)
    return bt_sdk_fail(b, BATON_E_NOMEM, "out of memory");
  *ret_code = code;
  *ret_json = text;
  return 0;
}

int baton_cursor(baton *b, const char *source, int timeout_ms, void **ret, size_t *ret_n) {
  Baton__V1__CursorQuery cursor = BATON__V1__CURSOR_QUERY__INIT;
  Baton__V1__Query query = BATON__V1__QUERY__INIT;
  Baton__V1__Answer *answer;
  cursor.source = (char *)(source ? source : "");
  query.kind_case = BATON__V1__QUERY__KIND_CURSOR;
  query.cursor = &cursor;
  int rc = ask(b, &query, timeout_ms, &answer);
  if (rc < 0)
    return rc;
  const Baton__V1__CursorView *view = answer->kind_case == BATON__V1__ANSWER__KIND_CURSOR ? answer->cursor : NULL;
  bool absent = answer->code == BATON__V1__CODE__CODE_NOT_FOUND;
  size_t n = view && view->known ? view->position.len : 0;
  uint8_t *position = malloc(n ? n : 1);
  if (!position)
    rc = bt_sdk_fail(b, BATON_E_NOMEM, "out of memory");
  else if (answer->code != BATON__V1__CODE__CODE_OK && !absent)
    rc = bt_sdk_fail(b, (int)answer->code, "%s: %.150s", baton_code_name((int)answer->code), answer->text);
  if (rc < 0) {
    free(position);
  } else {
    if (n)
      memcpy(position, view->position.data, n);
    *ret = position;
    *ret_n = n;
  }
  baton__v1__answer__free_unpacked(answer, NULL);
  return rc;
}

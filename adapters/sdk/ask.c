/* Questions to the broker. Any number of them may be under way in a session; each has its own time.
 *
 * A question outlives the session: it goes out again after the next Welcome, and again after a while where the broker
 * was busy, always under the same id. Whoever asked is told exactly once. */
#include <stdlib.h>
#include <string.h>

#include "sdk.h"
#include "text.h"

enum { ASKS = 64, BUSY_FIRST_MS = 20, BUSY_CAP_MS = 1000 };

struct bt_sdk_ask {
  struct bt_sdk_ask *next;
  Baton__V1__Query *query;
  int64_t deadline_ms, not_before_ms;
  unsigned busy; /* how often the broker was */
  bool sent;     /* in this session */
  bt_sdk_answer_fn *done;
  void *user;
};

int bt_sdk_ask(baton *b, Baton__V1__Query *query, int timeout_ms, bt_sdk_answer_fn *done, void *user) {
  struct bt_sdk_ask *a = calloc(1, sizeof *a), **end = &b->asks;
  int code = !a ? BATON_E_NOMEM : 0;
  query->id = ++b->ask_id;
  if (!code && baton__v1__query__get_packed_size(query) > BT_SDK_FRAME_FILL)
    code = BATON_E_LIMIT;
  if (code) {
    free(a);
    baton__v1__query__free_unpacked(query, NULL);
    return bt_sdk_fail(b, code, code == BATON_E_LIMIT ? "the query is too long for a frame" : "out of memory");
  }
  int64_t deadline_ms = timeout_ms < 0 ? INT64_MAX : bt_sdk_mono_ms() + timeout_ms;
  *a = (struct bt_sdk_ask){.query = query, .deadline_ms = deadline_ms, .done = done, .user = user};
  while (*end)
    end = &(*end)->next;
  *end = a;
  return 0;
}

/* The callback may ask anew: what it is about has left the list by then. */
static void tell(baton *b, struct bt_sdk_ask **at, int code, const Baton__V1__Answer *answer) {
  struct bt_sdk_ask *a = *at;
  *at = a->next;
  bool was = b->inside;
  b->inside = true;
  a->done(a->user, code, answer);
  b->inside = was;
  baton__v1__query__free_unpacked(a->query, NULL);
  free(a);
}

void bt_sdk_answer(baton *b, const Baton__V1__Answer *answer) {
  struct bt_sdk_ask **at = &b->asks;
  while (*at && (*at)->query->id != answer->id)
    at = &(*at)->next;
  struct bt_sdk_ask *a = *at;
  if (!a)
    return; /* nobody waits for it any more */
  if (answer->code != BATON__V1__CODE__CODE_BUSY) {
    tell(b, at, (int)answer->code, answer);
    return;
  }
  a->sent = false;
  a->not_before_ms = bt_sdk_mono_ms() + baton_backoff_ms(++a->busy, BUSY_FIRST_MS, BUSY_CAP_MS);
}

static struct bt_sdk_ask **overdue(baton *b, int64_t now_ms) {
  struct bt_sdk_ask **at = &b->asks;
  while (*at && (*at)->deadline_ms > now_ms)
    at = &(*at)->next;
  return *at ? at : NULL;
}

static bool send_query(baton *b, Baton__V1__Query *query) {
  Baton__V1__Frame frame = BATON__V1__FRAME__INIT;
  frame.kind_case = BATON__V1__FRAME__KIND_QUERY;
  frame.query = query;
  return bt_sdk_send(b, &frame);
}

void bt_sdk_ask_tick(baton *b, int64_t now_ms) {
  for (struct bt_sdk_ask **at; (at = overdue(b, now_ms));) {
    bt_sdk_fail(b, BATON_E_TIMEOUT, (*at)->busy ? "no answer in time: the broker was busy" : "no answer in time");
    tell(b, at, -BATON_E_TIMEOUT, NULL);
  }
  for (struct bt_sdk_ask *a = b->asks; a && b->state == BT_SDK_WELCOME; a = a->next)
    if (!a->sent && now_ms >= a->not_before_ms) {
      a->sent = send_query(b, a->query);
      a->not_before_ms = now_ms + BUSY_FIRST_MS; /* where there was no room */
    }
}

int64_t bt_sdk_ask_due(const baton *b) {
  int64_t due = INT64_MAX;
  for (const struct bt_sdk_ask *a = b->asks; a; a = a->next) {
    bool waits = !a->sent && b->state == BT_SDK_WELCOME;
    int64_t next = waits && a->not_before_ms < a->deadline_ms ? a->not_before_ms : a->deadline_ms;
    due = next < due ? next : due;
  }
  return due;
}

void bt_sdk_ask_restart(baton *b) {
  for (struct bt_sdk_ask *a = b->asks; a; a = a->next) {
    a->sent = false;
    a->not_before_ms = 0;
  }
}

void bt_sdk_ask_end(baton *b) {
  struct bt_sdk_ask *last = b->asks; /* what a callback asks now is for the next round */
  while (last && last->next)
    last = last->next;
  for (bool more = last; more;) {
    more = b->asks != last;
    tell(b, &b->asks, -BATON_E_CLOSED, NULL);
  }
}

/* ---- For the adapter: both sides in JSON ---- */

struct asked {
  baton *b;
  baton_answer_fn *done;
  void *user;
};

static void hand_over(void *user, int code, const Baton__V1__Answer *answer) {
  struct asked *asked = user;
  char *json = answer ? bt_sdk_json_text(&answer->base) : NULL;
  if (answer && !json)
    code = -BATON_E_NOMEM;
  asked->b->n_asked--;
  asked->done(asked->user, code, json);
  free(json);
  free(asked);
}

int bt_sdk_query_parse(baton *b, const char *json, Baton__V1__Query **ret) {
  char error[BT_SDK_ERROR];
  if (!json)
    return bt_sdk_fail(b, BATON_E_INVALID, "no query");
  ProtobufCMessage *query = bt_sdk_json_parse(&baton__v1__query__descriptor, json, strlen(json), error);
  if (!query)
    return bt_sdk_fail(b, BATON_E_INVALID, "%s", error);
  *ret = (Baton__V1__Query *)query;
  return 0;
}

int baton_ask(baton *b, const char *json, int timeout_ms, baton_answer_fn *done, void *user) {
  Baton__V1__Query *query;
  if (b->closing)
    return bt_sdk_fail(b, BATON_E_CLOSED, "the connection is being closed");
  if (b->n_asked >= ASKS)
    return bt_sdk_fail(b, BATON_E_BUSY, "%d queries are under way", ASKS);
  int rc = bt_sdk_query_parse(b, json, &query);
  if (rc < 0)
    return rc;
  struct asked *asked = malloc(sizeof *asked);
  if (!asked) {
    baton__v1__query__free_unpacked(query, NULL);
    return bt_sdk_fail(b, BATON_E_NOMEM, "out of memory");
  }
  *asked = (struct asked){.b = b, .done = done, .user = user};
  rc = bt_sdk_ask(b, query, timeout_ms, hand_over, asked);
  if (rc < 0)
    free(asked);
  else
    b->n_asked++;
  return rc;
}

/* Cases by custodian, whom they are offered to, status and topic, in pages, as of the last checkpoint. */
#include "query/ask.h"

/* The place in the list is a case id and means the same under any filter, so one scope serves all. */
enum { SCOPE = 0 };

static bool matches(const struct bt_query *q, const struct bt_case *c) {
  return (!q->custodian.n || bt_str_eq(c->custodian, q->custodian)) && (!q->status || c->status == q->status) &&
         (!q->offered_to.n || bt_str_eq(c->offer.to, q->offered_to)) &&
         (!q->topic.n || bt_topic_under(c->topic, q->topic));
}

struct list {
  const struct bt_ask *ask;
  struct bt_case_rows rows;
  size_t room;
};

static int add(void *context, const struct bt_case *c) {
  struct list *l = context;
  if (!matches(l->ask->query, c))
    return 0;
  if (l->rows.n == l->ask->limit)
    return 1;
  int rc = bt_ask_row(l->ask, c, &l->room, &l->rows.v[l->rows.n]);
  if (rc == 0)
    l->rows.n++;
  return rc == -BT_LIMIT ? 1 : rc;
}

int bt_ask_cases(const struct bt_ask *ask, struct bt_answer *ret) {
  struct list l = {.ask = ask, .room = BT_ASK_ROOM};
  l.rows.v = BT_NEW_ARRAY(ask->arena, struct bt_case_row, ask->limit);
  if (!l.rows.v)
    return -BT_NOMEM;
  uint64_t from = 1;
  struct bt_ask_scan scan;
  int rc = bt_ask_page_get(ask, SCOPE, &from);
  if (rc == 0)
    rc = bt_ask_scan_cases(ask, from, add, &l, &scan);
  if (rc < 0)
    return rc;
  ret->rows = l.rows;
  return scan.next ? bt_ask_page_put(ask, SCOPE, scan.next, &ret->next_page) : 0;
}

int bt_query_cases_from(struct bt_arena *arena, uint64_t id, struct bt_str *ret_page) {
  return bt_ask_page_put(&(struct bt_ask){.arena = arena}, SCOPE, id ? id : 1, ret_page);
}

uint64_t bt_query_cases_next(struct bt_str page) {
  uint64_t id = 0;
  const struct bt_query q = {.page = page};
  return bt_ask_page_get(&(struct bt_ask){.query = &q}, SCOPE, &id) == 0 ? id : 0;
}

/* Source keys that are kept, so that nothing counts twice. */
#include "base/bytes.h"
#include "control/standing.h"
#include "control/walk.h"

#define TEXT BT_OUT_TEXT
#define NUMBER BT_OUT_NUMBER
#define PLAIN BT_OUT_PLAIN
#define WIDE BT_OUT_WIDE

enum { COUNT_AT_MOST = 10000 };

/* Rows of one adapter, counted up to `max`; the walk stands behind them, counted or not. */
static int count_keys(struct bt_walk *w, struct bt_str adapter, uint64_t max, uint64_t *ret) {
  struct bt_str key, name, rest;
  int rc;
  bt_walk_to(w, adapter);
  for (*ret = 0; *ret < max; ++*ret) {
    if ((rc = bt_walk_next(w, &key)) < 0)
      return rc == -BT_ABSENT ? 0 : rc;
    if (!bt_walk_cut(key, &name, &rest))
      return -BT_CORRUPT;
    if (!bt_str_eq(name, adapter))
      break;
  }
  bt_walk_past(w, adapter);
  return 0;
}

static int put_keys(struct bt_call *call) {
  struct bt_walk w = {.store = call->context->store, .table = BT_T_SEEN};
  struct bt_str key, name, rest;
  uint64_t counted = 0, n;
  int rc;
  while ((rc = bt_walk_next(&w, &key)) == 0) {
    if (!bt_walk_cut(key, &name, &rest))
      return -BT_CORRUPT;
    const struct bt_str adapter = bt_call_keep(call, name);
    uint64_t max = COUNT_AT_MOST * 4 > counted ? COUNT_AT_MOST * 4 - counted : 1; /* this runs on the loop */
    max = max < COUNT_AT_MOST ? max : COUNT_AT_MOST;
    if ((rc = count_keys(&w, adapter, max, &n)) < 0)
      return rc;
    counted += n;
    BT_OUT_ROW(call->out, bt_out_text(adapter), bt_out_number(n), bt_out_flag(n == max));
  }
  return rc == -BT_ABSENT ? 0 : rc;
}

int bt_cmd_seen(struct bt_call *call) {
  static const struct bt_out_column columns[] = {
      {"adapter", TEXT, WIDE}, {"keys", NUMBER, PLAIN}, {"or_more", BT_OUT_FLAG, PLAIN}};
  struct bt_walk w = {.store = call->context->store, .table = BT_T_SEEN_AGE};
  struct bt_str key;
  int rc = bt_walk_next(&w, &key);
  if (rc < 0 && rc != -BT_ABSENT)
    return rc;
  bt_out_pair(call->out, "keys", bt_out_number(bt_store_count(call->context->store, BT_NOW, BT_T_SEEN)));
  bt_out_pair(call->out, "oldest_kept_until", rc == 0 ? bt_out_time((int64_t)bt_get_u64(key.p)) : bt_out_none());
  bt_out_pair(call->out, "kept_for", bt_out_span(call->context->config->rules.idempotency_us));
  BT_OUT_TABLE(call->out, "adapters", columns);
  return put_keys(call);
}

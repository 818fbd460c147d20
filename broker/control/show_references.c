/* Departments' own numbers for cases, and how far adapters have read their sources. */
#include "base/bytes.h"
#include "control/standing.h"
#include "control/walk.h"

#define TEXT BT_OUT_TEXT
#define NUMBER BT_OUT_NUMBER
#define PLAIN BT_OUT_PLAIN
#define WIDE BT_OUT_WIDE

enum { LISTED = 2000 };

/* A place is the last row's key; local ids may hold anything, so it is written in hexadecimal. */
static int take_place(struct bt_call *call, struct bt_walk *w) {
  const struct bt_str word = bt_call_option(call, "from");
  static const char digits[] = "0123456789abcdef";
  if (!word.p)
    return 0;
  w->n = 0;
  for (size_t i = 0; i + 1 < word.n && w->n < BT_WALK_KEY; i += 2) {
    const char *high = word.p[i] ? strchr(digits, word.p[i]) : NULL;
    const char *low = word.p[i + 1] ? strchr(digits, word.p[i + 1]) : NULL;
    if (!high || !low)
      break;
    w->key[w->n++] = (char)((high - digits) << 4 | (low - digits));
  }
  if (w->n * 2 != word.n || !w->n)
    return bt_call_refuse(call, BT_USAGE, "from= takes what an earlier list printed as more from");
  return 0;
}

static void put_more(struct bt_call *call, const char *key, size_t n) {
  char *hex = bt_arena_alloc(call->arena, 2 * n + 1);
  if (hex)
    bt_out_pair(call->out, "more_from", bt_out_text((struct bt_str){bt_hex(hex, key, n), 2 * n}));
}

static int put_reference(struct bt_call *call, struct bt_str department, struct bt_str local_id) {
  const struct bt_reference r = {.department = bt_call_keep(call, department),
                                 .local_id = bt_call_keep(call, local_id)};
  uint64_t case_id;
  int rc = bt_store_reference(call->context->store, BT_NOW, &r, &case_id);
  if (rc == 0)
    BT_OUT_ROW(call->out, bt_out_text(r.department), bt_out_text(r.local_id), bt_out_text(bt_call_ref(call, case_id)),
               bt_out_number(case_id));
  return rc;
}

static int put_references(struct bt_call *call, struct bt_walk *w, struct bt_str only, uint64_t limit) {
  struct bt_str key, department, local_id;
  char last[BT_WALK_KEY];
  size_t last_n = 0;
  int rc;
  while ((rc = bt_walk_next(w, &key)) == 0) {
    if (!bt_walk_cut(key, &department, &local_id))
      return -BT_CORRUPT;
    if (only.p && !bt_str_eq(department, only))
      return 0;
    if (!limit--) {
      put_more(call, last, last_n);
      return 0;
    }
    memcpy(last, w->key, last_n = w->n);
    if ((rc = put_reference(call, department, local_id)) < 0)
      return rc;
  }
  return rc == -BT_ABSENT ? 0 : rc;
}

int bt_cmd_references(struct bt_call *call) {
  static const struct bt_out_column columns[] = {
      {"department", TEXT, WIDE}, {"local_id", TEXT, BT_OUT_WRAP}, {"case", TEXT, PLAIN}, {"case_id", NUMBER, PLAIN}};
  struct bt_walk w = {.store = call->context->store, .table = BT_T_REFERENCES};
  struct bt_str department;
  uint64_t limit;
  int rc = bt_call_department(call, &department);
  if (rc == 0)
    rc = bt_call_number(call, "limit", 50, LISTED, &limit);
  if (rc == 0 && department.p)
    bt_walk_to(&w, department);
  if (rc == 0)
    rc = take_place(call, &w);
  if (rc < 0)
    return rc;
  BT_OUT_TABLE(call->out, "references", columns);
  return put_references(call, &w, department, limit);
}

int bt_cmd_cursors(struct bt_call *call) {
  static const struct bt_out_column columns[] = {
      {"adapter", TEXT, WIDE}, {"source", TEXT, BT_OUT_WRAP}, {"position", TEXT, BT_OUT_WRAP}};
  struct bt_walk w = {.store = call->context->store, .table = BT_T_CURSORS};
  struct bt_str key, adapter, source, position;
  int rc;
  BT_OUT_TABLE(call->out, "cursors", columns);
  for (uint32_t n = 0; n < LISTED && (rc = bt_walk_next(&w, &key)) == 0; n++) {
    if (!bt_walk_cut(key, &adapter, &source))
      return -BT_CORRUPT;
    rc = bt_store_cursor(call->context->store, BT_NOW, adapter, source, call->arena, &position);
    if (rc < 0)
      return rc;
    BT_OUT_ROW(call->out, bt_out_text(bt_call_keep(call, adapter)), bt_out_text(bt_call_keep(call, source)),
               bt_out_text(position));
  }
  return rc == -BT_ABSENT ? 0 : rc;
}

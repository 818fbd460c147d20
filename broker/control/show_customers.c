/* Customers by number, without what they are known by: find has that, of one. */
#include "base/bytes.h"
#include "control/standing.h"
#include "control/walk.h"

#define TEXT BT_OUT_TEXT
#define NUMBER BT_OUT_NUMBER
#define PLAIN BT_OUT_PLAIN
#define WIDE BT_OUT_WIDE

enum { LISTED = 2000 };

static struct bt_strs domains_of(struct bt_call *call, const struct bt_customer *c) {
  struct bt_strs all = {0, BT_NEW_ARRAY(call->arena, struct bt_str, c->identifiers.n)};
  for (uint32_t i = 0; all.v && i < c->identifiers.n; i++)
    all.v[all.n++] = bt_call_keep(call, c->identifiers.v[i].domain);
  return all;
}

static int count_cases(struct bt_call *call, uint64_t customer, uint64_t *ret) {
  uint64_t at = 0;
  int rc;
  for (*ret = 0; *ret < LISTED; ++*ret, at++)
    if ((rc = bt_store_next_case_of(call->context->store, BT_NOW, customer, at, &at)) < 0)
      return rc == -BT_ABSENT ? 0 : rc;
  return 0;
}

static int put_customer(struct bt_call *call, uint64_t id, struct bt_arena *scratch) {
  struct bt_customer c;
  uint64_t cases;
  bt_arena_reset(scratch);
  int rc = bt_store_customer(call->context->store, BT_NOW, id, scratch, &c);
  if (rc == 0)
    rc = count_cases(call, id, &cases);
  if (rc < 0)
    return rc;
  const struct bt_strs domains = domains_of(call, &c);
  BT_OUT_ROW(call->out, bt_out_number(id), bt_out_number(c.version), bt_out_names(&domains), bt_out_number(cases),
             c.merged_into ? bt_out_number(c.merged_into) : bt_out_none(), bt_out_number(c.merged.n),
             bt_out_number(c.last_sequence));
  return 0;
}

static int put_customers(struct bt_call *call, uint64_t from, uint64_t limit) {
  struct bt_walk w = {.store = call->context->store, .table = BT_T_CUSTOMERS};
  struct bt_arena scratch;
  struct bt_str key;
  uint64_t last = from - 1;
  int rc;
  if (last) {
    bt_put_u64(w.key, last);
    w.n = 8;
  }
  bt_arena_init(&scratch, 1024 * 1024);
  while ((rc = bt_walk_next(&w, &key)) == 0 && limit--) {
    last = bt_get_u64(key.p);
    if ((rc = put_customer(call, last, &scratch)) < 0)
      break;
  }
  bt_arena_fini(&scratch);
  if (rc == 0)
    bt_out_pair(call->out, "more_from", bt_out_number(last + 1));
  return rc == -BT_ABSENT ? 0 : rc;
}

int bt_cmd_customers(struct bt_call *call) {
  static const struct bt_out_column columns[] = {{"customer", NUMBER, PLAIN},          {"version", NUMBER, PLAIN},
                                                 {"known_by", BT_OUT_NAMES, WIDE},     {"cases", NUMBER, PLAIN},
                                                 {"merged_into", NUMBER, BT_OUT_RARE}, {"others_merged", NUMBER, PLAIN},
                                                 {"last_event", NUMBER, PLAIN}};
  uint64_t limit, from;
  int rc = bt_call_number(call, "limit", 50, LISTED, &limit);
  if (rc == 0)
    rc = bt_call_number(call, "from", 1, UINT64_MAX - 1, &from);
  if (rc < 0)
    return rc;
  BT_OUT_TABLE(call->out, "customers", columns);
  return put_customers(call, from, limit);
}

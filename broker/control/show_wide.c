/* What concerns many cases: known trouble, and effects on their way through the cases. */
#include "control/command.h"

#define TEXT BT_OUT_TEXT
#define NUMBER BT_OUT_NUMBER
#define TIME BT_OUT_TIME
#define PLAIN BT_OUT_PLAIN
#define WIDE BT_OUT_WIDE

enum { LISTED = 2000 };

int bt_cmd_advisories(struct bt_call *call) {
  static const struct bt_out_column columns[] = {
      {"advisory", NUMBER, PLAIN}, {"topic", TEXT, WIDE},          {"by", TEXT, WIDE},
      {"until", TIME, PLAIN},      {"trouble", TEXT, BT_OUT_WRAP}, {"instead", BT_OUT_NAMES, BT_OUT_WRAP}};
  const struct bt_advisory *v;
  uint32_t n;
  int rc = bt_store_advisories(call->context->store, &v, &n);
  if (rc < 0)
    return rc;
  BT_OUT_TABLE(call->out, "advisories", columns);
  for (uint32_t i = 0; i < n; i++)
    BT_OUT_ROW(call->out, bt_out_number(v[i].id), bt_out_text(v[i].topic), bt_out_text(v[i].department),
               bt_out_time(v[i].until_us), bt_out_text(v[i].text), bt_out_names(&v[i].alternatives));
  return 0;
}

int bt_cmd_sweeps(struct bt_call *call) {
  static const struct bt_out_column columns[] = {
      {"sweep", NUMBER, PLAIN},        {"began_by", TEXT, PLAIN},         {"since", TIME, PLAIN},
      {"come_to_case", NUMBER, PLAIN}, {"object", NUMBER, BT_OUT_DETAIL}, {"departments", BT_OUT_NAMES, BT_OUT_WRAP}};
  uint64_t from = 0;
  int rc = 0;
  BT_OUT_TABLE(call->out, "sweeps", columns);
  for (uint32_t n = 0; n < LISTED && rc == 0; n++) {
    struct bt_sweep s;
    rc = bt_store_next_sweep(call->context->store, BT_NOW, from, call->arena, &s);
    if (rc < 0)
      break;
    from = s.id + 1;
    BT_OUT_ROW(call->out, bt_out_number(s.id), bt_out_literal(bt_kind_name((int)s.kind)), bt_out_time(s.since_us),
               bt_out_number(s.at_case), s.object ? bt_out_number(s.object) : bt_out_none(),
               bt_out_names(&s.departments));
  }
  return rc == -BT_ABSENT ? 0 : rc;
}

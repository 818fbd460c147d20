/* Who handles a topic. */
#include "control/command.h"

int bt_cmd_who(struct bt_call *call) {
  static const struct bt_out_column columns[] = {
      {"department", BT_OUT_TEXT, BT_OUT_WIDE}, {"handles", BT_OUT_TEXT, BT_OUT_WIDE},
      {"open", BT_OUT_FLAG, BT_OUT_PLAIN},      {"opens", BT_OUT_TIME, BT_OUT_RARE},
      {"load", BT_OUT_NUMBER, BT_OUT_PLAIN},    {"connected", BT_OUT_FLAG, BT_OUT_PLAIN},
      {"why", BT_OUT_TEXT, BT_OUT_WRAP},        {"held_before", BT_OUT_FLAG, BT_OUT_DETAIL}};
  const struct bt_query q = {.kind = BT_QUERY_WHO_HANDLES, .topic = call->args.v[0], .limit = BT_MAX_ROWS};
  struct bt_answer a;
  int rc = bt_call_ask(call, &q, BT_ASK_POINT_US, &a);
  if (rc < 0)
    return rc;
  bt_out_pair(call->out, "topic", bt_out_text(a.topic));
  bt_out_pair(call->out, "owner", bt_out_text(a.owner));
  BT_OUT_TABLE(call->out, "handlers", columns);
  for (uint32_t i = 0; i < a.handlers.n; i++) {
    const struct bt_handler_row *h = &a.handlers.v[i];
    BT_OUT_ROW(call->out, bt_out_text(h->department), bt_out_text(h->handles), bt_out_flag(h->open),
               bt_out_time(h->open ? 0 : h->opens_at_us), bt_out_number(h->load), bt_out_flag(h->connected),
               bt_out_text(h->why), bt_out_flag(h->held_before));
  }
  return 0;
}

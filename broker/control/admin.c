/* What an operator may change. */
#include "control/command.h"

/* Its texts are UTF-8 without control characters that a reader would have to fear. */
int bt_call_reason(struct bt_call *call, uint32_t from, struct bt_str *ret) {
  struct bt_str rest = {0};
  for (uint32_t i = from; i < call->args.n; i++)
    rest =
        bt_arena_printf(call->arena, "%.*s%s%.*s", BT_STR_ARG(rest), i > from ? " " : "", BT_STR_ARG(call->args.v[i]));
  rest = bt_out_escape(call->arena, rest);
  if (rest.n > BT_MAX_REASON)
    return bt_call_refuse(call, BT_LIMIT, "a reason has at most %d bytes", BT_MAX_REASON);
  *ret = rest;
  return 0;
}

static int set_held(struct bt_call *call, bool held) {
  const struct bt_control_context *x = call->context;
  const struct bt_adapter *adapter = bt_rules_adapter(&x->config->rules, call->args.v[0]);
  struct bt_str reason;
  if (!adapter)
    return bt_call_refuse(call, BT_NOT_FOUND, "no adapter of this name is configured");
  int rc = bt_call_reason(call, 1, &reason);
  if (rc < 0)
    return rc;
  struct bt_adapter_row row;
  rc = bt_store_adapter(x->store, BT_NOW, adapter->name, call->arena, &row);
  if (rc < 0)
    return rc;
  if (row.held == held)
    return bt_call_refuse(call, BT_WRONG_STATUS, held ? "it is held already" : "it is not held");
  rc = x->hold(x->loop, adapter->name, held, call->operator_name, reason);
  if (rc < 0)
    return rc;
  bt_out_pair(call->out, "adapter", bt_out_text(adapter->name));
  bt_out_pair(call->out, "held", bt_out_flag(held));
  bt_out_pair(call->out, "by", bt_out_text(call->operator_name));
  bt_out_pair(call->out, "reason", bt_out_text(reason));
  return 0;
}

int bt_cmd_hold(struct bt_call *call) {
  return set_held(call, true);
}

int bt_cmd_resume(struct bt_call *call) {
  return set_held(call, false);
}

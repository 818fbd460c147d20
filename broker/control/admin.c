/* What an operator may change. */
#include "control/command.h"

static int set_held(struct bt_call *call, bool held) {
  const struct bt_control_context *x = call->context;
  const struct bt_adapter *adapter = bt_rules_adapter(&x->config->rules, call->args.v[0]);
  struct bt_str reason;
  if (!adapter)
    return bt_call_refuse(call, BT_NOT_FOUND, "no adapter of this name is configured: show adapters lists them");
  int rc = bt_call_reason(call, 1, &reason);
  if (rc < 0)
    return rc;
  struct bt_adapter_row row;
  rc = bt_store_adapter(x->store, BT_NOW, adapter->name, call->arena, &row);
  if (rc < 0)
    return rc;
  if (row.held == held)
    return bt_call_refuse(call, BT_WRONG_STATUS,
                          held ? "it is held already: resume ADAPTER delivers to it again"
                               : "it is not held: show adapters says which are");
  call->untold = true; /* the entry names the operator */
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

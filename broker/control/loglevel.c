/* What the log has, at run time. */
#include "base/log.h"
#include "control/audit.h"

static int put(struct bt_call *call) {
  const int configured = call->context->config->settings.log_level;
  bt_out_pair(call->out, "log_level", bt_out_literal(bt_log_level_name(bt_log_level())));
  bt_out_pair(call->out, "configured", bt_out_literal(bt_log_level_name((enum bt_log_level)configured)));
  return 0;
}

int bt_cmd_loglevel(struct bt_call *call) {
  enum bt_log_level level;
  struct bt_str reason;
  char word[16];
  if (!call->args.n) {
    call->untold = true;
    return put(call);
  }
  int rc = bt_call_reason(call, 1, &reason);
  if (rc < 0)
    return rc;
  snprintf(word, sizeof word, "%.*s", BT_STR_ARG(call->args.v[0]));
  if (bt_log_level_parse(word, &level) < 0)
    return bt_call_refuse(call, BT_USAGE, "a level is debug, info, warn or error");
  if ((rc = bt_audit_note(call)) < 0) /* nothing is done that cannot be written down */
    return rc;
  call->untold = true;
  const enum bt_log_level before = bt_log_level();
  bt_log_set_level(level < before ? level : before); /* the change itself is in the log either way */
  bt_log(BT_LOG_INFO, "log-level", BT_L_TEXT("level", bt_log_level_name(level)),
         BT_L_STR("operator", call->operator_name));
  bt_log_set_level(level);
  return put(call);
}

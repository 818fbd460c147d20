/* Alerts that are raised, and a test of the command that is told of them. */
#include "watch/alerts.h"
#include "control/audit.h"
#include "control/backlog.h"

static void put_alert(struct bt_call *call, const struct bt_alert *a) {
  const struct bt_condition_row *row = &bt_condition_table[a->kind];
  BT_OUT_ROW(call->out, bt_out_literal(row->name), bt_out_text(bt_str(a->object)),
             bt_out_literal(bt_severity_name(row->severity)), bt_out_time(a->since_us), bt_out_time(a->raised_us),
             bt_out_text(bt_str(a->text)), bt_out_text(bt_str(a->see)), a->n ? bt_out_number(a->n) : bt_out_none(),
             bt_out_flag(a->gone_us != 0));
}

int bt_cmd_alerts(struct bt_call *call) {
  static const struct bt_out_column columns[] = {
      {"alert", BT_OUT_TEXT, BT_OUT_PLAIN},    {"object", BT_OUT_TEXT, BT_OUT_PLAIN},
      {"severity", BT_OUT_TEXT, BT_OUT_PLAIN}, {"since", BT_OUT_TIME, BT_OUT_PLAIN},
      {"raised", BT_OUT_TIME, BT_OUT_DETAIL},  {"text", BT_OUT_TEXT, BT_OUT_WRAP},
      {"see", BT_OUT_TEXT, BT_OUT_WRAP},       {"count", BT_OUT_NUMBER, BT_OUT_DETAIL},
      {"passing", BT_OUT_FLAG, BT_OUT_DETAIL}};
  const struct bt_alerts *alerts = call->context->alerts;
  BT_OUT_TABLE(call->out, "alerts", columns);
  for (uint32_t i = 0; alerts && i < alerts->n; i++)
    if (alerts->v[i].raised_us)
      put_alert(call, &alerts->v[i]);
  if (alerts && alerts->left_out)
    bt_out_note(call->out, bt_arena_printf(call->arena, "and %llu more than alerts are kept for: see status",
                                           (unsigned long long)alerts->left_out));
  return 0;
}

static int begin(struct bt_call *call) {
  const struct bt_control_context *x = call->context;
  int rc = x->alert_test ? x->alert_test(x->loop) : -BT_ABSENT;
  if (rc == -BT_ABSENT)
    return bt_call_refuse(call, BT_WRONG_STATUS, "no command is configured: alerts.command in broker.conf");
  if (rc < 0)
    return bt_call_refuse(call, BT_BUSY, "a test is going on already, or too many alerts wait for the command");
  call->looked_at = 1;
  return BT_CALL_MORE;
}

int bt_cmd_alerts_test(struct bt_call *call) {
  const struct bt_control_context *x = call->context;
  const char *why;
  if (!call->looked_at)
    return begin(call);
  if (x->alert_tested(x->loop, &why))
    return BT_CALL_MORE;
  call->outcome = *why ? bt_arena_printf(call->arena, "failed: %s", why) : BT_LIT("done");
  call->untold = true;
  int rc = bt_audit_note_or_log(call);
  if (rc < 0)
    return rc;
  if (*why)
    return bt_call_refuse(call, BT_IO, "the command was run and failed: %s", why);
  bt_out_pair(call->out, "command", bt_out_literal(x->config->settings.alert_command));
  bt_out_pair(call->out, "result", bt_out_literal("well: exit status 0"));
  return 0;
}

/* Deliveries that were given up. */
#include "control/command.h"

/* By case, and within a case in order. */
static int of_adapter(struct bt_call *call, struct bt_str adapter, uint64_t *room) {
  struct bt_dead_row row = {0};
  uint64_t sequence = 0;
  int rc = 0;
  while (*room && rc == 0) {
    rc = bt_store_next_dead(call->context->store, BT_NOW, adapter, row.case_id, sequence ? sequence + 1 : 0,
                            call->arena, &sequence, &row);
    if (rc < 0)
      break;
    BT_OUT_ROW(call->out, bt_out_text(adapter), bt_out_number(sequence), bt_out_text(bt_call_ref(call, row.case_id)),
               bt_out_number(row.case_id), bt_out_number(row.attempts), bt_out_time(row.since_us),
               bt_out_time(row.dead_at_us), bt_out_text(row.reason));
    --*room;
  }
  return rc == -BT_ABSENT ? 0 : rc;
}

int bt_cmd_dead(struct bt_call *call) {
  static const struct bt_out_column columns[] = {
      {"adapter", BT_OUT_TEXT, BT_OUT_PLAIN},  {"event", BT_OUT_NUMBER, BT_OUT_PLAIN},
      {"case", BT_OUT_TEXT, BT_OUT_PLAIN},     {"case_id", BT_OUT_NUMBER, BT_OUT_DETAIL},
      {"tries", BT_OUT_NUMBER, BT_OUT_PLAIN},  {"since", BT_OUT_TIME, BT_OUT_DETAIL},
      {"given_up", BT_OUT_TIME, BT_OUT_PLAIN}, {"reason", BT_OUT_TEXT, BT_OUT_WIDE}};
  const struct bt_rules *rules = &call->context->config->rules;
  uint64_t room;
  int rc = bt_call_number(call, "limit", 100, 10000, &room);
  if (rc < 0)
    return rc;
  struct bt_str only = call->args.n ? call->args.v[0] : (struct bt_str){0};
  if (only.n && !bt_rules_adapter(rules, only))
    return bt_call_refuse(call, BT_NOT_FOUND, "no adapter of this name is configured: show adapters lists them");
  BT_OUT_TABLE(call->out, "dead_letters", columns);
  for (uint32_t i = 0; i < rules->adapters.n && rc == 0; i++)
    if (!only.n || bt_str_eq(only, rules->adapters.v[i].name))
      rc = of_adapter(call, rules->adapters.v[i].name, &room);
  if (rc == 0 && !room)
    bt_out_note(call->out, BT_LIT("there may be more: limit=N shows more"));
  return rc;
}

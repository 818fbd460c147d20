/* The tables of the record: how much is in each, and where to look at it. */
#include "control/command.h"

/* Where something is filed under a keyed hash, only the number of rows can be shown. */
static const char *const see[BT_T_COUNT] = {
    [BT_T_CASES] = "show cases, show case CASE",
    [BT_T_NUMBERS] = "show case REF",
    [BT_T_CUSTOMERS] = "show customers, find DOMAIN:VALUE",
    [BT_T_IDENTIFIERS] = "find DOMAIN:VALUE (keyed hashes: they cannot be listed)",
    [BT_T_REFERENCES] = "show references",
    [BT_T_CASES_OF] = "find DOMAIN:VALUE, show customers",
    [BT_T_INBOX] = "show inboxes",
    [BT_T_DEAD] = "show dead, dead show",
    [BT_T_SEEN] = "show seen",
    [BT_T_SEEN_AGE] = "show seen",
    [BT_T_CURSORS] = "show cursors",
    [BT_T_ADAPTERS] = "show adapters",
    [BT_T_STATS] = "show stats, scorecard",
    [BT_T_TIMERS] = "show timers",
    [BT_T_ADVISORIES] = "show advisories",
    [BT_T_SWEEPS] = "show sweeps",
    [BT_T_STANDING] = "show standing, offers, promises, questions",
    [BT_T_AUDIT] = "show audit",
    [BT_T_META] = "show config, status, journeys",
};

int bt_cmd_record(struct bt_call *call) {
  static const struct bt_out_column columns[] = {
      {"table", BT_OUT_TEXT, BT_OUT_PLAIN}, {"rows", BT_OUT_NUMBER, BT_OUT_PLAIN}, {"see", BT_OUT_TEXT, BT_OUT_WRAP}};
  struct bt_store *s = call->context->store;
  bt_out_pair(call->out, "position", bt_out_number(bt_store_position(s, BT_NOW)));
  bt_out_pair(call->out, "checkpoint", bt_out_number(bt_store_position(s, BT_AS_OF)));
  bt_out_pair(call->out, "bytes", bt_out_bytes(bt_store_bytes(s)));
  BT_OUT_TABLE(call->out, "tables", columns);
  for (int t = 0; t < BT_T_COUNT; t++)
    BT_OUT_ROW(call->out, bt_out_literal(bt_table_names[t]), bt_out_number(bt_store_count(s, BT_NOW, (enum bt_table)t)),
               see[t] ? bt_out_literal(see[t]) : bt_out_none());
  return 0;
}

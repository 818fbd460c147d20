/* The configuration's file read again. */
#include "control/command.h"

static void put_problems(struct bt_call *call, const struct bt_reload *r) {
  static const struct bt_out_column columns[] = {{"problem", BT_OUT_TEXT, BT_OUT_WRAP}};
  BT_OUT_TABLE(call->out, "problems", columns);
  for (uint32_t i = 0; i < r->problems.n; i++)
    BT_OUT_ROW(call->out, bt_out_text(r->problems.v[i]));
  bt_out_rare(call->out);
}

static const char *word_of(const struct bt_change *c) {
  return c->kind == BT_CHANGE_ADDED ? "added" : c->kind == BT_CHANGE_REMOVED ? "removed" : "changed";
}

static void put_changes(struct bt_call *call, const struct bt_reload *r) {
  static const struct bt_out_column columns[] = {{"change", BT_OUT_TEXT, BT_OUT_PLAIN},
                                                 {"what", BT_OUT_TEXT, BT_OUT_WRAP},
                                                 {"before", BT_OUT_TEXT, BT_OUT_WRAP},
                                                 {"after", BT_OUT_TEXT, BT_OUT_WRAP},
                                                 {"restart", BT_OUT_FLAG, BT_OUT_RARE}};
  BT_OUT_TABLE(call->out, "changes", columns);
  for (uint32_t i = 0; i < r->changes.n; i++) {
    const struct bt_change *c = &r->changes.v[i];
    BT_OUT_ROW(call->out, bt_out_literal(word_of(c)), bt_out_text(c->name), bt_out_text(c->before),
               bt_out_text(c->after), bt_out_flag(c->restart));
  }
  bt_out_rare(call->out);
}

int bt_cmd_reload(struct bt_call *call) {
  const struct bt_control_context *x = call->context;
  const bool dry_run = call->args.n > 0;
  struct bt_reload r = {.refused = false};
  if (dry_run && !bt_str_eq(call->args.v[0], BT_LIT("dry-run")))
    return bt_call_refuse(call, BT_USAGE, "usage: reload [dry-run]");
  int rc = x->reload ? x->reload(x->loop, dry_run, call->operator_name, call->arena, &r) : -BT_WRONG_STATUS;
  if (rc < 0)
    return rc;
  const char *result = r.adopted                ? "adopted"
                       : r.refused              ? "refused"
                       : dry_run && r.changes.n ? "would be adopted"
                                                : "nothing has changed";
  bt_out_pair(call->out, "result", bt_out_literal(result));
  bt_out_rare_pair(call->out, "departments_gone", bt_out_names(&r.gone));
  put_problems(call, &r);
  put_changes(call, &r);
  call->untold = dry_run || !r.adopted;
  if (!r.refused)
    return 0;
  call->told = true;
  return bt_call_refuse(call, BT_INVALID, "the configuration is refused, the running one goes on: %u problem%s",
                        r.problems.n, r.problems.n == 1 ? "" : "s");
}

/* What is wrong right now, in a short list, the worst first: nothing in it, nothing to do. */
#include "control/backlog.h"

/* All conditions of one kind in one row: those from `from` on. Returns where the next kind begins. */
static uint32_t put_kind(struct bt_call *call, int64_t now_us, const struct bt_conditions *c, uint32_t from) {
  const struct bt_condition *worst = &c->v[from];
  const enum bt_condition_kind kind = worst->kind;
  uint32_t i = from;
  for (; i < c->n && c->v[i].kind == kind; i++)
    if (c->v[i].since_us && (!worst->since_us || c->v[i].since_us < worst->since_us))
      worst = &c->v[i];
  const struct bt_str what = worst->more.n ? worst->more : bt_str(bt_condition_table[kind].what);
  BT_OUT_ROW(call->out, bt_out_text(what), c->total[kind] ? bt_out_number(c->total[kind]) : bt_out_none(),
             worst->since_us && worst->since_us <= now_us ? bt_out_span(now_us - worst->since_us) : bt_out_none(),
             bt_out_text(worst->see));
  return i;
}

int bt_show_trouble(struct bt_call *call, int64_t now_us, const struct bt_backlogs *all) {
  static const struct bt_out_column columns[] = {{"what", BT_OUT_TEXT, BT_OUT_WRAP},
                                                 {"how_many", BT_OUT_NUMBER, BT_OUT_PLAIN},
                                                 {"longest", BT_OUT_SPAN, BT_OUT_PLAIN},
                                                 {"see", BT_OUT_TEXT, BT_OUT_PLAIN}};
  const struct bt_watch_view view = bt_call_view(call, now_us);
  struct bt_conditions c;
  int rc = bt_conditions_collect(&view, all, call->arena, &c);
  if (rc < 0)
    return rc;
  BT_OUT_TABLE(call->out, "trouble", columns);
  for (uint32_t i = 0; i < c.n;)
    i = put_kind(call, now_us, &c, i);
  if (c.more)
    bt_out_note(call->out, BT_LIT("There is more of these than can be counted here."));
  return 0;
}

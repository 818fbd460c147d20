/* The broker on one screen, what is wrong first. */
#include <stdlib.h>

#include "base/clock.h"
#include "control/backlog.h"
#include "control/command.h"

enum { WORST = 10 };

static uint32_t count_sessions(struct bt_wire *wire) {
  uint32_t n = 0;
  for (struct bt_session *s = bt_wire_next(wire, NULL); s; s = bt_wire_next(wire, s))
    n++;
  return n;
}

/* By the clock that nobody sets, where the loop has it. */
static int64_t up_us_of(const struct bt_call *call) {
  const struct bt_control_context *x = call->context;
  struct bt_watch_facts facts = {0};
  if (x->facts)
    x->facts(x->loop, &facts);
  return facts.up_us ? facts.up_us : bt_clock_wall_us() - x->started_us;
}

static void put_pairs(struct bt_call *call) {
  const struct bt_control_context *x = call->context;
  const int64_t up_us = up_us_of(call);
  struct bt_out *o = call->out;
  bt_out_pair(o, "version", bt_out_literal(x->version));
  bt_out_pair(o, "started", bt_out_time(x->started_us));
  bt_out_pair(o, "uptime", bt_out_span(up_us));
  bt_out_pair(o, "listening_at", bt_out_literal(x->config->settings.listen));
  bt_out_pair(o, "adapters", bt_out_number(x->config->rules.adapters.n));
  bt_out_pair(o, "connected", bt_out_number(count_sessions(x->wire)));
  bt_out_pair(o, "position", bt_out_number(bt_store_position(x->store, BT_NOW)));
  bt_out_pair(o, "durable", bt_out_number(bt_journal_durable(x->journal)));
  bt_out_pair(o, "not_checkpointed", bt_out_number(bt_store_pending(x->store)));
  bt_out_pair(o, "last_recorded", bt_out_time(bt_store_recorded_us(x->store, BT_NOW)));
  bt_out_pair(o, "cases", bt_out_number(bt_store_count(x->store, BT_NOW, BT_T_CASES)));
  bt_out_pair(o, "customers", bt_out_number(bt_store_count(x->store, BT_NOW, BT_T_CUSTOMERS)));
  bt_out_pair(o, "undelivered", bt_out_number(bt_store_count(x->store, BT_NOW, BT_T_INBOX)));
  bt_out_pair(o, "dead_letters", bt_out_number(bt_store_count(x->store, BT_NOW, BT_T_DEAD)));
  bt_out_pair(o, "journal_bytes", bt_out_bytes(bt_journal_bytes(x->journal)));
  bt_out_pair(o, "journal_entry_bytes", bt_out_bytes(bt_journal_entry_bytes(x->journal)));
  bt_out_pair(o, "journal_from", bt_out_number(bt_journal_first(x->journal)));
  bt_out_pair(o, "record_bytes", bt_out_bytes(bt_store_bytes(x->store)));
}

static void put_held(struct bt_call *call, const struct bt_backlogs *all) {
  static const struct bt_out_column columns[] = {{"adapter", BT_OUT_TEXT, BT_OUT_PLAIN},
                                                 {"since", BT_OUT_TIME, BT_OUT_PLAIN},
                                                 {"by", BT_OUT_TEXT, BT_OUT_PLAIN},
                                                 {"reason", BT_OUT_TEXT, BT_OUT_WIDE}};
  BT_OUT_TABLE(call->out, "held_adapters", columns);
  for (uint32_t i = 0; i < all->n; i++) {
    const struct bt_adapter_row *row = &all->v[i].row;
    if (row->held)
      BT_OUT_ROW(call->out, bt_out_text(all->v[i].adapter->name), bt_out_time(row->held_at_us),
                 bt_out_text(row->held_by), bt_out_text(row->held_reason));
  }
}

static void put_waiting(struct bt_call *call, const struct bt_backlogs *all) {
  static const struct bt_out_column columns[] = {{"adapter", BT_OUT_TEXT, BT_OUT_PLAIN},
                                                 {"connected", BT_OUT_FLAG, BT_OUT_PLAIN},
                                                 {"oldest", BT_OUT_SPAN, BT_OUT_PLAIN},
                                                 {"in_flight", BT_OUT_NUMBER, BT_OUT_PLAIN}};
  BT_OUT_TABLE(call->out, "waiting_inboxes", columns);
  uint32_t shown = 0, waiting = 0;
  for (uint32_t i = 0; i < all->n; i++) {
    const struct bt_backlog *b = &all->v[i];
    waiting += b->waits;
    if (b->waits && shown++ < WORST)
      BT_OUT_ROW(call->out, bt_out_text(b->adapter->name), bt_out_flag(b->connected), bt_out_span(b->oldest_us),
                 bt_out_number(b->in_flight));
  }
  if (waiting > WORST)
    bt_out_note(call->out, bt_arena_printf(call->arena, "and %u more: show inboxes", waiting - WORST));
}

int bt_cmd_status(struct bt_call *call) {
  struct bt_backlogs all;
  const int64_t now_us = bt_backlog_now_us(call);
  int rc = bt_backlog_all(call, now_us, &all);
  if (rc < 0)
    return rc;
  rc = bt_show_trouble(call, now_us, &all);
  if (rc < 0)
    return rc;
  put_held(call, &all);
  put_waiting(call, &all);
  put_pairs(call);
  return 0;
}

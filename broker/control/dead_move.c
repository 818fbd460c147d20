/* Dead letters tried again, or dropped: one, or all that fit, a bounded number in each round of the loop. */
#include "base/clock.h"
#include "control/confirm.h"
#include "control/dead_filter.h"

enum { ROUND_US = 20 * 1000, LINES = 20, MOST_LINES = 10000, MOST_ADAPTERS = 64 };

struct job {
  bool drop, dry, ask;
  struct bt_dead_filter filter;
  struct bt_dead_place at;
  struct bt_str reason;
  uint64_t found, done, lines;
  struct bt_delivery_name *v; /* of one adapter, BT_NAMED_AT_ONCE */
  uint32_t n;
  struct bt_str adapter; /* theirs */
  struct bt_arena scratch;
};

static const struct bt_out_column columns[] = {
    {"adapter", BT_OUT_TEXT, BT_OUT_PLAIN},   {"event", BT_OUT_NUMBER, BT_OUT_PLAIN},
    {"case", BT_OUT_TEXT, BT_OUT_PLAIN},      {"tries", BT_OUT_NUMBER, BT_OUT_PLAIN},
    {"given_up", BT_OUT_TIME, BT_OUT_PLAIN},  {"reason", BT_OUT_TEXT, BT_OUT_WIDE},
    {"case_id", BT_OUT_NUMBER, BT_OUT_DETAIL}};

/* ---- beginning ---- */

static int take_reason(struct bt_call *call, struct job *j, uint32_t from) {
  return j->dry ? bt_call_reason(call, from, &j->reason) : bt_call_words(call, from, BT_MAX_REASON, &j->reason);
}

/* An adapter that is configured no longer gets nothing any more, but what it left may be dropped. */
static int check_adapter(struct bt_call *call, const struct job *j) {
  if (j->drop || !j->filter.adapter.n || bt_rules_adapter(&call->context->config->rules, j->filter.adapter))
    return 0;
  return bt_call_refuse(call, BT_NOT_FOUND, "no adapter of this name is configured: show adapters lists them");
}

static int check_confirmed(struct bt_call *call, struct job *j) {
  int64_t asked_us = 0;
  if (!j->drop || j->dry || j->filter.one)
    return 0;
  int rc = bt_confirm_given(call, &asked_us);
  j->ask = rc == BT_CONFIRM_ASK;
  if (rc == 0 && asked_us < j->filter.given_up_until_us)
    j->filter.given_up_until_us = asked_us; /* what has come up since was not asked about */
  return rc < 0 ? rc : 0;
}

static int begin(struct bt_call *call, bool drop) {
  struct job *j = BT_NEW(call->arena, struct job);
  uint32_t reason_at;
  if (!j)
    return -BT_NOMEM;
  j->drop = drop;
  j->dry = bt_call_take_word(call, "dry-run");
  int rc = bt_dead_filter_take(call, &j->filter, &reason_at);
  if (rc == 0)
    rc = check_adapter(call, j);
  if (rc == 0)
    rc = take_reason(call, j, reason_at);
  if (rc == 0)
    rc = bt_call_number(call, "lines", LINES, MOST_LINES, &j->lines);
  if (rc == 0)
    rc = check_confirmed(call, j);
  if (rc < 0)
    return rc;
  j->v = BT_NEW_ARRAY(call->arena, struct bt_delivery_name, BT_NAMED_AT_ONCE);
  if (!j->v)
    return -BT_NOMEM;
  BT_OUT_TABLE(call->out, "dead_letters", columns);
  call->untold = true; /* what is done becomes entries with the operator's name */
  call->job = j;
  return 0;
}

/* ---- going on ---- */

static int act(struct bt_call *call, struct job *j) {
  const struct bt_control_context *x = call->context;
  const struct bt_deliveries_named what = {.adapter = j->adapter,
                                           .operator_name = call->operator_name,
                                           .reason = j->reason,
                                           .dead_only = true,
                                           .v = j->v,
                                           .n = j->n};
  uint32_t done = 0;
  int rc = 0;
  if (j->n && !j->dry && !j->ask)
    rc = j->drop ? x->dead_drop(x->loop, &what, &done) : x->requeue(x->loop, &what, &done);
  if (rc == -BT_NOT_FOUND) /* of an adapter that is gone: they stay */
    rc = 0;
  j->n = 0;
  j->done += done;
  call->done = j->done;
  return rc;
}

static void put(struct bt_call *call, struct job *j, uint64_t sequence, const struct bt_dead_row *row) {
  if (j->found++ >= j->lines)
    return;
  BT_OUT_ROW(call->out, bt_out_text(j->adapter), bt_out_number(sequence), bt_out_text(bt_call_ref(call, row->case_id)),
             bt_out_number(row->attempts), bt_out_time(row->dead_at_us),
             bt_out_text(bt_arena_copy(call->arena, row->reason)), bt_out_number(row->case_id));
}

/* 0: the end. */
static int gather(struct bt_call *call, struct job *j) {
  const int64_t until_us = bt_clock_mono_us() + ROUND_US;
  struct bt_dead_row row;
  int rc = 0;
  while (rc == 0 && j->n < BT_NAMED_AT_ONCE && bt_clock_mono_us() < until_us) {
    rc = bt_dead_next(call, &j->filter, &j->at, until_us, &j->scratch, &row);
    if (rc)
      break;
    const struct bt_str adapter = {j->at.adapter, j->at.adapter_n};
    if (!bt_str_eq(j->adapter, adapter)) { /* of one adapter at a time */
      if ((rc = act(call, j)))
        break;
      j->adapter = bt_arena_copy(call->arena, adapter);
    }
    put(call, j, j->at.sequence, &row);
    j->v[j->n++] = (struct bt_delivery_name){j->at.sequence, row.case_id};
    if (j->filter.one)
      return 0;
  }
  return rc == -BT_ABSENT ? 0 : rc == 0 ? BT_CALL_MORE : rc;
}

static int end(struct bt_call *call, struct job *j) {
  if (j->filter.one && !j->found)
    return bt_call_refuse(call, BT_NOT_FOUND, "this adapter has no dead letter of this number: show dead lists them");
  bt_out_pair(call->out, "found", bt_out_number(j->found));
  bt_out_pair(call->out, j->drop ? "dropped" : "requeued", bt_out_number(j->done));
  bt_out_pair(call->out, "dry_run", bt_out_flag(j->dry));
  if (j->found > j->lines)
    bt_out_note(call->out, BT_LIT("there are more than are shown: lines=N shows more"));
  if (!j->dry && !j->ask && j->done < j->found)
    bt_out_note(call->out, BT_LIT("some were left: they are no dead letters any more, or their adapter is configured "
                                  "no longer"));
  return j->ask && j->found ? bt_confirm_ask(call, j->filter.given_up_until_us) : 0;
}

static int move(struct bt_call *call, bool drop) {
  int rc = call->job ? 0 : begin(call, drop);
  struct job *j = call->job;
  if (rc < 0)
    return rc;
  bt_arena_init(&j->scratch, 64 * 1024);
  rc = gather(call, j);
  int acted = rc < 0 ? 0 : act(call, j);
  bt_arena_fini(&j->scratch);
  if (acted < 0 || rc)
    return acted < 0 ? acted : rc;
  return end(call, j);
}

int bt_cmd_dead_retry(struct bt_call *call) {
  return move(call, false);
}

int bt_cmd_dead_drop(struct bt_call *call) {
  return move(call, true);
}

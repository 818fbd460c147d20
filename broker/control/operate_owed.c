/* What operators do about promises, questions and work. */
#include "base/clock.h"
#include "control/operate.h"

int bt_cmd_promise_keep(struct bt_call *call) {
  struct bt_event e;
  struct bt_str reason;
  uint64_t id;
  int rc = bt_intervene_on_object(call, BT_PROMISE_KEPT, 1, &e, &id, &reason);
  if (rc < 0)
    return rc;
  e.promise_kept.promise = id;
  return bt_intervene(call, &e, reason);
}

int bt_cmd_promise_withdraw(struct bt_call *call) {
  struct bt_event e;
  struct bt_str reason;
  uint64_t id;
  int rc = bt_intervene_on_object(call, BT_PROMISE_WITHDRAWN, 1, &e, &id, &reason);
  if (rc < 0)
    return rc;
  e.promise_withdrawn.promise = id;
  e.promise_withdrawn.reason = reason;
  return bt_intervene(call, &e, reason);
}

/* "2026-11-25T14:00Z", or "+4h" from now. */
static int take_time(struct bt_call *call, struct bt_str word, int64_t *ret_us) {
  int64_t span_us;
  if (word.n > 1 && word.p[0] == '+' && bt_parse_span((struct bt_str){word.p + 1, word.n - 1}, &span_us) == 0) {
    *ret_us = bt_call_now_us(call) + span_us;
    return 0;
  }
  struct bt_str whole = word;
  if (word.n == strlen("2026-11-25T14:00Z")) /* seconds may be left out */
    whole = bt_arena_printf(call->arena, "%.*s:00Z", (int)word.n - 1, word.p);
  if (bt_clock_parse(whole, ret_us) == 0)
    return 0;
  return bt_call_refuse(call, BT_USAGE, "the time is like 2026-11-25T14:00Z, or a span from now like +4h");
}

int bt_cmd_promise_renegotiate(struct bt_call *call) {
  struct bt_event e;
  struct bt_str reason, agreed = bt_call_option(call, "agreed");
  uint64_t id;
  int rc = bt_intervene_on_object(call, BT_PROMISE_RENEGOTIATED, 2, &e, &id, &reason);
  if (rc < 0)
    return rc;
  e.promise_renegotiated.promise = id;
  e.promise_renegotiated.reason = reason;
  e.promise_renegotiated.agreed_with = agreed.n ? bt_out_escape(call->arena, agreed) : BT_LIT("the customer");
  rc = take_time(call, call->args.v[1], &e.promise_renegotiated.due_us);
  return rc < 0 ? rc : bt_intervene(call, &e, reason);
}

int bt_cmd_question_withdraw(struct bt_call *call) {
  struct bt_event e;
  struct bt_str reason;
  uint64_t id;
  int rc = bt_intervene_on_object(call, BT_QUESTION_WITHDRAWN, 1, &e, &id, &reason);
  if (rc < 0)
    return rc;
  e.question_withdrawn.question = id;
  e.question_withdrawn.reason = reason;
  return bt_intervene(call, &e, reason);
}

int bt_cmd_work_fail(struct bt_call *call) {
  struct bt_event e;
  struct bt_str reason;
  uint64_t id;
  int rc = bt_intervene_on_object(call, BT_WORK_FAILED, 1, &e, &id, &reason);
  if (rc < 0)
    return rc;
  e.work_failed.work = id;
  e.work_failed.text = reason;
  return bt_intervene(call, &e, reason);
}

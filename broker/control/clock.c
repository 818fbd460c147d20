/* The clock: what it says, whether it is believed, and an operator's word that it may be. */
#include "base/clock.h"

#include <stdlib.h>

#include "control/confirm.h"

static struct bt_clock_state state_of(const struct bt_call *call) {
  const struct bt_control_context *x = call->context;
  struct bt_clock_state s = {.wall_us = bt_clock_wall_us(),
                             .boot_us = bt_clock_boot_us(),
                             .recorded_us = bt_store_recorded_us(x->store, BT_NOW)};
  if (x->clock)
    x->clock(x->loop, &s);
  return s;
}

static void put_state(struct bt_call *call, const struct bt_clock_state *s) {
  struct bt_out *o = call->out;
  const int64_t offset_us = s->wall_us - s->recorded_us;
  bt_out_pair(o, "state", bt_out_literal(s->trouble ? "trouble" : "fine"));
  bt_out_pair(o, "why", s->trouble ? bt_out_literal(s->why) : bt_out_none());
  bt_out_pair(o, "since", s->trouble ? bt_out_time(s->since_us) : bt_out_none());
  bt_out_pair(o, "wall", bt_out_time(s->wall_us));
  bt_out_pair(o, "recorded", bt_out_time(s->recorded_us));
  bt_out_rare_pair(o, "ahead", bt_out_span(offset_us > 0 ? offset_us : 0));
  bt_out_rare_pair(o, "behind", bt_out_span(offset_us < 0 ? -offset_us : 0));
  bt_out_pair(o, "since_boot", bt_out_span(s->boot_us));
  if (s->trouble)
    bt_out_note(o, BT_LIT("Events are taken and stamped as if time went on evenly; timers are suspended. Set the wall "
                          "clock right, then: clock accept."));
  else if (-offset_us > BT_SECOND_US)
    bt_out_note(o, BT_LIT("Recorded time stands still until the wall clock has caught up with it: until then nothing "
                          "falls due. Set the wall clock right, if it is wrong."));
}

int bt_cmd_clock_show(struct bt_call *call) {
  const struct bt_clock_state s = state_of(call);
  put_state(call, &s);
  return 0;
}

/* Recorded time never goes back, and what was broken by a clock that was wrong stays broken. So the operator sees first
 * where the clock would be believed to stand; a code is no good for a clock that was set in between. */
static int confirm(struct bt_call *call, const struct bt_clock_state *s) {
  int64_t asked_us = 0;
  int rc = bt_confirm_given(call, &asked_us);
  if (rc == 0 && llabs(s->wall_us - asked_us) > 2 * BT_CONFIRM_S * BT_SECOND_US)
    return bt_call_refuse(call, BT_INVALID, "the wall clock was set since: look at clock show, and begin again");
  if (rc != BT_CONFIRM_ASK)
    return rc;
  put_state(call, s);
  bt_out_note(call->out,
              BT_LIT("Accepted, recorded time goes on from the wall clock and never back, and what is due by "
                     "then falls due."));
  rc = bt_confirm_ask(call, s->wall_us);
  return rc < 0 ? rc : BT_CONFIRM_ASK;
}

int bt_cmd_clock_accept(struct bt_call *call) {
  const struct bt_control_context *x = call->context;
  const struct bt_clock_state s = state_of(call);
  struct bt_str reason;
  int rc = bt_call_reason(call, 0, &reason);
  if (rc < 0)
    return rc;
  if (!s.trouble)
    return bt_call_refuse(call, BT_WRONG_STATUS, "the wall clock is believed already");
  if ((rc = confirm(call, &s)))
    return rc < 0 ? rc : 0;
  call->untold = true; /* the entry names the operator */
  rc = x->clock_accept(x->loop, call->operator_name, reason);
  return rc < 0 ? rc : bt_cmd_clock_show(call);
}

#ifdef BT_TEST_CLOCK
enum { LONGEST_S = 100 * 366 * 86400U };

static int seconds_of(struct bt_call *call, int64_t *ret_us) {
  call->untold = true; /* a test's time is no history */
  struct bt_str word = call->args.v[0];
  const bool back = word.p[0] == '-';
  uint64_t seconds;
  if (back)
    word = (struct bt_str){word.p + 1, word.n - 1};
  if (bt_parse_u64(word, &seconds) < 0 || seconds > LONGEST_S)
    return bt_call_refuse(call, BT_USAGE, "not a number of seconds");
  *ret_us = (back ? -1 : 1) * (int64_t)seconds * BT_SECOND_US;
  return 0;
}

int bt_cmd_clock_advance(struct bt_call *call) {
  int64_t us = 0;
  int rc = seconds_of(call, &us);
  if (rc < 0)
    return rc;
  if (us < 0)
    return bt_call_refuse(call, BT_USAGE, "time does not pass backwards");
  bt_clock_advance(us);
  return bt_cmd_clock_show(call);
}

int bt_cmd_clock_jump(struct bt_call *call) {
  int64_t us = 0;
  int rc = seconds_of(call, &us);
  if (rc < 0)
    return rc;
  bt_clock_jump(us);
  return bt_cmd_clock_show(call);
}
#endif

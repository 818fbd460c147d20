/* Journeys. */
#include "control/command.h"

static void put_handoffs(struct bt_call *call, const struct bt_journeys *j) {
  static const struct bt_out_column columns[] = {
      {"handoffs", BT_OUT_TEXT, BT_OUT_PLAIN},  {"mean", BT_OUT_REAL, BT_OUT_PLAIN},
      {"median", BT_OUT_REAL, BT_OUT_PLAIN},    {"max", BT_OUT_NUMBER, BT_OUT_PLAIN},
      {"never", BT_OUT_NUMBER, BT_OUT_PLAIN},   {"never_share", BT_OUT_SHARE, BT_OUT_PLAIN},
      {"bounced", BT_OUT_NUMBER, BT_OUT_PLAIN}, {"bounced_share", BT_OUT_SHARE, BT_OUT_PLAIN},
      {"bounces", BT_OUT_NUMBER, BT_OUT_PLAIN}};
  BT_OUT_TABLE(call->out, "handoffs", columns);
  BT_OUT_ROW(call->out, bt_out_literal("custody"), bt_out_real(j->custody_handoffs.mean),
             bt_out_real(j->custody_handoffs.median), bt_out_number(j->custody_handoffs.max),
             bt_out_number(j->custody_never), bt_out_share(j->custody_never, j->cases),
             bt_out_number(j->custody_bounced_cases), bt_out_share(j->custody_bounced_cases, j->cases),
             bt_out_number(j->custody_bounces));
  BT_OUT_ROW(call->out, bt_out_literal("sent"), bt_out_real(j->sent_handoffs.mean),
             bt_out_real(j->sent_handoffs.median), bt_out_number(j->sent_handoffs.max), bt_out_number(j->sent_never),
             bt_out_share(j->sent_never, j->cases), bt_out_number(j->sent_bounced_cases),
             bt_out_share(j->sent_bounced_cases, j->cases), bt_out_number(j->sent_bounces));
}

static void put_endings(struct bt_call *call, const struct bt_journeys *j) {
  static const struct bt_out_column columns[] = {{"cases_resolved", BT_OUT_TEXT, BT_OUT_PLAIN},
                                                 {"cases", BT_OUT_NUMBER, BT_OUT_PLAIN},
                                                 {"reopened", BT_OUT_NUMBER, BT_OUT_PLAIN},
                                                 {"reopened_share", BT_OUT_SHARE, BT_OUT_PLAIN}};
  BT_OUT_TABLE(call->out, "resolutions", columns);
  BT_OUT_ROW(call->out, bt_out_literal("in any way"), bt_out_number(j->resolved_cases),
             bt_out_number(j->resolved_reopened), bt_out_share(j->resolved_reopened, j->resolved_cases));
  BT_OUT_ROW(call->out, bt_out_literal("not on first contact"), bt_out_number(j->worked_cases),
             bt_out_number(j->worked_reopened), bt_out_share(j->worked_reopened, j->worked_cases));
}

static void put_waiting(struct bt_call *call, const struct bt_journeys *j) {
  static const struct bt_out_column columns[] = {{"on", BT_OUT_TEXT, BT_OUT_PLAIN},
                                                 {"time", BT_OUT_SPAN, BT_OUT_PLAIN}};
  BT_OUT_TABLE(call->out, "waiting", columns);
  BT_OUT_ROW(call->out, bt_out_literal("customer"), bt_out_span(j->waiting_customer_us));
  BT_OUT_ROW(call->out, bt_out_literal("vendor"), bt_out_span(j->waiting_vendor_us));
  BT_OUT_ROW(call->out, bt_out_literal("other"), bt_out_span(j->waiting_other_us));
}

int bt_cmd_journeys(struct bt_call *call) {
  const struct bt_query q = {.kind = BT_QUERY_JOURNEYS};
  struct bt_answer a;
  int rc = bt_call_ask(call, &q, BT_ASK_POINT_US, &a);
  if (rc < 0)
    return rc;
  bt_out_pair(call->out, "cases", bt_out_number(a.journeys.cases));
  bt_out_pair(call->out, "events", bt_out_number(a.journeys.events));
  bt_out_pair(call->out, "times_that_ran_backwards", bt_out_number(a.journeys.clamped_gaps));
  bt_out_pair(call->out, "as_of", bt_out_time(a.as_of_us));
  put_handoffs(call, &a.journeys);
  put_endings(call, &a.journeys);
  put_waiting(call, &a.journeys);
  bt_out_note(call->out,
              BT_LIT("custody: the next department had taken the case; sent: it was sent there, taken or not; "
                     "never: cases never handed on; bounced: cases with at least one A, B, A."));
  return 0;
}

/* Lists of cases, and a customer. */
#include "base/clock.h"
#include "control/command.h"

static const struct bt_out_column row_columns[] = {
    {"ref", BT_OUT_TEXT, BT_OUT_PLAIN},     {"id", BT_OUT_NUMBER, BT_OUT_PLAIN},
    {"status", BT_OUT_TEXT, BT_OUT_PLAIN},  {"topic", BT_OUT_TEXT, BT_OUT_WIDE},
    {"held_by", BT_OUT_TEXT, BT_OUT_PLAIN}, {"offered_to", BT_OUT_TEXT, BT_OUT_PLAIN},
    {"changed", BT_OUT_TIME, BT_OUT_PLAIN}, {"title", BT_OUT_TEXT, BT_OUT_WIDE},
};

void bt_show_cases_table(struct bt_call *call) {
  BT_OUT_TABLE(call->out, "cases", row_columns);
}

void bt_show_case_rows(struct bt_call *call, const struct bt_case_rows *rows) {
  for (uint32_t i = 0; i < rows->n; i++) {
    const struct bt_case_row *r = &rows->v[i];
    BT_OUT_ROW(call->out, bt_out_text(r->ref), bt_out_number(r->id), bt_out_literal(bt_status_name((int)r->status)),
               bt_out_text(r->topic), bt_out_text(r->custodian), bt_out_text(r->offered_to),
               bt_out_time(r->changed_at_us), bt_out_text(r->title));
  }
}

static int parse_status(struct bt_call *call, uint32_t *ret) {
  struct bt_str word = bt_call_option(call, "status");
  if (!word.p)
    return 0;
  for (int s = BT_STATUS_OPEN; s <= BT_STATUS_MERGED; s++)
    if (bt_str_eq(word, bt_str(bt_status_name(s)))) {
      *ret = (uint32_t)s;
      return 0;
    }
  return bt_call_refuse(call, BT_USAGE, "status= takes open, pending, resolved, closed or merged");
}

/* A misspelt department would look like one that holds nothing. */
static int parse_filters(struct bt_call *call, struct bt_query *q) {
  q->custodian = bt_call_option(call, "custodian");
  q->topic = bt_call_option(call, "topic");
  if (q->custodian.p && !bt_rules_department(&call->context->config->rules, q->custodian))
    return bt_call_refuse(call, BT_UNKNOWN_DEPARTMENT, "no department of this name is configured");
  if (q->topic.p && !bt_topic_valid(q->topic))
    return bt_call_refuse(call, BT_USAGE, "topic= takes names joined by dots");
  return parse_status(call, &q->status);
}

int bt_cmd_cases(struct bt_call *call) {
  struct bt_query q = {.kind = BT_QUERY_CASES};
  struct bt_answer a = {0};
  uint64_t limit, from, shown = 0;
  int rc = parse_filters(call, &q);
  if (rc == 0)
    rc = bt_call_number(call, "limit", 50, 10000, &limit);
  if (rc == 0)
    rc = bt_call_number(call, "from", 1, UINT64_MAX / 16, &from);
  if (rc == 0)
    rc = bt_query_cases_from(call->arena, from, &q.page);
  if (rc < 0)
    return rc;
  bt_show_cases_table(call);
  int64_t until_us = bt_clock_mono_us() + BT_ASK_LIST_US;
  do {
    q.limit = limit - shown < BT_MAX_ROWS ? (uint32_t)(limit - shown) : BT_MAX_ROWS;
    rc = bt_call_ask(call, &q, until_us - bt_clock_mono_us(), &a);
    if (rc < 0)
      return rc;
    bt_show_case_rows(call, &a.rows);
    shown += a.rows.n;
    q.page = a.next_page;
  } while (a.next_page.n && shown < limit && bt_clock_mono_us() < until_us);
  bt_out_pair(call->out, "as_of", bt_out_time(a.as_of_us));
  if (a.next_page.n)
    bt_out_pair(call->out, "more_from", bt_out_number(bt_query_cases_next(a.next_page)));
  return 0;
}

int bt_cmd_find(struct bt_call *call) {
  static const struct bt_out_column columns[] = {{"domain", BT_OUT_TEXT, BT_OUT_PLAIN},
                                                 {"value", BT_OUT_TEXT, BT_OUT_PLAIN}};
  struct bt_query q = {.kind = BT_QUERY_FIND, .limit = BT_MAX_ROWS};
  struct bt_answer a;
  int rc = bt_call_identifier(call, &q.identifier);
  if (rc == 0)
    rc = bt_call_ask(call, &q, BT_ASK_POINT_US, &a);
  if (rc < 0)
    return rc;
  bt_out_pair(call->out, "customer", bt_out_number(a.customer));
  BT_OUT_TABLE(call->out, "identifiers", columns);
  for (uint32_t i = 0; i < a.identifiers.n; i++)
    BT_OUT_ROW(call->out, bt_out_text(a.identifiers.v[i].domain), bt_out_text(a.identifiers.v[i].value));
  bt_show_cases_table(call);
  bt_show_case_rows(call, &a.rows);
  if (a.next_page.n)
    bt_out_note(call->out, BT_LIT("there are more, older ones"));
  return 0;
}

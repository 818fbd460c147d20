/* Lists of cases, and a customer. */
#include "base/clock.h"
#include "control/command.h"

static const struct bt_out_column row_columns[] = {
    {"ref", BT_OUT_TEXT, BT_OUT_PLAIN},     {"id", BT_OUT_NUMBER, BT_OUT_PLAIN},
    {"status", BT_OUT_TEXT, BT_OUT_PLAIN},  {"topic", BT_OUT_TEXT, BT_OUT_WIDE},
    {"held_by", BT_OUT_TEXT, BT_OUT_WIDE},  {"offered_to", BT_OUT_TEXT, BT_OUT_WIDE},
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
    return bt_call_refuse(call, BT_UNKNOWN_DEPARTMENT,
                          "no department of this name is configured: show departments lists them");
  if (q->topic.p && !bt_topic_valid(q->topic))
    return bt_call_refuse(call, BT_USAGE, "topic= takes names joined by dots");
  return parse_status(call, &q->status);
}

/* A list that goes on in the loop's next rounds: what is rare is looked for through many cases. */
struct listing {
  struct bt_query query;
  uint64_t limit, shown;
  int64_t left_us; /* of BT_ASK_LIST_US */
};

static int begin(struct bt_call *call) {
  struct listing *l = BT_NEW(call->arena, struct listing);
  uint64_t from;
  if (!l)
    return -BT_NOMEM;
  *l = (struct listing){.query.kind = BT_QUERY_CASES, .left_us = BT_ASK_LIST_US};
  int rc = parse_filters(call, &l->query);
  if (rc == 0)
    rc = bt_call_number(call, "limit", 50, 10000, &l->limit);
  if (rc == 0)
    rc = bt_call_number(call, "from", 1, UINT64_MAX / 16, &from);
  if (rc == 0)
    rc = bt_query_cases_from(call->arena, from, &l->query.page);
  if (rc < 0)
    return rc;
  bt_show_cases_table(call);
  call->job = l;
  return 0;
}

/* As far as one round goes. */
static int list_on(struct bt_call *call, struct listing *l, struct bt_answer *a) {
  const int64_t from_us = bt_clock_mono_us(), until_us = from_us + BT_ASK_ROUND_US;
  do {
    l->query.limit = l->limit - l->shown < BT_MAX_ROWS ? (uint32_t)(l->limit - l->shown) : BT_MAX_ROWS;
    int rc = bt_call_ask(call, &l->query, until_us - bt_clock_mono_us(), a);
    if (rc < 0)
      return rc;
    bt_show_case_rows(call, &a->rows);
    l->shown += a->rows.n;
    l->query.page = a->next_page;
  } while (a->next_page.n && l->shown < l->limit && bt_clock_mono_us() < until_us);
  l->left_us -= bt_clock_mono_us() - from_us;
  return 0;
}

int bt_cmd_cases(struct bt_call *call) {
  struct bt_answer a = {0};
  int rc = call->job ? 0 : begin(call);
  struct listing *l = call->job;
  if (rc == 0)
    rc = list_on(call, l, &a);
  if (rc < 0)
    return rc;
  if (a.next_page.n && l->shown < l->limit && l->left_us > 0)
    return BT_CALL_MORE;
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

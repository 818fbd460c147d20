/* Lists of cases, one case, a customer. */
#include <inttypes.h>

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

static void put_case(struct bt_call *call, const struct bt_case *c, struct bt_str ref) {
  struct bt_out *o = call->out;
  bt_out_pair(o, "ref", bt_out_text(ref));
  bt_out_pair(o, "id", bt_out_number(c->id));
  bt_out_pair(o, "status", bt_out_literal(bt_status_name((int)c->status)));
  if (c->status == BT_STATUS_PENDING)
    bt_out_pair(o, "waits_for", bt_out_literal(bt_pending_name((int)c->pending_on)));
  bt_out_pair(o, "topic", bt_out_text(c->topic));
  bt_out_pair(o, "title", bt_out_text(c->title));
  bt_out_pair(o, "need", bt_out_text(c->need));
  bt_out_pair(o, "priority", bt_out_literal(bt_priority_text(c->priority)));
  bt_out_pair(o, "held_by", bt_out_text(c->custodian));
  bt_out_pair(o, "owner", bt_out_text(c->owner));
  bt_out_pair(o, "customer", c->customer ? bt_out_number(c->customer) : bt_out_none());
  bt_out_pair(o, "customer_deadline", bt_out_time(c->customer_deadline_us));
  bt_out_pair(o, "opened", bt_out_time(c->journey.first_us));
  bt_out_pair(o, "opened_recorded", bt_out_time(c->opened_at_us));
  bt_out_pair(o, "changed_recorded", bt_out_time(c->changed_at_us));
  bt_out_pair(o, "version", bt_out_number(c->version));
  bt_out_pair(o, "contacts", bt_out_number(c->contacts));
  bt_out_pair(o, "taking_part", bt_out_names(&c->participants));
  if (c->linked_to)
    bt_out_pair(o, "follows_case", bt_out_number(c->linked_to));
  if (c->dormant)
    bt_out_pair(o, "dormant", bt_out_flag(true));
  if (!c->offer.id)
    return;
  bt_out_pair(o, "offer", bt_out_number(c->offer.id));
  bt_out_pair(o, "offered_to", bt_out_text(c->offer.to));
  bt_out_pair(o, "offered_at", bt_out_time(c->offer.offered_at_us));
  bt_out_pair(o, "answer_due", bt_out_time(c->offer.deadline_us));
}

static struct bt_out_value corrected_by(const struct bt_corrections *corrections, uint64_t sequence) {
  for (uint32_t i = 0; i < corrections->n; i++)
    if (corrections->v[i].supersedes == sequence)
      return bt_out_number(corrections->v[i].by);
  return bt_out_none();
}

/* A fact stays as it was recorded, also where a later event corrected it: then its row says which. */
static void put_facts(struct bt_call *call, const struct bt_facts *facts, const struct bt_corrections *corrections) {
  static const struct bt_out_column columns[] = {
      {"fact", BT_OUT_TEXT, BT_OUT_PLAIN},         {"value", BT_OUT_TEXT, BT_OUT_WIDE},
      {"department", BT_OUT_TEXT, BT_OUT_PLAIN},   {"at", BT_OUT_TIME, BT_OUT_PLAIN},
      {"event", BT_OUT_NUMBER, BT_OUT_DETAIL},     {"label", BT_OUT_TEXT, BT_OUT_DETAIL},
      {"corrected_by", BT_OUT_NUMBER, BT_OUT_RARE}};
  BT_OUT_TABLE(call->out, "facts", columns);
  for (uint32_t i = 0; i < facts->n; i++)
    BT_OUT_ROW(call->out, bt_out_text(facts->v[i].key), bt_out_text(facts->v[i].value),
               bt_out_text(facts->v[i].department), bt_out_time(facts->v[i].at_us), bt_out_number(facts->v[i].sequence),
               bt_out_text(facts->v[i].label), corrected_by(corrections, facts->v[i].sequence));
}

static void put_tried(struct bt_call *call, const struct bt_trieds *tried) {
  static const struct bt_out_column columns[] = {{"route", BT_OUT_TEXT, BT_OUT_PLAIN},
                                                 {"times", BT_OUT_NUMBER, BT_OUT_PLAIN},
                                                 {"last", BT_OUT_TIME, BT_OUT_PLAIN},
                                                 {"error", BT_OUT_TEXT, BT_OUT_WIDE}};
  BT_OUT_TABLE(call->out, "failed_routes", columns);
  for (uint32_t i = 0; i < tried->n; i++)
    BT_OUT_ROW(call->out, bt_out_text(tried->v[i].route), bt_out_number(tried->v[i].times),
               bt_out_time(tried->v[i].last_us), bt_out_text(tried->v[i].error_code));
}

static void put_trail(struct bt_call *call, const struct bt_stops *trail) {
  static const struct bt_out_column columns[] = {{"department", BT_OUT_TEXT, BT_OUT_PLAIN},
                                                 {"since", BT_OUT_TIME, BT_OUT_PLAIN}};
  BT_OUT_TABLE(call->out, "held_by_in_turn", columns);
  for (uint32_t i = 0; i < trail->n; i++)
    BT_OUT_ROW(call->out, bt_out_text(trail->v[i].department), bt_out_time(trail->v[i].since_us));
}

int bt_cmd_case(struct bt_call *call) {
  struct bt_query q = {.kind = BT_QUERY_CASE};
  struct bt_answer a;
  int rc = bt_call_locator(call, call->args.v[0], &q.locator);
  if (rc == 0)
    rc = bt_call_ask(call, &q, BT_ASK_POINT_US, &a);
  if (rc < 0)
    return rc;
  put_case(call, a.case_, a.ref);
  put_facts(call, &a.case_->facts, &a.case_->corrections);
  put_tried(call, &a.case_->tried);
  put_trail(call, &a.case_->trail);
  return 0;
}

int bt_cmd_card(struct bt_call *call) {
  struct bt_query q = {.kind = BT_QUERY_CASE};
  struct bt_answer now, a;
  int rc = bt_call_locator(call, call->args.v[0], &q.locator);
  if (rc == 0)
    rc = bt_call_ask(call, &q, BT_ASK_POINT_US, &now); /* what was corrected after the card was made */
  if (rc == 0) {
    q = (struct bt_query){.kind = BT_QUERY_CARD, .locator.id = now.case_->id};
    rc = bt_call_ask(call, &q, BT_ASK_POINT_US, &a);
  }
  if (rc < 0)
    return rc;
  const struct bt_card *c = a.card;
  struct bt_out *o = call->out;
  bt_out_pair(o, "ref", bt_out_text(c->ref));
  bt_out_pair(o, "offer", a.offer ? bt_out_number(a.offer) : bt_out_none());
  bt_out_pair(o, "topic", bt_out_text(c->topic));
  bt_out_pair(o, "title", bt_out_text(c->title));
  bt_out_pair(o, "need", bt_out_text(c->need));
  bt_out_pair(o, "next_step", bt_out_text(c->next_step));
  bt_out_pair(o, "priority", bt_out_literal(bt_priority_text(c->priority)));
  bt_out_pair(o, "status", bt_out_literal(bt_status_name((int)c->status)));
  bt_out_pair(o, "held_by", bt_out_text(c->custodian));
  bt_out_pair(o, "owner", bt_out_text(c->owner));
  bt_out_pair(o, "opened_recorded", bt_out_time(c->opened_at_us));
  bt_out_pair(o, "customer_deadline", bt_out_time(c->customer_deadline_us));
  bt_out_pair(o, "contacts", bt_out_number(c->contacts));
  bt_out_pair(o, "facts_left_out", bt_out_number(c->facts_left_out));
  put_facts(call, &c->facts, &now.case_->corrections);
  put_tried(call, &c->tried);
  put_trail(call, &c->trail);
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

/* One case. */
#include "control/show_case.h"

static struct bt_out_value number(uint64_t n) {
  return n ? bt_out_number(n) : bt_out_none();
}

static void put_standing(struct bt_out *o, const struct bt_case *c, struct bt_str ref, uint32_t hidden) {
  bool pending = c->status == BT_STATUS_PENDING;
  bt_out_pair(o, "ref", bt_out_text(ref));
  bt_out_pair(o, "id", bt_out_number(c->id));
  bt_out_pair(o, "status", bt_out_literal(bt_status_name((int)c->status)));
  bt_out_rare_pair(o, "waits_for", pending ? bt_out_literal(bt_pending_name((int)c->pending_on)) : bt_out_none());
  bt_out_rare_pair(o, "waits_until", bt_out_time(pending ? c->pending_until_us : 0));
  bt_out_rare_pair(o, "merged_into", number(c->merged_into));
  bt_out_pair(o, "topic", bt_out_text(c->topic));
  bt_out_pair(o, "title", bt_out_text(c->title));
  bt_out_pair(o, "need", bt_out_text(c->need));
  bt_out_rare_pair(o, "label", bt_out_text(c->label));
  bt_out_rare_pair(o, "hidden", number(hidden));
}

static void put_people(struct bt_out *o, const struct bt_case *c) {
  bt_out_pair(o, "priority", bt_out_literal(bt_priority_text(c->priority)));
  bt_out_pair(o, "held_by", bt_out_text(c->custodian));
  bt_out_pair(o, "owner", bt_out_text(c->owner));
  bt_out_rare_pair(o, "no_more_offers", bt_out_flag(c->breaker)); /* handed to and fro too often */
  bt_out_pair(o, "customer", number(c->customer));
  bt_out_pair(o, "customer_deadline", bt_out_time(c->customer_deadline_us));
  bt_out_rare_pair(o, "customer_deadline_left", bt_out_span(c->customer_deadline_left_us));
  bt_out_rare_pair(o, "customer_deadline_missed", bt_out_flag(c->customer_deadline_missed));
  bt_out_pair(o, "opened", bt_out_time(c->journey.first_us));
  bt_out_pair(o, "opened_recorded", bt_out_time(c->opened_at_us));
  bt_out_pair(o, "changed_recorded", bt_out_time(c->changed_at_us));
  bt_out_pair(o, "version", bt_out_number(c->version));
  bt_out_pair(o, "contacts", bt_out_number(c->contacts));
  bt_out_pair(o, "taking_part", bt_out_names(&c->participants));
  bt_out_rare_pair(o, "follows_case", number(c->linked_to));
  bt_out_rare_pair(o, "dormant", bt_out_flag(c->dormant));
}

/* While a counter-offer stands, it is the offerer who is to answer. */
static void put_offer(struct bt_out *o, const struct bt_offer *f) {
  uint32_t type = f->counter_type ? f->counter_type : BT_PROMISE_VISIT;
  bt_out_rare_pair(o, "offer", number(f->id));
  bt_out_rare_pair(o, "offered_to", bt_out_text(f->to));
  bt_out_rare_pair(o, "offered_at", bt_out_time(f->offered_at_us));
  bt_out_rare_pair(o, "offer_waits_until", bt_out_time(f->opens_at_us));
  bt_out_rare_pair(o, "offer_topic", bt_out_text(f->topic));
  bt_out_rare_pair(o, "next_step", bt_out_text(f->next_step));
  bt_out_rare_pair(o, "next_step_label", bt_out_text(f->label));
  bt_out_rare_pair(o, "customer_waiting", bt_out_flag(f->customer_waiting));
  bt_out_rare_pair(o, "asked_before", bt_out_names(&f->asked));
  bt_out_rare_pair(o, "counter_offer", f->counter_us ? bt_out_literal(bt_promise_type_name((int)type)) : bt_out_none());
  bt_out_rare_pair(o, "counter_offer_for", bt_out_time(f->counter_us));
  bt_out_rare_pair(o, "counter_offer_text", bt_out_text(f->counter_text));
  bt_out_rare_pair(o, "answer_due", bt_out_time(f->deadline_us));
  bt_out_rare_pair(o, "time_added_at", bt_out_time(f->extended_at_us));
}

static struct bt_out_value corrected_by(const struct bt_corrections *corrections, uint64_t sequence) {
  for (uint32_t i = 0; i < corrections->n; i++)
    if (corrections->v[i].supersedes == sequence)
      return bt_out_number(corrections->v[i].by);
  return bt_out_none();
}

void bt_show_facts(struct bt_call *call, const struct bt_facts *facts, const struct bt_corrections *corrections) {
  static const struct bt_out_column columns[] = {
      {"fact", BT_OUT_TEXT, BT_OUT_WIDE},          {"value", BT_OUT_TEXT, BT_OUT_WIDE},
      {"department", BT_OUT_TEXT, BT_OUT_PLAIN},   {"at", BT_OUT_TIME, BT_OUT_PLAIN},
      {"event", BT_OUT_NUMBER, BT_OUT_DETAIL},     {"label", BT_OUT_TEXT, BT_OUT_DETAIL},
      {"corrected_by", BT_OUT_NUMBER, BT_OUT_RARE}};
  BT_OUT_TABLE(call->out, "facts", columns);
  for (uint32_t i = 0; i < facts->n; i++)
    BT_OUT_ROW(call->out, bt_out_text(facts->v[i].key), bt_out_text(facts->v[i].value),
               bt_out_text(facts->v[i].department), bt_out_time(facts->v[i].at_us), bt_out_number(facts->v[i].sequence),
               bt_out_text(facts->v[i].label), corrected_by(corrections, facts->v[i].sequence));
}

void bt_show_tried(struct bt_call *call, const struct bt_trieds *tried) {
  static const struct bt_out_column columns[] = {{"route", BT_OUT_TEXT, BT_OUT_WIDE},
                                                 {"times", BT_OUT_NUMBER, BT_OUT_PLAIN},
                                                 {"last", BT_OUT_TIME, BT_OUT_PLAIN},
                                                 {"error", BT_OUT_TEXT, BT_OUT_WIDE},
                                                 {"label", BT_OUT_TEXT, BT_OUT_DETAIL}};
  BT_OUT_TABLE(call->out, "failed_routes", columns);
  for (uint32_t i = 0; i < tried->n; i++)
    BT_OUT_ROW(call->out, bt_out_text(tried->v[i].route), bt_out_number(tried->v[i].times),
               bt_out_time(tried->v[i].last_us), bt_out_text(tried->v[i].error_code), bt_out_text(tried->v[i].label));
}

void bt_show_trail(struct bt_call *call, const struct bt_stops *trail) {
  static const struct bt_out_column columns[] = {{"department", BT_OUT_TEXT, BT_OUT_PLAIN},
                                                 {"since", BT_OUT_TIME, BT_OUT_PLAIN},
                                                 {"offer", BT_OUT_NUMBER, BT_OUT_DETAIL}};
  BT_OUT_TABLE(call->out, "held_by_in_turn", columns);
  for (uint32_t i = 0; i < trail->n; i++)
    BT_OUT_ROW(call->out, bt_out_text(trail->v[i].department), bt_out_time(trail->v[i].since_us),
               number(trail->v[i].offer));
}

static void put_others(struct bt_call *call, const struct bt_case *c) {
  static const struct bt_out_column columns[] = {{"case", BT_OUT_NUMBER, BT_OUT_PLAIN},
                                                 {"how", BT_OUT_TEXT, BT_OUT_PLAIN}};
  BT_OUT_TABLE(call->out, "other_cases", columns);
  bt_out_rare(call->out);
  for (uint32_t i = 0; i < c->merged.n; i++)
    BT_OUT_ROW(call->out, bt_out_number(c->merged.v[i]), bt_out_literal("merged into this one"));
  for (uint32_t i = 0; i < c->links.n; i++)
    BT_OUT_ROW(call->out, bt_out_number(c->links.v[i]), bt_out_literal("linked"));
}

static void put_glass(struct bt_call *call, const struct bt_glasses *glass) {
  static const struct bt_out_column columns[] = {{"department", BT_OUT_TEXT, BT_OUT_PLAIN},
                                                 {"until", BT_OUT_TIME, BT_OUT_PLAIN}};
  BT_OUT_TABLE(call->out, "broken_glass", columns);
  bt_out_rare(call->out);
  for (uint32_t i = 0; i < glass->n; i++)
    BT_OUT_ROW(call->out, bt_out_text(glass->v[i].department), bt_out_time(glass->v[i].until_us));
}

int bt_cmd_case(struct bt_call *call) {
  struct bt_query q = {.kind = BT_QUERY_CASE};
  struct bt_answer a;
  int rc = bt_call_locator(call, call->args.v[0], &q.locator);
  if (rc == 0)
    rc = bt_call_ask(call, &q, BT_ASK_POINT_US, &a);
  if (rc < 0)
    return rc;
  const struct bt_case *c = a.case_;
  put_standing(call->out, c, a.ref, a.hidden);
  put_people(call->out, c);
  put_offer(call->out, &c->offer);
  bt_show_concerns(call, &c->concerns);
  bt_show_advisories(call, &c->advisories);
  bt_show_promises(call, &c->promises);
  bt_show_questions(call, &c->questions);
  bt_show_work(call, &c->work);
  bt_show_facts(call, &c->facts, &c->corrections);
  bt_show_tried(call, &c->tried);
  bt_show_trail(call, &c->trail);
  put_others(call, c);
  put_glass(call, &c->glass);
  return 0;
}

/* A handoff card. */
#include "control/show_case.h"

static void put_pairs(struct bt_out *o, const struct bt_card *c, uint64_t offer) {
  bt_out_pair(o, "ref", bt_out_text(c->ref));
  bt_out_pair(o, "offer", offer ? bt_out_number(offer) : bt_out_none());
  bt_out_pair(o, "topic", bt_out_text(c->topic));
  bt_out_pair(o, "title", bt_out_text(c->title));
  bt_out_pair(o, "need", bt_out_text(c->need));
  bt_out_rare_pair(o, "label", bt_out_text(c->label));
  bt_out_pair(o, "next_step", bt_out_text(c->next_step));
  bt_out_rare_pair(o, "next_step_label", bt_out_text(c->next_step_label));
  bt_out_pair(o, "priority", bt_out_literal(bt_priority_text(c->priority)));
  bt_out_pair(o, "status", bt_out_literal(bt_status_name((int)c->status)));
  bt_out_pair(o, "held_by", bt_out_text(c->custodian));
  bt_out_pair(o, "owner", bt_out_text(c->owner));
  bt_out_pair(o, "opened_recorded", bt_out_time(c->opened_at_us));
  bt_out_pair(o, "customer_deadline", bt_out_time(c->customer_deadline_us));
  bt_out_pair(o, "contacts", bt_out_number(c->contacts));
  bt_out_pair(o, "facts_left_out", bt_out_number(c->facts_left_out));
  bt_out_rare_pair(o, "others_left_out", c->others_left_out ? bt_out_number(c->others_left_out) : bt_out_none());
  bt_out_rare_pair(o, "hidden", c->hidden ? bt_out_number(c->hidden) : bt_out_none());
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
  put_pairs(call->out, a.card, a.offer);
  bt_show_facts(call, &a.card->facts, &now.case_->corrections);
  bt_show_tried(call, &a.card->tried);
  bt_show_trail(call, &a.card->trail);
  bt_show_promises(call, &a.card->promised);
  bt_show_questions(call, &a.card->open_questions);
  bt_show_advisories(call, &a.card->advisories);
  return 0;
}

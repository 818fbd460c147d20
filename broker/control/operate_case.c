/* What operators do about a case as a whole, and about its offer. */
#include "control/operate.h"

enum { MOST_NOTE = 2048 };

/* ---- offers ---- */

int bt_cmd_offer_expire(struct bt_call *call) {
  struct bt_case c;
  struct bt_event e;
  struct bt_str reason;
  int rc = bt_intervene_on_case(call, BT_HANDOFF_EXPIRED, 1, &c, &e, &reason);
  if (rc < 0)
    return rc;
  e.handoff_expired.offer = c.offer.id;
  return bt_intervene(call, &e, reason);
}

int bt_cmd_offer_withdraw(struct bt_call *call) {
  struct bt_case c;
  struct bt_event e;
  struct bt_str reason;
  int rc = bt_intervene_on_case(call, BT_HANDOFF_WITHDRAWN, 1, &c, &e, &reason);
  if (rc < 0)
    return rc;
  e.handoff_withdrawn.offer = c.offer.id;
  e.handoff_withdrawn.text = reason;
  return bt_intervene(call, &e, reason);
}

int bt_cmd_offer_make(struct bt_call *call) {
  struct bt_case c;
  struct bt_event e;
  struct bt_str reason, to = call->args.v[1];
  int rc = bt_intervene_on_case(call, BT_HANDOFF_OFFERED, 2, &c, &e, &reason);
  if (rc < 0)
    return rc;
  if (bt_str_starts(to, BT_LIT("topic:"))) {
    e.handoff_offered.topic = (struct bt_str){to.p + 6, to.n - 6};
    if (!bt_topic_valid(e.handoff_offered.topic))
      return bt_call_refuse(call, BT_INVALID, "not a topic: topic:move.internet");
  } else {
    e.handoff_offered.to = to;
  }
  return bt_intervene(call, &e, reason);
}

/* ---- the case ---- */

int bt_cmd_owner_appoint(struct bt_call *call) {
  struct bt_case c;
  struct bt_event e;
  struct bt_str reason;
  int rc = bt_intervene_on_case(call, BT_OWNER_APPOINTED, 2, &c, &e, &reason);
  if (rc < 0)
    return rc;
  e.owner_appointed.owner = call->args.v[1];
  e.owner_appointed.reason = reason;
  return bt_intervene(call, &e, reason);
}

int bt_cmd_case_resolve(struct bt_call *call) {
  struct bt_case c;
  struct bt_event e;
  struct bt_str reason;
  int rc = bt_intervene_on_case(call, BT_CASE_RESOLVED, 1, &c, &e, &reason);
  if (rc < 0)
    return rc;
  e.case_resolved.reason = reason;
  return bt_intervene(call, &e, reason);
}

int bt_cmd_case_close(struct bt_call *call) {
  struct bt_case c;
  struct bt_event e;
  struct bt_str reason;
  int rc = bt_intervene_on_case(call, BT_CASE_CLOSED, 1, &c, &e, &reason);
  if (rc < 0)
    return rc;
  e.case_closed.reason = reason;
  return bt_intervene(call, &e, reason);
}

int bt_cmd_case_reopen(struct bt_call *call) {
  struct bt_case c;
  struct bt_event e;
  struct bt_str reason;
  int rc = bt_intervene_on_case(call, BT_CASE_REOPENED, 1, &c, &e, &reason);
  if (rc < 0)
    return rc;
  e.case_reopened.reason = reason;
  return bt_intervene(call, &e, reason);
}

int bt_cmd_case_note(struct bt_call *call) {
  struct bt_case c;
  struct bt_event e = {.kind = BT_NOTE_ADDED};
  struct bt_str text, none = {"", 0};
  int rc = bt_call_words(call, 1, MOST_NOTE, &text);
  if (rc == 0)
    rc = bt_call_case(call, call->args.v[0], &c);
  if (rc < 0)
    return rc;
  e.locator.id = c.id;
  e.note_added.text = text;
  return bt_intervene(call, &e, none);
}

/* Instead of a yes or a no: not now, but then. */
#include "core/handing.h"

static int check_countered(struct bt_deciding *d) {
  const struct bt_handoff_countered *asked = &d->event->handoff_countered;
  int rc = bt_check_made(d, asked->offer);
  if (rc || (rc = bt_check_offered_to(d)))
    return rc;
  if (asked->text.n > BT_MAX_PROMISE)
    return bt_refuse(d, BT_LIMIT, "handoff_countered.text", "it may become a promise, which has %d bytes at most",
                     BT_MAX_PROMISE);
  if (d->backfill)
    return 0;
  if (asked->at_us <= d->now_us)
    return bt_refuse(d, BT_INVALID, "handoff_countered.at_us", "lies in the past: to take the case now, accept it");
  return bt_check_within(d, d->department, asked->at_us, "handoff_countered.at_us");
}

int bt_rule_countered(struct bt_deciding *d) {
  const struct bt_offer *offer = &d->c.offer;
  int rc = check_countered(d);
  if (rc)
    return rc;
  struct bt_entry *e = bt_emit_request(d);
  if (!e)
    return -BT_LIMIT;
  struct bt_handoff_countered *o = &e->event.handoff_countered;
  const int64_t ola_us = bt_rules_ola_us(d->rules, offer->to, offer->from);
  o->offer = e->offer = offer->id;
  o->from = offer->from;
  o->to = offer->to;
  if (d->backfill)
    o->deadline_us = d->event->occurred_at_us + ola_us;
  else if (offer->counter_us) /* the time runs from the first proposal: nobody keeps an offer open by proposing */
    o->deadline_us = offer->deadline_us;
  else
    o->deadline_us = bt_open_or_plain_us(d, offer->from, ola_us);
  return bt_record(d, e);
}

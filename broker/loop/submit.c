/* Submitted items in their order. The broker takes only the next number of a session; after a BUSY each later item is
 * BUSY too until that one is sent again, so order survives overload. */
#include "loop/parts.h"

enum { BUSY_RETRY_MS = 100, NO_SPACE_RETRY_MS = 2000, DRAIN_RETRY_MS = 2000 };

static void refuse(struct bt_receipt *r, int code, struct bt_str text) {
  r->code = (uint32_t)code;
  r->text = text.n ? text : bt_str(bt_code_text(code));
  if (code == BT_BUSY)
    r->retry_after_ms = BUSY_RETRY_MS;
}

/* 0: the item is the next one and may be decided; 1: *r has the refusal. */
static int check_turn(const struct bt_loop *l, struct bt_seat *seat, const struct bt_submit_item *item,
                      struct bt_receipt *r) {
  if (item->number != seat->next_submit) {
    bool later = seat->busy && item->number > seat->next_submit;
    if (later)
      refuse(r, BT_BUSY, (struct bt_str){0});
    else
      refuse(r, BT_OUT_OF_ORDER, (struct bt_str){0});
    return 1;
  }
  if (!bt_disk_takes(l)) {
    seat->busy = true;
    refuse(r, BT_BUSY, BT_LIT("the broker's disk is nearly full: send the same item again later"));
    r->retry_after_ms = NO_SPACE_RETRY_MS;
    return 1;
  }
  if (l->drain.on) {
    seat->busy = true;
    refuse(r, BT_BUSY,
           BT_LIT("the broker takes no new work before maintenance: keep the item and send it again later"));
    r->retry_after_ms = DRAIN_RETRY_MS;
    return 1;
  }
  bool room = l->decide.limit - l->decide.used >= BT_REQUEST_BYTES && l->batch.replies_n < BT_BATCH_ITEMS;
  if (!room || seat->bytes >= BT_SEAT_BYTES || seat->items >= l->parts.config->settings.max_in_flight) {
    seat->busy = true;
    refuse(r, BT_BUSY, (struct bt_str){0});
    return 1;
  }
  return 0;
}

static int decide_item(struct bt_loop *l, struct bt_seat *seat, const struct bt_adapter *adapter,
                       const struct bt_submit_item *item, struct bt_reply *r) {
  const struct bt_incoming in = {
      .adapter = adapter,
      .source_key = item->source_key,
      .bytes = item->event,
      .first_tried_at_us = item->first_tried_at_us,
      .has_cursor = item->has_cursor,
      .cursor = item->cursor,
  };
  const size_t before = l->decide.used;
  int rc = bt_request_decide(l, &in, r);
  if (rc)
    return rc;
  seat->bytes += l->decide.used - before;
  seat->next_submit = item->number + 1;
  seat->busy = false;
  return 0;
}

int bt_submit_decide(struct bt_loop *l, uint64_t session, const struct bt_submit *submit) {
  struct bt_seat *seat = bt_batch_seat(l, session);
  const struct bt_adapter *adapter = seat ? bt_rules_adapter(l->rules, seat->adapter) : NULL;
  if (!adapter)
    return 0; /* the session ended in between: nobody is there to be told */
  for (uint32_t i = 0; i < submit->n; i++) {
    const struct bt_submit_item *item = &submit->v[i];
    struct bt_reply r = {0};
    int rc = check_turn(l, seat, item, &r.receipt) ? 0 : decide_item(l, seat, adapter, item, &r);
    if (rc)
      return rc;
    seat->items++;
    l->batch.tally.events_busy += r.receipt.code == BT_BUSY;
    r.receipt.number = item->number;
    if ((rc = bt_batch_reply(l, session, &r)))
      return rc;
  }
  return 0;
}

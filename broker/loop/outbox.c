#include "loop/outbox.h"

#include <stdlib.h>

#include <utlist.h>

struct bt_outbox *bt_outbox_new(void) {
  struct bt_outbox *o = calloc(1, sizeof *o);
  if (!o)
    return NULL;
  o->stubs = calloc(BT_MAX_STUBS, sizeof *o->stubs);
  o->awake = true;
  if (!o->stubs) {
    free(o);
    return NULL;
  }
  return o;
}

void bt_outbox_free(struct bt_outbox *o) {
  if (!o)
    return;
  struct bt_lane *lane, *next;
  HASH_ITER(hh, o->lanes, lane, next) {
    HASH_DEL(o->lanes, lane);
    free(lane);
  }
  free(o->stubs);
  free(o);
}

struct bt_lane *bt_outbox_lane(const struct bt_outbox *o, uint64_t case_id) {
  struct bt_lane *lane;
  HASH_FIND(hh, o->lanes, &case_id, sizeof case_id, lane);
  return lane;
}

struct bt_lane *bt_outbox_need_lane(struct bt_outbox *o, uint64_t case_id) {
  struct bt_lane *lane = bt_outbox_lane(o, case_id);
  if (lane || HASH_COUNT(o->lanes) >= BT_MAX_LANES)
    return lane;
  lane = calloc(1, sizeof *lane);
  if (!lane)
    return NULL;
  lane->case_id = case_id;
  HASH_ADD(hh, o->lanes, case_id, sizeof lane->case_id, lane);
  return lane;
}

void bt_outbox_pass(struct bt_lane *lane, uint64_t sequence) {
  if (!lane->waiting_from || sequence < lane->waiting_from)
    lane->waiting_from = sequence;
}

void bt_outbox_make_ready(struct bt_outbox *o, struct bt_lane *lane) {
  if (lane->ready)
    return;
  lane->ready = true;
  DL_APPEND2(o->ready, lane, prev, next_ready);
}

struct bt_lane *bt_outbox_take_ready(struct bt_outbox *o) {
  struct bt_lane *lane = o->ready;
  if (!lane)
    return NULL;
  DL_DELETE2(o->ready, lane, prev, next_ready);
  lane->ready = false;
  return lane;
}

void bt_outbox_drop_if_idle(struct bt_outbox *o, struct bt_lane *lane) {
  if (lane->sequence || lane->waiting_from || lane->not_before_us || lane->ready)
    return;
  HASH_DEL(o->lanes, lane);
  free(lane);
}

void bt_outbox_free_lane(struct bt_outbox *o, struct bt_lane *lane) {
  if (lane->sequence)
    o->out--;
  lane->sequence = 0;
  lane->sends = 0;
  if (lane->waiting_from && !lane->not_before_us)
    bt_outbox_make_ready(o, lane);
  bt_outbox_drop_if_idle(o, lane);
}

/* Frames that the broker sends. Their values are our own, so the tables set no limits. */
#include "baton/frame.pb-c.h"
#include "codec/maps.h"

static const struct bt_map_row welcome[] = {
    BT_ROW(struct bt_welcome, 1, adapter, NAME, 0, 0),        BT_ROW(struct bt_welcome, 2, department, NAME, 0, 0),
    BT_ROW(struct bt_welcome, 3, acts_for, TEXT, 0, 0),       BT_ROW(struct bt_welcome, 4, next_submit, PLAIN, 0, 0),
    BT_ROW(struct bt_welcome, 5, max_in_flight, PLAIN, 0, 0), BT_ROW(struct bt_welcome, 6, receives, PLAIN, 0, 0),
    BT_ROW(struct bt_welcome, 7, held, PLAIN, 0, 0),          BT_ROW(struct bt_welcome, 8, idempotency_s, PLAIN, 0, 0),
    BT_ROW(struct bt_welcome, 9, broker, TEXT, 0, 0),
};
const struct bt_map bt_map_welcome = {BT_MAP_OF(struct bt_welcome, baton__v1__welcome__descriptor, welcome)};

static const struct bt_map_row fault[] = {
    BT_ROW(struct bt_fault, 1, code, PLAIN, 0, 0),
    BT_ROW(struct bt_fault, 2, text, TEXT, 0, 0),
    BT_ROW(struct bt_fault, 3, retry_after_ms, PLAIN, 0, 0),
};
const struct bt_map bt_map_fault = {BT_MAP_OF(struct bt_fault, baton__v1__fault__descriptor, fault)};

static const struct bt_map_row receipt[] = {
    BT_ROW(struct bt_receipt, 1, number, PLAIN, 0, 0),
    BT_ROW(struct bt_receipt, 2, delivery, PLAIN, 0, 0),
    BT_ROW(struct bt_receipt, 3, code, PLAIN, 0, 0),
    BT_ROW(struct bt_receipt, 4, text, TEXT, 0, 0),
    BT_ROW(struct bt_receipt, 5, field, TEXT, 0, 0),
    BT_ROW(struct bt_receipt, 6, retry_after_ms, PLAIN, 0, 0),
    BT_ROW(struct bt_receipt, 7, duplicate, PLAIN, 0, 0),
    BT_ROW(struct bt_receipt, 8, sequence, PLAIN, 0, 0),
    BT_ROW(struct bt_receipt, 9, case_id, PLAIN, 0, 0),
    BT_ROW(struct bt_receipt, 10, ref, TEXT, 0, 0),
    BT_ROW(struct bt_receipt, 11, version, PLAIN, 0, 0),
    BT_ROW(struct bt_receipt, 12, customer, PLAIN, 0, 0),
    BT_ROW(struct bt_receipt, 13, found, PLAIN, 0, 0),
    BT_ROW(struct bt_receipt, 14, others, PLAIN, 0, 0),
    BT_ROW(struct bt_receipt, 15, to, NAME, 0, 0),
    BT_ROW(struct bt_receipt, 16, offer, PLAIN, 0, 0),
    BT_ROW(struct bt_receipt, 17, opens_at_us, TIME, 0, 0),
    BT_ROW(struct bt_receipt, 18, alternatives, NAME, 0, 0),
    BT_ROW_SUB(struct bt_receipt, 19, missed, bt_map_recorded, 0, 0), /* flattened before */
    BT_ROW(struct bt_receipt, 20, missed_page, BYTES, 0, 0),
    BT_ROW(struct bt_receipt, 21, dead_end, PLAIN, 0, 0),
    BT_ROW(struct bt_receipt, 22, conflicts, PLAIN, 0, 0),
    BT_ROW(struct bt_receipt, 23, holder, NAME, 0, 0),
};
const struct bt_map bt_map_receipt = {BT_MAP_OF(struct bt_receipt, baton__v1__receipt_item__descriptor, receipt)};

struct receipts {
  struct bt_receipts items;
};
static const struct bt_map_row receipts[] = {BT_ROW_SUB(struct receipts, 1, items, bt_map_receipt, 0, 0)};
const struct bt_map bt_map_receipts = {BT_MAP_OF(struct bt_receipts, baton__v1__receipt__descriptor, receipts)};

static const struct bt_map_row recorded[] = {
    BT_ROW(struct bt_recorded_flat, 1, sequence, PLAIN, 0, 0),
    BT_ROW(struct bt_recorded_flat, 2, recorded_at_us, TIME, 0, 0),
    BT_ROW(struct bt_recorded_flat, 3, case_id, PLAIN, 0, 0),
    BT_ROW(struct bt_recorded_flat, 4, ref, TEXT, 0, 0),
    BT_ROW(struct bt_recorded_flat, 5, version, PLAIN, 0, 0),
    BT_ROW(struct bt_recorded_flat, 6, customer, PLAIN, 0, 0),
    BT_ROW(struct bt_recorded_flat, 7, adapter, NAME, 0, 0),
    BT_ROW_SUB(struct bt_recorded_flat, 8, event, bt_map_event, 0, BT_MAP_POINTER),
    BT_ROW(struct bt_recorded_flat, 9, superseded_by, PLAIN, 0, 0),
    BT_ROW(struct bt_recorded_flat, 10, stub, PLAIN, 0, 0),
};
const struct bt_map bt_map_recorded = {BT_MAP_OF(struct bt_recorded_flat, baton__v1__recorded__descriptor, recorded)};

static const struct bt_map_row resync[] = {BT_ROW(struct bt_resync, 1, replaced, PLAIN, 0, 0)};
static const struct bt_map resync_map = {BT_MAP_OF(struct bt_resync, baton__v1__resync__descriptor, resync)};

static const struct bt_map_row delivery_item[] = {
    BT_ROW(struct bt_delivery_item_flat, 1, sequence, PLAIN, 0, 0),
    BT_ROW(struct bt_delivery_item_flat, 2, attempt, PLAIN, 0, 0),
    BT_ROW(struct bt_delivery_item_flat, 3, gap, PLAIN, 0, 0),
    BT_ROW_SUB(struct bt_delivery_item_flat, 4, recorded, bt_map_recorded, 0, 0),
    BT_ROW_SUB(struct bt_delivery_item_flat, 5, card, bt_map_card, 0, BT_MAP_POINTER),
    BT_ROW(struct bt_delivery_item_flat, 6, digest, BYTES, 0, 0),
    BT_ROW(struct bt_delivery_item_flat, 7, stub, PLAIN, 0, 0),
    BT_ROW(struct bt_delivery_item_flat, 8, redelivery, PLAIN, 0, 0),
    BT_ROW_HAS(struct bt_delivery_item_flat, 9, resync, has_resync, resync_map),
};
const struct bt_map bt_map_delivery_item = {
    BT_MAP_OF(struct bt_delivery_item_flat, baton__v1__delivery_item__descriptor, delivery_item)};

struct delivery {
  struct bt_delivery_flat items;
};
static const struct bt_map_row delivery[] = {BT_ROW_SUB(struct delivery, 1, items, bt_map_delivery_item, 0, 0)};
const struct bt_map bt_map_delivery = {BT_MAP_OF(struct bt_delivery_flat, baton__v1__delivery__descriptor, delivery)};

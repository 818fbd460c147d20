/* Where each field of a Frame lies, whoever sends it. */
#include "baton/frame.pb-c.h"
#include "codec/maps.h"

#define KIND(number, map) BT_ROW_SUB(struct bt_frame_box, number, body, map, 0, BT_MAP_POINTER)

static const struct bt_map_row frame[] = {
    BT_ROW(struct bt_frame_box, 1, protocol, PLAIN, 0, 0),
    KIND(BT_FRAME_HELLO, bt_map_hello),
    KIND(BT_FRAME_WELCOME, bt_map_welcome),
    KIND(BT_FRAME_FAULT, bt_map_fault),
    KIND(BT_FRAME_SUBMIT, bt_map_submit),
    KIND(BT_FRAME_RECEIPT, bt_map_receipts),
    KIND(BT_FRAME_DELIVERY, bt_map_delivery),
    KIND(BT_FRAME_SETTLE, bt_map_settle),
    KIND(BT_FRAME_QUERY, bt_map_query),
    KIND(BT_FRAME_ANSWER, bt_map_answer),
    KIND(BT_FRAME_CREDIT, bt_map_credit),
    KIND(BT_FRAME_GOODBYE, bt_map_goodbye),
    KIND(BT_FRAME_REPORT, bt_map_report),
};
const struct bt_map bt_map_frame = {BT_MAP_OF(struct bt_frame_box, baton__v1__frame__descriptor, frame),
                                    .kind = offsetof(struct bt_frame_box, kind)};

/* The tables of map.h, one for each message. Internal to the codec and its tests. */
#ifndef BT_CODEC_MAPS_H
#define BT_CODEC_MAPS_H

#include "codec/frame_codec.h"
#include "codec/map.h"
#include "codec/record_codec.h"

/* event_map.c: struct bt_event, and what others share with it. */
extern const struct bt_map bt_map_event, bt_map_locator, bt_map_identifier, bt_map_reference;
extern const struct bt_map bt_map_card, bt_map_fact, bt_map_tried, bt_map_stop;
extern const struct bt_map bt_map_promise, bt_map_question, bt_map_work, bt_map_advisory_note, bt_map_considered,
    bt_map_clock;
/* frame_map.c, frame_in_map.c, frame_out_map.c, answer_map.c: struct bt_frame_box. */
extern const struct bt_map bt_map_frame;
extern const struct bt_map bt_map_hello, bt_map_submit, bt_map_settle, bt_map_query, bt_map_credit, bt_map_goodbye,
    bt_map_report;
extern const struct bt_map bt_map_welcome, bt_map_fault, bt_map_receipts, bt_map_receipt, bt_map_delivery,
    bt_map_delivery_item, bt_map_recorded, bt_map_answer, bt_map_cursor;
/* answer_journey_map.c */
extern const struct bt_map bt_map_journey, bt_map_scorecard, bt_map_scorecard_row;
/* entry_map.c: struct bt_entry. */
extern const struct bt_map bt_map_entry;
/* record_map.c: struct bt_case and the rows of record_codec.h. */
extern const struct bt_map bt_map_record_case, bt_map_record_customer, bt_map_record_seen, bt_map_record_inbox,
    bt_map_record_dead, bt_map_record_advisory, bt_map_record_sweep, bt_map_record_adapter, bt_map_record_stats,
    bt_map_record_figures;

/* The fields of a StatsRecord on disk are those of a Score on the wire. */
#define BT_STATS_COUNT(number, name, kind) +1
enum { BT_STATS_ROWS = 0 BT_STATS_FIELDS(BT_STATS_COUNT) };
extern const struct bt_map_row bt_stats_rows[BT_STATS_ROWS];

/* The shapes of frames where they differ from those of frame_codec.h: flat, as the messages are. */
struct bt_frame_box {
  uint32_t protocol, kind;
  void *body; /* the struct that belongs to the kind */
};
struct bt_recorded_flat {
  uint64_t sequence;
  int64_t recorded_at_us;
  uint64_t case_id;
  struct bt_str ref;
  uint64_t version, customer;
  struct bt_str adapter;
  const struct bt_event *event; /* NULL for the broker's own entries */
  uint64_t superseded_by;
  bool stub;
};
struct bt_delivery_item_flat {
  uint64_t sequence;
  uint32_t attempt;
  bool gap, stub, redelivery, has_resync;
  struct bt_recorded_flat recorded;
  const struct bt_card *card;
  struct bt_str digest;
  struct bt_resync resync;
};
struct bt_delivery_flat {
  uint32_t n;
  struct bt_delivery_item_flat *v;
};
struct bt_case_view {
  struct bt_case c;
  struct bt_str ref;
  uint32_t hidden;
};
struct bt_answer_flat {
  struct bt_answer answer;
  struct bt_case_view *case_view;
  struct {
    uint32_t n;
    struct bt_recorded_flat *v;
  } events;
};

#endif

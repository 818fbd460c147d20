/* Where each field of an EntryHead lies in struct bt_entry. */
#include "baton/disk.pb-c.h"
#include "codec/maps.h"

static const struct bt_map_row settled_row[] = {
    BT_ROW(struct bt_settled_row, 1, first, PLAIN, 0, 0),   BT_ROW(struct bt_settled_row, 2, last, PLAIN, 0, 0),
    BT_ROW(struct bt_settled_row, 3, verdict, PLAIN, 0, 0), BT_ROW(struct bt_settled_row, 4, not_before_us, TIME, 0, 0),
    BT_ROW(struct bt_settled_row, 5, reason, TEXT, 0, 0),   BT_ROW(struct bt_settled_row, 6, dead, PLAIN, 0, 0),
    BT_ROW(struct bt_settled_row, 7, case_id, PLAIN, 0, 0),
};
static const struct bt_map settled_row_map = {
    BT_MAP_OF(struct bt_settled_row, baton__v1__settled_row__descriptor, settled_row)};

struct settled {
  struct bt_settled rows;
};
static const struct bt_map_row settled[] = {BT_ROW_SUB(struct settled, 1, rows, settled_row_map, 0, 0)};
static const struct bt_map settled_map = {BT_MAP_OF(struct bt_settled, baton__v1__settled__descriptor, settled)};

static const struct bt_map_row held[] = {
    BT_ROW(struct bt_adapter_held, 1, held, PLAIN, 0, 0),
    BT_ROW(struct bt_adapter_held, 2, by, TEXT, 0, 0),
    BT_ROW(struct bt_adapter_held, 3, reason, TEXT, 0, 0),
};
static const struct bt_map held_map = {BT_MAP_OF(struct bt_adapter_held, baton__v1__adapter_held__descriptor, held)};

static const struct bt_map_row adopted[] = {
    BT_ROW(struct bt_config_adopted, 1, digest, BYTES, 0, 0),
    BT_ROW(struct bt_config_adopted, 2, departments, NAME, 0, 0),
    BT_ROW(struct bt_config_adopted, 3, gone, NAME, 0, 0),
};
static const struct bt_map adopted_map = {
    BT_MAP_OF(struct bt_config_adopted, baton__v1__config_adopted__descriptor, adopted)};

static const struct bt_map_row resumed[] = {
    BT_ROW(struct bt_resumed, 1, down_from_us, TIME, 0, 0),
    BT_ROW(struct bt_resumed, 2, down_until_us, TIME, 0, 0),
};
static const struct bt_map resumed_map = {BT_MAP_OF(struct bt_resumed, baton__v1__resumed__descriptor, resumed)};

static const struct bt_map_row swept[] = {
    BT_ROW(struct bt_swept, 1, sweep, PLAIN, 0, 0),
    BT_ROW(struct bt_swept, 2, at_us, TIME, 0, 0),
    BT_ROW(struct bt_swept, 3, at_case, PLAIN, 0, 0),
    BT_ROW(struct bt_swept, 4, done, PLAIN, 0, 0),
};
static const struct bt_map swept_map = {BT_MAP_OF(struct bt_swept, baton__v1__swept__descriptor, swept)};

static const struct bt_map_row clock_accepted[] = {
    BT_ROW(struct bt_clock_accepted, 1, by, TEXT, 0, 0),
    BT_ROW(struct bt_clock_accepted, 2, reason, TEXT, 0, 0),
};
static const struct bt_map clock_accepted_map = {
    BT_MAP_OF(struct bt_clock_accepted, baton__v1__clock_accepted__descriptor, clock_accepted)};

static const struct bt_map_row requeued_row[] = {
    BT_ROW(struct bt_requeued_row, 1, sequence, PLAIN, 0, 0),
    BT_ROW(struct bt_requeued_row, 2, case_id, PLAIN, 0, 0),
    BT_ROW(struct bt_requeued_row, 3, from_dead, PLAIN, 0, 0),
    BT_ROW(struct bt_requeued_row, 4, since_us, TIME, 0, 0),
};
static const struct bt_map requeued_row_map = {
    BT_MAP_OF(struct bt_requeued_row, baton__v1__requeued_row__descriptor, requeued_row)};
static const struct bt_map_row requeued[] = {
    BT_ROW_SUB(struct bt_requeued, 1, rows, requeued_row_map, 0, 0),
    BT_ROW(struct bt_requeued, 2, by, TEXT, 0, 0),
    BT_ROW(struct bt_requeued, 3, reason, TEXT, 0, 0),
};
static const struct bt_map requeued_map = {BT_MAP_OF(struct bt_requeued, baton__v1__requeued__descriptor, requeued)};

static const struct bt_map_row dropped_row[] = {
    BT_ROW(struct bt_dropped_row, 1, sequence, PLAIN, 0, 0),
    BT_ROW(struct bt_dropped_row, 2, case_id, PLAIN, 0, 0),
};
static const struct bt_map dropped_row_map = {
    BT_MAP_OF(struct bt_dropped_row, baton__v1__dropped_row__descriptor, dropped_row)};
static const struct bt_map_row dropped[] = {
    BT_ROW_SUB(struct bt_dead_dropped, 1, rows, dropped_row_map, 0, 0),
    BT_ROW(struct bt_dead_dropped, 2, by, TEXT, 0, 0),
    BT_ROW(struct bt_dead_dropped, 3, reason, TEXT, 0, 0),
};
static const struct bt_map dropped_map = {
    BT_MAP_OF(struct bt_dead_dropped, baton__v1__dead_dropped__descriptor, dropped)};

static const struct bt_map_row did[] = {
    BT_ROW(struct bt_operator_did, 1, by, TEXT, 0, 0),
    BT_ROW(struct bt_operator_did, 2, uid, PLAIN, 0, 0),
    BT_ROW(struct bt_operator_did, 3, command, TEXT, 0, 0),
    BT_ROW(struct bt_operator_did, 4, outcome, TEXT, 0, 0),
};
static const struct bt_map did_map = {BT_MAP_OF(struct bt_operator_did, baton__v1__operator_did__descriptor, did)};
static const struct bt_map_row sequences[] = {
    BT_ROW(struct bt_sequences, 1, first, PLAIN, 0, 0),
    BT_ROW(struct bt_sequences, 2, last, PLAIN, 0, 0),
};
static const struct bt_map sequences_map = {
    BT_MAP_OF(struct bt_sequences, baton__v1__sequences__descriptor, sequences)};

static const struct bt_map_row resynced[] = {
    BT_ROW(struct bt_resynced, 1, case_id, PLAIN, 0, 0),
    BT_ROW_SUB(struct bt_resynced, 2, rows, sequences_map, 0, 0),
};
static const struct bt_map resynced_map = {BT_MAP_OF(struct bt_resynced, baton__v1__resynced__descriptor, resynced)};

static const struct bt_map_row snapshotted[] = {
    BT_ROW(struct bt_snapshotted, 1, position, PLAIN, 0, 0),
    BT_ROW(struct bt_snapshotted, 2, digest, BYTES, 0, 0),
};
static const struct bt_map snapshotted_map = {
    BT_MAP_OF(struct bt_snapshotted, baton__v1__snapshotted__descriptor, snapshotted)};

static const struct bt_map_row entry[] = {
    BT_ROW(struct bt_entry, 1, kind, PLAIN, 0, 0),
    BT_ROW(struct bt_entry, 2, stream, PLAIN, 0, 0),
    BT_ROW(struct bt_entry, 3, stream_id, PLAIN, 0, 0),
    BT_ROW(struct bt_entry, 4, version, PLAIN, 0, 0),
    BT_ROW(struct bt_entry, 5, previous, PLAIN, 0, 0),
    BT_ROW(struct bt_entry, 6, unit_first, PLAIN, 0, 0),
    BT_ROW(struct bt_entry, 7, unit_size, PLAIN, 0, 0),
    BT_ROW(struct bt_entry, 8, recorded_at_us, TIME, 0, 0),
    BT_ROW(struct bt_entry, 9, case_id, PLAIN, 0, 0),
    BT_ROW(struct bt_entry, 10, customer, PLAIN, 0, 0),
    BT_ROW(struct bt_entry, 11, adapter, NAME, 0, 0),
    BT_ROW(struct bt_entry, 12, source_key, TEXT, 0, 0),
    BT_ROW(struct bt_entry, 13, content_hash, BYTES, 0, 0),
    BT_ROW(struct bt_entry, 14, seen_until_us, TIME, 0, 0),
    BT_ROW(struct bt_entry, 15, recipients, NAME, 0, 0),
    BT_ROW_SUB(struct bt_entry, 16, event, bt_map_event, 0, 0),
    BT_ROW_HAS(struct bt_entry, 17, cursor, has_cursor, bt_map_cursor),
    BT_ROW_SUB(struct bt_entry, 18, reference, bt_map_reference, 0, 0),
    BT_ROW_HAS(struct bt_entry, 19, receipt, has_receipt, bt_map_receipt),
    BT_ROW_SUB(struct bt_entry, 20, settled, settled_map, 0, 0),
    BT_ROW_SUB(struct bt_entry, 21, adapter_held, held_map, 0, 0),
    BT_ROW_SUB(struct bt_entry, 22, config_adopted, adopted_map, 0, 0),
    BT_ROW(struct bt_entry, 23, joined, NAME, 0, 0),
    BT_ROW(struct bt_entry, 24, offer, PLAIN, 0, 0),
    BT_ROW_SUB(struct bt_entry, 25, resumed, resumed_map, 0, 0),
    BT_ROW_SUB(struct bt_entry, 26, swept, swept_map, 0, 0),
    BT_ROW_SUB(struct bt_entry, 27, clock_accepted, clock_accepted_map, 0, 0),
    BT_ROW_SUB(struct bt_entry, 28, requeued, requeued_map, 0, 0),
    BT_ROW_SUB(struct bt_entry, 29, dead_dropped, dropped_map, 0, 0),
    BT_ROW_SUB(struct bt_entry, 30, operator_did, did_map, 0, 0),
    BT_ROW_SUB(struct bt_entry, 31, resynced, resynced_map, 0, 0),
    BT_ROW_SUB(struct bt_entry, 32, snapshotted, snapshotted_map, 0, 0),
};
const struct bt_map bt_map_entry = {BT_MAP_OF(struct bt_entry, baton__v1__entry_head__descriptor, entry)};

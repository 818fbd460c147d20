/* Values of the record's tables <-> the core's structs.
 *
 * A stored value is: format (1 byte, 1), the encoded message, and an XXH3 checksum of both (8 bytes, big-endian).
 * Unknown fields of a CaseRecord and a CustomerRecord are kept and written back; a higher format is -BT_NEWER; a
 * checksum that fails or bytes that do not parse are -BT_CORRUPT. The encoding is deterministic: equal structs give
 * equal bytes. */
#ifndef BT_CODEC_RECORD_CODEC_H
#define BT_CODEC_RECORD_CODEC_H

#include "base/arena.h"
#include "base/code.h"
#include "core/case.h"
#include "core/entry.h"
#include "core/figures.h"

struct bt_seen_row {
  struct bt_str content_hash;
  int64_t until_us;
  struct bt_receipt receipt;
};
struct bt_inbox_row {
  uint64_t case_id;
  uint32_t attempts;
  int64_t not_before_us;
  struct bt_str reason;
  int64_t since_us;
};
struct bt_dead_row {
  uint64_t case_id;
  uint32_t attempts;
  struct bt_str reason;
  int64_t since_us, dead_at_us;
};
struct bt_adapter_row {
  uint64_t version, last_sequence;
  bool held;
  struct bt_str held_by, held_reason;
  int64_t held_at_us;
};
struct bt_stats_row {
  uint64_t events, contacts, attempts, offers_made, offers_received, accepted, refused, withdrawn, reported_in,
      resolved, accept_wait_us;
};

#define BT_RECORD_TYPES(X)                                                                                             \
  X(case, struct bt_case)                                                                                              \
  X(customer, struct bt_customer)                                                                                      \
  X(seen, struct bt_seen_row)                                                                                          \
  X(inbox, struct bt_inbox_row)                                                                                        \
  X(dead, struct bt_dead_row)                                                                                          \
  X(adapter, struct bt_adapter_row)                                                                                    \
  X(stats, struct bt_stats_row)                                                                                        \
  X(figures, struct bt_figures)

/* int bt_record_case_encode(const struct bt_case *, struct bt_arena *, struct bt_str *ret_bytes);
 * int bt_record_case_decode(struct bt_str bytes, struct bt_arena *, struct bt_case *ret);   and so on for each row
 * above. Decoded slices point into the arena, never into `bytes`. */
#define BT_RECORD_DECLARE(name, type)                                                                                  \
  int bt_record_##name##_encode(const type *row, struct bt_arena *arena, struct bt_str *ret_bytes) BT_MUST_CHECK;      \
  int bt_record_##name##_decode(struct bt_str bytes, struct bt_arena *arena, type *ret) BT_MUST_CHECK;
BT_RECORD_TYPES(BT_RECORD_DECLARE)
#undef BT_RECORD_DECLARE

#endif

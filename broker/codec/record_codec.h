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
  bool redelivery;
  uint32_t replaced; /* older rows that it stands for; 0: it is an event's own */
};
struct bt_dead_row {
  uint64_t case_id;
  uint32_t attempts;
  struct bt_str reason;
  int64_t since_us, dead_at_us;
  uint32_t replaced; /* as in the inbox */
};
struct bt_adapter_row {
  uint64_t version, last_sequence;
  bool held;
  struct bt_str held_by, held_reason;
  int64_t held_at_us;
  uint64_t resyncs; /* rows of its inbox that stand for older ones */
};

/* What is counted of a department, or of a pair, on one day: X(number, name, KIND). A COUNT and a SUM of microseconds
 * add up over days, of a MAX the greatest remains. */
#define BT_STATS_FIELDS(X)                                                                                             \
  X(1, events, COUNT)                                                                                                  \
  X(2, contacts, COUNT)                                                                                                \
  X(3, attempts, COUNT)                                                                                                \
  X(4, offers_made, COUNT)                                                                                             \
  X(5, offers_received, COUNT)                                                                                         \
  X(6, accepted, COUNT)                                                                                                \
  X(7, refused, COUNT)                                                                                                 \
  X(8, withdrawn, COUNT)                                                                                               \
  X(9, reported_in, COUNT)                                                                                             \
  X(10, resolved, COUNT)                                                                                               \
  X(11, accept_wait_us, SUM)                                                                                           \
  X(12, accept_waits, COUNT)                                                                                           \
  X(13, refused_wrong_department, COUNT)                                                                               \
  X(14, refused_no_capacity, COUNT)                                                                                    \
  X(15, refused_missing_information, COUNT)                                                                            \
  X(16, refused_closed, COUNT)                                                                                         \
  X(17, refused_other, COUNT)                                                                                          \
  X(18, expired, COUNT)                                                                                                \
  X(19, countered, COUNT)                                                                                              \
  X(20, directed, COUNT)                                                                                               \
  X(21, questions_asked, COUNT)                                                                                        \
  X(22, questions_received, COUNT)                                                                                     \
  X(23, questions_answered, COUNT)                                                                                     \
  X(24, questions_overdue, COUNT)                                                                                      \
  X(25, answer_wait_us, SUM)                                                                                           \
  X(26, answer_waits, COUNT)                                                                                           \
  X(27, promises_made, COUNT)                                                                                          \
  X(28, promises_kept, COUNT)                                                                                          \
  X(29, promises_kept_late, COUNT)                                                                                     \
  X(30, promises_broken, COUNT)                                                                                        \
  X(31, promises_renegotiated, COUNT)                                                                                  \
  X(32, promises_withdrawn, COUNT)                                                                                     \
  X(33, work_started, COUNT)                                                                                           \
  X(34, work_finished, COUNT)                                                                                          \
  X(35, work_failed, COUNT)                                                                                            \
  X(36, work_lapsed, COUNT)                                                                                            \
  X(37, conflicts, COUNT)                                                                                              \
  X(38, bounces, COUNT)                                                                                                \
  X(39, escalations, COUNT)                                                                                            \
  X(40, reminders, COUNT)                                                                                              \
  X(41, cases_opened, COUNT)                                                                                           \
  X(42, cases_reopened, COUNT)                                                                                         \
  X(43, feedback_internal, COUNT)                                                                                      \
  X(44, feedback_internal_sum, COUNT)                                                                                  \
  X(45, feedback_external, COUNT)                                                                                      \
  X(46, feedback_external_sum, COUNT)                                                                                  \
  X(47, accept_wait_max_us, MAX)                                                                                       \
  X(48, answer_wait_max_us, MAX)
struct bt_stats_row {
#define BT_STATS_MEMBER(number, name, kind) uint64_t name;
  BT_STATS_FIELDS(BT_STATS_MEMBER)
#undef BT_STATS_MEMBER
};

#define BT_RECORD_TYPES(X)                                                                                             \
  X(case, struct bt_case)                                                                                              \
  X(customer, struct bt_customer)                                                                                      \
  X(seen, struct bt_seen_row)                                                                                          \
  X(inbox, struct bt_inbox_row)                                                                                        \
  X(dead, struct bt_dead_row)                                                                                          \
  X(advisory, struct bt_advisory)                                                                                      \
  X(sweep, struct bt_sweep)                                                                                            \
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

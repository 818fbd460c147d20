/* The state of a case and of a customer: what evolve makes of their events.
 *
 * Mirrors baton.v1.CaseRecord and CustomerRecord. The bounds are those of the protocol; decide refuses with LIMIT
 * before one would be passed. Values are immutable once decoded: evolve makes a new array in its arena when one grows.
 */
#ifndef BT_CORE_CASE_H
#define BT_CORE_CASE_H

#include "core/event.h"

enum {
  BT_MAX_FACTS = 64,
  BT_MAX_FACT_VALUE = 256,
  BT_MAX_PARTICIPANTS = 64,
  BT_MAX_TRIED = 16,
  BT_MAX_TRAIL = 32,
  BT_MAX_CORRECTIONS = 32, /* corrected events */
  BT_MAX_OPEN_CASES = 64,  /* per customer */
  BT_MAX_IDENTIFIERS = 32, /* per customer */
  BT_MAX_CASE_BYTES = 16 * 1024,
  BT_MAX_CARD_BYTES = 8 * 1024,
  BT_MAX_EVENT_BYTES = 16 * 1024,
  BT_MAX_TEXT = 4096,
  BT_MAX_UNIT = 64,
  BT_MAX_OTHERS = 16,
  BT_MAX_CONSIDERED = 8,   /* names of a routing that an offer writes down */
  BT_MAX_CASES_SEEN = 256, /* cases of one customer that finding looks at, newest first */
};

struct bt_offer {
  uint64_t id; /* sequence of the HandoffOffered; 0: none open */
  struct bt_str from, to;
  int64_t offered_at_us, deadline_us;
  struct bt_str digest;
};

struct bt_journey {
  uint32_t events;
  uint32_t custody_handoffs, custody_bounces, sent_handoffs, sent_bounces;
  struct bt_str sent_at, sent_before;
  int64_t first_us, last_us;
  int64_t waiting_customer_us, waiting_vendor_us, waiting_other_us, pending_since_us;
  uint32_t clamped_gaps;
  uint32_t resolved, worked, reopened, worked_reopened;
  bool last_end_worked;
};

struct bt_correction {
  uint64_t supersedes, by;
};
struct bt_corrections {
  uint32_t n;
  struct bt_correction *v;
};

struct bt_case {
  uint64_t id, number;
  uint32_t status, pending_on;
  struct bt_str topic, title, need;
  uint32_t priority;
  uint64_t customer;
  struct bt_str custodian, owner, opener;
  uint64_t version, last_sequence;
  uint64_t active_sequence; /* of the last event about this case: not a contact about another one */
  int64_t opened_at_us, changed_at_us, customer_deadline_us, ended_at_us;
  struct bt_offer offer;
  struct bt_facts facts; /* in order of recording */
  struct bt_trieds tried;
  struct bt_stops trail;       /* custodians, oldest first, the last BT_MAX_TRAIL */
  struct bt_strs participants; /* sorted; with custodian and owner among them */
  uint32_t contacts;
  uint64_t linked_to;
  bool dormant;
  struct bt_journey journey;
  struct bt_corrections corrections;
  struct bt_str unknown; /* encoded fields of a newer minor version, kept as they are */
};

struct bt_customer {
  uint64_t id, version, last_sequence;
  struct bt_identifiers identifiers; /* normalised values */
  struct bt_str unknown;
};

static inline bool bt_case_is_open(const struct bt_case *c) {
  return c->status == BT_STATUS_OPEN || c->status == BT_STATUS_PENDING;
}

#endif

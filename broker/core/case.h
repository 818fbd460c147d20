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
  BT_MAX_CONSIDERED = 8, /* departments of a routing that an offer writes down */
  BT_MAX_ASKED = 32,     /* departments asked in vain, in one chain of offers */
  BT_MAX_PROMISES = 16,
  BT_MAX_PROMISE = 128, /* bytes of its text */
  BT_MAX_QUESTIONS = 16,
  BT_MAX_QUESTION = 256,
  BT_MAX_WORK = 16,
  BT_MAX_LEASE_S = 31 * 86400,
  BT_MAX_CONCERNS = 40,
  BT_MAX_ANSWERED = 16,
  BT_MAX_NOTES = 4, /* advisories on one case */
  BT_MAX_ADVISORY = 256,
  BT_MAX_GLASS = 8,
  BT_MAX_MERGED = 16, /* cases, or customers, that point to one */
  BT_MAX_LINKS = 16,
  BT_MAX_MISSED = 16,      /* events that a stale request is told */
  BT_MAX_TIMERS = 128,     /* of one case */
  BT_MAX_CASES_SEEN = 256, /* cases of one customer that finding looks at, newest first */
};

struct bt_offer {
  uint64_t id; /* sequence of the HandoffOffered; 0: none open */
  struct bt_str from, to;
  int64_t offered_at_us, deadline_us; /* while a counter-offer stands: by when the offerer is to answer */
  struct bt_str digest;
  struct bt_str topic, next_step;
  struct bt_strs asked; /* before, in vain */
  int64_t opens_at_us;  /* not 0: it waits for somebody to open, and `to` is empty */
  int64_t counter_us;   /* not 0: a counter-offer stands */
  uint32_t counter_type;
  struct bt_str counter_text;
  int64_t extended_at_us;
  bool customer_waiting;
  struct bt_str label;      /* of next_step */
  struct bt_str department; /* who was named, not chosen */
};

/* Something that was raised, and goes on being raised until somebody acts. */
struct bt_concern {
  uint64_t id;
  uint32_t cause;
  uint64_t object;
  int64_t due_us;
  uint32_t level; /* 0: only watched so far */
  struct bt_str to;
  int64_t next_us;
  uint32_t times;
  bool top;
  struct bt_strs told;  /* everybody it was raised to so far */
  int64_t raised_at_us; /* first; 0: only watched so far */
};
struct bt_concerns {
  uint32_t n;
  struct bt_concern *v;
};
struct bt_answered {
  uint64_t question;
  struct bt_str from, to;
};
struct bt_answereds {
  uint32_t n;
  struct bt_answered *v;
};
/* A department that broke the glass may read everything until then. */
struct bt_glass {
  struct bt_str department;
  int64_t until_us;
};
struct bt_glasses {
  uint32_t n;
  struct bt_glass *v;
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
  struct bt_promises promises;   /* in order of making */
  struct bt_questions questions; /* open ones */
  struct bt_works work;
  struct bt_concerns concerns;
  struct bt_answereds answered;
  struct bt_advisory_notes advisories;
  struct bt_glasses glass;
  uint64_t merged_into;
  struct bt_u64s merged;  /* cases that point here */
  uint32_t merged_status; /* what it was before it was merged */
  struct bt_u64s links;
  uint32_t stalled; /* attempts and contacts since the last progress */
  bool breaker;     /* handed to and fro too often: no further offers */
  uint32_t breaker_handoffs, breaker_bounces;
  int64_t pending_until_us, customer_deadline_left_us;
  uint32_t idle_s;
  int64_t touched_at_us;
  struct bt_str label; /* of title and need */
  bool customer_deadline_missed;
  struct bt_str unknown; /* encoded fields of a newer minor version, kept as they are */
};

struct bt_customer {
  uint64_t id, version, last_sequence;
  struct bt_identifiers identifiers; /* normalised values */
  uint64_t merged_into;
  struct bt_u64s merged; /* customers that point here */
  struct bt_str unknown;
};

/* Known trouble on a topic. */
struct bt_advisory {
  uint64_t id;
  struct bt_str topic, department, text;
  struct bt_strs alternatives;
  int64_t until_us;
  bool ended;
};

/* A wide effect on its way through the cases. */
struct bt_sweep {
  uint64_t id;   /* sequence of the entry that began it */
  uint32_t kind; /* of that entry */
  int64_t at_us;
  uint64_t at_case;
  uint64_t object;
  struct bt_strs departments;
  int64_t down_from_us, down_until_us;
  int64_t since_us; /* when it began: its timer is due then */
};

static inline bool bt_case_is_open(const struct bt_case *c) {
  return c->status == BT_STATUS_OPEN || c->status == BT_STATUS_PENDING;
}

#endif

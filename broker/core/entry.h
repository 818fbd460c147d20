/* A decided event: one entry of the journal, with everything that evolve and the record need to know about it.
 *
 * Mirrors baton.v1.EntryHead and the Event body. evolve reads entries and nothing else, so an entry says in full what
 * was decided: recipients, deadlines, the chosen department, the receipt. Borrowed memory, as in event.h. */
#ifndef BT_CORE_ENTRY_H
#define BT_CORE_ENTRY_H

#include "core/event.h"

enum bt_stream {
  BT_STREAM_NONE,
  BT_STREAM_CASE,
  BT_STREAM_CUSTOMER,
  BT_STREAM_TOPIC,
  BT_STREAM_ADAPTER,
  BT_STREAM_BROKER
};
enum bt_verdict { BT_VERDICT_NONE, BT_VERDICT_ACK, BT_VERDICT_RETRY, BT_VERDICT_REJECT, BT_VERDICT_IN_PROGRESS };

struct bt_entry;

/* An entry as a reader may see it: already cut by policy. */
struct bt_recorded {
  const struct bt_entry *entry;
  struct bt_str ref;
  uint64_t superseded_by;
  bool stub; /* cut to when, who and what kind */
};
struct bt_recordeds {
  uint32_t n;
  struct bt_recorded *v;
};

/* What a sender is told about one request. code is a bt_code (not negative). */
struct bt_receipt {
  uint64_t number, delivery;
  uint32_t code;
  struct bt_str text, field;
  uint32_t retry_after_ms;
  bool duplicate;
  uint64_t sequence, case_id;
  struct bt_str ref;
  uint64_t version, customer;
  uint32_t found;
  struct bt_u64s others;
  struct bt_str to;
  uint64_t offer;
  int64_t opens_at_us;         /* CLOSED, and an offer that waits */
  struct bt_strs alternatives; /* CLOSED: who is open */
  struct bt_recordeds missed;  /* STALE, newest first; never stored */
  struct bt_str missed_page;
  bool dead_end;            /* the customer was sent to a route that failed before */
  struct bt_u64s conflicts; /* work that contradicts what was started */
  struct bt_str holder;     /* EXCLUSIVE, NOT_YOURS: whose it is */
};

struct bt_cursor {
  struct bt_str source, position;
};

struct bt_settled_row {
  uint64_t first, last;
  uint32_t verdict; /* ACK, RETRY, REJECT */
  int64_t not_before_us;
  struct bt_str reason;
  bool dead;
  uint64_t case_id;
};
struct bt_settled {
  uint32_t n;
  struct bt_settled_row *v;
};

struct bt_adapter_held {
  bool held;
  struct bt_str by, reason; /* by: the operator */
};

struct bt_resumed {
  int64_t down_from_us, down_until_us;
};
struct bt_swept {
  uint64_t sweep;
  int64_t at_us;
  uint64_t at_case;
  bool done;
};
struct bt_clock_accepted {
  struct bt_str by, reason;
};
struct bt_requeued_row {
  uint64_t sequence, case_id;
  bool from_dead;
  int64_t since_us;
};
struct bt_requeued_rows {
  uint32_t n;
  struct bt_requeued_row *v;
};
struct bt_requeued {
  struct bt_requeued_rows rows;
  struct bt_str by, reason;
};
struct bt_dropped_row {
  uint64_t sequence, case_id;
};
struct bt_dropped_rows {
  uint32_t n;
  struct bt_dropped_row *v;
};
struct bt_dead_dropped {
  struct bt_dropped_rows rows;
  struct bt_str by, reason;
};
struct bt_operator_did {
  struct bt_str by;
  uint32_t uid;
  struct bt_str command, outcome;
};
/* Old deliveries of one case, which one new delivery stands for from here on. */
struct bt_sequences {
  uint64_t first, last;
};
struct bt_resynced {
  uint64_t case_id;
  struct {
    uint32_t n;
    struct bt_sequences *v;
  } rows; /* those of this case in the adapter's inbox between the two, both included */
};
struct bt_snapshotted {
  uint64_t position;
  struct bt_str digest;
};
struct bt_config_adopted {
  struct bt_str digest;
  struct bt_strs departments, gone; /* all, and those that the configuration before had */
};

struct bt_entry {
  uint64_t sequence; /* the journal's key */
  uint32_t kind;     /* enum bt_kind; for case and customer events the same as event.kind */
  uint32_t stream;   /* enum bt_stream */
  uint64_t stream_id, version, previous;
  uint64_t unit_first;
  uint32_t unit_size;
  int64_t recorded_at_us;
  uint64_t case_id, customer;
  struct bt_str adapter; /* empty: the broker itself */
  struct bt_str source_key, content_hash;
  int64_t seen_until_us;
  struct bt_strs recipients; /* adapters, sorted */
  struct bt_event event;
  bool has_cursor;
  struct bt_cursor cursor;
  struct bt_reference reference; /* bound to the case by this entry */
  bool has_receipt;
  struct bt_receipt receipt;
  struct bt_settled settled;
  struct bt_adapter_held adapter_held;
  struct bt_config_adopted config_adopted;
  struct bt_strs joined; /* departments that take part from this entry on */
  uint64_t offer;        /* the offer that a handoff event ends or makes */
  struct bt_resumed resumed;
  struct bt_swept swept;
  struct bt_clock_accepted clock_accepted;
  struct bt_requeued requeued;
  struct bt_dead_dropped dead_dropped;
  struct bt_operator_did operator_did;
  struct bt_resynced resynced;
  struct bt_snapshotted snapshotted;
};

/* The operator who had this entry made, and why; empty: nobody did. Whatever names one is in the audit. */
struct bt_str bt_entry_operator(const struct bt_entry *e, struct bt_str *ret_reason);

#endif

/* A case event, in the core's terms.
 *
 * One struct serves a submitted event, a decided one and one read back from the journal. It mirrors baton.v1.Event
 * field by field (proto/baton/event.proto has the meaning, unit and limit of each); the codec maps between the two.
 * Slices and arrays borrow: they live as long as the arena or generation they came from. A zero value means "not
 * given". */
#ifndef BT_CORE_EVENT_H
#define BT_CORE_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

/* Numbers are those of the fields in baton.v1.Event.kind. From 1000 on: entries that only the broker writes. */
enum bt_kind {
  BT_KIND_NONE = 0,
  BT_CASE_OPENED = 16,
  BT_CONTACT_LOGGED = 17,
  BT_ATTEMPT_FAILED = 18,
  BT_NOTE_ADDED = 19,
  BT_FACT_RECORDED = 20,
  BT_CORRECTION_MADE = 21,
  BT_HANDOFF_OFFERED = 22,
  BT_HANDOFF_ACCEPTED = 23,
  BT_HANDOFF_REFUSED = 24,
  BT_HANDOFF_WITHDRAWN = 26,
  BT_HANDOFF_REPORTED = 27,
  BT_STATUS_CHANGED = 47,
  BT_CASE_RESOLVED = 48,
  BT_CASE_REOPENED = 49,
  BT_CASE_CLOSED = 50,
  BT_IDENTIFIER_LINKED = 63,
  BT_KIND_LAST = 67, /* 16 to here have names; those not listed above have no rules yet */

  BT_SETTLED = 1000,
  BT_CURSOR_MOVED = 1001,
  BT_ADAPTER_HELD = 1002,
  BT_CONFIG_ADOPTED = 1003,
};

/* "CaseOpened", or "?" for a number without a name. */
const char *bt_kind_name(int kind);
/* 0 where the name is unknown. */
int bt_kind_parse(struct bt_str name);
/* Has rules in this version. */
bool bt_kind_has_rules(int kind);

enum bt_priority { BT_PRIORITY_NONE, BT_PRIORITY_LOW, BT_PRIORITY_NORMAL, BT_PRIORITY_HIGH, BT_PRIORITY_URGENT };
enum bt_direction { BT_DIRECTION_NONE, BT_DIRECTION_INBOUND, BT_DIRECTION_OUTBOUND };
enum bt_outcome {
  BT_OUTCOME_NONE,
  BT_OUTCOME_SERVED,
  BT_OUTCOME_DROPPED,
  BT_OUTCOME_ABANDONED,
  BT_OUTCOME_NOT_REACHED
};
enum bt_pending { BT_PENDING_NONE, BT_PENDING_CUSTOMER, BT_PENDING_VENDOR, BT_PENDING_OTHER };
enum bt_status {
  BT_STATUS_NONE,
  BT_STATUS_OPEN,
  BT_STATUS_PENDING,
  BT_STATUS_RESOLVED,
  BT_STATUS_CLOSED,
  BT_STATUS_MERGED
};
enum bt_refusal {
  BT_REFUSAL_NONE,
  BT_REFUSAL_WRONG_DEPARTMENT,
  BT_REFUSAL_NO_CAPACITY,
  BT_REFUSAL_MISSING_INFORMATION,
  BT_REFUSAL_CLOSED,
  BT_REFUSAL_OTHER
};
enum bt_cause {
  BT_CAUSE_NONE,
  BT_CAUSE_ASKED,
  BT_CAUSE_NAMED,
  BT_CAUSE_TOPIC,
  BT_CAUSE_NO_WRONG_DOOR,
  BT_CAUSE_CONTACT
};
enum bt_found {
  BT_FOUND_NONE,
  BT_FOUND_BY_ID,
  BT_FOUND_BY_REF,
  BT_FOUND_BY_REFERENCE,
  BT_FOUND_BY_TOPIC,
  BT_FOUND_BY_CUSTOMER,
  BT_FOUND_NEW,
  BT_FOUND_NEW_LINKED,
  BT_FOUND_REOPENED
};

/* What each enum is called in text output: "pending", "no-capacity". "?" past the end. */
const char *bt_status_name(int status);
const char *bt_pending_name(int pending);
const char *bt_refusal_name(int reason);
const char *bt_found_name(int found);

struct bt_strs {
  uint32_t n;
  struct bt_str *v;
};
struct bt_u64s {
  uint32_t n;
  uint64_t *v;
};

struct bt_identifier {
  struct bt_str domain, value;
};
struct bt_identifiers {
  uint32_t n;
  struct bt_identifier *v;
};
struct bt_reference {
  struct bt_str department, local_id;
};
struct bt_locator {
  uint64_t id;
  struct bt_str ref;
  struct bt_reference reference;
  struct bt_identifier identifier;
  struct bt_str topic;
};

struct bt_fact {
  struct bt_str key, value, label, department;
  int64_t at_us;
  uint64_t sequence;
};
struct bt_facts {
  uint32_t n;
  struct bt_fact *v;
};
struct bt_tried {
  struct bt_str route;
  uint32_t times;
  struct bt_str error_code;
  int64_t last_us;
};
struct bt_trieds {
  uint32_t n;
  struct bt_tried *v;
};
struct bt_stop {
  struct bt_str department;
  int64_t since_us;
};
struct bt_stops {
  uint32_t n;
  struct bt_stop *v;
};

struct bt_card {
  uint64_t case_id;
  struct bt_str ref, topic, title, need;
  uint32_t priority, status;
  int64_t opened_at_us, customer_deadline_us;
  struct bt_facts facts;
  struct bt_trieds tried;
  struct bt_stops trail;
  struct bt_str next_step;
  uint32_t contacts, facts_left_out;
  struct bt_str custodian, owner;
};

struct bt_case_opened {
  struct bt_str topic, title, need;
  uint32_t priority;
  int64_t customer_deadline_us;
  uint32_t channel;
  struct bt_str custodian, owner;
  uint64_t number, customer, linked_to;
};
struct bt_contact_logged {
  uint32_t channel, direction, outcome;
  struct bt_str summary;
  uint32_t duration_s;
  bool mention;
};
struct bt_attempt_failed {
  struct bt_str route;
  uint32_t channel;
  struct bt_str error_code, detail;
};
struct bt_note_added {
  struct bt_str text;
};
struct bt_fact_recorded {
  struct bt_str key, value;
};
struct bt_correction_made {
  uint64_t supersedes;
  struct bt_str text, reason;
};
struct bt_handoff_offered {
  struct bt_str to, topic, next_step;
  int64_t deadline_us;
  struct bt_str from;
  uint32_t cause;
  struct bt_str digest;
  struct bt_card *card; /* NULL: not given, or sealed */
  struct bt_strs considered;
};
struct bt_handoff_accepted {
  uint64_t offer;
  struct bt_str digest, read_back, from, to;
};
struct bt_handoff_refused {
  uint64_t offer;
  uint32_t reason;
  struct bt_str right_department, text, from, to;
};
struct bt_handoff_withdrawn {
  uint64_t offer;
  struct bt_str text, from, to;
};
struct bt_handoff_reported {
  struct bt_str to, next_step, from, digest;
  struct bt_card *card;
};
struct bt_status_changed {
  uint32_t status, pending_on;
  int64_t until_us;
  struct bt_str reason;
};
struct bt_case_resolved {
  struct bt_str resolution;
  bool first_contact;
};
struct bt_case_reopened {
  struct bt_str reason;
  uint32_t cause;
};
struct bt_case_closed {
  struct bt_str text;
};
struct bt_identifier_linked {
  struct bt_identifier identifier, same_as;
  struct bt_str note;
  uint64_t customer;
  struct bt_str key; /* keyed hash of the identifier, 16 bytes */
};

struct bt_event {
  int64_t occurred_at_us;
  struct bt_str department, actor;
  struct bt_locator locator;
  uint64_t expected_version;
  bool backfill;
  struct bt_strs labels;
  uint32_t kind; /* enum bt_kind; selects the member below */
  union {
    struct bt_case_opened case_opened;
    struct bt_contact_logged contact_logged;
    struct bt_attempt_failed attempt_failed;
    struct bt_note_added note_added;
    struct bt_fact_recorded fact_recorded;
    struct bt_correction_made correction_made;
    struct bt_handoff_offered handoff_offered;
    struct bt_handoff_accepted handoff_accepted;
    struct bt_handoff_refused handoff_refused;
    struct bt_handoff_withdrawn handoff_withdrawn;
    struct bt_handoff_reported handoff_reported;
    struct bt_status_changed status_changed;
    struct bt_case_resolved case_resolved;
    struct bt_case_reopened case_reopened;
    struct bt_case_closed case_closed;
    struct bt_identifier_linked identifier_linked;
  };
};

#endif

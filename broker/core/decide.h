/* decide: may this happen, and what exactly happens then?
 *
 *   decide(rules, state, request, now) -> decided entries, or a coded refusal
 *
 * Pure: every input is an argument, nothing is kept, the same arguments give the same result. decide knows the
 * configuration and may refuse. What it decides it writes down in full, because evolve knows nothing but the state and
 * the entry. A refusal leaves no trace. */
#ifndef BT_CORE_DECIDE_H
#define BT_CORE_DECIDE_H

#include "base/arena.h"
#include "base/code.h"
#include "core/case.h"
#include "core/entry.h"
#include "core/routing.h"
#include "core/rules.h"
#include "core/timers.h"

/* One event that a department sends in, with what the session knows about the sender; or one that an operator of the
 * broker sends in a department's name. */
struct bt_request {
  const struct bt_adapter *adapter; /* as authenticated; of an operator: bt_operators_adapter */
  struct bt_str operator;           /* empty: an adapter sent it, which can never name one */
  struct bt_str operator_reason;
  struct bt_event event;    /* decoded and validated; department filled in (home where it was empty) */
  struct bt_str source_key; /* empty: keyed otherwise (a settle) */
  uint8_t content_hash[16];
  int64_t first_tried_at_us;
  bool has_cursor;
  struct bt_cursor cursor;
  /* Identifiers in the event, normalised and hashed with the record's key; not set where the event has none. */
  struct bt_str identifier_value, same_as_value;
  uint8_t identifier_key[16], same_as_key[16];
};

/* Which case the request may be about, and what else decide reads: gathered by the store before decide runs, so that
 * decide itself asks nobody. Rows that are not there are NULL or 0. */
struct bt_scene {
  uint64_t next_sequence; /* the first entry decided here gets this one */
  uint64_t next_number;   /* the case counter behind `ref` */
  bool seen;              /* this source key was accepted before */
  uint8_t seen_hash[16];
  int64_t seen_until_us;
  struct bt_receipt seen_receipt;
  const struct bt_case *by_id; /* locator.id, or locator.ref */
  const struct bt_case *by_reference;
  const struct bt_case *survivor; /* where by_id (or else by_reference) points to another case: the last in that line */
  /* CasesMerged: into, CaseLinked: other, as far as they were merged themselves: the survivor. CasesUnmerged: the case
   * that by_id (or else by_reference) points to, as it is itself. */
  const struct bt_case *other;
  /* Of the locator's identifier; for IdentifierLinked: of same_as; where it points to another: the last in that line.
   * IdentifierUnlinked: of the locator. */
  const struct bt_customer *customer;
  /* IdentifierLinked, IdentifierUnlinked: who has that identifier already, as it is itself. */
  const struct bt_customer *holder;
  /* CustomersMerged, CustomersUnmerged: the two, as they are themselves. CasesMerged: of the case `other`, and of the
   * one that is to end, the last in each line. */
  const struct bt_customer *into, *merged;
  struct {
    uint32_t n;
    const struct bt_customer **v;
  } pointing; /* to `customer`, `into` or `merged`, directly or by others */
  struct {
    uint32_t n;
    const struct bt_case **v;
  } cases; /* of `customer` and of those that point to it (and of `into` and `merged`), newest first, at most
              BT_MAX_CASES_SEEN */
  struct {
    uint32_t n;
    struct bt_str *v;
  } connected;           /* adapters with a live session, sorted: a snapshot for routing */
  struct bt_loads loads; /* likewise */
  struct {
    uint32_t n;
    const struct bt_advisory *v;
  } advisories;                       /* that have not ended, by id */
  uint32_t sweeps;                    /* wide effects that are still on their way to the cases */
  const struct bt_advisory *advisory; /* AdvisoryEnded, and the timer and sweep of an advisory: the one it names */
  /* The corrected event, for CorrectionMade. */
  bool superseded_exists;
  uint64_t superseded_case;
  struct bt_str superseded_department;
};

/* A digest of 16 bytes, for cards. An argument, so that the core links no crypto. */
typedef void bt_digest_fn(const void *bytes, size_t n, uint8_t ret_digest[16]);

struct bt_decision {
  struct bt_receipt receipt; /* always set; refused: code, text, field */
  uint32_t n;                /* entries; 0 when refused or a duplicate */
  struct bt_entry *v;
  bool cursor_only; /* refused or duplicate: a cursor still moves */
};

/* now_us: recorded time, never before the last recorded. Everything in *ret lives in `arena` or borrows from the
 * arguments. Returns 0 also for a refusal (see ret->receipt.code); -BT_NOMEM past the arena's limit. */
int bt_decide(const struct bt_rules *rules, const struct bt_scene *scene, const struct bt_request *request,
              int64_t now_us, bt_digest_fn *digest, struct bt_arena *arena, struct bt_decision *ret) BT_MUST_CHECK;

/* Operators send requests through this one: it has no name, is nobody's own voice, and speaks for every department. */
extern const struct bt_adapter bt_operators_adapter;
/* In whose name an operator sends this event: of the department whose promise, question or work it is about; of the
 * owner, for the next one; else of the custodian. Empty: the scene has no case. Borrowed from the scene. */
struct bt_str bt_operator_department(const struct bt_rules *rules, const struct bt_scene *scene,
                                     const struct bt_event *event);

/* A timer is due: its case is scene->by_id (and its survivor, if it points to one), its advisory scene->advisory. No
 * entries: it is stale, which cannot be where the timers are those of bt_case_timers. */
int bt_decide_timer(const struct bt_rules *rules, const struct bt_scene *scene, const struct bt_timer *timer,
                    int64_t now_us, bt_digest_fn *digest, struct bt_arena *arena,
                    struct bt_decision *ret) BT_MUST_CHECK;
/* A wide effect reaches the case scene->by_id. No entries: it does not concern this one. For the sweep of a downtime
 * the case is one with an open offer. */
int bt_decide_swept(const struct bt_rules *rules, const struct bt_scene *scene, const struct bt_sweep *sweep,
                    int64_t now_us, bt_digest_fn *digest, struct bt_arena *arena,
                    struct bt_decision *ret) BT_MUST_CHECK;

/* One verdict of an adapter on one delivery; the rows are what the inbox says. Merges neighbouring acks into ranges. */
struct bt_verdict_request {
  uint64_t sequence, case_id;
  uint32_t verdict;
  uint32_t retry_after_ms;
  struct bt_str reason;
  uint32_t attempts; /* retries so far */
};
/* Gives one BT_SETTLED entry (sequence, version and previous are the caller's to fill), or none where rows is 0. */
int bt_decide_settle(const struct bt_rules *rules, const struct bt_adapter *adapter, const struct bt_verdict_request *v,
                     uint32_t n, int64_t now_us, struct bt_arena *arena, struct bt_entry *ret) BT_MUST_CHECK;

#endif

/* Inside decide: one decision in the making. Not for other rooms. */
#ifndef BT_CORE_DECIDING_H
#define BT_CORE_DECIDING_H

#include "core/decide.h"
#include "core/evolve.h"

struct bt_deciding {
  const struct bt_rules *rules;
  const struct bt_scene *scene;
  const struct bt_request *request;
  int64_t now_us;
  bt_digest_fn *digest;
  struct bt_arena *arena;

  const struct bt_event *event; /* the request's, with occurred_at filled in */
  struct bt_str department;     /* who acts */
  bool backfill;
  struct bt_case c; /* the found case, as the entries so far have made it */
  bool has_case;
  uint64_t customer; /* 0: none known */
  bool bound;        /* the locator's reference is on one of the entries */
  uint64_t main;     /* sequence of the entry that stands for the request itself */
  struct bt_receipt receipt;
  struct bt_entry *entries; /* moves when it grows: an entry is recorded before the next is begun */
  uint32_t n, room;
};

/* A rule: 0 when it has emitted what happens, or a negative code after bt_refuse. */
typedef int bt_rule_fn(struct bt_deciding *d);

/* Sets the receipt's refusal and returns -code. text and field may be NULL. */
int bt_refuse(struct bt_deciding *d, int code, const char *field, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Begins the next entry: of the case at hand (of the customer for IdentifierLinked), made by `department`, which may
 * differ from who sent the request when the broker acts in its name. The caller fills in the event's own fields and
 * then records it. NULL: no room. */
struct bt_entry *bt_emit(struct bt_deciding *d, int kind, struct bt_str department);
/* The same for the event that was sent in, whose fields are copied. */
struct bt_entry *bt_emit_request(struct bt_deciding *d);
/* The department's own number means this case from here on. */
void bt_entry_bind(struct bt_deciding *d, struct bt_entry *e);
/* From here on these departments take part. */
int bt_entry_join(struct bt_deciding *d, struct bt_entry *e, const struct bt_str *departments, uint32_t n);
/* Completes an entry of *c: version, predecessor, recipients; evolves *c by it. LIMIT where the case would pass its
 * bounds. */
int bt_record_on(struct bt_deciding *d, struct bt_entry *e, struct bt_case *c);
/* The same on the case at hand. */
int bt_record(struct bt_deciding *d, struct bt_entry *e);

/* find_case.c: sets d->c, d->has_case, d->customer and the receipt's found and others; a case that must be opened is
 * left to the rule (has_case false, found NEW). */
int bt_find_case(struct bt_deciding *d);
/* Only for kinds that may make one: opens a case and, for an unknown identifier, its customer. */
int bt_open_case(struct bt_deciding *d, struct bt_str need);
/* LIMIT where the customer has as many open cases as may be. */
int bt_check_open_cases(struct bt_deciding *d);
/* No wrong door: offers a new case on where its custodian does not handle its topic. */
int bt_offer_on(struct bt_deciding *d);
/* Who would be asked to take the case at hand, in order; at most BT_MAX_CONSIDERED. */
int bt_choose(struct bt_deciding *d, struct bt_str topic, struct bt_strs *ret);
/* Emits an offer of the case at hand, with its card. */
int bt_make_offer(struct bt_deciding *d, struct bt_entry *e, struct bt_str to, uint32_t cause);

bool bt_kind_may_open(int kind);
bool bt_kind_is_contact(int kind);

/* The rules, by kind. */
bt_rule_fn bt_rule_case_opened, bt_rule_contact, bt_rule_note, bt_rule_fact, bt_rule_correction, bt_rule_offered,
    bt_rule_accepted, bt_rule_refused, bt_rule_withdrawn, bt_rule_reported, bt_rule_status, bt_rule_resolved,
    bt_rule_reopened, bt_rule_closed, bt_rule_identifier_linked;

#endif

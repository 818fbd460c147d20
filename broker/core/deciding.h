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

  const struct bt_event *event; /* the request's, with occurred_at and default labels filled in */
  struct bt_str department;     /* who acts; empty: the broker, because a time has come */
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

/* What a kind is: something that happened and is told, a decision about a case, or nothing of one case. A decision
 * names the version it was made on; what happened has happened, whatever else did. ANY_CASE: told of a case that need
 * not be one's own. */
enum bt_nature { BT_TOLD, BT_DECIDED, BT_NO_CASE, BT_ANY_CASE };

struct bt_transition {
  uint32_t kind;
  bt_rule_fn *rule;
  enum bt_nature nature;
};
/* NULL where the kind has no rule. */
const struct bt_transition *bt_transition_of(uint32_t kind);

/* request.c: what is checked of every request before its rule runs. 1: it is new, and nothing stands against it so far;
 * 0: its stored receipt is in d->receipt; or the negative code of a refusal. */
int bt_check_request(struct bt_deciding *d);
/* The version that the event was decided on, once its case is found. */
int bt_check_version(struct bt_deciding *d, enum bt_nature nature);
/* The unit is whole: each entry learns of it. */
void bt_seal_unit(struct bt_deciding *d);

/* Sets the receipt's refusal and returns -code. text and field may be NULL. */
int bt_refuse(struct bt_deciding *d, int code, const char *field, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The same for what may not be while the case is on offer: OFFER_OPEN, and to whom. */
int bt_refuse_offer_open(struct bt_deciding *d);

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
/* The same for one that reads the case in any event, because it holds it, owns it or is told: where as many departments
 * take part as may be, that must not stand in the way. */
int bt_entry_join_if_room(struct bt_deciding *d, struct bt_entry *e, struct bt_str department);
/* Completes an entry of *c: version, predecessor, recipients; evolves *c by it. LIMIT where the case would pass its
 * bounds. */
int bt_record_on(struct bt_deciding *d, struct bt_entry *e, struct bt_case *c);
/* The same on the case at hand. */
int bt_record(struct bt_deciding *d, struct bt_entry *e);

/* find_case.c: sets d->c, d->has_case, d->customer and the receipt's found and others; a case that must be opened is
 * left to the rule (has_case false, found NEW). */
int bt_find_case(struct bt_deciding *d);
/* rules_read.c: the case that a RestrictedRead names, whoever takes part in it. */
int bt_find_any_case(struct bt_deciding *d);
/* Only for kinds that may make one: opens a case and, for an unknown identifier, its customer. */
int bt_open_case(struct bt_deciding *d, struct bt_str need);
/* LIMIT where the customer has as many open cases as may be. */
int bt_check_open_cases(struct bt_deciding *d);
/* No wrong door: offers a new case on where its custodian does not handle its topic. */
int bt_offer_on(struct bt_deciding *d);
/* Emits an offer of the case at hand, with its card, to a department (NULL: nobody is open, it waits until
 * opens_at_us). The caller has filled in topic, next_step, customer_waiting, asked and considered. */
int bt_make_offer(struct bt_deciding *d, struct bt_entry *e, const struct bt_department *to, uint32_t cause,
                  int64_t opens_at_us);
/* Routes the case at hand: *ret as bt_route gives it, and what is written down of it. */
int bt_choose(struct bt_deciding *d, struct bt_str topic, struct bt_strs asked, struct bt_candidates *ret,
              struct bt_considereds *ret_considered);
/* The same among those that may read these labels; who may not is no candidate. */
int bt_choose_readers(struct bt_deciding *d, struct bt_str topic, struct bt_strs asked, const struct bt_strs *labels,
                      struct bt_candidates *ret, struct bt_considereds *ret_considered);

/* ---- handoff_next.c: an offer has ended in vain (refused, expired). The next department by topic, the one that the
 * refusal named, the fallback of the one that did not take it, or an escalation. `ended` as it was before it ended. */
int bt_offer_next(struct bt_deciding *d, const struct bt_offer *ended, struct bt_str right_department);
/* Custody moves by decision, to a department that must take it. */
int bt_direct(struct bt_deciding *d, struct bt_str to, uint32_t cause);
/* After custody has moved: the ping-pong breaker. */
int bt_after_custody(struct bt_deciding *d);

/* ---- promise.c: a promise in the custodian's name. HORIZON where no time can be found is no refusal here: it is due
 * at the end of the calendar. */
int bt_promise(struct bt_deciding *d, uint32_t type, int64_t due_us, struct bt_str text, uint32_t cause,
               uint64_t object);
/* A callback, due the configured open time of the custodian after from_us; none where one stands that is due no later.
 */
int bt_callback(struct bt_deciding *d, int64_t from_us, uint32_t cause, uint64_t object);
/* From when a promise of this department is at risk. 0: at once is too late to warn. */
int64_t bt_risk_us(const struct bt_deciding *d, struct bt_str holder, int64_t due_us);

/* ---- escalate.c: raises something to the first level over `over`. Nothing where this cause (object, due) has been. */
int bt_escalate(struct bt_deciding *d, uint32_t cause, uint64_t object, int64_t due_us, struct bt_str over);
/* A customer was not content: to the first level over the custodian, and to the owner. */
int bt_escalate_feedback(struct bt_deciding *d, uint64_t feedback);
/* After a contact or an attempt: too many without progress? */
int bt_check_repeats(struct bt_deciding *d);

/* ---- rules_contact.c: an ended case is open again. */
int bt_reopen(struct bt_deciding *d, struct bt_str department, uint32_t cause);
/* A case that was ended, or pointed to another, is there again: what a department that left the company held passes on,
 * and what is known about its topic is attached. */
int bt_after_reopening(struct bt_deciding *d);

/* ---- clocks.c: what stops when the case becomes pending, and what runs again when it no longer is. */
int bt_clocks_stop(struct bt_deciding *d, uint32_t pending_on, struct bt_clocks *ret);
int bt_clocks_run(struct bt_deciding *d, struct bt_clocks *ret);
/* What a revived case begins with. */
int bt_clocks_start(struct bt_deciding *d, struct bt_clocks *ret);

/* ---- rules_revive.c: a live contact has found history. Nothing where the case is not dormant, or ended so long ago
 * that the contact opens a new one. */
int bt_revive_by_contact(struct bt_deciding *d);

/* ---- advisory.c: a new case, or one on which nobody knew: what is known about its topic. */
int bt_attach_advisories(struct bt_deciding *d);

/* ---- deadline.c: when a department is open; one that is not configured always is. */
const struct bt_calendar *bt_calendar_of(const struct bt_deciding *d, struct bt_str department);
/* An instant `span_us` of its open time from now. -BT_HORIZON with the refusal set. */
int bt_open_deadline(struct bt_deciding *d, struct bt_str department, int64_t span_us, const char *field,
                     int64_t *ret_us);
/* The same; beyond the calendar, the plain span. For what the broker decides by itself, which cannot be refused. */
int64_t bt_open_or_plain_us(const struct bt_deciding *d, struct bt_str department, int64_t span_us);
/* A deadline that somebody named lies within the calendar of who has to keep it. -BT_HORIZON with the refusal set. */
int bt_check_within(struct bt_deciding *d, struct bt_str department, int64_t at_us, const char *field);

bool bt_kind_may_open(int kind);
bool bt_kind_is_contact(int kind);

/* The rules, by kind. */
bt_rule_fn bt_rule_countered, bt_rule_asked, bt_rule_answered, bt_rule_question_withdrawn, bt_rule_promised,
    bt_rule_renegotiated, bt_rule_kept, bt_rule_promise_withdrawn, bt_rule_work_started, bt_rule_work_renewed,
    bt_rule_work_finished, bt_rule_work_failed, bt_rule_merged, bt_rule_unmerged, bt_rule_linked, bt_rule_revived,
    bt_rule_owner, bt_rule_feedback, bt_rule_redress, bt_rule_advisory_issued, bt_rule_advisory_ended,
    bt_rule_restricted_read, bt_rule_identifier_unlinked, bt_rule_customers_merged, bt_rule_customers_unmerged;

/* What is decided when a time has come, by enum bt_timer_kind. d->c is the case. */
typedef int bt_timer_fn(struct bt_deciding *d, const struct bt_timer *t);
bt_timer_fn bt_timer_offer, bt_timer_promise, bt_timer_question, bt_timer_work, bt_timer_concern, bt_timer_pending,
    bt_timer_customer_deadline, bt_timer_idle, bt_timer_advisory;

/* What a wide effect makes of a case. */
typedef int bt_sweep_fn(struct bt_deciding *d, const struct bt_sweep *s);
bt_sweep_fn bt_sweep_advisory_issued, bt_sweep_advisory_ended, bt_sweep_gone, bt_sweep_downtime;

/* ---- operate.c: what an operator alone may ask for. */
bt_rule_fn bt_rule_expired;

bt_rule_fn bt_rule_case_opened, bt_rule_contact, bt_rule_note, bt_rule_fact, bt_rule_correction, bt_rule_offered,
    bt_rule_accepted, bt_rule_refused, bt_rule_withdrawn, bt_rule_reported, bt_rule_status, bt_rule_resolved,
    bt_rule_reopened, bt_rule_closed, bt_rule_identifier_linked;

#endif

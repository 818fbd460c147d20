/* What is measured as it happens, per department and per pair, by days: what an entry counts, and in whose rows.
 *
 * The table says what most kinds add one to; what takes a look at the entry or at the case before it is written out
 * below. All counts of one entry are collected first, so that a row is read and written once. */
#include "store/private.h"

/* ACTING made the entry. FROM brought something before TO: an offer, a question; PAIR is the row of the two. HOLDER has
 * the promise or the work. CUSTODIAN had the case before. */
enum who { ACTING, FROM, TO, PAIR, HOLDER, CUSTODIAN };

#define FIELD(name) offsetof(struct bt_stats_row, name)

static const struct {
  uint32_t kind;
  enum who who;
  size_t field;
} rules[] = {
    {BT_CASE_OPENED, ACTING, FIELD(cases_opened)},
    {BT_CONTACT_LOGGED, ACTING, FIELD(contacts)},
    {BT_ATTEMPT_FAILED, ACTING, FIELD(attempts)},
    {BT_HANDOFF_OFFERED, FROM, FIELD(offers_made)},
    {BT_HANDOFF_OFFERED, TO, FIELD(offers_received)},
    {BT_HANDOFF_OFFERED, PAIR, FIELD(offers_received)},
    {BT_HANDOFF_ACCEPTED, TO, FIELD(accepted)},
    {BT_HANDOFF_ACCEPTED, PAIR, FIELD(accepted)},
    {BT_HANDOFF_REFUSED, TO, FIELD(refused)},
    {BT_HANDOFF_REFUSED, PAIR, FIELD(refused)},
    {BT_HANDOFF_COUNTERED, TO, FIELD(countered)},
    {BT_HANDOFF_COUNTERED, PAIR, FIELD(countered)},
    {BT_HANDOFF_WITHDRAWN, FROM, FIELD(withdrawn)},
    {BT_HANDOFF_WITHDRAWN, PAIR, FIELD(withdrawn)},
    {BT_HANDOFF_REPORTED, TO, FIELD(reported_in)},
    {BT_HANDOFF_REPORTED, PAIR, FIELD(reported_in)},
    {BT_HANDOFF_EXPIRED, TO, FIELD(expired)},
    {BT_HANDOFF_EXPIRED, PAIR, FIELD(expired)},
    {BT_QUESTION_ASKED, ACTING, FIELD(questions_asked)},
    {BT_QUESTION_ASKED, TO, FIELD(questions_received)},
    {BT_QUESTION_ASKED, PAIR, FIELD(questions_received)},
    {BT_QUESTION_ANSWERED, TO, FIELD(questions_answered)},
    {BT_QUESTION_ANSWERED, PAIR, FIELD(questions_answered)},
    {BT_QUESTION_OVERDUE, TO, FIELD(questions_overdue)},
    {BT_QUESTION_OVERDUE, PAIR, FIELD(questions_overdue)},
    {BT_PROMISE_MADE, ACTING, FIELD(promises_made)},
    {BT_PROMISE_RENEGOTIATED, HOLDER, FIELD(promises_renegotiated)},
    {BT_PROMISE_WITHDRAWN, HOLDER, FIELD(promises_withdrawn)},
    {BT_PROMISE_BROKEN, HOLDER, FIELD(promises_broken)},
    {BT_WORK_STARTED, ACTING, FIELD(work_started)},
    {BT_WORK_FINISHED, ACTING, FIELD(work_finished)},
    {BT_WORK_FAILED, ACTING, FIELD(work_failed)},
    {BT_WORK_LAPSED, HOLDER, FIELD(work_lapsed)},
    {BT_CASE_RESOLVED, ACTING, FIELD(resolved)},
    {BT_CASE_REOPENED, CUSTODIAN, FIELD(cases_reopened)},
    {BT_ESCALATED, TO, FIELD(escalations)},
    {BT_REMINDED, TO, FIELD(reminders)},
};

/* ---- who is who in an entry ---- */

struct parties {
  struct bt_str from, to, holder;
};

static struct parties handoff_parties(const struct bt_event *e) {
  switch (e->kind) {
  case BT_HANDOFF_OFFERED:
    return (struct parties){e->handoff_offered.from, e->handoff_offered.to, {0}};
  case BT_HANDOFF_ACCEPTED:
    return (struct parties){e->handoff_accepted.from, e->handoff_accepted.to, {0}};
  case BT_HANDOFF_REFUSED:
    return (struct parties){e->handoff_refused.from, e->handoff_refused.to, {0}};
  case BT_HANDOFF_COUNTERED:
    return (struct parties){e->handoff_countered.from, e->handoff_countered.to, {0}};
  case BT_HANDOFF_WITHDRAWN:
    return (struct parties){e->handoff_withdrawn.from, e->handoff_withdrawn.to, {0}};
  case BT_HANDOFF_REPORTED:
    return (struct parties){e->handoff_reported.from, e->handoff_reported.to, {0}};
  case BT_HANDOFF_DIRECTED:
    return (struct parties){e->handoff_directed.from, e->handoff_directed.to, {0}};
  default:
    return (struct parties){e->handoff_expired.from, e->handoff_expired.to, {0}};
  }
}

static struct parties parties_of(const struct bt_event *e) {
  switch (e->kind) {
  case BT_QUESTION_ASKED:
    return (struct parties){e->department, e->question_asked.to, {0}};
  case BT_QUESTION_ANSWERED:
    return (struct parties){e->question_answered.from, e->question_answered.to, {0}};
  case BT_QUESTION_OVERDUE:
    return (struct parties){e->question_overdue.from, e->question_overdue.to, {0}};
  case BT_PROMISE_RENEGOTIATED:
    return (struct parties){.holder = e->promise_renegotiated.holder};
  case BT_PROMISE_KEPT:
    return (struct parties){.holder = e->promise_kept.holder};
  case BT_PROMISE_WITHDRAWN:
    return (struct parties){.holder = e->promise_withdrawn.holder};
  case BT_PROMISE_BROKEN:
    return (struct parties){.holder = e->promise_broken.holder};
  case BT_WORK_LAPSED:
    return (struct parties){.holder = e->work_lapsed.holder};
  case BT_ESCALATED:
    return (struct parties){.to = e->escalated.to};
  case BT_REMINDED:
    return (struct parties){.to = e->reminded.to};
  default:
    return e->kind >= BT_HANDOFF_OFFERED && e->kind <= BT_HANDOFF_EXPIRED ? handoff_parties(e) : (struct parties){0};
  }
}

/* ---- counts, collected ---- */

/* A customer's rating of 32 departments, two figures each, is the most that one entry counts. */
enum { MAX_COUNTS = 80 };

struct count {
  struct bt_str department, peer;
  size_t field;
  uint64_t by;
};
struct tally {
  const struct bt_entry *e;
  const struct bt_case *before;
  struct parties parties;
  uint32_t n;
  struct count v[MAX_COUNTS];
};

static void count_for(struct tally *t, struct bt_str department, size_t field, uint64_t by) {
  if (department.n && t->n < MAX_COUNTS)
    t->v[t->n++] = (struct count){department, {0}, field, by};
}

static void count_pair(struct tally *t, struct bt_str from, struct bt_str to, size_t field, uint64_t by) {
  if (from.n && to.n && t->n < MAX_COUNTS)
    t->v[t->n++] = (struct count){from, to, field, by};
}

/* For the department that something was brought before, and for the pair. */
static void count_both(struct tally *t, struct bt_str from, struct bt_str to, size_t field, uint64_t by) {
  count_for(t, to, field, by);
  count_pair(t, from, to, field, by);
}

static void count_who(struct tally *t, enum who who, size_t field) {
  const struct parties *p = &t->parties;
  const struct bt_str whose[] = {[ACTING] = t->e->event.department,
                                 [FROM] = p->from,
                                 [TO] = p->to,
                                 [HOLDER] = p->holder,
                                 [CUSTODIAN] = t->before ? t->before->custodian : (struct bt_str){0}};
  if (who == PAIR)
    count_pair(t, p->from, p->to, field, 1);
  else
    count_for(t, whose[who], field, 1);
}

/* ---- what is more than one more ---- */

/* How long it took is known only of what was told as it happened. */
static void count_wait(struct tally *t, int64_t since_us, size_t sum, size_t waits, size_t most) {
  int64_t wait_us = t->e->recorded_at_us - since_us;
  if (t->e->event.backfill || !since_us || wait_us < 0)
    return;
  const size_t fields[] = {sum, most};
  for (int i = 0; i < 2; i++)
    count_both(t, t->parties.from, t->parties.to, fields[i], (uint64_t)wait_us);
  count_both(t, t->parties.from, t->parties.to, waits, 1);
}

/* A, B, A. The same as core/journey.c counts over all cases. */
static void count_custody(struct tally *t) {
  const struct bt_case *c = t->before;
  const struct bt_str to = t->parties.to;
  if (!c || bt_str_eq(c->custodian, to) || c->trail.n < 2)
    return;
  if (bt_str_eq(c->trail.v[c->trail.n - 2].department, to))
    count_both(t, c->custodian, to, FIELD(bounces), 1);
}

static void count_directed(struct tally *t) {
  if (t->e->event.handoff_directed.moved) {
    count_both(t, t->parties.from, t->parties.to, FIELD(directed), 1);
    count_custody(t);
  } else { /* the offer that waited has reached somebody */
    count_both(t, t->parties.from, t->parties.to, FIELD(offers_received), 1);
  }
}

static void count_refused(struct tally *t) {
  static const size_t fields[] = {[BT_REFUSAL_WRONG_DEPARTMENT] = FIELD(refused_wrong_department),
                                  [BT_REFUSAL_NO_CAPACITY] = FIELD(refused_no_capacity),
                                  [BT_REFUSAL_MISSING_INFORMATION] = FIELD(refused_missing_information),
                                  [BT_REFUSAL_CLOSED] = FIELD(refused_closed),
                                  [BT_REFUSAL_OTHER] = FIELD(refused_other)};
  uint32_t reason = t->e->event.handoff_refused.reason;
  if (reason > BT_REFUSAL_NONE && reason <= BT_REFUSAL_OTHER)
    count_both(t, t->parties.from, t->parties.to, fields[reason], 1);
}

static void count_conflict(struct tally *t) {
  const struct bt_conflict_found *f = &t->e->event.conflict_found;
  count_for(t, f->holder, FIELD(conflicts), 1);
  if (!bt_str_eq(f->holder, f->other_holder))
    count_for(t, f->other_holder, FIELD(conflicts), 1);
}

static void count_feedback(struct tally *t) {
  const struct bt_feedback_given *f = &t->e->event.feedback_given;
  for (uint32_t i = 0; i < f->rated.n; i++)
    if (f->source == BT_FEEDBACK_CUSTOMER) {
      count_for(t, f->rated.v[i], FIELD(feedback_external), 1);
      count_for(t, f->rated.v[i], FIELD(feedback_external_sum), f->score);
    } else {
      count_both(t, t->e->event.department, f->rated.v[i], FIELD(feedback_internal), 1);
      count_both(t, t->e->event.department, f->rated.v[i], FIELD(feedback_internal_sum), f->score);
    }
}

static void count_special(struct tally *t) {
  const struct bt_event *e = &t->e->event;
  switch (e->kind) {
  case BT_HANDOFF_ACCEPTED:
    if (t->before && t->before->offer.id)
      count_wait(t, t->before->offer.offered_at_us, FIELD(accept_wait_us), FIELD(accept_waits),
                 FIELD(accept_wait_max_us));
    count_custody(t);
    break;
  case BT_HANDOFF_REPORTED:
    count_custody(t);
    break;
  case BT_HANDOFF_DIRECTED:
    count_directed(t);
    break;
  case BT_HANDOFF_REFUSED:
    count_refused(t);
    break;
  case BT_QUESTION_ANSWERED:
    count_wait(t, e->question_answered.asked_at_us, FIELD(answer_wait_us), FIELD(answer_waits),
               FIELD(answer_wait_max_us));
    break;
  case BT_PROMISE_KEPT:
    count_for(t, t->parties.holder, e->promise_kept.late ? FIELD(promises_kept_late) : FIELD(promises_kept), 1);
    break;
  case BT_CONFLICT_FOUND:
    count_conflict(t);
    break;
  case BT_FEEDBACK_GIVEN:
    count_feedback(t);
    break;
  default:
    break;
  }
}

/* ---- into the rows ---- */

static bool same_row(const struct count *a, const struct count *b) {
  return bt_str_eq(a->department, b->department) && bt_str_eq(a->peer, b->peer);
}

/* The day it was recorded on. Told history counts on the day it happened, or else all of it would be today's. */
static uint32_t day_of(const struct bt_entry *e) {
  return bt_stats_day(e->event.backfill ? e->event.occurred_at_us : e->recorded_at_us);
}

/* Adds all that is counted for the row of count `first`. */
static void put_row(struct bt_store *s, const struct tally *t, uint32_t first) {
  struct bt_key key;
  struct bt_stats_row row, more = {0};
  struct bt_str at = bt_key_stats(&key, t->v[first].department, t->v[first].peer, day_of(t->e));
  bt_now_get_stats(s, BT_T_STATS, at, &row);
  for (uint32_t i = first; i < t->n; i++)
    if (same_row(&t->v[i], &t->v[first]))
      *(uint64_t *)(void *)((char *)&more + t->v[i].field) += t->v[i].by;
  bt_stats_add(&row, &more);
  bt_now_put_stats(s, BT_T_STATS, at, &row);
}

void bt_apply_stats(struct bt_store *s, const struct bt_entry *e, const struct bt_case *before) {
  struct tally t = {.e = e, .before = before, .parties = parties_of(&e->event)};
  count_for(&t, e->event.department, FIELD(events), 1);
  for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
    if (rules[i].kind == e->event.kind)
      count_who(&t, rules[i].who, rules[i].field);
  count_special(&t);
  for (uint32_t i = 0; i < t.n; i++) {
    bool done = false;
    for (uint32_t k = 0; k < i && !done; k++)
      done = same_row(&t.v[k], &t.v[i]);
    if (!done)
      put_row(s, &t, i);
  }
}

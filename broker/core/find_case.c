/* Finding the case: a department system rarely knows Baton's number. In order: id or ref, the department's own
 * reference, the customer's open case on that topic, the customer's open case when there is no topic, a new case. */
#include "core/deciding.h"
#include "core/policy.h"
#include "core/ref.h"

bool bt_kind_is_contact(int kind) {
  return kind == BT_CONTACT_LOGGED || kind == BT_ATTEMPT_FAILED || kind == BT_CASE_OPENED;
}

bool bt_kind_may_open(int kind) {
  return bt_kind_is_contact(kind);
}

static bool has_front(const struct bt_deciding *d) {
  return bt_rules_department(d->rules, d->department)->front;
}

/* Who logs a contact joins by it; history is told by somebody who may act for all; a survey has spoken with the
 * customer, and holds no case. Everybody else must take part already. Numbers can be guessed, so to name a case by its
 * id or ref is no proof that the customer was there: it takes `front`. */
static bool may_touch(const struct bt_deciding *d, const struct bt_case *c) {
  if (d->backfill || bt_policy_takes_part(d->rules, c, d->department))
    return true;
  const struct bt_locator *l = &d->event->locator;
  switch (d->event->kind) {
  case BT_FEEDBACK_GIVEN:
    return d->event->feedback_given.source == BT_FEEDBACK_CUSTOMER && has_front(d);
  case BT_CASE_REVIVED:
    return c->dormant && d->request->adapter->backfill;
  default:
    return bt_kind_is_contact((int)d->event->kind) && ((!l->id && !l->ref.n) || has_front(d));
  }
}

/* May be named to the sender beside the case that was found. */
static bool may_hear_of(const struct bt_deciding *d, const struct bt_case *c) {
  return d->backfill || has_front(d) || bt_policy_takes_part(d->rules, c, d->department);
}

static bool answers_offer(const struct bt_deciding *d) {
  return d->event->kind == BT_HANDOFF_ACCEPTED || d->event->kind == BT_HANDOFF_REFUSED ||
         d->event->kind == BT_HANDOFF_COUNTERED;
}

/* An answer to an offer gets the same refusal whether the case is unknown, not this department's, or the offer is over.
 */
static int not_there(struct bt_deciding *d, const char *field) {
  if (answers_offer(d))
    return bt_refuse(d, BT_NO_SUCH_OFFER, NULL, NULL);
  return bt_refuse(d, BT_UNKNOWN_CASE, field, NULL);
}

/* Live events and history stay apart, but for a contact, which revives what it finds, and the decision to revive. */
static int check_dormant(struct bt_deciding *d, const struct bt_case *c) {
  if (d->backfill)
    return c->dormant ? 0 : bt_refuse(d, BT_BACKFILL_LATE, "backfill", NULL);
  if (!c->dormant || bt_kind_is_contact((int)d->event->kind) || d->event->kind == BT_CASE_REVIVED)
    return 0;
  if (!bt_policy_takes_part(d->rules, c, d->department))
    return not_there(d, "locator");
  return bt_refuse(d, BT_NOT_YET, "locator", "the case is dormant history: revive it first");
}

static int take(struct bt_deciding *d, const struct bt_case *c, uint32_t found) {
  int rc = check_dormant(d, c);
  if (rc)
    return rc;
  d->c = *c;
  d->has_case = true;
  d->customer = c->customer;
  d->receipt.found = found;
  if (c->dormant && !d->backfill && c->ended_at_us)
    d->c.ended_at_us = c->journey.last_us; /* history ended when it did, not when that was told */
  return 0;
}

/* ---- merged cases ---- */

/* What an event answers, and is kept under the id it was written to. */
static uint64_t object_of(const struct bt_event *e) {
  switch (e->kind) {
  case BT_PROMISE_RENEGOTIATED:
    return e->promise_renegotiated.promise;
  case BT_PROMISE_KEPT:
    return e->promise_kept.promise;
  case BT_PROMISE_WITHDRAWN:
    return e->promise_withdrawn.promise;
  case BT_QUESTION_ANSWERED:
    return e->question_answered.question;
  case BT_QUESTION_WITHDRAWN:
    return e->question_withdrawn.question;
  case BT_WORK_RENEWED:
    return e->work_renewed.work;
  case BT_WORK_FINISHED:
    return e->work_finished.work;
  case BT_WORK_FAILED:
    return e->work_failed.work;
  default:
    return 0;
  }
}

static bool has_object(const struct bt_case *c, uint64_t id) {
  bool has = false;
  for (uint32_t i = 0; i < c->promises.n; i++)
    has = has || c->promises.v[i].id == id;
  for (uint32_t i = 0; i < c->questions.n; i++)
    has = has || c->questions.v[i].id == id;
  for (uint32_t i = 0; i < c->work.n; i++)
    has = has || c->work.v[i].id == id;
  return has;
}

/* Means the merged case itself, and not the one that it points to. */
static bool stays(const struct bt_deciding *d, const struct bt_case *c) {
  switch (d->event->kind) {
  case BT_CASES_UNMERGED:
    return true;
  case BT_CORRECTION_MADE:
    return d->scene->superseded_case == c->id;
  default:
    return has_object(c, object_of(d->event));
  }
}

/* Who takes part in the survivor may name it by the merged case; what stays there binds who answers for the survivor.
 * Everybody else learns nothing about a pointer. */
static bool may_name(const struct bt_deciding *d, const struct bt_case *c, const struct bt_case *survivor) {
  if (may_touch(d, c))
    return true;
  if (!survivor)
    return false;
  if (stays(d, c))
    return bt_str_eq(d->department, survivor->custodian) || bt_str_eq(d->department, survivor->owner);
  return bt_policy_takes_part(d->rules, survivor, d->department);
}

/* The case that was named, or the one that it points to. */
static int take_named(struct bt_deciding *d, const struct bt_case *c, uint32_t found, const char *field) {
  const struct bt_case *survivor = c->merged_into ? d->scene->survivor : NULL;
  if (!may_name(d, c, survivor))
    return not_there(d, field);
  if (!survivor || d->backfill || stays(d, c))
    return take(d, c, found);
  if (may_touch(d, survivor))
    return take(d, survivor, BT_FOUND_MERGED);
  if (answers_offer(d))
    return not_there(d, field);
  return bt_refuse(d, BT_MERGED, field, "the department does not take part in that one");
}

/* ---- by customer ---- */

/* What the event is about, where it says so: a new case has its topic with it. */
static struct bt_str topic_of(const struct bt_event *e) {
  bool own = e->kind == BT_CASE_OPENED && e->case_opened.topic.n;
  return own ? e->case_opened.topic : e->locator.topic;
}

static bool on_topic(const struct bt_deciding *d, const struct bt_case *c) {
  struct bt_str topic = topic_of(d->event);
  return !topic.n || bt_topic_under(c->topic, topic);
}

/* History is found by history, by the decision to revive it, and by a contact. */
static bool in_time(const struct bt_deciding *d, const struct bt_case *c) {
  if (d->backfill || d->event->kind == BT_CASE_REVIVED)
    return c->dormant;
  return !c->dormant || bt_kind_is_contact((int)d->event->kind);
}

/* a comes before b: live before history, then the latest active. Sequences never tie, so the lower id need not decide.
 */
static bool preferred(const struct bt_case *a, const struct bt_case *b) {
  return a->dormant != b->dormant ? b->dormant : a->active_sequence > b->active_sequence;
}

/* The last in the line that begins at c, as far as it lies among the customer's cases. */
static const struct bt_case *last_in_line(const struct bt_deciding *d, const struct bt_case *c) {
  for (uint32_t i = 0; c->merged_into && i < d->scene->cases.n;)
    if (d->scene->cases.v[i]->id == c->merged_into)
      c = d->scene->cases.v[i], i = 0;
    else
      i++;
  return c->merged_into ? NULL : c;
}

/* The case that the i-th one stands for, where that is open (or ended) and may be touched. A case that was merged still
 * says what its need was about. */
static const struct bt_case *candidate(const struct bt_deciding *d, uint32_t i, bool open) {
  const struct bt_case *c = d->scene->cases.v[i];
  c = on_topic(d, c) ? last_in_line(d, c) : NULL;
  return c && bt_case_is_open(c) == open && in_time(d, c) && may_touch(d, c) ? c : NULL;
}

static void add_other(const struct bt_deciding *d, const struct bt_case *c, struct bt_u64s *others) {
  if (!c || others->n == BT_MAX_OTHERS || !may_hear_of(d, c))
    return;
  for (uint32_t i = 0; i < others->n; i++)
    if (others->v[i] == c->id)
      return;
  others->v[others->n++] = c->id;
}

/* The best of the customer's cases that are open (or ended), fit the topic and may be touched; the others are counted.
 */
static const struct bt_case *best_of(struct bt_deciding *d, bool open, struct bt_u64s *others) {
  const struct bt_case *best = NULL;
  for (uint32_t i = 0; i < d->scene->cases.n; i++) {
    const struct bt_case *c = candidate(d, i, open);
    if (c && (!best || preferred(c, best)))
      best = c;
  }
  for (uint32_t i = 0; i < d->scene->cases.n; i++) {
    const struct bt_case *c = candidate(d, i, open);
    add_other(d, c == best ? NULL : c, others);
  }
  return best;
}

/* A contact may open an ended case again; a survey and what makes good come after the end. */
static bool may_find_ended(const struct bt_deciding *d) {
  const uint32_t kind = d->event->kind;
  return bt_kind_is_contact((int)kind) || kind == BT_FEEDBACK_GIVEN || kind == BT_REDRESS_GIVEN ||
         kind == BT_CASE_REVIVED;
}

static int find_by_customer(struct bt_deciding *d) {
  const struct bt_customer *customer = d->scene->customer;
  if (!customer)
    return 0;
  struct bt_u64s others = {0, BT_NEW_ARRAY(d->arena, uint64_t, BT_MAX_OTHERS)};
  if (!others.v)
    return -BT_NOMEM;
  uint32_t how = topic_of(d->event).n ? BT_FOUND_BY_TOPIC : BT_FOUND_BY_CUSTOMER;
  const struct bt_case *best = best_of(d, true, &others);
  if (!best && may_find_ended(d)) {
    others.n = 0;
    best = best_of(d, false, &others);
  }
  if (best) {
    d->receipt.others = others;
    return take(d, best, on_topic(d, best) ? how : BT_FOUND_MERGED);
  }
  d->customer = customer->id;
  return 0;
}

/* An identifier that several customers may have means none of them, whatever was filed under it before it was known to
 * be shared. */
static int forget_shared(struct bt_deciding *d) {
  struct bt_str name = d->event->locator.identifier.domain;
  const struct bt_domain *domain = name.n ? bt_rules_domain(d->rules, name) : NULL;
  if (!domain || !domain->shared || !d->scene->customer)
    return 0;
  struct bt_scene *scene = BT_NEW(d->arena, struct bt_scene);
  if (!scene)
    return -BT_NOMEM;
  *scene = *d->scene;
  scene->customer = NULL;
  scene->cases.n = scene->pointing.n = 0;
  d->scene = scene;
  return 0;
}

int bt_find_case(struct bt_deciding *d) {
  const struct bt_locator *l = &d->event->locator;
  uint64_t number;
  int rc = forget_shared(d);
  if (rc)
    return rc;
  const struct bt_scene *s = d->scene;
  if (!l->id && l->ref.n && bt_ref_parse(l->ref, &number)) /* no case can have it: this tells nothing about any */
    return bt_refuse(d, BT_INVALID, "locator.ref", "the check symbol does not fit: one of its characters is wrong");
  if (l->id || l->ref.n)
    return s->by_id ? take_named(d, s->by_id, l->id ? BT_FOUND_BY_ID : BT_FOUND_BY_REF, "locator")
                    : not_there(d, "locator");
  if (l->reference.local_id.n && s->by_reference)
    return take_named(d, s->by_reference, BT_FOUND_BY_REFERENCE, "locator.reference");
  rc = l->identifier.domain.n ? find_by_customer(d) : 0;
  if (rc || d->has_case)
    return rc;
  if (!bt_kind_may_open((int)d->event->kind) && !d->backfill)
    return not_there(d, "locator");
  d->receipt.found = BT_FOUND_NEW;
  return 0;
}

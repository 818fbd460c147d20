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

/* Who logs a contact joins by it; history is told by somebody who may act for all. Everybody else must take part
 * already. Numbers can be guessed, so to name a case by its id is no proof that the customer was there: it takes
 * `front`. */
static bool may_touch(const struct bt_deciding *d, const struct bt_case *c) {
  if (d->backfill || bt_policy_takes_part(c, d->department))
    return true;
  return bt_kind_is_contact((int)d->event->kind) && (!d->event->locator.id || has_front(d));
}

/* May be named to the sender beside the case that was found. */
static bool may_hear_of(const struct bt_deciding *d, const struct bt_case *c) {
  return d->backfill || has_front(d) || bt_policy_takes_part(c, d->department);
}

/* An answer to an offer gets the same refusal whether the case is unknown, not this department's, or the offer is over.
 */
static int not_there(struct bt_deciding *d, const char *field) {
  if (d->event->kind == BT_HANDOFF_ACCEPTED || d->event->kind == BT_HANDOFF_REFUSED)
    return bt_refuse(d, BT_NO_SUCH_OFFER, NULL, NULL);
  return bt_refuse(d, BT_UNKNOWN_CASE, field, NULL);
}

static int take(struct bt_deciding *d, const struct bt_case *c, uint32_t found) {
  if (d->backfill && !c->dormant)
    return bt_refuse(d, BT_BACKFILL_LATE, "backfill", NULL);
  if (!d->backfill && c->dormant && !bt_policy_takes_part(c, d->department))
    return not_there(d, "locator");
  if (!d->backfill && c->dormant)
    return bt_refuse(d, BT_NOT_YET, "locator", "the case is dormant history, and this version cannot revive it");
  d->c = *c;
  d->has_case = true;
  d->customer = c->customer;
  d->receipt.found = found;
  return 0;
}

/* What the event is about, where it says so: a new case has its topic with it. */
static struct bt_str topic_of(const struct bt_event *e) {
  bool own = e->kind == BT_CASE_OPENED && e->case_opened.topic.n;
  return own ? e->case_opened.topic : e->locator.topic;
}

static bool on_topic(const struct bt_deciding *d, const struct bt_case *c) {
  struct bt_str topic = topic_of(d->event);
  return !topic.n || bt_topic_under(c->topic, topic);
}

/* a comes before b: the latest active. Sequences never tie, so the lower id need not decide. */
static bool preferred(const struct bt_case *a, const struct bt_case *b) {
  return a->active_sequence > b->active_sequence;
}

/* The best of the customer's cases that are open (or ended), fit the topic and may be touched; the others are counted.
 */
static const struct bt_case *best_of(struct bt_deciding *d, bool open, struct bt_u64s *others) {
  const struct bt_case *best = NULL;
  for (uint32_t i = 0; i < d->scene->cases.n; i++) {
    const struct bt_case *c = d->scene->cases.v[i];
    if (bt_case_is_open(c) != open || c->status == BT_STATUS_MERGED || c->dormant != d->backfill || !on_topic(d, c) ||
        !may_touch(d, c))
      continue;
    if (!best || preferred(c, best)) {
      const struct bt_case *was = best;
      best = c;
      c = was;
    }
    if (c && others->n < BT_MAX_OTHERS && may_hear_of(d, c))
      others->v[others->n++] = c->id;
  }
  return best;
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
  if (!best && bt_kind_is_contact((int)d->event->kind)) {
    others.n = 0;
    best = best_of(d, false, &others); /* it may be opened again */
  }
  if (best) {
    d->receipt.others = others;
    return take(d, best, how);
  }
  d->customer = customer->id;
  return 0;
}

int bt_find_case(struct bt_deciding *d) {
  const struct bt_locator *l = &d->event->locator;
  uint64_t number;
  if (!l->id && l->ref.n && bt_ref_parse(l->ref, &number)) /* no case can have it: this tells nothing about any */
    return bt_refuse(d, BT_INVALID, "locator.ref", "the check symbol does not fit: one of its characters is wrong");
  if (l->id || l->ref.n) {
    const struct bt_case *c = d->scene->by_id;
    if (!c || !may_touch(d, c))
      return not_there(d, "locator");
    return take(d, c, l->id ? BT_FOUND_BY_ID : BT_FOUND_BY_REF);
  }
  if (l->reference.local_id.n && d->scene->by_reference) {
    if (!may_touch(d, d->scene->by_reference))
      return not_there(d, "locator.reference");
    return take(d, d->scene->by_reference, BT_FOUND_BY_REFERENCE);
  }
  int rc = l->identifier.domain.n ? find_by_customer(d) : 0;
  if (rc || d->has_case)
    return rc;
  if (!bt_kind_may_open((int)d->event->kind) && !d->backfill)
    return not_there(d, "locator");
  d->receipt.found = BT_FOUND_NEW;
  return 0;
}

/* The customer was here: contacts, failed attempts, and the case that a department opens for them. */
#include "core/deciding.h"
#include "core/policy.h"

static struct bt_str need_of(const struct bt_event *e) {
  switch (e->kind) {
  case BT_CASE_OPENED:
    return e->case_opened.need.n ? e->case_opened.need : e->case_opened.title;
  case BT_CONTACT_LOGGED:
    return e->contact_logged.summary;
  default:
    return e->attempt_failed.detail;
  }
}

static int reopen(struct bt_deciding *d) {
  int rc = bt_check_open_cases(d);
  if (rc)
    return rc;
  struct bt_entry *e = bt_emit(d, BT_CASE_REOPENED, d->department);
  if (!e)
    return -BT_LIMIT;
  e->event.case_reopened.cause = BT_CAUSE_CONTACT;
  d->receipt.found = BT_FOUND_REOPENED;
  return bt_record(d, e);
}

/* A contact on a case that has ended opens it again, or, after too long, a new one linked to it. History is left as it
 * was. */
static int make_open(struct bt_deciding *d, bool *ret_new) {
  *ret_new = !d->has_case;
  if (d->has_case && (bt_case_is_open(&d->c) || d->backfill))
    return 0;
  if (d->has_case && d->now_us - d->c.ended_at_us <= d->rules->reopen_within_us)
    return reopen(d);
  *ret_new = true;
  return bt_open_case(d, need_of(d->event));
}

static int mention_on(struct bt_deciding *d, struct bt_case *other) {
  struct bt_entry *e = bt_emit(d, BT_CONTACT_LOGGED, d->department);
  if (!e)
    return -BT_LIMIT;
  if (d->event->kind == BT_CONTACT_LOGGED)
    e->event.contact_logged.channel = d->event->contact_logged.channel;
  e->event.contact_logged.mention = true;
  int rc = bt_entry_join(d, e, &d->department, 1);
  return rc ? rc : bt_record_on(d, e, other);
}

/* With grant `front`, a contact by identifier joins every open case of that customer, and whoever works on those learns
 * of it. A case that can take no more must not keep the customer from being heard on this one: it is left out. */
static int mention(struct bt_deciding *d) {
  const struct bt_department *dep = bt_rules_department(d->rules, d->department);
  if (!dep->front || !d->event->locator.identifier.domain.n || d->backfill)
    return 0;
  for (uint32_t i = 0; i < d->scene->cases.n; i++) {
    struct bt_case other = *d->scene->cases.v[i];
    if (other.id == d->c.id || !bt_case_is_open(&other) || other.dormant || bt_policy_takes_part(&other, d->department))
      continue;
    const struct bt_receipt told = d->receipt;
    const uint32_t n = d->n;
    int rc = mention_on(d, &other);
    if (rc == -BT_LIMIT) {
      d->receipt = told;
      d->n = n;
    } else if (rc)
      return rc;
  }
  return 0;
}

/* A case opened for a need that already has one becomes a contact on it. */
static struct bt_entry *emit_contact(struct bt_deciding *d) {
  struct bt_entry *e = bt_emit_request(d);
  if (!e || d->event->kind != BT_CASE_OPENED)
    return e;
  e->kind = e->event.kind = BT_CONTACT_LOGGED;
  e->event.contact_logged = (struct bt_contact_logged){
      .channel = d->event->case_opened.channel,
      .summary = need_of(d->event),
  };
  return e;
}

static void fill_defaults(struct bt_entry *e) {
  if (e->kind != BT_CONTACT_LOGGED)
    return;
  struct bt_contact_logged *c = &e->event.contact_logged;
  if (!c->direction)
    c->direction = BT_DIRECTION_INBOUND;
  if (!c->outcome)
    c->outcome = BT_OUTCOME_SERVED;
}

/* The contact itself, on a case that is open now. */
static int log_contact(struct bt_deciding *d) {
  struct bt_entry *e = emit_contact(d);
  if (!e)
    return -BT_LIMIT;
  fill_defaults(e);
  int rc = bt_entry_join(d, e, &d->department, 1);
  return rc ? rc : bt_record(d, e);
}

int bt_rule_contact(struct bt_deciding *d) {
  bool new_case;
  int rc = make_open(d, &new_case);
  if (!rc)
    rc = log_contact(d);
  if (!rc && new_case)
    rc = bt_offer_on(d);
  return rc ? rc : mention(d);
}

int bt_rule_case_opened(struct bt_deciding *d) {
  bool new_case;
  int rc = make_open(d, &new_case);
  if (!rc && !new_case)
    rc = log_contact(d);
  if (!rc && new_case)
    rc = bt_offer_on(d);
  return rc ? rc : mention(d);
}

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

/* While a case lies ended, departments leave the company, and no sweep asks about it: what they held passes on now. */
static int pass_on(struct bt_deciding *d) {
  struct bt_str v[] = {d->c.custodian, d->c.owner};
  struct bt_strs gone = {0, v};
  if (bt_str_cmp(v[0], v[1]) > 0)
    v[0] = d->c.owner, v[1] = d->c.custodian;
  for (uint32_t i = 0; i < 2; i++)
    if (!bt_rules_department(d->rules, v[i]) && !(gone.n && bt_str_eq(gone.v[gone.n - 1], v[i])))
      gone.v[gone.n++] = v[i];
  return gone.n ? bt_sweep_gone(d, &(struct bt_sweep){.kind = BT_CONFIG_ADOPTED, .departments = gone}) : 0;
}

int bt_after_reopening(struct bt_deciding *d) {
  if (d->backfill || d->c.dormant || !bt_case_is_open(&d->c))
    return 0;
  int rc = pass_on(d);
  return rc ? rc : bt_attach_advisories(d);
}

int bt_reopen(struct bt_deciding *d, struct bt_str department, uint32_t cause) {
  struct bt_entry *e = bt_emit(d, BT_CASE_REOPENED, department);
  if (!e)
    return -BT_LIMIT;
  e->event.case_reopened.cause = cause;
  int rc = bt_record(d, e);
  return rc ? rc : bt_after_reopening(d);
}

static int come_back(struct bt_deciding *d) {
  int rc = bt_check_open_cases(d);
  if (rc)
    return rc;
  d->receipt.found = BT_FOUND_REOPENED;
  return bt_reopen(d, d->department, BT_CAUSE_CONTACT);
}

/* A contact on a case that has ended opens it again, or, after too long, a new one linked to it. History is left as it
 * was. */
static int make_open(struct bt_deciding *d, bool *ret_new) {
  *ret_new = !d->has_case;
  if (d->has_case && (bt_case_is_open(&d->c) || d->backfill))
    return 0;
  if (d->has_case && d->now_us - d->c.ended_at_us <= d->rules->reopen_within_us)
    return come_back(d);
  *ret_new = true;
  int rc = bt_open_case(d, need_of(d->event));
  return rc ? rc : bt_attach_advisories(d);
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
    if (other.id == d->c.id || !bt_case_is_open(&other) || other.dormant ||
        bt_policy_takes_part(d->rules, &other, d->department))
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
  if (!e->event.labels.n)
    e->event.labels = bt_rules_default_labels(d->rules, BT_CONTACT_LOGGED);
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

/* The customer was sent where this case has failed before. An attempt that the department may not read of is not
 * given away by this. */
static bool is_dead_end(const struct bt_deciding *d, struct bt_str route) {
  for (uint32_t i = 0; route.n && i < d->c.tried.n; i++) {
    const struct bt_tried *t = &d->c.tried.v[i];
    struct bt_str label = t->label;
    const struct bt_strs labels = {label.n ? 1 : 0, &label};
    if (bt_str_eq(t->route, route) && bt_policy_reads(d->rules, d->department, &labels))
      return true;
  }
  return false;
}

/* What follows by itself: a line that went dead while the case was on its way is called back, and who had to come too
 * often need not complain. */
static int follow_up(struct bt_deciding *d, const struct bt_contact_logged *contact) {
  int rc = 0;
  if (contact && contact->outcome == BT_OUTCOME_DROPPED && d->c.offer.id && !d->backfill)
    rc = bt_callback(d, d->now_us, BT_CAUSE_DROPPED, d->c.offer.id);
  if (rc || (contact && contact->direction == BT_DIRECTION_OUTBOUND))
    return rc;
  return bt_check_repeats(d);
}

/* The contact itself, on a case that is open now. */
static int log_contact(struct bt_deciding *d) {
  struct bt_entry *e = emit_contact(d);
  if (!e)
    return -BT_LIMIT;
  fill_defaults(e);
  const bool contact = e->kind == BT_CONTACT_LOGGED;
  if (contact)
    d->receipt.dead_end = e->event.contact_logged.dead_end = is_dead_end(d, e->event.contact_logged.sent_to);
  const struct bt_contact_logged logged = contact ? e->event.contact_logged : (struct bt_contact_logged){0};
  int rc = bt_entry_join(d, e, &d->department, 1);
  if (!rc)
    rc = bt_record(d, e);
  return rc ? rc : follow_up(d, contact ? &logged : NULL);
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

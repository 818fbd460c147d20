/* Raising authority: what nobody has acted on goes to the level above, each cause once per level, and at the top it is
 * said again day by day until somebody acts. */
#include "core/card.h"
#include "core/deciding.h"

/* The next level above a department. One that nobody attends, or that is not configured any more, is passed over.
 * Empty: there is none. */
static struct bt_str above(const struct bt_rules *rules, struct bt_str name) {
  const struct bt_department *dep = bt_rules_department(rules, name);
  for (uint32_t i = 0; dep && i < rules->departments.n; i++) {
    dep = bt_rules_department(rules, dep->escalates_to);
    if (dep && !dep->unattended && !bt_str_eq(dep->name, name))
      return dep->name;
  }
  return (struct bt_str){0};
}

/* Who is told where there is no level above: the owner of the whole journey, the owner of last resort, and where it is
 * over that one as well, itself. */
static struct bt_str first_over(const struct bt_deciding *d, struct bt_str over) {
  const bool points = d->c.merged_into && d->scene->survivor;
  const struct bt_str owner = points ? d->scene->survivor->owner : d->c.owner;
  struct bt_str to = above(d->rules, over);
  if (to.n)
    return to;
  const struct bt_department *dep = bt_rules_department(d->rules, owner);
  if (dep && !dep->unattended && !bt_str_eq(owner, over))
    return owner;
  return d->rules->last_owner.n ? d->rules->last_owner : over;
}

static bool same_cause(const struct bt_concern *k, uint32_t cause, uint64_t object, int64_t due_us) {
  return k->cause == cause && k->object == object && k->due_us == due_us;
}

/* A promise and a question have a concern each. Of the case as a whole there is one per cause: what is raised anew
 * takes the place of what was, so that their number is bounded. 0: a new one. */
static uint64_t replaced(const struct bt_case *c, const struct bt_escalated *x) {
  if (x->cause == BT_CAUSE_PROMISE_BROKEN || x->cause == BT_CAUSE_QUESTION_OVERDUE)
    return 0;
  for (uint32_t i = 0; i < c->concerns.n; i++)
    if (c->concerns.v[i].cause == x->cause && !same_cause(&c->concerns.v[i], x->cause, x->object, x->due_us))
      return c->concerns.v[i].id;
  return 0;
}

/* raised: cause, object, due, level, over, to, and the concern where it is one already. */
static int raise(struct bt_deciding *d, const struct bt_escalated *raised) {
  struct bt_entry *e = bt_emit(d, BT_ESCALATED, (struct bt_str){0});
  if (!e)
    return -BT_LIMIT;
  struct bt_escalated *x = &e->event.escalated;
  *x = *raised;
  if (!x->concern)
    x->concern = replaced(&d->c, x);
  if (!x->concern)
    x->concern = e->sequence;
  x->top = !above(d->rules, x->to).n;
  x->next_us = d->now_us + (x->top ? d->rules->remind_us : d->rules->raise_us);
  int rc = bt_card_make(&d->c, (struct bt_str){0}, d->arena, &x->card);
  if (!rc)
    rc = bt_entry_join_if_room(d, e, x->to);
  return rc ? rc : bt_record(d, e);
}

/* History that is told afterwards raises nothing. */
int bt_escalate(struct bt_deciding *d, uint32_t cause, uint64_t object, int64_t due_us, struct bt_str over) {
  if (d->c.dormant)
    return 0;
  for (uint32_t i = 0; i < d->c.concerns.n; i++)
    if (same_cause(&d->c.concerns.v[i], cause, object, due_us))
      return 0;
  const struct bt_escalated raised = {
      .cause = cause,
      .object = object,
      .due_us = due_us,
      .level = 1,
      .over = over,
      .to = first_over(d, over),
  };
  return raise(d, &raised);
}

int bt_escalate_feedback(struct bt_deciding *d, uint64_t feedback) {
  struct bt_escalated raised = {
      .cause = BT_CAUSE_FEEDBACK,
      .object = feedback,
      .due_us = d->now_us,
      .level = 1,
      .over = d->c.custodian,
      .to = first_over(d, d->c.custodian),
  };
  const struct bt_department *owner = bt_rules_department(d->rules, d->c.owner);
  int rc = raise(d, &raised);
  /* One who holds it itself has it opened again before its eyes. */
  if (rc || !owner || owner->unattended || bt_str_eq(owner->name, raised.to) || bt_str_eq(owner->name, d->c.custodian))
    return rc;
  raised.to = owner->name;
  return raise(d, &raised);
}

int bt_check_repeats(struct bt_deciding *d) {
  const uint32_t most = d->rules->repeats;
  if (!most || d->c.stalled < most || !bt_case_is_open(&d->c))
    return 0;
  return bt_escalate(d, BT_CAUSE_REPEATS, d->c.id, d->c.opened_at_us, d->c.custodian);
}

static int remind(struct bt_deciding *d, const struct bt_concern *k) {
  struct bt_entry *e = bt_emit(d, BT_REMINDED, (struct bt_str){0});
  if (!e)
    return -BT_LIMIT;
  e->event.reminded = (struct bt_reminded){
      .concern = k->id,
      .to = k->to,
      .next_us = d->now_us + d->rules->remind_us,
      .times = k->times + 1,
  };
  return bt_record(d, e);
}

/* Nobody has acted. Watched so far: the first level over who was to act. Else the level over who was told, and where
 * there is none, a reminder. Who was told and is not configured any more cannot act: then as at first. */
static int go_on(struct bt_deciding *d, const struct bt_concern *k) {
  const bool gone = !bt_rules_department(d->rules, k->to);
  const struct bt_str next = !k->level || gone ? first_over(d, k->to) : above(d->rules, k->to);
  if (k->level && !gone && (k->top || !next.n))
    return remind(d, k);
  const struct bt_escalated raised = {
      .cause = k->cause,
      .object = k->object,
      .due_us = k->due_us,
      .level = k->level + 1,
      .over = k->to,
      .to = next,
      .concern = k->id,
  };
  return raise(d, &raised);
}

int bt_timer_concern(struct bt_deciding *d, const struct bt_timer *t) {
  for (uint32_t i = 0; i < d->c.concerns.n; i++)
    if (d->c.concerns.v[i].id == t->object && d->c.concerns.v[i].next_us <= d->now_us)
      return go_on(d, &d->c.concerns.v[i]);
  return 0;
}

int bt_timer_customer_deadline(struct bt_deciding *d, const struct bt_timer *t) {
  (void)t;
  return bt_escalate(d, BT_CAUSE_CUSTOMER_DEADLINE, d->c.id, d->c.customer_deadline_us, d->c.custodian);
}

int bt_timer_idle(struct bt_deciding *d, const struct bt_timer *t) {
  return bt_escalate(d, BT_CAUSE_IDLE, d->c.id, t->due_us, d->c.custodian);
}

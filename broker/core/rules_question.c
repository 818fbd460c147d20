/* Consults: one department asks another, and the case stays where it is. */
#include "core/owed.h"
#include "core/policy.h"

/* The first that is open, else the first to open: a question may wait on a desk overnight. Who may not read it is asked
 * only where nobody may, and so it is refused. */
static int choose(struct bt_deciding *d, struct bt_str *ret_to, struct bt_considereds *ret_considered) {
  const struct bt_str topic = d->event->question_asked.topic;
  struct bt_candidates candidates = {0};
  struct bt_str asker = d->department;
  const struct bt_strs asked = {1, &asker};
  int rc = bt_choose_readers(d, topic, asked, &d->event->labels, &candidates, ret_considered);
  if (!rc && !candidates.n)
    rc = bt_choose(d, topic, asked, &candidates, ret_considered);
  if (rc)
    return rc;
  if (!candidates.n)
    return bt_refuse(d, BT_NO_HANDLER, "question_asked.topic", "name a department in `to`");
  *ret_to = candidates.v[0].department->name;
  return 0;
}

static int check_named(struct bt_deciding *d, struct bt_str to) {
  const struct bt_department *dep = bt_rules_department(d->rules, to);
  if (!dep)
    return bt_refuse(d, BT_UNKNOWN_DEPARTMENT, "question_asked.to", NULL);
  if (dep->unattended)
    return bt_refuse(d, BT_INVALID, "question_asked.to", "nobody attends that department: it answers no questions");
  if (bt_str_eq(to, d->department))
    return bt_refuse(d, BT_INVALID, "question_asked.to", "a department does not ask itself: a note will do");
  return 0;
}

static int check_label(struct bt_deciding *d, struct bt_str to) {
  if (!d->event->labels.n || bt_policy_reads(d->rules, to, &d->event->labels))
    return 0;
  return bt_refuse(d, BT_NOT_GRANTED, "labels", "%.*s may not read what bears this label", BT_STR_ARG(to));
}

/* By when: as asked, or the configured time in open hours of who is asked. */
static int set_due(struct bt_deciding *d, struct bt_str to, int64_t *ret_us) {
  const char *field = "question_asked.due_us";
  int64_t due_us = d->event->question_asked.due_us;
  int rc = 0;
  if (due_us)
    rc = bt_owed_due(d, to, due_us, field);
  else if (d->backfill)
    due_us = d->event->occurred_at_us + d->rules->question_us;
  else
    rc = bt_open_deadline(d, to, d->rules->question_us, field, &due_us);
  if (!rc)
    *ret_us = due_us;
  return rc;
}

static int find_asked(struct bt_deciding *d, struct bt_str *ret_to, struct bt_considereds *ret_considered) {
  const struct bt_question_asked *asked = &d->event->question_asked;
  if (asked->to.n) {
    *ret_to = asked->to;
    return check_named(d, asked->to);
  }
  if (!asked->topic.n)
    return bt_refuse(d, BT_INVALID, "question_asked.to", "name a department, or a topic");
  return choose(d, ret_to, ret_considered);
}

int bt_rule_asked(struct bt_deciding *d) {
  struct bt_str to = {0};
  struct bt_considereds considered = {0};
  int64_t due_us = 0;
  int rc = bt_owed_status(d, false);
  if (rc || (rc = find_asked(d, &to, &considered)) || (rc = check_label(d, to)) || (rc = set_due(d, to, &due_us)))
    return rc;
  if (d->c.questions.n >= BT_MAX_QUESTIONS)
    return bt_refuse(d, BT_LIMIT, NULL, "a case has %d open questions at most: withdraw one that is settled",
                     BT_MAX_QUESTIONS);
  struct bt_entry *e = bt_emit_request(d);
  if (!e)
    return -BT_LIMIT;
  struct bt_question_asked *q = &e->event.question_asked;
  q->to = d->receipt.to = to;
  q->due_us = due_us;
  q->considered = considered;
  const struct bt_str joined[] = {d->department, to};
  rc = bt_entry_join(d, e, joined, 2);
  return rc ? rc : bt_record(d, e);
}

static const struct bt_question *find(const struct bt_deciding *d, uint64_t id) {
  for (uint32_t i = 0; i < d->c.questions.n; i++)
    if (d->c.questions.v[i].id == id)
      return &d->c.questions.v[i];
  return NULL;
}

int bt_rule_answered(struct bt_deciding *d) {
  const struct bt_question *q = find(d, d->event->question_answered.question);
  if (!q)
    return bt_refuse(d, BT_NOT_OPEN, "question_answered.question", NULL);
  if (!bt_owed_is_mine(d, q->to))
    return bt_owed_not_yours(d, q->to, q->label, "question_answered.question");
  struct bt_entry *e = bt_emit_request(d);
  if (!e)
    return -BT_LIMIT;
  struct bt_question_answered *a = &e->event.question_answered;
  a->from = q->from;
  a->to = d->department; /* who is rated for it */
  a->asked_at_us = q->asked_at_us;
  const struct bt_str custodian = bt_owed_case(d)->custodian;
  if (!bt_str_eq(custodian, d->department)) /* it knows its own answer */
    a->custodian = custodian;
  return bt_owed_record(d, e, q->from, q->label);
}

int bt_rule_question_withdrawn(struct bt_deciding *d) {
  const struct bt_question *q = find(d, d->event->question_withdrawn.question);
  if (!q)
    return bt_refuse(d, BT_NOT_OPEN, "question_withdrawn.question", NULL);
  if (!bt_owed_is_mine(d, q->from) && !bt_str_eq(d->department, bt_owed_case(d)->custodian))
    return bt_owed_not_yours(d, q->from, q->label, "question_withdrawn.question");
  struct bt_entry *e = bt_emit_request(d);
  if (!e)
    return -BT_LIMIT;
  e->event.question_withdrawn.from = q->from;
  e->event.question_withdrawn.to = q->to;
  return bt_owed_record(d, e, q->from, q->label);
}

int bt_timer_question(struct bt_deciding *d, const struct bt_timer *t) {
  const struct bt_question *q = find(d, t->object);
  if (!q || q->overdue || !q->due_us || q->due_us > d->now_us)
    return 0;
  struct bt_str to = bt_owed_by(d, q->to);
  struct bt_entry *e = bt_emit(d, BT_QUESTION_OVERDUE, d->department);
  if (!e)
    return -BT_LIMIT;
  e->event.question_overdue = (struct bt_question_overdue){q->id, bt_owed_by(d, q->from), to, q->due_us};
  int rc = bt_owed_record(d, e, q->to, q->label);
  return rc ? rc : bt_escalate(d, BT_CAUSE_QUESTION_OVERDUE, q->id, q->due_us, to);
}

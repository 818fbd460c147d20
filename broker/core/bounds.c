#include "core/bounds.h"

/* What the encoding adds to the texts of one item, at most. */
enum {
  FACT = 48,
  TRIED = 32,
  STOP = 28,
  NAME = 4,
  PROMISE = 96,
  QUESTION = 64,
  WORK = 48,
  CONCERN = 78,
  ANSWERED = 20,
  NOTE = 40,
  GLASS = 48,
  CORRECTION = 28,
  NUMBER = 12,
  RECORD = 768 + 8 * 32, /* all that is there once, with its names */
  CONCERN_TO_COME = CONCERN + 3 * (NAME + 32)
};

static size_t names_size(const struct bt_strs *names) {
  size_t n = 0;
  for (uint32_t i = 0; i < names->n; i++)
    n += NAME + names->v[i].n;
  return n;
}

static size_t told_size(const struct bt_case *c) {
  size_t n = 0;
  for (uint32_t i = 0; i < c->facts.n; i++) {
    const struct bt_fact *f = &c->facts.v[i];
    n += FACT + f->key.n + f->value.n + f->label.n + f->department.n;
  }
  for (uint32_t i = 0; i < c->tried.n; i++) {
    const struct bt_tried *t = &c->tried.v[i];
    n += TRIED + t->route.n + t->error_code.n + t->label.n;
  }
  for (uint32_t i = 0; i < c->trail.n; i++)
    n += STOP + c->trail.v[i].department.n;
  for (uint32_t i = 0; i < c->answered.n; i++)
    n += ANSWERED + c->answered.v[i].from.n + c->answered.v[i].to.n;
  for (uint32_t i = 0; i < c->advisories.n; i++) {
    const struct bt_advisory_note *a = &c->advisories.v[i];
    n += NOTE + a->text.n + a->department.n + names_size(&a->alternatives);
  }
  return n + CORRECTION * c->corrections.n;
}

static size_t owed_size(const struct bt_case *c) {
  size_t n = 0;
  for (uint32_t i = 0; i < c->promises.n; i++) {
    const struct bt_promise *p = &c->promises.v[i];
    n += PROMISE + p->text.n + p->holder.n + p->label.n + (p->state == BT_PROMISE_IS_BROKEN ? 0 : CONCERN_TO_COME);
  }
  for (uint32_t i = 0; i < c->questions.n; i++) {
    const struct bt_question *q = &c->questions.v[i];
    n += QUESTION + q->text.n + q->from.n + q->to.n + q->label.n + (q->overdue ? 0 : CONCERN_TO_COME);
  }
  for (uint32_t i = 0; i < c->work.n; i++) {
    const struct bt_work *w = &c->work.v[i];
    n += WORK + w->action.n + w->subject.n + w->holder.n + w->label.n;
  }
  for (uint32_t i = 0; i < c->concerns.n; i++)
    n += CONCERN + c->concerns.v[i].to.n + names_size(&c->concerns.v[i].told);
  return n;
}

size_t bt_case_size(const struct bt_case *c) {
  return RECORD + c->topic.n + c->title.n + c->need.n + c->unknown.n + c->offer.topic.n + c->offer.next_step.n +
         c->offer.counter_text.n + names_size(&c->offer.asked) + names_size(&c->participants) + told_size(c) +
         owed_size(c) + GLASS * c->glass.n + NUMBER * (c->merged.n + c->links.n);
}

/* By a department, and not by the broker in its name. */
static bool asked_for(uint32_t cause) {
  return cause == BT_CAUSE_ASKED || cause == BT_CAUSE_NAMED || cause == BT_CAUSE_TOPIC;
}

/* Up to which size of the case an entry may add to it; 0: any. What is said about it may fill it, but for the reserve;
 * who comes with a contact, or reads, may use that as well; what moves it on is bounded by the lists alone. */
static size_t room_for(const struct bt_entry *e) {
  const uint32_t full = BT_MAX_CASE_BYTES - BT_CASE_RESERVE;
  switch (e->kind) {
  case BT_CASE_OPENED:
  case BT_ATTEMPT_FAILED:
  case BT_FACT_RECORDED:
  case BT_CORRECTION_MADE:
  case BT_QUESTION_ASKED:
  case BT_WORK_STARTED:
  case BT_CASE_LINKED:
  case BT_ADVISORY_ISSUED:
    return full;
  case BT_HANDOFF_OFFERED:
    return asked_for(e->event.handoff_offered.cause) ? full : 0;
  case BT_PROMISE_MADE:
    return asked_for(e->event.promise_made.cause) ? full : 0;
  case BT_CONTACT_LOGGED:
  case BT_RESTRICTED_READ:
    return BT_MAX_CASE_BYTES;
  default:
    return 0;
  }
}

static int check_size(struct bt_deciding *d, const struct bt_entry *e, const struct bt_case *before,
                      const struct bt_case *after) {
  const size_t room = room_for(e), size = bt_case_size(after);
  if (!room || size <= room || size <= bt_case_size(before))
    return 0;
  return bt_refuse(d, BT_LIMIT, NULL, "a case holds %d bytes, and %d of them are for what moves it on",
                   BT_MAX_CASE_BYTES, BT_CASE_RESERVE);
}

static bool passes(uint32_t before, uint32_t after, uint32_t most) {
  return after > most && after > before;
}

/* What the broker decides by itself is not refused, but for an advisory, which a case can be without. */
int bt_check_bounds(struct bt_deciding *d, const struct bt_entry *e, const struct bt_case *before,
                    const struct bt_case *after) {
  if (!d->request->adapter->name.n && e->kind != BT_ADVISORY_ISSUED)
    return 0;
  if (passes(before->facts.n, after->facts.n, BT_MAX_FACTS))
    return bt_refuse(d, BT_LIMIT, "fact_recorded.key", "a case holds %d facts", BT_MAX_FACTS);
  if (passes(before->tried.n, after->tried.n, BT_MAX_TRIED))
    return bt_refuse(d, BT_LIMIT, "attempt_failed.route", "a case holds %d failed routes", BT_MAX_TRIED);
  if (passes(before->participants.n, after->participants.n, BT_MAX_PARTICIPANTS))
    return bt_refuse(d, BT_LIMIT, "department", "%d departments take part in a case at most", BT_MAX_PARTICIPANTS);
  if (passes(before->corrections.n, after->corrections.n, BT_MAX_CORRECTIONS))
    return bt_refuse(d, BT_LIMIT, "correction_made.supersedes", "a case has %d corrected events at most",
                     BT_MAX_CORRECTIONS);
  return check_size(d, e, before, after);
}

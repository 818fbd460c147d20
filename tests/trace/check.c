/* What must hold whatever was decided: checked after every entry, and after every unit. */
#include "core/policy.h"
#include "core/standing.h"
#include "trace.h"

static bool has_timer(const struct bt_timer *v, uint32_t n, uint32_t kind, uint64_t object) {
  for (uint32_t i = 0; i < n; i++)
    if (v[i].kind == kind && v[i].object == object)
      return true;
  return false;
}

/* What is owed is watched, unless its clock was stopped with something left. */
static const char *check_owed(const struct bt_case *c, const struct bt_timer *v, uint32_t n) {
  for (uint32_t i = 0; i < c->promises.n; i++) {
    const struct bt_promise *p = &c->promises.v[i];
    if (p->state != BT_PROMISE_IS_BROKEN && !p->left_us && !has_timer(v, n, BT_TIMER_PROMISE, p->id))
      return "an open promise without a timer";
  }
  for (uint32_t i = 0; i < c->questions.n; i++) {
    const struct bt_question *q = &c->questions.v[i];
    if (!q->overdue && !q->left_us && !has_timer(v, n, BT_TIMER_QUESTION, q->id))
      return "an open question without a timer";
  }
  for (uint32_t i = 0; i < c->work.n; i++)
    if (!has_timer(v, n, BT_TIMER_WORK, c->work.v[i].id))
      return "work without a timer";
  for (uint32_t i = 0; i < c->concerns.n; i++)
    if (!has_timer(v, n, BT_TIMER_CONCERN, c->concerns.v[i].id))
      return "a concern that nobody watches";
  return NULL;
}

static const char *check_offer(const struct bt_case *c, const struct bt_timer *v, uint32_t n) {
  if (!c->offer.id)
    return NULL;
  if (!bt_case_is_open(c))
    return "an offer of a case that has ended";
  if (!bt_str_eq(c->offer.from, c->custodian))
    return "an offer by a department that does not hold the case";
  if (bt_str_eq(c->offer.to, c->custodian))
    return "an offer to the department that holds the case";
  if (!c->offer.to.n != (c->offer.opens_at_us != 0))
    return "an offer that neither waits nor was made to somebody";
  return has_timer(v, n, BT_TIMER_OFFER, c->offer.id) ? NULL : "an open offer without a timer";
}

struct stands {
  const struct bt_standing *v;
  uint32_t n, seen; /* seen: rows that something was found for */
};

static bool stands(struct stands *s, uint32_t kind, int64_t at_us, uint64_t object, struct bt_str department) {
  for (uint32_t i = 0; i < s->n; i++) {
    const struct bt_standing *x = &s->v[i];
    if (x->kind == kind && x->object == object && x->at_us == (at_us ? at_us : BT_STANDING_STOPPED) &&
        bt_str_eq(x->department, department)) {
      s->seen++;
      return true;
    }
  }
  return false;
}

static bool all_owed_stands(const struct bt_case *c, struct stands *s) {
  static const uint32_t promise[] = {[BT_PROMISE_IS_OPEN] = BT_STANDING_PROMISE,
                                     [BT_PROMISE_IS_AT_RISK] = BT_STANDING_PROMISE_AT_RISK,
                                     [BT_PROMISE_IS_BROKEN] = BT_STANDING_PROMISE_BROKEN};
  bool all = true;
  for (uint32_t i = 0; i < c->promises.n; i++) {
    const struct bt_promise *p = &c->promises.v[i];
    all = all && stands(s, promise[p->state], p->due_us, p->id, p->holder);
  }
  for (uint32_t i = 0; i < c->questions.n; i++) {
    const struct bt_question *q = &c->questions.v[i];
    all = all && stands(s, q->overdue ? BT_STANDING_QUESTION_OVERDUE : BT_STANDING_QUESTION, q->due_us, q->id, q->to);
  }
  for (uint32_t i = 0; i < c->work.n; i++)
    all = all && stands(s, BT_STANDING_WORK, c->work.v[i].until_us, c->work.v[i].id, c->work.v[i].holder);
  return all;
}

static bool all_raised_stands(const struct bt_case *c, struct stands *s) {
  bool all = true;
  for (uint32_t i = 0; i < c->concerns.n; i++) {
    const struct bt_concern *k = &c->concerns.v[i];
    if (k->level) /* it was raised at some time, and that is known */
      all = all && k->raised_at_us &&
            stands(s, k->top ? BT_STANDING_CONCERN_TOP : BT_STANDING_CONCERN, k->raised_at_us, k->id, k->to);
  }
  return all;
}

/* What the table of what stands open would hold of this case is what is open in it, each with who is to act. */
static const char *check_standing(const struct bt_case *c) {
  struct bt_standing v[BT_MAX_STANDING];
  struct stands s = {v, bt_case_standing(c, v), 0};
  const struct bt_offer *o = &c->offer;
  if (c->dormant)
    return s.n ? "something stands open in history" : NULL;
  for (uint32_t i = 1; i < s.n; i++)
    if (bt_standing_cmp(&v[i - 1], &v[i]) >= 0)
      return "what stands open is not in order";
  bool all = !o->id || stands(&s, o->to.n ? BT_STANDING_OFFER : BT_STANDING_OFFER_WAITING, o->offered_at_us, o->id,
                              o->to.n && !o->counter_us ? o->to : c->custodian);
  all = all && all_owed_stands(c, &s) && all_raised_stands(c, &s);
  return all && s.seen == s.n ? NULL : "what stands open is not what the case has open";
}

const char *trace_check_case(const struct bt_case *c) {
  struct bt_timer v[BT_MAX_TIMERS];
  const char *wrong = check_standing(c);
  if (wrong)
    return wrong;
  if (bt_case_is_open(c) && !c->custodian.n)
    return "an open case without custodian";
  if (bt_case_is_open(c) && !c->owner.n)
    return "an open case without owner";
  if ((c->status == BT_STATUS_MERGED) != (c->merged_into != 0))
    return "a case that points to another one, and is not merged";
  if (c->dormant)
    return NULL;
  uint32_t n = bt_case_timers(c, v);
  wrong = check_owed(c, v, n);
  return wrong ? wrong : check_offer(c, v, n);
}

/* Ending a case over what others owe takes a reason. */
static const char *check_ending(const struct bt_case *c, const struct bt_entry *e) {
  const struct bt_event *o = &e->event;
  struct bt_str by = o->department;
  bool resolved = e->kind == BT_CASE_RESOLVED;
  if ((!resolved && e->kind != BT_CASE_CLOSED) || o->backfill)
    return NULL;
  if (resolved ? o->case_resolved.reason.n : o->case_closed.reason.n)
    return NULL;
  for (uint32_t i = 0; i < c->promises.n; i++)
    if (!bt_str_eq(c->promises.v[i].holder, by))
      return "a case ended over another department's promise";
  for (uint32_t i = 0; i < c->questions.n; i++)
    if (!bt_str_eq(c->questions.v[i].from, by) || !bt_str_eq(c->questions.v[i].to, by))
      return "a case ended over another department's question";
  for (uint32_t i = 0; i < c->work.n; i++)
    if (!bt_str_eq(c->work.v[i].holder, by))
      return "a case ended over another department's work";
  return NULL;
}

static const char *check_recipients(const struct trace_world *w, const struct bt_case *c, const struct bt_entry *e) {
  for (uint32_t i = 0; i < e->recipients.n; i++) {
    const struct bt_adapter *a = bt_rules_adapter(&w->rules, e->recipients.v[i]);
    if (!a || !a->receives)
      return "an entry for an adapter that receives nothing";
    if (!bt_policy_called_of(e, a).n && bt_policy_entry_adapter(&w->rules, c, e, a) == BT_SIGHT_NONE)
      return "an entry for an adapter that may not read it";
  }
  return NULL;
}

const char *trace_check_entry(const struct trace_world *w, const struct bt_entry *e) {
  if (e->stream != BT_STREAM_CASE)
    return NULL;
  const struct bt_case *c = trace_case(w, e->case_id);
  if (!c || e->stream_id != e->case_id)
    return "an entry of no case";
  if (bt_case_is_open(c) && !c->custodian.n)
    return "an open case without custodian";
  const char *wrong = check_ending(c, e);
  return wrong ? wrong : check_recipients(w, c, e);
}

/* The first step of each escalation. Further levels and reminders go on from it. */
static uint32_t times_raised(const struct trace_world *w, uint64_t case_id, uint64_t promise, int64_t due_us) {
  uint32_t n = 0;
  for (uint32_t i = 0; i < w->n_entries; i++) {
    const struct bt_escalated *x = &w->entries[i].event.escalated;
    n += w->entries[i].kind == BT_ESCALATED && w->entries[i].case_id == case_id && x->level == 1 &&
         x->cause == BT_CAUSE_PROMISE_BROKEN && x->object == promise && x->due_us == due_us;
  }
  return n;
}

static const char *check_broken(const struct trace_world *w) {
  for (uint32_t i = 0; i < w->n_entries; i++) {
    const struct bt_entry *e = &w->entries[i];
    const struct bt_escalated *x = &e->event.escalated;
    if (e->kind == BT_PROMISE_BROKEN &&
        times_raised(w, e->case_id, e->event.promise_broken.promise, e->event.promise_broken.due_us) != 1)
      return "a broken promise is escalated exactly once";
    if (e->kind == BT_ESCALATED && x->level == 1 && x->cause == BT_CAUSE_PROMISE_BROKEN &&
        times_raised(w, e->case_id, x->object, x->due_us) != 1)
      return "a broken promise is escalated exactly once";
  }
  return NULL;
}

const char *trace_check_unit(const struct trace_world *w) {
  const char *wrong = NULL;
  for (uint32_t i = 0; i < w->n_cases && !wrong; i++)
    wrong = trace_check_case(&w->cases[i]);
  return wrong ? wrong : check_broken(w);
}

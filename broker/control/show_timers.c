/* What comes next by itself: the record's timers, in the order in which they fire. */
#include <inttypes.h>

#include "control/standing.h"
#include "control/what.h"
#include "core/ref.h"

static struct bt_str numbered(struct bt_arena *a, const char *before, uint64_t number, const char *after,
                              struct bt_str name, const char *tail) {
  return bt_arena_printf(a, "%s #%" PRIu64 "%s%.*s%s", before, number, after, S(name), tail);
}

static struct bt_str offer_words(struct bt_arena *a, const struct bt_case *c) {
  const struct bt_offer *o = &c->offer;
  if (o->opens_at_us)
    return bt_arena_printf(a, "offer #%" PRIu64 " by %.*s goes out: somebody opens", o->id, S(o->from));
  if (o->counter_us)
    return numbered(a, "the counter-offer to offer", o->id, " of ", o->from, " lapses, not answered");
  return numbered(a, "offer", o->id, " to ", o->to, " expires, not answered");
}

static struct bt_str promise_words(struct bt_arena *a, const struct bt_case *c, uint64_t id) {
  for (uint32_t i = 0; i < c->promises.n; i++) {
    const struct bt_promise *p = &c->promises.v[i];
    const bool risk = p->state == BT_PROMISE_IS_OPEN && p->risk_us;
    if (p->id == id)
      return numbered(a, "promise", id, " of ", p->holder, risk ? " is at risk" : " is broken");
  }
  return (struct bt_str){0};
}

static struct bt_str question_words(struct bt_arena *a, const struct bt_case *c, uint64_t id) {
  for (uint32_t i = 0; i < c->questions.n; i++)
    if (c->questions.v[i].id == id)
      return numbered(a, "question", id, " to ", c->questions.v[i].to, " is overdue");
  return (struct bt_str){0};
}

static struct bt_str work_words(struct bt_arena *a, const struct bt_case *c, uint64_t id) {
  for (uint32_t i = 0; i < c->work.n; i++)
    if (c->work.v[i].id == id)
      return numbered(a, "work", id, " of ", c->work.v[i].holder, " lapses, not renewed");
  return (struct bt_str){0};
}

static struct bt_str concern_words(struct bt_arena *a, const struct bt_case *c, uint64_t id) {
  for (uint32_t i = 0; i < c->concerns.n; i++) {
    const struct bt_concern *k = &c->concerns.v[i];
    if (k->id == id)
      return bt_arena_printf(a, "%.*s: %s %.*s", S(bt_words_concern(a, k->cause, k->object, k->due_us)),
                             k->top     ? "said again to"
                             : k->level ? "raised over"
                                        : "raised, unless it comes from",
                             S(k->to));
  }
  return (struct bt_str){0};
}

static struct bt_str words(struct bt_arena *a, const struct bt_timer *t, const struct bt_case *c) {
  switch (t->kind) {
  case BT_TIMER_OFFER:
    return offer_words(a, c);
  case BT_TIMER_PROMISE:
    return promise_words(a, c, t->object);
  case BT_TIMER_QUESTION:
    return question_words(a, c, t->object);
  case BT_TIMER_WORK:
    return work_words(a, c, t->object);
  case BT_TIMER_CONCERN:
    return concern_words(a, c, t->object);
  case BT_TIMER_PENDING:
    return BT_LIT("it is pending no longer");
  case BT_TIMER_CUSTOMER_DEADLINE:
    return BT_LIT("the customer's deadline passes");
  case BT_TIMER_IDLE:
    return BT_LIT("raised, if nobody has touched the case until then");
  case BT_TIMER_ADVISORY:
    return bt_arena_printf(a, "advisory #%" PRIu64 " ends", t->object);
  case BT_TIMER_SWEEP:
    return bt_arena_printf(a, "sweep #%" PRIu64 " goes on through the cases", t->object);
  default:
    return bt_str(bt_timer_name((int)t->kind));
  }
}

static int put_timer(struct bt_call *call, const struct bt_timer *t, struct bt_arena *scratch) {
  struct bt_case c = {0};
  bt_arena_reset(scratch);
  int rc = t->case_id ? bt_store_case(call->context->store, BT_NOW, t->case_id, scratch, &c) : 0;
  if (rc < 0)
    return rc == -BT_ABSENT ? -BT_CORRUPT : rc;
  BT_OUT_ROW(call->out, bt_out_time(t->due_us),
             t->case_id ? bt_out_text(bt_ref_new(call->arena, c.number)) : bt_out_none(),
             bt_out_text(bt_call_keep(call, c.custodian)), bt_out_text(words(call->arena, t, &c)),
             t->case_id ? bt_out_number(t->case_id) : bt_out_none(), bt_out_literal(bt_timer_name((int)t->kind)),
             bt_out_number(t->object));
  return 0;
}

static int put_timers(struct bt_call *call, struct bt_timer *at, bool begun, uint64_t room, struct bt_arena *scratch) {
  for (;; begun = true) {
    struct bt_timer next;
    int rc = bt_store_next_timer(call->context->store, BT_NOW, begun ? at : NULL, &next);
    if (rc < 0)
      return rc == -BT_ABSENT ? 0 : rc;
    if (!room--) {
      bt_put_place(call, &(struct bt_place){{(uint64_t)at->due_us, at->case_id, at->kind, at->object}});
      return 0;
    }
    if ((rc = put_timer(call, &next, scratch)) < 0)
      return rc;
    *at = next;
  }
}

int bt_cmd_timers(struct bt_call *call) {
  static const struct bt_out_column columns[] = {
      {"due", BT_OUT_TIME, BT_OUT_PLAIN},        {"case", BT_OUT_TEXT, BT_OUT_PLAIN},
      {"held_by", BT_OUT_TEXT, BT_OUT_WIDE},     {"what", BT_OUT_TEXT, BT_OUT_WRAP},
      {"case_id", BT_OUT_NUMBER, BT_OUT_DETAIL}, {"timer", BT_OUT_TEXT, BT_OUT_DETAIL},
      {"object", BT_OUT_NUMBER, BT_OUT_DETAIL}};
  struct bt_place place;
  struct bt_arena scratch;
  uint64_t limit;
  bool begun;
  int rc = bt_call_number(call, "limit", 50, 5000, &limit);
  if (rc == 0)
    rc = bt_call_place(call, &begun, &place);
  if (rc < 0)
    return rc;
  struct bt_timer at = {(int64_t)place.v[0], place.v[1], (uint32_t)place.v[2], place.v[3]};
  BT_OUT_TABLE(call->out, "timers", columns);
  bt_arena_init(&scratch, 1024 * 1024);
  rc = put_timers(call, &at, begun, limit, &scratch);
  bt_arena_fini(&scratch);
  return rc;
}

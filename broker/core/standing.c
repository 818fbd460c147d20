#include "core/standing.h"

#include <stdlib.h>

int bt_standing_cmp(const struct bt_standing *a, const struct bt_standing *b) {
  if (a->kind != b->kind)
    return a->kind < b->kind ? -1 : 1;
  if (a->at_us != b->at_us)
    return a->at_us < b->at_us ? -1 : 1;
  if (a->case_id != b->case_id)
    return a->case_id < b->case_id ? -1 : 1;
  return (a->object > b->object) - (a->object < b->object);
}

static int by_order(const void *a, const void *b) {
  return bt_standing_cmp(a, b);
}

struct list {
  const struct bt_case *c;
  struct bt_standing *v;
  uint32_t n;
};

static void add(struct list *l, uint32_t kind, int64_t at_us, uint64_t object, struct bt_str department) {
  if (l->n == BT_MAX_STANDING)
    return;
  l->v[l->n++] =
      (struct bt_standing){kind, at_us ? at_us : BT_STANDING_STOPPED, l->c->id, object,
                           department.n ? department : l->c->custodian}; /* who holds the case answers for the rest */
}

static void add_offer(struct list *l) {
  const struct bt_offer *o = &l->c->offer;
  const bool waits = o->opens_at_us != 0;
  if (o->id)
    add(l, waits ? BT_STANDING_OFFER_WAITING : BT_STANDING_OFFER, o->offered_at_us, o->id,
        waits || o->counter_us ? o->from : o->to);
}

static uint32_t promise_kind(const struct bt_promise *p) {
  if (p->state == BT_PROMISE_IS_BROKEN)
    return BT_STANDING_PROMISE_BROKEN;
  return p->state == BT_PROMISE_IS_AT_RISK ? BT_STANDING_PROMISE_AT_RISK : BT_STANDING_PROMISE;
}

static void add_owed(struct list *l) {
  const struct bt_case *c = l->c;
  for (uint32_t i = 0; i < c->promises.n; i++) {
    const struct bt_promise *p = &c->promises.v[i];
    add(l, promise_kind(p), p->due_us, p->id, p->holder);
  }
  for (uint32_t i = 0; i < c->questions.n; i++) {
    const struct bt_question *q = &c->questions.v[i];
    add(l, q->overdue ? BT_STANDING_QUESTION_OVERDUE : BT_STANDING_QUESTION, q->due_us, q->id, q->to);
  }
  for (uint32_t i = 0; i < c->work.n; i++)
    add(l, BT_STANDING_WORK, c->work.v[i].until_us, c->work.v[i].id, c->work.v[i].holder);
  for (uint32_t i = 0; i < c->concerns.n; i++) {
    const struct bt_concern *k = &c->concerns.v[i];
    if (k->level) /* else it is only watched so far */
      add(l, k->top ? BT_STANDING_CONCERN_TOP : BT_STANDING_CONCERN, k->raised_at_us, k->id, k->to);
  }
}

uint32_t bt_case_standing(const struct bt_case *c, struct bt_standing v[BT_MAX_STANDING]) {
  struct list l = {c, v, 0};
  if (c->dormant || !c->id)
    return 0;
  if (bt_case_is_open(c))
    add_offer(&l);
  add_owed(&l); /* also where the case has ended, or points to another: what was promised is owed all the same */
  if (l.n > 1)
    qsort(v, l.n, sizeof *v, by_order);
  return l.n;
}

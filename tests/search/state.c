/* Two paths that lead to the same state meet here. Counters that only figures read do not count, and those that a rule
 * looks at count up to where it does. */
#include "search.h"

enum { ENOUGH = 4 };

static void put(struct search_key *k, uint64_t v) {
  for (int i = 0; i < 2; i++) {
    k->h[i] ^= v + UINT64_C(0x9E3779B97F4A7C15) * (uint64_t)(i + 1);
    k->h[i] *= UINT64_C(0xFF51AFD7ED558CCD);
    k->h[i] ^= k->h[i] >> 32;
  }
}

static void put_str(struct search_key *k, struct bt_str s) {
  put(k, s.n);
  for (size_t i = 0; i < s.n; i++)
    put(k, (unsigned char)s.p[i]);
}

static void put_strs(struct search_key *k, const struct bt_strs *names) {
  put(k, names->n);
  for (uint32_t i = 0; i < names->n; i++)
    put_str(k, names->v[i]);
}

struct writing {
  struct search_key key;
  const struct bt_case *c;
  int64_t now_us;
};

static void put_time(struct writing *w, int64_t us) {
  put(&w->key, us ? (uint64_t)(us - w->now_us) ^ 1 : 0);
}

static void put_count(struct writing *w, uint32_t n) {
  put(&w->key, n < ENOUGH ? n : ENOUGH);
}

/* A number as a place in its list. */
static uint64_t place_of(const struct bt_case *c, uint64_t id) {
  for (uint32_t i = 0; i < c->promises.n; i++)
    if (c->promises.v[i].id == id)
      return 100 + i;
  for (uint32_t i = 0; i < c->questions.n; i++)
    if (c->questions.v[i].id == id)
      return 200 + i;
  return id && c->offer.id == id ? 1 : 0;
}

static void put_offer(struct writing *w, const struct bt_offer *o) {
  put(&w->key, o->id != 0);
  put_str(&w->key, o->from), put_str(&w->key, o->to), put_str(&w->key, o->topic);
  put_str(&w->key, o->department), put_strs(&w->key, &o->asked);
  put_time(w, o->deadline_us), put_time(w, o->opens_at_us), put_time(w, o->counter_us);
  put(&w->key, o->counter_type), put(&w->key, o->customer_waiting), put(&w->key, o->extended_at_us != 0);
}

static void put_owed(struct writing *w, const struct bt_case *c) {
  put(&w->key, c->promises.n);
  for (uint32_t i = 0; i < c->promises.n; i++) {
    const struct bt_promise *p = &c->promises.v[i];
    put(&w->key, p->type), put(&w->key, p->state), put(&w->key, p->cause), put_str(&w->key, p->holder);
    put_time(w, p->due_us), put_time(w, p->risk_us);
    put(&w->key, (uint64_t)p->left_us), put(&w->key, (uint64_t)p->risk_left_us);
  }
  put(&w->key, c->questions.n);
  for (uint32_t i = 0; i < c->questions.n; i++) {
    const struct bt_question *q = &c->questions.v[i];
    put_str(&w->key, q->from), put_str(&w->key, q->to), put(&w->key, q->overdue);
    put_time(w, q->due_us), put(&w->key, (uint64_t)q->left_us);
  }
  put(&w->key, c->work.n);
  for (uint32_t i = 0; i < c->work.n; i++) {
    const struct bt_work *x = &c->work.v[i];
    put_str(&w->key, x->holder), put_str(&w->key, x->action), put(&w->key, x->exclusive), put_time(w, x->until_us);
  }
}

static void put_concerns(struct writing *w, const struct bt_case *c) {
  put(&w->key, c->concerns.n);
  for (uint32_t i = 0; i < c->concerns.n; i++) {
    const struct bt_concern *k = &c->concerns.v[i];
    put(&w->key, k->cause), put(&w->key, place_of(c, k->object)), put(&w->key, k->level), put(&w->key, k->top);
    put_str(&w->key, k->to), put_time(w, k->due_us), put_time(w, k->next_us);
  }
}

/* Who held it, and the last stops, by which it is seen that it went to and fro. */
static void put_past(struct writing *w, const struct bt_case *c) {
  uint32_t from = c->trail.n > 3 ? c->trail.n - 3 : 0;
  put_count(w, c->trail.n);
  for (uint32_t i = from; i < c->trail.n; i++)
    put_str(&w->key, c->trail.v[i].department), put(&w->key, c->trail.v[i].offer != 0);
  put_count(w, c->journey.custody_handoffs - c->breaker_handoffs);
  put_count(w, c->journey.custody_bounces - c->breaker_bounces);
  put_strs(&w->key, &c->participants);
  put_count(w, c->answered.n), put_count(w, c->stalled), put(&w->key, c->tried.n);
}

struct search_key search_key_of(const struct bt_case *c, int64_t now_us) {
  struct writing w = {.key = {{1, 2}}, .c = c, .now_us = now_us};
  put(&w.key, c->status), put(&w.key, c->pending_on), put_time(&w, c->pending_until_us);
  put_str(&w.key, c->custodian), put_str(&w.key, c->owner), put(&w.key, c->breaker);
  put_time(&w, c->ended_at_us), put_time(&w, c->customer_deadline_us), put(&w.key, c->customer_deadline_missed);
  put(&w.key, (uint64_t)c->customer_deadline_left_us);
  if (c->idle_s)
    put_time(&w, c->touched_at_us);
  /* Days and hours differ: the same state at night is another one. */
  put(&w.key, (uint64_t)(now_us / SEARCH_MINUTE_US % (7 * 1440)));
  put_offer(&w, &c->offer);
  put_owed(&w, c);
  put_concerns(&w, c);
  put_past(&w, c);
  return w.key;
}

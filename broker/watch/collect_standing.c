/* What is wrong with cases, for each department that is to act: from the index of what stands open and from the timers
 * that have not fired. */
#include "core/ref.h"
#include "watch/condition.h"

enum { MOST_ROWS = 1000 }; /* of a kind, looked at for who waits longest */

static struct bt_str see_case(struct bt_arena *arena, uint64_t number) {
  return bt_arena_printf(arena, "show case %.*s", BT_STR_ARG(bt_ref_new(arena, number)));
}

static int number_of(const struct bt_watch_view *x, uint64_t case_id, uint64_t *ret) {
  struct bt_arena scratch;
  struct bt_case c;
  bt_arena_init(&scratch, 1024 * 1024);
  int rc = bt_store_case(x->store, BT_NOW, case_id, &scratch, &c);
  if (rc == 0)
    *ret = c.number;
  bt_arena_fini(&scratch);
  return rc == -BT_ABSENT ? -BT_CORRUPT : rc;
}

/* ---- offers that are overdue ---- */

/* An offer expires by itself when its time is up; one that has not is late because timers are suspended, or many. */
struct late {
  uint64_t offers, number; /* the number of the case with the oldest */
  int64_t oldest_due_us;
  bool more;
};

static int look(const struct bt_watch_view *x, struct late *l, const struct bt_timer *t, struct bt_arena *scratch) {
  struct bt_case c;
  if (t->kind != BT_TIMER_OFFER)
    return 0;
  bt_arena_reset(scratch);
  int rc = bt_store_case(x->store, BT_NOW, t->case_id, scratch, &c);
  if (rc < 0)
    return rc == -BT_ABSENT ? -BT_CORRUPT : rc;
  if (c.offer.opens_at_us) /* nobody is to answer yet */
    return 0;
  if (!l->offers++) {
    l->oldest_due_us = t->due_us;
    l->number = c.number;
  }
  return 0;
}

static int find_late(const struct bt_watch_view *x, struct late *ret) {
  struct bt_arena scratch;
  struct bt_timer t;
  bt_arena_init(&scratch, 1024 * 1024);
  int rc = bt_store_next_timer(x->store, BT_NOW, NULL, &t);
  for (int i = 0; rc == 0 && t.due_us <= x->now_us && !ret->more; i++) {
    ret->more = i == MOST_ROWS;
    rc = look(x, ret, &t, &scratch);
    if (rc == 0)
      rc = bt_store_next_timer(x->store, BT_NOW, &t, &t);
  }
  bt_arena_fini(&scratch);
  return rc == -BT_ABSENT ? 0 : rc;
}

static int collect_late(const struct bt_watch_view *x, struct bt_conditions *c) {
  struct late l = {0};
  int rc = find_late(x, &l);
  if (!l.offers)
    return rc;
  struct bt_condition *k = bt_condition_add(c, BT_COND_OFFERS_LATE, (struct bt_str){0}, l.offers, l.oldest_due_us);
  k->see = see_case(c->arena, l.number);
  if (l.more)
    k->more = BT_LIT("offers not answered in time, or more");
  return rc;
}

/* ---- what stands open ---- */

struct watched {
  enum bt_condition_kind as;
  enum bt_standing_kind kind;
  int64_t until_us; /* only what began before */
  bool counts_rows; /* the index counts more than is meant: those that are seen count */
  bool see_case;    /* the oldest one's case says more than a list */
};

/* The condition of a department, among those added from `from` on. */
static struct bt_condition *of_department(struct bt_conditions *c, uint32_t from, struct bt_str name) {
  for (uint32_t i = from; i < c->n; i++)
    if (bt_str_eq(c->v[i].object, name))
      return &c->v[i];
  return NULL;
}

static uint64_t counted(const struct bt_standing_counts *counts, enum bt_standing_kind kind, struct bt_str name) {
  for (uint32_t i = 0; i < counts->n; i++)
    if (bt_str_eq(counts->v[i].department, name))
      return counts->v[i].n[kind];
  return 0;
}

/* The first row of a department is its oldest. */
static int take(const struct bt_watch_view *x, const struct watched *w, const struct bt_standing *row, uint64_t n,
                struct bt_conditions *c) {
  uint64_t number;
  struct bt_condition *k = bt_condition_add(c, w->as, row->department, n, row->at_us < x->now_us ? row->at_us : 0);
  if (!w->see_case)
    return 0;
  int rc = number_of(x, row->case_id, &number);
  if (rc == 0)
    k->see = see_case(c->arena, number);
  return rc;
}

static void count_rows(struct bt_conditions *c, uint32_t from, const uint64_t *seen) {
  const uint32_t n = c->n;
  c->n = from;
  for (uint32_t i = from; i < n; i++) {
    const struct bt_condition old = c->v[i];
    c->total[old.kind] -= old.n;
    bt_condition_add(c, old.kind, old.object, seen[i - from], old.since_us)->see = old.see;
  }
}

static int collect_kind(const struct bt_watch_view *x, const struct watched *w, const struct bt_standing_counts *counts,
                        struct bt_conditions *c) {
  enum { MOST_DEPARTMENTS = 256 };
  uint64_t seen[MOST_DEPARTMENTS] = {0}, told = 0;
  const uint32_t from = c->n;
  struct bt_standing row;
  int rc = counts->total[w->kind] ? bt_store_next_standing(x->store, BT_NOW, w->kind, NULL, &row) : -BT_ABSENT;
  for (int i = 0; rc == 0 && i < MOST_ROWS && row.at_us <= w->until_us; i++) {
    const struct bt_condition *k = of_department(c, from, row.department);
    if (!k && c->n - from < MOST_DEPARTMENTS) {
      const uint64_t n = w->counts_rows ? 1 : counted(counts, w->kind, row.department);
      told += n;
      rc = take(x, w, &row, n, c);
      k = c->n > from ? &c->v[c->n - 1] : NULL;
    }
    if (k)
      seen[k - (c->v + from)]++;
    if (!w->counts_rows && told >= counts->total[w->kind])
      break;
    if (rc == 0)
      rc = bt_store_next_standing(x->store, BT_NOW, w->kind, &row, &row);
  }
  if (w->counts_rows)
    count_rows(c, from, seen);
  else if (c->n > from)
    c->total[w->as] = counts->total[w->kind];
  return rc == -BT_ABSENT ? 0 : rc;
}

int bt_collect_standing(const struct bt_watch_view *view, struct bt_conditions *c) {
  const int64_t offer_us = view->config->settings.alert_offer_us;
  const struct watched watched[] = {
      {BT_COND_PROMISES_BROKEN, BT_STANDING_PROMISE_BROKEN, INT64_MAX, false, false},
      {BT_COND_OFFERS_OLD, BT_STANDING_OFFER, offer_us ? view->now_us - offer_us : INT64_MIN, true, true},
      {BT_COND_CONCERNS_TOP, BT_STANDING_CONCERN_TOP, INT64_MAX, false, true},
      {BT_COND_QUESTIONS_OVERDUE, BT_STANDING_QUESTION_OVERDUE, INT64_MAX, false, false},
      {BT_COND_PROMISES_AT_RISK, BT_STANDING_PROMISE_AT_RISK, INT64_MAX, false, false},
  };
  struct bt_standing_counts counts;
  bt_store_standing(view->store, &counts);
  int rc = collect_late(view, c);
  for (size_t i = 0; i < sizeof watched / sizeof *watched; i++) {
    int one = collect_kind(view, &watched[i], &counts, c);
    rc = rc < 0 ? rc : one;
  }
  return rc;
}

/* Departments: what they owe, and for how long. */
#include <stdlib.h>

#include "metrics/gather.h"

/* Of offers of one kind, the oldest first. Departments whose first one lies behind these have none that is older, and
 * are told the age of the last that was looked at. */
enum { LOOK_AT = 2048 };

enum { OFFER, WAITING, AGES };

struct department {
  struct bt_str name;
  const uint32_t *n; /* by enum bt_standing_kind */
  int64_t at_us[AGES];
  bool found[AGES];
};
struct departments {
  uint32_t n;
  struct department *v; /* sorted by name */
};

static const uint32_t nothing[BT_STANDING_COUNT];

static bool owes(const struct bt_standing_count *c) {
  for (int kind = 1; kind < BT_STANDING_COUNT; kind++)
    if (c->n[kind])
      return true;
  return false;
}

/* Those that are configured, and those that are not any more but have something open. Both lists are sorted. */
static struct departments list(const struct bt_gathering *g) {
  const struct bt_rules *rules = &g->context->config->rules;
  struct bt_standing_counts counts;
  bt_store_standing(g->context->store, &counts);
  struct departments all = {0, BT_NEW_ARRAY(g->to->arena, struct department, rules->departments.n + counts.n)};
  for (uint32_t i = 0, k = 0; all.v && (i < rules->departments.n || k < counts.n);) {
    const int c = i == rules->departments.n ? 1
                  : k == counts.n           ? -1
                                            : bt_str_cmp(rules->departments.v[i].name, counts.v[k].department);
    if (c <= 0)
      all.v[all.n++] = (struct department){.name = rules->departments.v[i].name, .n = c ? nothing : counts.v[k].n};
    else if (owes(&counts.v[k]))
      all.v[all.n++] = (struct department){.name = counts.v[k].department, .n = counts.v[k].n};
    i += c <= 0;
    k += c >= 0;
  }
  return all;
}

static int by_name(const void *left, const void *right) {
  return bt_str_cmp(((const struct department *)left)->name, ((const struct department *)right)->name);
}

static void find_oldest(struct bt_gathering *g, const struct departments *all, enum bt_standing_kind kind, int age) {
  struct bt_standing at = {0};
  uint32_t looked = 0, left = 0;
  int rc = 0;
  for (uint32_t i = 0; i < all->n; i++)
    left += all->v[i].n[kind] > 0;
  while (left && looked < LOOK_AT) {
    if ((rc = bt_store_next_standing(g->context->store, BT_NOW, kind, looked ? &at : NULL, &at)))
      break;
    looked++;
    const struct department wanted = {.name = at.department};
    struct department *d = bsearch(&wanted, all->v, all->n, sizeof *all->v, by_name);
    left -= d && !d->found[age];
    if (d && !d->found[age]) {
      d->found[age] = true;
      d->at_us[age] = at.at_us;
    }
  }
  g->unreadable += rc && rc != -BT_ABSENT;
  for (uint32_t i = 0; looked && i < all->n; i++)
    if (all->v[i].n[kind] && !all->v[i].found[age])
      all->v[i].at_us[age] = at.at_us;
}

static void put_ages(struct bt_gathering *g, const struct department *d) {
  static const enum bt_figure figures[AGES] = {BT_F_offer_oldest, BT_F_waiting_offer_oldest};
  for (int i = 0; i < AGES; i++)
    bt_snapshot_add(g->to, figures[i], d->name, (struct bt_str){0},
                    d->at_us[i] ? bt_gathered_age(g->now_us, d->at_us[i]) : 0);
}

static void put_counts(struct bt_gathering *g, const struct department *d) {
  static const struct {
    enum bt_figure figure;
    enum bt_standing_kind kind, also;
  } rows[] = {
      {BT_F_offers_open, BT_STANDING_OFFER, BT_STANDING_NONE},
      {BT_F_offers_waiting, BT_STANDING_OFFER_WAITING, BT_STANDING_NONE},
      {BT_F_promises_open, BT_STANDING_PROMISE, BT_STANDING_NONE},
      {BT_F_promises_at_risk, BT_STANDING_PROMISE_AT_RISK, BT_STANDING_NONE},
      {BT_F_promises_broken, BT_STANDING_PROMISE_BROKEN, BT_STANDING_NONE},
      {BT_F_questions_open, BT_STANDING_QUESTION, BT_STANDING_NONE},
      {BT_F_questions_overdue, BT_STANDING_QUESTION_OVERDUE, BT_STANDING_NONE},
      {BT_F_work_open, BT_STANDING_WORK, BT_STANDING_NONE},
      {BT_F_concerns_open, BT_STANDING_CONCERN, BT_STANDING_CONCERN_TOP},
      {BT_F_concerns_at_top, BT_STANDING_CONCERN_TOP, BT_STANDING_NONE},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    bt_snapshot_add(g->to, rows[i].figure, d->name, (struct bt_str){0},
                    (int64_t)d->n[rows[i].kind] + (rows[i].also ? d->n[rows[i].also] : 0));
}

/* The longest of all departments: the first row of each kind. */
static void put_longest(struct bt_gathering *g, enum bt_figure figure, enum bt_standing_kind kind,
                        enum bt_standing_kind also) {
  const enum bt_standing_kind kinds[] = {kind, also};
  int64_t longest_us = 0;
  for (size_t i = 0; i < 2 && kinds[i]; i++) {
    struct bt_standing first;
    int rc = bt_store_next_standing(g->context->store, BT_NOW, kinds[i], NULL, &first);
    g->unreadable += rc && rc != -BT_ABSENT;
    const int64_t age_us = rc ? 0 : bt_gathered_age(g->now_us, first.at_us);
    longest_us = age_us > longest_us ? age_us : longest_us;
  }
  bt_snapshot_add(g->to, figure, (struct bt_str){0}, (struct bt_str){0}, longest_us);
}

void bt_gather_departments(struct bt_gathering *g) {
  const struct departments all = list(g);
  if (all.v) {
    find_oldest(g, &all, BT_STANDING_OFFER, OFFER);
    find_oldest(g, &all, BT_STANDING_OFFER_WAITING, WAITING);
  }
  for (uint32_t i = 0; i < all.n; i++) {
    put_ages(g, &all.v[i]);
    put_counts(g, &all.v[i]);
  }
  put_longest(g, BT_F_promise_broken_oldest, BT_STANDING_PROMISE_BROKEN, BT_STANDING_NONE);
  put_longest(g, BT_F_question_overdue_oldest, BT_STANDING_QUESTION_OVERDUE, BT_STANDING_NONE);
  put_longest(g, BT_F_concern_oldest, BT_STANDING_CONCERN, BT_STANDING_CONCERN_TOP);
}

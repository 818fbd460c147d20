/* How departments did over a period, and each before the others: days of the record summed up.
 *
 * Without a department: one row for each that the asker may see. With one: its own row, then for every other department
 * what it brought before that one, and what that one brought before it. A place in the list is a row's ordinal, counted
 * with the rows that have nothing to say in the period. */
#include "query/ask.h"

#define SCOPE UINT64_MAX /* no case has this number */
#define DAY_US (INT64_C(86400) * 1000000)

struct card {
  const struct bt_ask *ask;
  struct bt_str department; /* empty: all */
  uint32_t from_day, until_day;
  uint64_t place, skip; /* of the next row; rows of pages before */
  size_t room;
  struct bt_scorecard_rows rows;
};

/* 1: the page ends before this row. */
static int add(struct card *c, struct bt_str department, struct bt_str peer, bool always) {
  const struct bt_ask *ask = c->ask;
  if (c->place < c->skip) {
    c->place++;
    return 0;
  }
  struct bt_scorecard_row row = {.department = department, .peer = peer};
  int rc = bt_store_stats_sum(ask->context->store, BT_AS_OF, department, peer, c->from_day, c->until_day, ask->scratch,
                              &row.score);
  if (rc == 0 || (rc == -BT_ABSENT && always)) {
    size_t size = bt_scorecard_row_size(&row);
    if (c->rows.n == ask->limit || size > c->room)
      return 1;
    c->room -= size;
    row.department = bt_arena_copy(ask->arena, department);
    row.peer = bt_arena_copy(ask->arena, peer);
    c->rows.v[c->rows.n++] = row;
    rc = 0;
  }
  if (rc < 0 && rc != -BT_ABSENT)
    return rc;
  c->place++;
  return c->rows.n && ask->context->mono_us() >= ask->until_us ? 1 : 0;
}

static int add_pairs(struct card *c, struct bt_str other) {
  struct bt_str only = c->ask->query->score.peer;
  if (bt_str_eq(other, c->department) || (only.n && !bt_str_eq(other, only)))
    return 0;
  int rc = add(c, c->department, other, false);
  return rc ? rc : add(c, other, c->department, false);
}

static int add_all(struct card *c) {
  char buf[BT_STATS_NAME];
  struct bt_str name = {0};
  int rc = c->department.n ? add(c, c->department, (struct bt_str){0}, true) : 0;
  while (rc == 0) {
    rc = bt_store_stats_next(c->ask->context->store, BT_AS_OF, name, buf, &name);
    if (rc == 0)
      rc = c->department.n ? add_pairs(c, name) : add(c, name, (struct bt_str){0}, false);
  }
  return rc == -BT_ABSENT ? 0 : rc;
}

/* Whose card. A department is told of nobody but itself, and not whether another is there. */
static int choose(struct card *c) {
  const struct bt_ask *ask = c->ask;
  c->department = ask->query->score.department;
  if (ask->asker->all)
    return 0;
  if (c->department.n && !bt_str_eq(c->department, ask->asker->department))
    return -BT_NOT_GRANTED;
  return 0;
}

static int take_period(struct card *c, struct bt_answer *ret) {
  const struct bt_score_query *q = &c->ask->query->score;
  if (q->until_us && q->until_us <= q->from_us) {
    ret->text = BT_LIT("scorecard.until_us: is not after from_us");
    return -BT_INVALID;
  }
  c->from_day = bt_stats_day(q->from_us);
  c->until_day = q->until_us ? bt_stats_day(q->until_us - 1) : UINT32_MAX;
  uint32_t last_day = q->until_us ? c->until_day : bt_stats_day(ret->as_of_us);
  ret->scorecard.from_us = c->from_day * DAY_US;
  ret->scorecard.until_us = (last_day + 1) * DAY_US;
  return 0;
}

int bt_ask_scorecard(const struct bt_ask *ask, struct bt_answer *ret) {
  struct card c = {.ask = ask, .room = BT_ASK_ROOM};
  c.rows.v = BT_NEW_ARRAY(ask->arena, struct bt_scorecard_row, ask->limit);
  if (!c.rows.v)
    return -BT_NOMEM;
  int rc = choose(&c);
  if (rc == 0)
    rc = take_period(&c, ret);
  if (rc == 0)
    rc = bt_ask_page_get(ask, SCOPE, &c.skip);
  if (rc < 0)
    return rc;
  if (!ask->asker->all && !c.department.n) /* all that it may see */
    rc = add(&c, ask->asker->department, (struct bt_str){0}, true);
  else
    rc = add_all(&c);
  if (rc < 0)
    return rc;
  ret->scorecard.rows = c.rows;
  return rc == 1 ? bt_ask_page_put(ask, SCOPE, c.place, &ret->next_page) : 0;
}

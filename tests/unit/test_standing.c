/* What stands open: the table is what a scan of all cases gives, and the counts are what the table has, whatever was
 * applied, marked, undone, rolled back or replayed. */
#include "core/standing.h"
#include "entry_fixture.h"

enum { MAX_LOG = 4000, CASES = 12, SECOND = 1000000 };

struct fixture {
  struct folder folder;
  struct bt_store *store;
  struct bt_arena arena;
  uint64_t random;
  struct bt_entry log[MAX_LOG + 1]; /* by sequence; their texts are literals */
  struct bt_clock clocks[MAX_LOG + 1];
};

static int setup(void **state) {
  struct fixture *f = calloc(1, sizeof *f);
  folder_make(&f->folder);
  bt_arena_init(&f->arena, 8 << 20);
  f->store = store_open(&f->folder);
  *state = f;
  return 0;
}

static int teardown(void **state) {
  struct fixture *f = *state;
  bt_store_close(f->store);
  bt_arena_fini(&f->arena);
  folder_remove(&f->folder);
  free(f);
  return 0;
}

static void apply(struct fixture *f, struct bt_entry e) {
  assert_int_equal(bt_store_apply(f->store, &e), 0);
}

static void reopen(struct fixture *f) {
  bt_store_close(f->store);
  f->store = store_open(&f->folder);
}

static uint32_t count_of(struct fixture *f, struct bt_str department, int kind) {
  struct bt_standing_counts counts;
  uint32_t n = 0;
  bt_store_standing(f->store, &counts);
  for (uint32_t i = 0; i < counts.n; i++)
    if (bt_str_eq(counts.v[i].department, department))
      n = counts.v[i].n[kind];
  return n;
}

static uint64_t total_of(struct fixture *f, int kind) {
  struct bt_standing_counts counts;
  bt_store_standing(f->store, &counts);
  return counts.total[kind];
}

static struct bt_standing oldest(struct fixture *f, enum bt_standing_kind kind) {
  struct bt_standing x;
  assert_int_equal(bt_store_next_standing(f->store, BT_NOW, kind, NULL, &x), 0);
  return x;
}

static void expect_none(struct fixture *f, enum bt_standing_kind kind) {
  struct bt_standing x;
  assert_int_equal(bt_store_next_standing(f->store, BT_NOW, kind, NULL, &x), -BT_ABSENT);
  assert_int_equal(total_of(f, kind), 0);
}

/* ---- one of each ---- */

static struct bt_entry offers(uint64_t sequence, uint64_t case_id, bool waits) {
  struct bt_entry e = entry_of(sequence, BT_HANDOFF_OFFERED, case_id);
  e.offer = sequence;
  e.event.handoff_offered = (struct bt_handoff_offered){.from = BT_LIT("sales"),
                                                        .to = waits ? BT_LIT("") : BT_LIT("moves"),
                                                        .cause = BT_CAUSE_TOPIC,
                                                        .deadline_us = waits ? 0 : e.recorded_at_us + 60 * SECOND,
                                                        .opens_at_us = waits ? e.recorded_at_us + 90 * SECOND : 0};
  return e;
}

static struct bt_entry promises(uint64_t sequence, uint64_t case_id, int64_t due_us) {
  struct bt_entry e = entry_of(sequence, BT_PROMISE_MADE, case_id);
  e.event.promise_made = (struct bt_promise_made){.type = BT_PROMISE_CALLBACK, .due_us = due_us};
  return e;
}

static struct bt_entry raises(uint64_t sequence, uint64_t case_id, uint64_t concern, uint32_t level, bool top) {
  struct bt_entry e = entry_of(sequence, BT_ESCALATED, case_id);
  e.event.department = BT_LIT("");
  e.event.escalated = (struct bt_escalated){.cause = BT_CAUSE_IDLE,
                                            .object = case_id,
                                            .due_us = T0,
                                            .level = level,
                                            .to = top ? BT_LIT("chief") : BT_LIT("lead"),
                                            .next_us = e.recorded_at_us + 60 * SECOND,
                                            .concern = concern,
                                            .top = top};
  return e;
}

static void offers_stand_with_who_is_to_act(void **state) {
  struct fixture *f = *state;
  apply(f, entry_opens(1, 1, 0));
  apply(f, offers(2, 1, true));
  struct bt_standing x = oldest(f, BT_STANDING_OFFER_WAITING);
  assert_true(x.at_us == T0 + 2 * SECOND && x.case_id == 1 && x.object == 2);
  assert_true(bt_str_eq(x.department, BT_LIT("sales")));
  struct bt_entry e = entry_of(3, BT_HANDOFF_DIRECTED, 1);
  e.event.handoff_directed =
      (struct bt_handoff_directed){.offer = 2, .to = BT_LIT("moves"), .deadline_us = T0 + 99 * SECOND};
  apply(f, e);
  expect_none(f, BT_STANDING_OFFER_WAITING);
  x = oldest(f, BT_STANDING_OFFER);
  assert_true(x.at_us == T0 + 3 * SECOND && bt_str_eq(x.department, BT_LIT("moves")));
  assert_int_equal(count_of(f, BT_LIT("moves"), BT_STANDING_OFFER), 1);
  e = entry_of(4, BT_HANDOFF_COUNTERED, 1);
  e.event.handoff_countered = (struct bt_handoff_countered){.offer = 2, .at_us = T0 + 500 * SECOND};
  apply(f, e); /* in the same place, but now it is the offerer who is to answer */
  assert_true(bt_str_eq(oldest(f, BT_STANDING_OFFER).department, BT_LIT("sales")));
  assert_int_equal(count_of(f, BT_LIT("moves"), BT_STANDING_OFFER), 0);
  assert_int_equal(count_of(f, BT_LIT("sales"), BT_STANDING_OFFER), 1);
  apply(f, entry_of(5, BT_HANDOFF_WITHDRAWN, 1));
  expect_none(f, BT_STANDING_OFFER);
}

static void promises_go_from_open_to_broken(void **state) {
  struct fixture *f = *state;
  apply(f, entry_opens(1, 1, 0));
  apply(f, entry_opens(2, 2, 0));
  apply(f, promises(3, 1, T0 + 90 * SECOND));
  apply(f, promises(4, 2, T0 + 80 * SECOND));
  struct bt_standing x = oldest(f, BT_STANDING_PROMISE);
  assert_int_equal(x.object, 4);
  assert_int_equal(bt_store_next_standing(f->store, BT_NOW, BT_STANDING_PROMISE, &x, &x), 0);
  assert_int_equal(x.object, 3);
  assert_int_equal(bt_store_next_standing(f->store, BT_NOW, BT_STANDING_PROMISE, &x, &x), -BT_ABSENT);
  struct bt_entry e = entry_of(5, BT_PROMISE_AT_RISK, 2);
  e.event.promise_at_risk.promise = 4;
  apply(f, e);
  assert_true(total_of(f, BT_STANDING_PROMISE) == 1 && total_of(f, BT_STANDING_PROMISE_AT_RISK) == 1);
  e = entry_of(6, BT_PROMISE_BROKEN, 2);
  e.event.promise_broken.promise = 4;
  apply(f, e);
  expect_none(f, BT_STANDING_PROMISE_AT_RISK);
  x = oldest(f, BT_STANDING_PROMISE_BROKEN);
  assert_true(x.object == 4 && x.at_us == T0 + 80 * SECOND);
  e = entry_of(7, BT_PROMISE_KEPT, 2);
  e.event.promise_kept.promise = 4;
  apply(f, e);
  expect_none(f, BT_STANDING_PROMISE_BROKEN);
  /* A clock that is stopped has no due time: behind all others, and still open. */
  apply(f, promises(8, 2, T0 + 10 * SECOND));
  struct bt_clock stopped = {.timer = BT_TIMER_PROMISE, .object = 8, .left_us = 5 * SECOND};
  e = entry_of(9, BT_STATUS_CHANGED, 2);
  e.event.status_changed = (struct bt_status_changed){.status = BT_STATUS_PENDING, .clocks = {1, &stopped}};
  apply(f, e);
  x = oldest(f, BT_STANDING_PROMISE);
  assert_int_equal(x.object, 3);
  assert_int_equal(bt_store_next_standing(f->store, BT_NOW, BT_STANDING_PROMISE, &x, &x), 0);
  assert_true(x.object == 8 && x.at_us == BT_STANDING_STOPPED);
}

static void a_concern_stands_since_it_was_first_raised(void **state) {
  struct fixture *f = *state;
  apply(f, entry_opens(1, 1, 0));
  struct bt_entry e = entry_of(2, BT_HANDOFF_REFUSED, 1);
  e.event.handoff_refused = (struct bt_handoff_refused){.offer = 9, .answer_by_us = T0 + 50 * SECOND};
  apply(f, e); /* only watched: nobody was told */
  expect_none(f, BT_STANDING_CONCERN);
  apply(f, raises(3, 1, 3, 1, false));
  assert_true(bt_str_eq(oldest(f, BT_STANDING_CONCERN).department, BT_LIT("lead")));
  apply(f, raises(4, 1, 3, 2, true));
  expect_none(f, BT_STANDING_CONCERN);
  struct bt_standing x = oldest(f, BT_STANDING_CONCERN_TOP);
  assert_true(x.object == 3 && x.at_us == T0 + 3 * SECOND && bt_str_eq(x.department, BT_LIT("chief")));
  assert_int_equal(count_of(f, BT_LIT("chief"), BT_STANDING_CONCERN_TOP), 1);
  e = entry_of(5, BT_REMINDED, 1);
  e.event.department = BT_LIT("");
  e.event.reminded = (struct bt_reminded){.concern = 3, .next_us = T0 + 999 * SECOND, .times = 1};
  apply(f, e);
  assert_int_equal(oldest(f, BT_STANDING_CONCERN_TOP).at_us, T0 + 3 * SECOND);
  e = raises(6, 1, 3, 1, false); /* the same place, another cause: raised anew */
  e.event.escalated.due_us = T0 + 7 * SECOND;
  apply(f, e);
  assert_int_equal(oldest(f, BT_STANDING_CONCERN).at_us, T0 + 6 * SECOND);
}

static void what_is_owed_outlives_the_case_but_history_owes_nothing(void **state) {
  struct fixture *f = *state;
  struct bt_entry e = entry_opens(1, 1, 0);
  e.event.backfill = true;
  apply(f, e);
  apply(f, promises(2, 1, T0 + 90 * SECOND));
  expect_none(f, BT_STANDING_PROMISE);
  e = entry_of(3, BT_CASE_REVIVED, 1);
  apply(f, e);
  assert_int_equal(total_of(f, BT_STANDING_PROMISE), 1);
  apply(f, entry_of(4, BT_CASE_CLOSED, 1));
  assert_int_equal(total_of(f, BT_STANDING_PROMISE), 1);
  apply(f, entry_of(5, BT_CASE_REOPENED, 1));
  assert_int_equal(total_of(f, BT_STANDING_PROMISE), 1);
  e = entry_of(6, BT_CASES_MERGED, 1);
  e.event.cases_merged.into = 7;
  apply(f, e);
  assert_int_equal(total_of(f, BT_STANDING_PROMISE), 1);
}

static void counts_go_back_with_the_record(void **state) {
  struct fixture *f = *state;
  apply(f, entry_opens(1, 1, 0));
  apply(f, promises(2, 1, T0 + 90 * SECOND));
  assert_int_equal(bt_store_checkpoint(f->store), 0);
  assert_int_equal(bt_store_mark(f->store), 0);
  apply(f, promises(3, 1, T0 + 91 * SECOND));
  apply(f, raises(4, 1, 4, 1, false)); /* a department that was not there at the mark */
  assert_int_equal(count_of(f, BT_LIT("lead"), BT_STANDING_CONCERN), 1);
  bt_store_undo(f->store);
  assert_int_equal(count_of(f, BT_LIT("sales"), BT_STANDING_PROMISE), 1);
  assert_int_equal(count_of(f, BT_LIT("lead"), BT_STANDING_CONCERN), 0);
  apply(f, promises(3, 1, T0 + 91 * SECOND));
  bt_store_rollback(f->store);
  assert_int_equal(count_of(f, BT_LIT("sales"), BT_STANDING_PROMISE), 1);
  apply(f, promises(3, 1, T0 + 91 * SECOND));
  assert_int_equal(bt_store_checkpoint(f->store), 0);
  reopen(f);
  assert_int_equal(count_of(f, BT_LIT("sales"), BT_STANDING_PROMISE), 2);
  assert_int_equal(bt_store_loads(f->store).v[0].cases, 1);
}

/* ---- at random ---- */

static uint64_t below(struct fixture *f, uint64_t n) {
  f->random ^= f->random << 13;
  f->random ^= f->random >> 7;
  f->random ^= f->random << 17;
  return f->random % n;
}

static struct bt_str anybody(struct fixture *f) {
  static const struct bt_str names[] = {{"billing", 7}, {"care", 4}, {"moves", 5}, {"sales", 5}};
  return names[below(f, 4)];
}

/* What the entry is about: something that the case has of this sort, else nothing that is there. */
static uint64_t some_promise(struct fixture *f, const struct bt_case *c) {
  return c->promises.n ? c->promises.v[below(f, c->promises.n)].id : 1;
}

static uint64_t some_question(struct fixture *f, const struct bt_case *c) {
  return c->questions.n ? c->questions.v[below(f, c->questions.n)].id : 1;
}

static uint64_t some_work(struct fixture *f, const struct bt_case *c) {
  return c->work.n ? c->work.v[below(f, c->work.n)].id : 1;
}

static void fill_owed(struct fixture *f, struct bt_entry *e, const struct bt_case *c, int64_t later_us) {
  struct bt_event *v = &e->event;
  switch (e->kind) {
  case BT_PROMISE_MADE:
    v->promise_made = (struct bt_promise_made){.due_us = later_us, .type = BT_PROMISE_VISIT};
    break;
  case BT_PROMISE_AT_RISK:
    v->promise_at_risk.promise = some_promise(f, c);
    break;
  case BT_PROMISE_BROKEN:
    v->promise_broken.promise = some_promise(f, c);
    break;
  case BT_PROMISE_KEPT:
    v->promise_kept.promise = some_promise(f, c);
    break;
  case BT_PROMISE_RENEGOTIATED:
    v->promise_renegotiated = (struct bt_promise_renegotiated){.promise = some_promise(f, c), .due_us = later_us};
    break;
  case BT_QUESTION_ASKED:
    v->question_asked = (struct bt_question_asked){.to = anybody(f), .due_us = later_us};
    break;
  case BT_QUESTION_OVERDUE:
    v->question_overdue.question = some_question(f, c);
    break;
  case BT_QUESTION_ANSWERED:
    v->question_answered.question = some_question(f, c);
    break;
  case BT_WORK_STARTED:
    v->work_started = (struct bt_work_started){.action = BT_LIT("visit"), .subject = BT_LIT("1"), .until_us = later_us};
    break;
  case BT_WORK_RENEWED:
    v->work_renewed = (struct bt_work_renewed){.work = some_work(f, c), .until_us = later_us};
    break;
  case BT_WORK_FINISHED:
    v->work_finished.work = some_work(f, c);
    break;
  }
}

static void fill_moved(struct fixture *f, struct bt_entry *e, const struct bt_case *c, int64_t later_us) {
  struct bt_event *v = &e->event;
  const bool top = below(f, 2) == 0;
  switch (e->kind) {
  case BT_HANDOFF_OFFERED:
    *e = offers(e->sequence, e->case_id, top);
    v->handoff_offered.from = c->custodian;
    break;
  case BT_HANDOFF_ACCEPTED:
    v->handoff_accepted.to = anybody(f);
    break;
  case BT_HANDOFF_REFUSED:
    v->handoff_refused.answer_by_us = c->concerns.n < 8 ? later_us : 0;
    break;
  case BT_HANDOFF_COUNTERED:
    v->handoff_countered = (struct bt_handoff_countered){.at_us = c->offer.id ? later_us : 0};
    break;
  case BT_HANDOFF_DIRECTED:
    v->handoff_directed = (struct bt_handoff_directed){.to = anybody(f), .deadline_us = later_us, .moved = top};
    break;
  case BT_ESCALATED:
    v->escalated =
        raises(e->sequence, e->case_id, c->concerns.n ? c->concerns.v[0].id : e->sequence, 1, top).event.escalated;
    v->escalated.to = anybody(f);
    break;
  case BT_REMINDED:
    v->reminded = (struct bt_reminded){.concern = c->concerns.n ? c->concerns.v[0].id : 1, .next_us = later_us};
    break;
  case BT_STATUS_CHANGED: {
    static struct bt_clock clock;
    clock = (struct bt_clock){.timer = BT_TIMER_PROMISE, .object = some_promise(f, c), .due_us = top ? 0 : later_us};
    v->status_changed = (struct bt_status_changed){
        .status = top ? BT_STATUS_PENDING : BT_STATUS_OPEN, .until_us = later_us, .clocks = {1, &clock}};
    break;
  }
  case BT_CASES_MERGED:
    v->cases_merged.into = 1;
    break;
  }
}

static bool fits(const struct bt_entry *e, const struct bt_case *c) {
  switch (e->kind) {
  case BT_PROMISE_MADE:
    return c->promises.n < BT_MAX_PROMISES;
  case BT_QUESTION_ASKED:
    return c->questions.n < BT_MAX_QUESTIONS;
  case BT_WORK_STARTED:
    return c->work.n < BT_MAX_WORK;
  case BT_HANDOFF_COUNTERED:
  case BT_HANDOFF_DIRECTED:
    return c->offer.id != 0;
  case BT_CASE_REOPENED:
    return !bt_case_is_open(c) && c->status != BT_STATUS_MERGED;
  case BT_CASES_MERGED:
    return bt_case_is_open(c) && !c->offer.id;
  case BT_CASES_UNMERGED:
    return c->status == BT_STATUS_MERGED;
  case BT_CASE_REVIVED:
    return c->dormant;
  default:
    return true;
  }
}

static struct bt_entry any_entry(struct fixture *f, uint64_t sequence) {
  static const uint32_t kinds[] = {
      BT_HANDOFF_OFFERED,      BT_HANDOFF_OFFERED,  BT_HANDOFF_ACCEPTED, BT_HANDOFF_REFUSED,
      BT_HANDOFF_COUNTERED,    BT_HANDOFF_DIRECTED, BT_HANDOFF_EXPIRED,  BT_PROMISE_MADE,
      BT_PROMISE_MADE,         BT_PROMISE_AT_RISK,  BT_PROMISE_BROKEN,   BT_PROMISE_KEPT,
      BT_PROMISE_RENEGOTIATED, BT_QUESTION_ASKED,   BT_QUESTION_ASKED,   BT_QUESTION_OVERDUE,
      BT_QUESTION_ANSWERED,    BT_WORK_STARTED,     BT_WORK_STARTED,     BT_WORK_RENEWED,
      BT_WORK_FINISHED,        BT_ESCALATED,        BT_REMINDED,         BT_STATUS_CHANGED,
      BT_CASE_RESOLVED,        BT_CASE_REOPENED,    BT_CASE_REOPENED,    BT_CASE_CLOSED,
      BT_CASES_MERGED,         BT_CASES_UNMERGED,   BT_CASE_REVIVED,     BT_NOTE_ADDED};
  if (sequence <= CASES) {
    struct bt_entry e = entry_opens(sequence, sequence, 0);
    e.event.backfill = sequence % 4 == 0;
    return e;
  }
  for (;;) {
    struct bt_case c;
    struct bt_entry e = entry_of(sequence, kinds[below(f, sizeof kinds / sizeof *kinds)], 1 + below(f, CASES));
    bt_arena_reset(&f->arena);
    assert_int_equal(bt_store_case(f->store, BT_NOW, e.case_id, &f->arena, &c), 0);
    if (!fits(&e, &c))
      continue;
    e.event.department = anybody(f);
    const int64_t later_us = e.recorded_at_us + (int64_t)below(f, 500) * SECOND;
    fill_owed(f, &e, &c, later_us);
    fill_moved(f, &e, &c, later_us);
    return e;
  }
}

/* The entry keeps what it points to of the case: names that the arena has are exchanged for lasting ones. */
static struct bt_str lasting(struct bt_str name) {
  static const char *const names[] = {"billing", "care", "moves", "sales"};
  for (int i = 0; i < 4; i++)
    if (bt_str_eq(name, bt_str(names[i])))
      return bt_str(names[i]);
  return name;
}

static void step(struct fixture *f) {
  const uint64_t sequence = bt_store_position(f->store, BT_NOW) + 1;
  struct bt_entry *e = &f->log[sequence];
  *e = any_entry(f, sequence);
  if (e->kind == BT_HANDOFF_OFFERED)
    e->event.handoff_offered.from = lasting(e->event.handoff_offered.from);
  if (e->kind == BT_STATUS_CHANGED) {
    f->clocks[sequence] = *e->event.status_changed.clocks.v;
    e->event.status_changed.clocks.v = &f->clocks[sequence];
  }
  apply(f, *e);
}

static int by_order(const void *a, const void *b) {
  return bt_standing_cmp(a, b);
}

static void table_is_what_the_cases_say(struct fixture *f) {
  static struct bt_standing all[CASES * BT_MAX_STANDING];
  struct bt_standing_counts counts;
  struct bt_standing x;
  struct bt_case c;
  uint64_t totals[BT_STANDING_COUNT] = {0};
  uint32_t n = 0, at = 0, counted = 0;
  bt_arena_reset(&f->arena);
  for (uint64_t from = 1; bt_store_next_case(f->store, BT_NOW, from, &f->arena, &c) == 0; from = c.id + 1)
    n += bt_case_standing(&c, all + n);
  qsort(all, n, sizeof *all, by_order);
  for (int kind = 1; kind < BT_STANDING_COUNT; kind++) {
    int rc = bt_store_next_standing(f->store, BT_NOW, (enum bt_standing_kind)kind, NULL, &x);
    for (; rc == 0; at++) {
      assert_true(at < n && bt_standing_cmp(&x, &all[at]) == 0 && bt_str_eq(x.department, all[at].department));
      totals[kind]++;
      rc = bt_store_next_standing(f->store, BT_NOW, (enum bt_standing_kind)kind, &x, &x);
    }
    assert_int_equal(rc, -BT_ABSENT);
    assert_int_equal(total_of(f, kind), totals[kind]);
  }
  assert_int_equal(at, n);
  bt_store_standing(f->store, &counts);
  for (uint32_t d = 0; d < counts.n; d++)
    for (int kind = 1; kind < BT_STANDING_COUNT; kind++) {
      uint32_t own = 0;
      for (uint32_t i = 0; i < n; i++)
        own += all[i].kind == (uint32_t)kind && bt_str_eq(all[i].department, counts.v[d].department);
      assert_int_equal(counts.v[d].n[kind], own);
      counted += own;
    }
  assert_int_equal(counted, n);
}

static int add_row(void *context, struct bt_str key, struct bt_str value) {
  uint8_t *digest = context;
  char bytes[16 + 512 + 20 * 1024];
  memcpy(bytes, digest, 16);
  memcpy(bytes + 16, key.p, key.n);
  memcpy(bytes + 16 + key.n, value.p, value.n);
  bt_store_digest(bytes, 16 + key.n + value.n, digest);
  return 0;
}

static void digest_of(struct bt_store *s, uint8_t ret[16]) {
  memset(ret, 0, 16);
  for (int t = 0; t < BT_T_COUNT; t++)
    assert_int_equal(bt_store_each(s, BT_NOW, (enum bt_table)t, add_row, ret), 0);
}

/* Other checkpoints, no undo and no rollback: the same bytes, the counts among them. */
static void replaying_gives_the_same(struct fixture *f) {
  struct fixture *other = calloc(1, sizeof *other);
  uint8_t a[16], b[16];
  const uint64_t last = bt_store_position(f->store, BT_NOW);
  folder_make(&other->folder);
  other->store = store_open(&other->folder);
  for (uint64_t i = 1; i <= last; i++) {
    apply(other, f->log[i]);
    if (i % 101 == 0)
      assert_int_equal(bt_store_checkpoint(other->store), 0);
  }
  assert_int_equal(bt_store_checkpoint(other->store), 0);
  assert_int_equal(bt_store_checkpoint(f->store), 0);
  digest_of(f->store, a);
  digest_of(other->store, b);
  assert_memory_equal(a, b, 16);
  bt_store_close(other->store);
  folder_remove(&other->folder);
  free(other);
}

static void random_traces_keep_table_and_counts_true(void **state) {
  struct fixture *f = *state;
  enum { ROUNDS = 250, MOST = 12 };
  f->random = 20261122;
  for (int i = 0; i < CASES; i++)
    step(f);
  for (int round = 0; round < ROUNDS; round++) {
    const uint64_t before = bt_store_position(f->store, BT_NOW), how = below(f, 6), n = 1 + below(f, MOST);
    if (how < 2)
      assert_int_equal(bt_store_mark(f->store), 0);
    for (uint64_t i = 0; i < n && bt_store_position(f->store, BT_NOW) < MAX_LOG; i++)
      step(f);
    if (how == 0) {
      bt_store_undo(f->store);
      assert_int_equal(bt_store_position(f->store, BT_NOW), before);
    } else if (how == 1) {
      assert_int_equal(bt_store_keep(f->store), 0);
    } else if (how == 2) {
      bt_store_rollback(f->store);
    } else if (how == 3) {
      assert_int_equal(bt_store_checkpoint(f->store), 0);
    } else if (how == 4) {
      assert_int_equal(bt_store_checkpoint(f->store), 0);
      reopen(f);
    }
    table_is_what_the_cases_say(f);
  }
  assert_true(bt_store_position(f->store, BT_NOW) > 500);
  replaying_gives_the_same(f);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
  const struct CMUnitTest tests[] = {
      TEST(offers_stand_with_who_is_to_act),
      TEST(promises_go_from_open_to_broken),
      TEST(a_concern_stands_since_it_was_first_raised),
      TEST(what_is_owed_outlives_the_case_but_history_owes_nothing),
      TEST(counts_go_back_with_the_record),
      TEST(random_traces_keep_table_and_counts_true),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

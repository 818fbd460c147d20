/* What departments owe: when a promise is at risk, over nights and weekends; callbacks that the broker promises; what
 * is open in a merged case. Links the core alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/owed.h"
#include "core/timers.h"

#define HOUR INT64_C(3600000000)
#define DAY (24 * HOUR)

/* A Monday, 00:00. */
#define MONDAY (INT64_C(20514) * DAY)

/* Two weeks of office hours, 9 to 17, Monday to Friday. */
static struct bt_span office[10];
static struct bt_department departments[] = {
    {.name = BT_LIT("billing")},
    {.name = BT_LIT("care")},
    {.name = BT_LIT("moves")},
    {.name = BT_LIT("sales"),
     .calendar = {.limited = true, .n = 10, .v = office, .from_us = MONDAY, .until_us = MONDAY + 14 * DAY}},
};
static const struct bt_rules rules = {.departments = {4, departments},
                                      .risk_us = 4 * HOUR,
                                      .callback_us = 2 * HOUR,
                                      .lease_us = HOUR,
                                      .last_owner = BT_LIT("care"),
                                      .raise_us = HOUR,
                                      .remind_us = DAY};

struct making {
  struct bt_arena arena;
  struct bt_scene scene;
  struct bt_adapter adapter;
  struct bt_request request;
  struct bt_event event;
  struct bt_deciding d;
};

static int begin(void **state) {
  static struct making m;
  for (int day = 0, n = 0; day < 14; day++)
    if (day % 7 < 5) {
      office[n].open_us = MONDAY + day * DAY + 9 * HOUR;
      office[n++].close_us = MONDAY + day * DAY + 17 * HOUR;
    }
  memset(&m, 0, sizeof m);
  bt_arena_init(&m.arena, 1 << 20);
  m.scene.next_sequence = 100;
  m.request.adapter = &m.adapter;
  m.d = (struct bt_deciding){.rules = &rules,
                             .scene = &m.scene,
                             .request = &m.request,
                             .event = &m.event,
                             .arena = &m.arena,
                             .has_case = true};
  m.d.c = (struct bt_case){
      .id = 5, .version = 7, .status = BT_STATUS_OPEN, .custodian = BT_LIT("sales"), .owner = BT_LIT("sales")};
  *state = &m;
  return 0;
}

static int end(void **state) {
  bt_arena_fini(&((struct making *)*state)->arena);
  return 0;
}

static void own(struct making *m, const struct bt_promise *promise) {
  m->d.c.promises.v = bt_arena_alloc(&m->arena, sizeof *promise);
  m->d.c.promises.v[0] = *promise;
  m->d.c.promises.n = 1;
}

static void the_warning_counts_open_hours(void **state) {
  struct making *m = *state;
  const int64_t friday = MONDAY + 4 * DAY, next_monday = MONDAY + 7 * DAY;
  m->d.now_us = MONDAY;
  /* Due on Monday at ten: one hour of that day, and three of Friday. */
  assert_int_equal(bt_risk_us(&m->d, BT_LIT("sales"), next_monday + 10 * HOUR), friday + 14 * HOUR);
  /* Due on Sunday, when nobody is there: four hours of Friday. */
  assert_int_equal(bt_risk_us(&m->d, BT_LIT("sales"), MONDAY + 6 * DAY + 12 * HOUR), friday + 13 * HOUR);
  assert_int_equal(bt_risk_us(&m->d, BT_LIT("sales"), friday + 15 * HOUR), friday + 11 * HOUR);
  /* Who is open day and night, or not configured any more. */
  assert_int_equal(bt_risk_us(&m->d, BT_LIT("moves"), next_monday + 10 * HOUR), next_monday + 6 * HOUR);
  assert_int_equal(bt_risk_us(&m->d, BT_LIT("gone"), next_monday + 10 * HOUR), next_monday + 6 * HOUR);
}

static void no_warning_where_it_comes_too_late(void **state) {
  struct making *m = *state;
  m->d.now_us = MONDAY + 4 * DAY + 14 * HOUR;
  assert_int_equal(bt_risk_us(&m->d, BT_LIT("sales"), MONDAY + 7 * DAY + 10 * HOUR), m->d.now_us);
  m->d.now_us++;
  assert_int_equal(bt_risk_us(&m->d, BT_LIT("sales"), MONDAY + 7 * DAY + 10 * HOUR), 0);
}

static void a_callback_waits_for_open_hours(void **state) {
  struct making *m = *state;
  m->d.now_us = MONDAY + 4 * DAY + 16 * HOUR; /* Friday, an hour before they close */
  assert_int_equal(bt_callback(&m->d, m->d.now_us, BT_CAUSE_DROPPED, 42), 0);
  assert_int_equal(m->d.n, 1);
  const struct bt_promise *p = &m->d.c.promises.v[0];
  assert_int_equal(p->due_us, MONDAY + 7 * DAY + 10 * HOUR);
  assert_int_equal(p->risk_us, 0); /* four hours before is over */
  assert_int_equal(m->d.entries[0].event.promise_made.object, 42);
  assert_true(bt_str_eq(p->holder, BT_LIT("sales")));
  /* Another line drops at the weekend: the one that was promised will do. */
  m->d.now_us += DAY;
  assert_int_equal(bt_callback(&m->d, m->d.now_us, BT_CAUSE_DROPPED, 42), 0);
  assert_int_equal(bt_callback(&m->d, m->d.now_us + 9 * DAY, BT_CAUSE_WAITING, 43), 0);
  assert_int_equal(m->d.n, 1);
}

static void a_callback_beyond_the_calendar_is_a_plain_time(void **state) {
  struct making *m = *state;
  const int64_t late = MONDAY + 11 * DAY + 16 * HOUR; /* the last Friday that is compiled */
  m->d.now_us = MONDAY;
  assert_int_equal(bt_callback(&m->d, late, BT_CAUSE_WAITING, 42), 0);
  assert_int_equal(m->d.c.promises.v[0].due_us, late + 2 * HOUR);
}

static void what_was_broken_or_is_stopped_is_no_callback_to_come(void **state) {
  struct making *m = *state;
  const struct bt_promise broken = {.id = 9,
                                    .type = BT_PROMISE_CALLBACK,
                                    .holder = BT_LIT("sales"),
                                    .due_us = MONDAY + 1,
                                    .state = BT_PROMISE_IS_BROKEN};
  const struct bt_promise stopped = {
      .id = 9, .type = BT_PROMISE_CALLBACK, .holder = BT_LIT("sales"), .state = BT_PROMISE_IS_OPEN, .left_us = HOUR};
  const struct bt_promise visit = {.id = 9,
                                   .type = BT_PROMISE_VISIT,
                                   .holder = BT_LIT("sales"),
                                   .due_us = MONDAY + 10 * HOUR,
                                   .state = BT_PROMISE_IS_OPEN};
  const struct bt_promise *none[] = {&broken, &stopped, &visit};
  m->d.now_us = MONDAY + 9 * HOUR;
  for (uint32_t i = 0; i < 3; i++) {
    own(m, none[i]);
    assert_int_equal(bt_callback(&m->d, m->d.now_us, BT_CAUSE_DROPPED, 42), 0);
    assert_int_equal(m->d.n, i + 1);
  }
}

static void no_callback_where_there_is_no_room(void **state) {
  struct making *m = *state;
  m->d.c.promises.v = BT_NEW_ARRAY(&m->arena, struct bt_promise, BT_MAX_PROMISES);
  m->d.c.promises.n = BT_MAX_PROMISES;
  assert_int_equal(bt_callback(&m->d, MONDAY, BT_CAUSE_DROPPED, 42), 0);
  assert_int_equal(m->d.n, 0);
  assert_int_equal(bt_promise(&m->d, BT_PROMISE_VISIT, MONDAY, (struct bt_str){0}, BT_CAUSE_COUNTERED, 42), -BT_LIMIT);
}

static void a_promise_text_is_bounded(void **state) {
  struct making *m = *state;
  static const char text[BT_MAX_PROMISE + 1];
  assert_int_equal(
      bt_promise(&m->d, BT_PROMISE_VISIT, MONDAY, (struct bt_str){text, sizeof text}, BT_CAUSE_COUNTERED, 1),
      -BT_LIMIT);
  assert_int_equal(m->d.n, 0);
}

/* ---- a merged case ---- */

static const struct bt_case survivor = {
    .id = 6, .status = BT_STATUS_OPEN, .custodian = BT_LIT("moves"), .owner = BT_LIT("care")};

static void merge(struct making *m) {
  m->d.c.status = BT_STATUS_MERGED;
  m->d.c.merged_into = survivor.id;
  m->scene.survivor = &survivor;
  m->d.now_us = MONDAY + 9 * HOUR;
}

static void a_merged_promise_binds_the_survivors_custodian(void **state) {
  struct making *m = *state;
  const struct bt_timer due = {.case_id = 5, .kind = BT_TIMER_PROMISE, .object = 9};
  merge(m);
  own(m, &(struct bt_promise){
             .id = 9, .holder = BT_LIT("sales"), .due_us = m->d.now_us, .risk_us = 1, .state = BT_PROMISE_IS_AT_RISK});
  assert_int_equal(bt_timer_promise(&m->d, &due), 0);
  const struct bt_entry *e = &m->d.entries[0];
  assert_int_equal(e->kind, BT_PROMISE_BROKEN);
  assert_true(bt_str_eq(e->event.promise_broken.holder, BT_LIT("moves")));
  assert_int_equal(e->joined.n, 1);
  assert_true(bt_str_eq(e->joined.v[0], BT_LIT("moves")));
}

static void another_departments_promise_stays_its_own(void **state) {
  struct making *m = *state;
  const struct bt_timer due = {.case_id = 5, .kind = BT_TIMER_PROMISE, .object = 9};
  merge(m);
  own(m, &(struct bt_promise){
             .id = 9, .holder = BT_LIT("care"), .due_us = m->d.now_us + 1, .risk_us = 1, .state = BT_PROMISE_IS_OPEN});
  assert_int_equal(bt_timer_promise(&m->d, &due), 0);
  assert_int_equal(m->d.entries[0].kind, BT_PROMISE_AT_RISK);
  assert_true(bt_str_eq(m->d.entries[0].event.promise_at_risk.holder, BT_LIT("care")));
}

/* sales held and owned the merged case; its work it may still report, but what care promised is none of its business
 * any more. */
static void the_survivors_custodian_and_owner_have_the_rights(void **state) {
  static const struct {
    const char *department, *holder;
    int rc;
  } table[] = {
      {"moves", "sales", 0},
      {"care", "sales", 0},
      {"sales", "sales", 0},
      {"moves", "care", 0},
      {"sales", "care", -BT_NOT_YOURS},
      {"billing", "sales", -BT_NOT_YOURS},
  };
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    begin(state);
    struct making *m = *state;
    merge(m);
    own(m, &(struct bt_promise){.id = 9, .holder = bt_str(table[i].holder), .state = BT_PROMISE_IS_OPEN});
    m->d.department = bt_str(table[i].department);
    m->event.kind = BT_PROMISE_KEPT;
    m->event.promise_kept.promise = 9;
    assert_int_equal(bt_rule_kept(&m->d), table[i].rc);
    if (table[i].rc)
      assert_true(m->d.receipt.holder.n);
    bt_arena_fini(&m->arena);
  }
  begin(state);
}

static void a_merged_question_and_work_follow_too(void **state) {
  struct making *m = *state;
  struct bt_question question = {.id = 9, .from = BT_LIT("care"), .to = BT_LIT("sales"), .due_us = MONDAY};
  struct bt_work work = {.id = 10, .holder = BT_LIT("sales"), .until_us = MONDAY};
  merge(m);
  m->d.c.questions = (struct bt_questions){1, &question};
  m->d.c.work = (struct bt_works){1, &work};
  assert_int_equal(bt_timer_question(&m->d, &(struct bt_timer){.kind = BT_TIMER_QUESTION, .object = 9}), 0);
  assert_true(bt_str_eq(m->d.entries[0].event.question_overdue.to, BT_LIT("moves")));
  assert_int_equal(m->d.entries[0].joined.n, 1);
  m->d.department = BT_LIT("moves");
  m->event.department = BT_LIT("moves");
  m->event.kind = BT_WORK_RENEWED;
  m->event.work_renewed.work = 10;
  assert_int_equal(bt_rule_work_renewed(&m->d), 0);
  assert_int_equal(m->d.c.work.v[0].until_us, m->d.now_us + HOUR);
  m->event.kind = BT_QUESTION_ANSWERED;
  m->event.question_answered = (struct bt_question_answered){.question = 9};
  assert_int_equal(bt_rule_answered(&m->d), 0);
  assert_true(bt_str_eq(m->d.c.answered.v[0].to, BT_LIT("moves"))); /* who answered */
  assert_int_equal(m->d.c.questions.n, 0);
}

/* ---- a timer that finds nothing to do ---- */

static void a_timer_too_early_or_too_late_does_nothing(void **state) {
  struct making *m = *state;
  const struct bt_timer t = {.case_id = 5, .object = 9};
  struct bt_question question = {.id = 9, .due_us = 2, .overdue = true};
  struct bt_work work = {.id = 9, .until_us = 2};
  m->d.now_us = 1;
  assert_int_equal(bt_timer_promise(&m->d, &t), 0); /* there is none */
  own(m, &(struct bt_promise){.id = 9, .due_us = 3, .risk_us = 2, .state = BT_PROMISE_IS_OPEN});
  assert_int_equal(bt_timer_promise(&m->d, &t), 0);
  m->d.now_us = 2;
  m->d.c.promises.v[0].state = BT_PROMISE_IS_AT_RISK;
  assert_int_equal(bt_timer_promise(&m->d, &t), 0);
  m->d.now_us = 3;
  m->d.c.promises.v[0].state = BT_PROMISE_IS_BROKEN;
  assert_int_equal(bt_timer_promise(&m->d, &t), 0);
  m->d.c.promises.v[0] = (struct bt_promise){.id = 9, .state = BT_PROMISE_IS_OPEN, .left_us = 1}; /* stopped */
  assert_int_equal(bt_timer_promise(&m->d, &t), 0);
  assert_int_equal(bt_timer_question(&m->d, &t), 0);
  m->d.c.questions = (struct bt_questions){1, &question};
  assert_int_equal(bt_timer_question(&m->d, &t), 0);
  assert_int_equal(bt_timer_work(&m->d, &t), 0);
  m->d.c.work = (struct bt_works){1, &work};
  m->d.now_us = 1;
  assert_int_equal(bt_timer_work(&m->d, &t), 0);
  assert_int_equal(m->d.n, 0);
}

#define OWED(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void) {
  const struct CMUnitTest tests[] = {
      OWED(the_warning_counts_open_hours),
      OWED(no_warning_where_it_comes_too_late),
      OWED(a_callback_waits_for_open_hours),
      OWED(a_callback_beyond_the_calendar_is_a_plain_time),
      OWED(what_was_broken_or_is_stopped_is_no_callback_to_come),
      OWED(no_callback_where_there_is_no_room),
      OWED(a_promise_text_is_bounded),
      OWED(a_merged_promise_binds_the_survivors_custodian),
      OWED(another_departments_promise_stays_its_own),
      OWED(the_survivors_custodian_and_owner_have_the_rights),
      OWED(a_merged_question_and_work_follow_too),
      OWED(a_timer_too_early_or_too_late_does_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Who takes part, who sees what of an event, and what is cut out of a case and of a card. The core alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/policy.h"

enum { MINUTE_US = 60 * 1000000 };

static struct bt_str money[] = {{"money", 5}}, repair[] = {{"repair", 6}};
static struct bt_str both[] = {{"money", 5}, {"repair", 6}};
/* billing reads money, vendor is external and reads repair, chief may break the glass. */
static struct bt_department departments[] = {
    {.name = {"billing", 7}, .reads = {1, money}},
    {.name = {"chief", 5}, .break_glass = true},
    {.name = {"sales", 5}},
    {.name = {"vendor", 6}, .external = true, .reads = {1, repair}},
};
static struct bt_rules rules = {.departments = {4, departments}};

static const struct bt_str billing = {"billing", 7}, chief = {"chief", 5}, sales = {"sales", 5}, vendor = {"vendor", 6},
                           nobody = {"no-such", 7};

#define LABELS(array) ((struct bt_strs){sizeof(array) / sizeof *(array), (array)})

static void reading_takes_every_label(void **state) {
  (void)state;
  const struct bt_strs none = {0}, one = LABELS(money), two = LABELS(both), other = LABELS(repair);
  assert_true(bt_policy_reads(&rules, sales, &none));
  assert_false(bt_policy_reads(&rules, sales, &one));
  assert_true(bt_policy_reads(&rules, billing, &one));
  assert_false(bt_policy_reads(&rules, billing, &two));
  assert_false(bt_policy_reads(&rules, vendor, &none)); /* what bears no label is internal */
  assert_true(bt_policy_reads(&rules, vendor, &other));
  assert_false(bt_policy_reads(&rules, nobody, &none));
  assert_false(bt_policy_reads(NULL, sales, &none));
}

static void an_external_department_takes_part_while_it_is_needed(void **state) {
  (void)state;
  struct bt_str everybody[] = {sales, vendor};
  struct bt_question asked = {.id = 7, .from = sales, .to = vendor};
  struct bt_case c = {.custodian = sales, .owner = vendor, .participants = LABELS(everybody)};
  assert_true(bt_policy_takes_part(&rules, &c, sales));
  assert_false(bt_policy_takes_part(&rules, &c, vendor)); /* owner, and held it once: not enough */
  c.offer = (struct bt_offer){.id = 3, .to = vendor};
  assert_true(bt_policy_takes_part(&rules, &c, vendor));
  c.offer = (struct bt_offer){0};
  c.questions = (struct bt_questions){1, &asked};
  assert_true(bt_policy_takes_part(&rules, &c, vendor));
  c.questions.n = 0;
  c.custodian = vendor;
  assert_true(bt_policy_takes_part(&rules, &c, vendor));
  assert_false(bt_policy_takes_part(&rules, &c, billing));
  assert_false(bt_policy_takes_part(&rules, &c, nobody));
  assert_int_equal(bt_policy_case(NULL, &c, sales), BT_SIGHT_NONE);
}

static void a_waiting_offer_is_to_nobody(void **state) {
  (void)state;
  const struct bt_case c = {.custodian = sales, .offer = {.id = 3, .opens_at_us = 1}};
  assert_false(bt_policy_takes_part(&rules, &c, billing));
  assert_false(bt_policy_takes_part(&rules, &c, (struct bt_str){0}));
}

static struct bt_entry note(struct bt_str by, struct bt_strs labels) {
  return (struct bt_entry){.kind = BT_NOTE_ADDED, .event = {.kind = BT_NOTE_ADDED, .department = by, .labels = labels}};
}

static enum bt_sight sight(const struct bt_case *c, struct bt_entry e, struct bt_str department) {
  e.event.kind = e.kind;
  return bt_policy_entry(&rules, c, &e, department, false);
}

static void labels_restrict_what_others_wrote(void **state) {
  (void)state;
  struct bt_str everybody[] = {billing, sales};
  struct bt_case c = {.custodian = sales, .participants = LABELS(everybody)};
  struct bt_entry labelled = note(billing, (struct bt_strs)LABELS(money)), plain = note(billing, (struct bt_strs){0});
  assert_int_equal(sight(&c, plain, sales), BT_SIGHT_FULL);
  assert_int_equal(sight(&c, labelled, billing), BT_SIGHT_FULL);
  assert_int_equal(sight(&c, labelled, sales), BT_SIGHT_STUB);
  assert_int_equal(sight(&c, labelled, chief), BT_SIGHT_NONE); /* takes no part */
  rules.forbidden = BT_FORBIDDEN_NOTHING;
  assert_int_equal(sight(&c, labelled, sales), BT_SIGHT_NONE);
  rules.forbidden = BT_FORBIDDEN_STUB;
  assert_int_equal(sight(&c, note(sales, (struct bt_strs)LABELS(money)), sales), BT_SIGHT_FULL); /* its own words */
  assert_int_equal(bt_policy_entry(&rules, &c, &labelled, chief, true), BT_SIGHT_FULL);
  c.custodian = vendor;
  assert_int_equal(sight(&c, plain, vendor), BT_SIGHT_STUB);
  assert_int_equal(sight(&c, note(billing, (struct bt_strs)LABELS(repair)), vendor), BT_SIGHT_FULL);
}

static void an_adapter_sees_the_best_of_its_departments(void **state) {
  (void)state;
  struct bt_str everybody[] = {billing, sales}, one[] = {sales};
  const struct bt_case c = {.custodian = sales, .participants = LABELS(everybody)};
  const struct bt_entry e = note(chief, (struct bt_strs)LABELS(money));
  const struct bt_adapter desk = {.acts_for = LABELS(everybody)}, small = {.acts_for = LABELS(one)};
  assert_int_equal(bt_policy_entry_adapter(&rules, &c, &e, &desk), BT_SIGHT_FULL);
  assert_int_equal(bt_policy_entry_adapter(&rules, &c, &e, &small), BT_SIGHT_STUB);
}

/* Who is called reads it whatever its labels; an invitation only while it stands. */
static void who_is_called_reads_what_calls_it(void **state) {
  (void)state;
  struct bt_case c = {.custodian = sales};
  const struct {
    struct bt_entry e;
    enum bt_sight after; /* when billing no longer takes part */
  } rows[] = {
      {{.kind = BT_HANDOFF_OFFERED, .event.handoff_offered.to = billing}, BT_SIGHT_NONE},
      {{.kind = BT_HANDOFF_DIRECTED, .event.handoff_directed.to = billing}, BT_SIGHT_NONE},
      {{.kind = BT_HANDOFF_REPORTED, .event.handoff_reported.to = billing}, BT_SIGHT_NONE},
      {{.kind = BT_QUESTION_ASKED, .event.question_asked.to = billing}, BT_SIGHT_NONE},
      {{.kind = BT_HANDOFF_COUNTERED, .event.handoff_countered.from = billing}, BT_SIGHT_FULL},
      {{.kind = BT_HANDOFF_EXPIRED, .event.handoff_expired.to = billing}, BT_SIGHT_FULL},
      {{.kind = BT_QUESTION_ANSWERED, .event.question_answered.from = billing}, BT_SIGHT_FULL},
      {{.kind = BT_QUESTION_OVERDUE, .event.question_overdue.to = billing}, BT_SIGHT_FULL},
      {{.kind = BT_PROMISE_AT_RISK, .event.promise_at_risk.holder = billing}, BT_SIGHT_FULL},
      {{.kind = BT_PROMISE_BROKEN, .event.promise_broken.holder = billing}, BT_SIGHT_FULL},
      {{.kind = BT_WORK_LAPSED, .event.work_lapsed.holder = billing}, BT_SIGHT_FULL},
      {{.kind = BT_CONFLICT_FOUND, .event.conflict_found.other_holder = billing}, BT_SIGHT_FULL},
      {{.kind = BT_ESCALATED, .event.escalated.to = billing}, BT_SIGHT_FULL},
      {{.kind = BT_REMINDED, .event.reminded.to = billing}, BT_SIGHT_FULL},
  };
  struct bt_str one[] = {billing};
  const struct bt_adapter adapter = {.acts_for = LABELS(one)};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct bt_entry e = rows[i].e;
    e.event.kind = e.kind;
    e.event.labels = (struct bt_strs)LABELS(repair);
    assert_true(bt_policy_called_of(&e, &adapter).n != 0);
    assert_int_equal(sight(&c, e, billing), rows[i].after);
    c.offer = (struct bt_offer){.id = 1, .to = billing};
    assert_int_equal(sight(&c, e, billing), BT_SIGHT_FULL);
    c.offer = (struct bt_offer){0};
    assert_int_equal(sight(&c, e, chief), BT_SIGHT_NONE);
  }
}

/* The end of what somebody had to do with reaches it; its labels restrict the words, never that it happened. */
static void who_had_to_do_with_it_is_told_of_its_end(void **state) {
  (void)state;
  const struct bt_case c = {.custodian = sales};
  const struct bt_entry rows[] = {
      {.kind = BT_HANDOFF_ACCEPTED, .event.handoff_accepted.from = vendor},
      {.kind = BT_HANDOFF_REFUSED, .event.handoff_refused.from = vendor},
      {.kind = BT_HANDOFF_WITHDRAWN, .event.handoff_withdrawn.to = vendor},
      {.kind = BT_HANDOFF_REPORTED, .event.handoff_reported.from = vendor},
      {.kind = BT_HANDOFF_DIRECTED, .event.handoff_directed.from = vendor},
      {.kind = BT_QUESTION_WITHDRAWN, .event.question_withdrawn.to = vendor},
      {.kind = BT_PROMISE_KEPT, .event.promise_kept.holder = vendor},
      {.kind = BT_PROMISE_WITHDRAWN, .event.promise_withdrawn.holder = vendor},
      {.kind = BT_PROMISE_RENEGOTIATED, .event.promise_renegotiated.holder = vendor},
      {.kind = BT_OWNER_APPOINTED, .event.owner_appointed.from = vendor},
      {.kind = BT_ESCALATED, .event.escalated.over = vendor},
  };
  rules.forbidden = BT_FORBIDDEN_NOTHING;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct bt_entry e = rows[i];
    assert_int_equal(sight(&c, e, vendor), BT_SIGHT_FULL);
    assert_int_equal(sight(&c, e, chief), BT_SIGHT_NONE);
    e.event.labels = (struct bt_strs)LABELS(money);
    assert_int_equal(sight(&c, e, vendor), BT_SIGHT_STUB);
  }
  rules.forbidden = BT_FORBIDDEN_STUB;
}

static void a_stub_says_when_what_and_where(void **state) {
  (void)state;
  struct bt_entry e = note(billing, (struct bt_strs)LABELS(money)), lost;
  e.sequence = 9, e.case_id = 4, e.version = 2, e.adapter = billing, e.customer = 3;
  e.event.note_added.text = BT_LIT("zanzibar");
  e.event.actor = BT_LIT("ann");
  lost = e;
  bt_policy_cut_to_stub(&e, BT_SIGHT_STUB);
  assert_true(bt_str_eq(e.event.department, billing));
  assert_true(e.sequence == 9 && e.case_id == 4 && e.kind == BT_NOTE_ADDED && e.event.kind == BT_NOTE_ADDED);
  assert_true(!e.event.note_added.text.n && !e.event.actor.n && !e.event.labels.n && !e.adapter.n && !e.customer);
  bt_policy_cut_to_stub(&lost, BT_SIGHT_NONE);
  assert_int_equal(lost.event.department.n, 0);
}

static struct bt_case full_case(void) {
  static struct bt_fact facts[] = {
      {.key = {"a", 1}, .value = {"1", 1}, .department = {"front", 5}},
      {.key = {"iban", 4}, .value = {"2", 1}, .label = {"money", 5}, .department = {"front", 5}},
      {.key = {"part", 4}, .value = {"3", 1}, .label = {"repair", 6}, .department = {"front", 5}}};
  static struct bt_tried tried[] = {{.route = {"web", 3}, .times = 1, .label = {"money", 5}}};
  static struct bt_promise promises[] = {
      {.id = 11, .text = {"a refund", 8}, .holder = {"sales", 5}, .label = {"money", 5}, .due_us = 5},
      {.id = 12, .text = {"a visit", 7}, .holder = {"vendor", 6}, .due_us = 6}};
  static struct bt_question questions[] = {
      {.id = 13, .from = {"chief", 5}, .to = {"vendor", 6}, .text = {"why", 3}},
      {.id = 14, .from = {"chief", 5}, .to = {"billing", 7}, .label = {"money", 5}}};
  static struct bt_work work[] = {{.id = 15, .holder = {"billing", 7}, .action = {"bill", 4}, .label = {"money", 5}}};
  static struct bt_advisory_note advisories[] = {{.id = 16, .text = {"down", 4}}};
  return (struct bt_case){
      .id = 2,
      .title = BT_LIT("title"),
      .need = BT_LIT("need"),
      .custodian = sales,
      .facts = {3, facts},
      .tried = {1, tried},
      .promises = {2, promises},
      .questions = {2, questions},
      .work = {1, work},
      .advisories = {1, advisories},
      .offer = {.id = 20, .from = sales, .to = vendor, .counter_text = {"tuesday", 7}},
  };
}

static struct bt_case cut(struct bt_arena *arena, struct bt_str reader, bool glass, uint32_t *hidden) {
  const struct bt_case c = full_case();
  struct bt_case v;
  assert_int_equal(bt_policy_cut_case(&rules, &c, reader, glass, arena, &v, hidden), 0);
  return v;
}

static void a_case_is_cut_by_labels(void **state) {
  uint32_t hidden;
  struct bt_case v = cut(*state, chief, false, &hidden);
  assert_int_equal(v.facts.n, 1);
  assert_int_equal(v.tried.n, 0);
  assert_int_equal(v.promises.n, 1);
  assert_int_equal(v.questions.n, 2); /* it asked both */
  assert_int_equal(v.work.n, 0);
  assert_int_equal(v.advisories.n, 1);
  assert_int_equal(v.offer.counter_text.n, 0); /* between the two */
  assert_int_equal(hidden, 2 + 1 + 1 + 1 + 1);
  assert_int_equal(v.title.n, 5);
  v = cut(*state, chief, true, &hidden);
  assert_true(v.facts.n == 3 && v.work.n == 1 && v.offer.counter_text.n && hidden == 0);
  v = cut(*state, billing, false, &hidden);
  assert_true(v.facts.n == 2 && v.tried.n == 1 && v.promises.n == 2 && v.work.n == 1);
  assert_int_equal(hidden, 1 + 1);
}

/* Its own items stay, whatever their label: it must know what it owes, though not in which words. */
static void its_own_items_stay(void **state) {
  uint32_t hidden;
  struct bt_case v = cut(*state, sales, false, &hidden);
  assert_int_equal(v.promises.n, 2);
  assert_int_equal(v.promises.v[0].due_us, 5);
  assert_int_equal(v.promises.v[0].text.n, 0);
  assert_int_equal(v.promises.v[1].text.n, 7);
  assert_int_equal(v.offer.counter_text.n, 7);
  v = cut(*state, vendor, false, &hidden);
  assert_int_equal(v.facts.n, 1); /* only what bears a label of its own */
  assert_int_equal(v.facts.v[0].key.n, 4);
  assert_int_equal(v.questions.n, 1);
  assert_int_equal(v.questions.v[0].text.n, 3);
  assert_int_equal(v.promises.n, 1);
  assert_int_equal(v.advisories.n, 0);
  assert_int_equal(v.title.n, 5); /* without a label it is for whoever is called in */
  const struct bt_case c = full_case();
  assert_int_equal(c.promises.v[0].text.n, 8); /* the case itself is as it was */
}

static void a_labelled_title_is_hidden_with_the_need(void **state) {
  struct bt_case c = full_case(), v;
  uint32_t before, hidden;
  assert_int_equal(bt_policy_cut_case(&rules, &c, sales, false, *state, &v, &before), 0);
  c.label = money[0];
  assert_int_equal(bt_policy_cut_case(&rules, &c, sales, false, *state, &v, &hidden), 0);
  assert_true(!v.title.n && !v.need.n && hidden == before + 1);
  assert_int_equal(bt_policy_cut_case(&rules, &c, billing, false, *state, &v, &hidden), 0);
  assert_true(v.title.n && v.need.n);
}

static void a_card_is_cut_by_labels_alone(void **state) {
  const struct bt_case c = full_case();
  const struct bt_card card = {.title = c.title,
                               .need = c.need,
                               .facts = c.facts,
                               .tried = c.tried,
                               .promised = c.promises,
                               .open_questions = c.questions,
                               .advisories = c.advisories,
                               .next_step = BT_LIT("go"),
                               .next_step_label = repair[0],
                               .label = repair[0]};
  const struct bt_card *v;
  assert_int_equal(bt_policy_cut_card(&rules, &card, sales, false, *state, &v), 0);
  assert_true(v->facts.n == 1 && v->tried.n == 0 && v->promised.n == 1 && v->open_questions.n == 1);
  assert_true(!v->title.n && !v->need.n && !v->next_step.n);
  assert_int_equal(v->hidden, 2 + 1 + 1 + 1 + 1 + 1);
  assert_int_equal(bt_policy_cut_card(&rules, &card, vendor, false, *state, &v), 0);
  assert_true(v->facts.n == 1 && v->open_questions.n == 0 && v->advisories.n == 0 && v->title.n && v->next_step.n);
  assert_int_equal(bt_policy_cut_card(&rules, &card, chief, true, *state, &v), 0);
  assert_true(v->facts.n == 3 && v->hidden == 0 && v->next_step.n);
}

static void who_is_called_without_the_right_gets_no_words(void **state) {
  (void)state;
  struct bt_entry e = {.kind = BT_HANDOFF_OFFERED,
                       .event = {.kind = BT_HANDOFF_OFFERED,
                                 .department = chief,
                                 .labels = LABELS(money),
                                 .handoff_offered = {.to = sales, .next_step = BT_LIT("zanzibar")}}};
  bt_policy_cut_words(&rules, billing, &e);
  assert_int_equal(e.event.handoff_offered.next_step.n, 8);
  bt_policy_cut_words(&rules, sales, &e);
  assert_int_equal(e.event.handoff_offered.next_step.n, 0);
  assert_true(bt_str_eq(e.event.handoff_offered.to, sales));
}

static void a_glass_is_broken_for_a_while(void **state) {
  (void)state;
  struct bt_glass glass[] = {{chief, 10 * MINUTE_US}};
  const struct bt_case c = {.glass = {1, glass}};
  assert_true(bt_policy_glass(&c, chief, 10 * MINUTE_US - 1));
  assert_false(bt_policy_glass(&c, chief, 10 * MINUTE_US));
  assert_false(bt_policy_glass(&c, sales, 0));
}

static int start(void **state) {
  static struct bt_arena arena;
  bt_arena_init(&arena, 1 << 20);
  *state = &arena;
  return 0;
}

static int stop(void **state) {
  bt_arena_fini(*state);
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(reading_takes_every_label),
      cmocka_unit_test(an_external_department_takes_part_while_it_is_needed),
      cmocka_unit_test(a_waiting_offer_is_to_nobody),
      cmocka_unit_test(labels_restrict_what_others_wrote),
      cmocka_unit_test(an_adapter_sees_the_best_of_its_departments),
      cmocka_unit_test(who_is_called_reads_what_calls_it),
      cmocka_unit_test(who_had_to_do_with_it_is_told_of_its_end),
      cmocka_unit_test(a_stub_says_when_what_and_where),
      cmocka_unit_test(a_case_is_cut_by_labels),
      cmocka_unit_test(its_own_items_stay),
      cmocka_unit_test(a_labelled_title_is_hidden_with_the_need),
      cmocka_unit_test(a_card_is_cut_by_labels_alone),
      cmocka_unit_test(who_is_called_without_the_right_gets_no_words),
      cmocka_unit_test(a_glass_is_broken_for_a_while),
  };
  return cmocka_run_group_tests(tests, start, stop);
}

/* Every event in one line of plain words: no kind, cause or type is left out, and each reads like a sentence. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "control/command.h"
#include "control/what.h"

#define L BT_LIT
#define T1 INT64_C(1795525200000000) /* 2026-11-24 13:00Z */
#define T2 INT64_C(1795611600000000) /* 2026-11-25 13:00Z */

static struct bt_str names_v[] = {{"care", 4}, {"moves", 5}};
static struct bt_considered opening_v[] = {{.department = BT_LIT("later"), .opens_at_us = T2},
                                           {.department = BT_LIT("moves"), .opens_at_us = T1}};
static struct bt_clock stopped_v[] = {{.timer = BT_TIMER_PROMISE, .object = 20, .left_us = 1},
                                      {.timer = BT_TIMER_CUSTOMER_DEADLINE, .object = 3, .left_us = 1}};
static struct bt_clock running_v[] = {{.timer = BT_TIMER_QUESTION, .object = 21, .due_us = T1}};

static const struct {
  struct bt_event event;
  const char *words;
} rows[] = {
    {{.kind = BT_CASE_OPENED,
      .case_opened = {.topic = L("move.internet"),
                      .custodian = L("care"),
                      .priority = BT_PRIORITY_HIGH,
                      .linked_to = 2,
                      .customer_deadline_us = T1,
                      .title = L("Move"),
                      .need = L("internet")}},
     "opened on move.internet, held by care, high, follows case 2, the customer wants it by 2026-11-24 13:00Z: Move: "
     "“internet”"},
    {{.kind = BT_CASE_OPENED, .case_opened = {.custodian = L("care")}}, "opened without a topic, held by care"},
    {{.kind = BT_CONTACT_LOGGED,
      .contact_logged = {.channel = 1, .outcome = 2, .sent_to = L("web-form.order"), .dead_end = true}},
     "telephone from the customer, dropped, sent to web-form.order, which has failed here before"},
    {{.kind = BT_CONTACT_LOGGED,
      .contact_logged = {.direction = 2, .duration_s = 5, .sent_to = L("x"), .mention = true}},
     "contact to the customer, served, 5 s, about another case, sent to x"},
    {{.kind = BT_ATTEMPT_FAILED, .attempt_failed = {.route = L("web"), .error_code = L("E4"), .detail = L("no")}},
     "attempt failed on web (E4): no"},
    {{.kind = BT_NOTE_ADDED, .note_added = {.text = L("a note")}}, "a note"},
    {{.kind = BT_FACT_RECORDED, .fact_recorded = {.key = L("k"), .value = L("v")}}, "k = v"},
    {{.kind = BT_CORRECTION_MADE, .correction_made = {.supersedes = 7, .text = L("right"), .reason = L("typing")}},
     "corrects #7: “right” (typing)"},
    {{.kind = BT_HANDOFF_OFFERED,
      .handoff_offered = {.to = L("moves"),
                          .cause = BT_CAUSE_NAMED,
                          .deadline_us = T1,
                          .customer_waiting = true,
                          .next_step = L("do it")}},
     "offered to moves, to be answered by 2026-11-24 13:00Z, the customer waits: “do it”"},
    {{.kind = BT_HANDOFF_OFFERED,
      .handoff_offered = {.to = L("billing"), .cause = BT_CAUSE_NEXT, .asked = {2, names_v}}},
     "offered to billing (the one asked before did not take it), in vain to care, moves before"},
    {{.kind = BT_HANDOFF_OFFERED,
      .handoff_offered = {.topic = L("move.internet"), .opens_at_us = T1, .considered = {2, opening_v}}},
     "waits until 2026-11-24 13:00Z for moves to open (topic move.internet)"},
    {{.kind = BT_HANDOFF_OFFERED, .handoff_offered = {.opens_at_us = T1}},
     "waits until 2026-11-24 13:00Z for somebody to open"},
    {{.kind = BT_HANDOFF_ACCEPTED,
      .department = L("moves"),
      .handoff_accepted = {.from = L("care"), .to = L("moves"), .read_back = L("clear")}},
     "accepted from care: “clear”"},
    {{.kind = BT_HANDOFF_ACCEPTED, .department = L("care"), .handoff_accepted = {.from = L("care"), .to = L("moves")}},
     "counter-offer accepted, held by moves now"},
    {{.kind = BT_HANDOFF_REFUSED,
      .handoff_refused = {.reason = BT_REFUSAL_MISSING_INFORMATION, .text = L("which flat?"), .answer_by_us = T1}},
     "refused (missing-information), to be supplied by 2026-11-24 13:00Z: “which flat?”"},
    {{.kind = BT_HANDOFF_REFUSED,
      .handoff_refused = {.reason = BT_REFUSAL_WRONG_DEPARTMENT, .right_department = L("billing")}},
     "refused (wrong-department, rather billing)"},
    {{.kind = BT_HANDOFF_COUNTERED,
      .handoff_countered = {.from = L("care"), .to = L("moves"), .at_us = T2, .deadline_us = T1, .text = L("full")}},
     "counter-offer to care: a visit by 2026-11-25 13:00Z, to be answered by 2026-11-24 13:00Z: “full”"},
    {{.kind = BT_HANDOFF_WITHDRAWN, .handoff_withdrawn = {.to = L("moves"), .text = L("done")}},
     "offer to moves withdrawn: done"},
    {{.kind = BT_HANDOFF_WITHDRAWN}, "waiting offer withdrawn"},
    {{.kind = BT_HANDOFF_REPORTED,
      .handoff_reported = {.from = L("desk-a"), .to = L("desk-b"), .next_step = L("look")}},
     "moved from desk-a to desk-b: “look”"},
    {{.kind = BT_HANDOFF_DIRECTED,
      .handoff_directed = {.from = L("care"), .to = L("moves"), .cause = BT_CAUSE_OPENED, .deadline_us = T1}},
     "the waiting offer goes to moves (it was closed and has opened), to be answered by 2026-11-24 13:00Z"},
    {{.kind = BT_HANDOFF_DIRECTED,
      .handoff_directed = {.from = L("moves"), .to = L("care"), .moved = true, .cause = BT_CAUSE_FALLBACK}},
     "moved by decision from moves to care (nobody else took it)"},
    {{.kind = BT_HANDOFF_EXTENDED, .handoff_extended = {.offer = 9, .deadline_us = T1, .cause = BT_CAUSE_DOWNTIME}},
     "more time to answer offer #9, until 2026-11-24 13:00Z (the broker was down)"},
    {{.kind = BT_HANDOFF_EXTENDED, .handoff_extended = {.offer = 9, .opens_at_us = T1, .cause = BT_CAUSE_WAITING}},
     "offer #9 waits on, until 2026-11-24 13:00Z: nobody has opened yet"},
    {{.kind = BT_HANDOFF_EXPIRED, .handoff_expired = {.offer = 9, .from = L("care"), .to = L("moves")}},
     "offer #9 of care ended: not taken by moves"},
    {{.kind = BT_HANDOFF_EXPIRED, .handoff_expired = {.offer = 9, .from = L("care")}},
     "offer #9 of care ended: nobody opens"},
    {{.kind = BT_QUESTION_ASKED,
      .question_asked = {.to = L("billing"), .topic = L("bill"), .text = L("paid?"), .due_us = T1}},
     "asks billing (topic bill), to be answered by 2026-11-24 13:00Z: “paid?”"},
    {{.kind = BT_QUESTION_ANSWERED, .question_answered = {.question = 21, .from = L("care"), .text = L("yes")}},
     "answers question #21 of care: “yes”"},
    {{.kind = BT_QUESTION_WITHDRAWN,
      .question_withdrawn = {.question = 21, .from = L("care"), .to = L("billing"), .reason = L("seen")}},
     "question #21 of care to billing withdrawn: seen"},
    {{.kind = BT_QUESTION_OVERDUE,
      .question_overdue = {.question = 21, .from = L("care"), .to = L("billing"), .due_us = T1}},
     "question #21 of care not answered by billing: was due 2026-11-24 13:00Z"},
    {{.kind = BT_PROMISE_MADE,
      .department = L("care"),
      .promise_made = {.type = BT_PROMISE_CALLBACK, .due_us = T1, .cause = BT_CAUSE_DROPPED}},
     "promises a callback by 2026-11-24 13:00Z, held by care (the line went dead while the case was on offer)"},
    {{.kind = BT_PROMISE_MADE,
      .department = L("moves"),
      .promise_made = {.type = BT_PROMISE_OTHER, .due_us = T1, .cause = BT_CAUSE_ASKED, .text = L("a letter")}},
     "promises something by 2026-11-24 13:00Z, held by moves: “a letter”"},
    {{.kind = BT_PROMISE_RENEGOTIATED,
      .promise_renegotiated =
          {.promise = 20, .due_us = T2, .agreed_with = L("Ann"), .reason = L("ill"), .holder = L("moves")}},
     "promise #20 of moves now due 2026-11-25 13:00Z, agreed with Ann: ill"},
    {{.kind = BT_PROMISE_KEPT,
      .promise_kept = {.promise = 20, .text = L("called"), .holder = L("moves"), .late = true}},
     "promise #20 of moves kept, too late: “called”"},
    {{.kind = BT_PROMISE_WITHDRAWN, .promise_withdrawn = {.promise = 20, .reason = L("no need"), .holder = L("moves")}},
     "promise #20 of moves withdrawn: no need"},
    {{.kind = BT_PROMISE_AT_RISK, .promise_at_risk = {.promise = 20, .holder = L("moves"), .due_us = T1}},
     "promise #20 at risk: due 2026-11-24 13:00Z, held by moves"},
    {{.kind = BT_PROMISE_BROKEN, .promise_broken = {.promise = 20, .holder = L("moves"), .due_us = T1}},
     "promise #20 broken: was due 2026-11-24 13:00Z, held by moves"},
    {{.kind = BT_WORK_STARTED,
      .work_started = {.action = L("final-invoice"), .subject = L("contract 4711"), .exclusive = true, .until_us = T1}},
     "starts final-invoice on contract 4711, nobody else may, until 2026-11-24 13:00Z"},
    {{.kind = BT_WORK_RENEWED, .work_renewed = {.work = 11, .until_us = T1}},
     "work #11 goes on until 2026-11-24 13:00Z"},
    {{.kind = BT_WORK_FINISHED, .work_finished = {.work = 11, .text = L("sent")}}, "work #11 finished: “sent”"},
    {{.kind = BT_WORK_FAILED, .work_failed = {.work = 11, .text = L("no line")}}, "work #11 failed: “no line”"},
    {{.kind = BT_WORK_LAPSED, .work_lapsed = {.work = 11, .holder = L("moves")}},
     "work #11 of moves lapsed: neither finished nor renewed in time"},
    {{.kind = BT_CONFLICT_FOUND,
      .conflict_found = {.work = 12, .other = 11, .holder = L("moves"), .other_holder = L("billing")}},
     "moves: work #12 against billing: work #11"},
    {{.kind = BT_STATUS_CHANGED,
      .status_changed = {.status = BT_STATUS_PENDING,
                         .pending_on = BT_PENDING_CUSTOMER,
                         .until_us = T1,
                         .cause = BT_CAUSE_ASKED,
                         .reason = L("papers"),
                         .clocks = {2, stopped_v}}},
     "waits for customer until 2026-11-24 13:00Z: papers; stopped: promise #20, the customer's deadline"},
    {{.kind = BT_STATUS_CHANGED,
      .status_changed = {.status = BT_STATUS_OPEN, .cause = BT_CAUSE_DUE, .clocks = {1, running_v}}},
     "open (the time that was set has come); running again: question #21 until 2026-11-24 13:00Z"},
    {{.kind = BT_CASE_RESOLVED,
      .case_resolved = {.resolution = L("moved"), .first_contact = true, .reason = L("settled")}},
     "resolved on first contact: moved (over what others have open: settled)"},
    {{.kind = BT_CASE_REOPENED, .case_reopened = {.reason = L("still dead"), .cause = BT_CAUSE_CONTACT}},
     "reopened, the customer came back: still dead"},
    {{.kind = BT_CASE_CLOSED, .case_closed = {.text = L("final"), .reason = L("agreed")}},
     "closed: final (over what others have open: agreed)"},
    {{.kind = BT_CASES_MERGED, .cases_merged = {.into = 4, .reason = L("same")}}, "merged into case 4: same"},
    {{.kind = BT_CASES_MERGED, .cases_merged = {.into = 4, .merged = 5}}, "case 5 merged into this one"},
    {{.kind = BT_CASES_UNMERGED, .cases_unmerged = {.from = 4}}, "no longer merged into case 4"},
    {{.kind = BT_CASES_UNMERGED, .cases_unmerged = {.from = 4, .unmerged = 5, .reason = L("two")}},
     "case 5 stands by itself again: two"},
    {{.kind = BT_CASE_LINKED, .case_linked = {.other = 5, .note = L("same house")}},
     "has to do with case 5: same house"},
    {{.kind = BT_CASE_REVIVED,
      .case_revived =
          {.cause = BT_CAUSE_CONTACT, .custodian = L("care"), .owner = L("moves"), .clocks = {1, running_v}}},
     "revived (the customer came back), held by care now, owned by moves now; running again: question #21 until "
     "2026-11-24 13:00Z"},
    {{.kind = BT_OWNER_APPOINTED,
      .owner_appointed = {.owner = L("care"), .from = L("moves"), .cause = BT_CAUSE_PING_PONG}},
     "owner is care, was moves (handed to and fro, or on and on)"},
    {{.kind = BT_ESCALATED,
      .escalated = {.cause = BT_CAUSE_PROMISE_BROKEN,
                    .object = 20,
                    .due_us = T1,
                    .level = 1,
                    .over = L("moves"),
                    .to = L("moves-manager"),
                    .next_us = T2}},
     "raised to moves-manager, level 1, over moves: promise #20 broken (due 2026-11-24 13:00Z); goes higher 2026-11-25 "
     "13:00Z"},
    {{.kind = BT_ESCALATED,
      .escalated = {.cause = BT_CAUSE_IDLE, .due_us = T1, .level = 2, .to = L("chief"), .top = true, .next_us = T2}},
     "raised to chief, level 2: nobody has touched the case for too long (2026-11-24 13:00Z); reminded from 2026-11-25 "
     "13:00Z"},
    {{.kind = BT_REMINDED, .reminded = {.concern = 30, .to = L("chief"), .next_us = T1, .times = 2}},
     "reminds chief of #30, time 2; again 2026-11-24 13:00Z"},
    {{.kind = BT_FEEDBACK_GIVEN,
      .feedback_given = {.source = BT_FEEDBACK_CUSTOMER, .score = 2, .text = L("nobody called")}},
     "customer: 2 of 10: “nobody called”"},
    {{.kind = BT_FEEDBACK_GIVEN,
      .department = L("billing"),
      .feedback_given = {.source = BT_FEEDBACK_DEPARTMENT, .score = 9, .about = 9, .rated = {2, names_v}}},
     "billing: 9 of 10 for #9 (about care, moves)"},
    {{.kind = BT_REDRESS_GIVEN, .redress_given = {.form = L("voucher"), .value = L("20 EUR"), .text = L("sorry")}},
     "made good: voucher 20 EUR: “sorry”"},
    {{.kind = BT_ADVISORY_ISSUED,
      .advisory_issued = {.topic = L("move"), .text = L("strike"), .alternatives = {2, names_v}, .until_us = T1}},
     "known trouble with move until 2026-11-24 13:00Z: “strike”; instead: care, moves"},
    {{.kind = BT_ADVISORY_ENDED, .advisory_ended = {.advisory = 8, .topic = L("move"), .text = L("work again")}},
     "trouble #8 with move is over: “work again”"},
    {{.kind = BT_RESTRICTED_READ, .restricted_read = {.reason = L("a threat"), .until_us = T1}},
     "broke the glass, reads everything until 2026-11-24 13:00Z: “a threat”"},
    {{.kind = BT_IDENTIFIER_LINKED, .identifier_linked = {.identifier.domain = L("phone"), .note = L("said so")}},
     "customer known by phone too: said so"},
    {{.kind = BT_IDENTIFIER_UNLINKED, .identifier_unlinked = {.identifier.domain = L("phone"), .reason = L("sold")}},
     "one phone is not this customer's: sold"},
    {{.kind = BT_CUSTOMERS_MERGED, .customers_merged = {.into = 4, .merged = 5, .reason = L("married")}},
     "customer 5 is customer 4: married"},
    {{.kind = BT_CUSTOMERS_UNMERGED, .customers_unmerged = {.into = 4, .merged = 5, .reason = L("twins")}},
     "customer 5 is not customer 4 after all: twins"},
};

static void every_kind_with_rules_has_words(void **state) {
  (void)state;
  struct bt_arena a;
  bt_arena_init(&a, 1 << 20);
  for (int kind = BT_CASE_OPENED; kind <= BT_KIND_LAST; kind++) {
    size_t seen = 0;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
      seen += rows[i].event.kind == (uint32_t)kind;
    if (bt_kind_has_rules(kind) != (seen > 0))
      fail_msg("%s has %zu rows here", bt_kind_name(kind), seen);
    struct bt_event bare = {.kind = (uint32_t)kind}; /* as after sealing: words even without texts */
    struct bt_str words = bt_what(&a, &bare);
    assert_true(words.n || kind == BT_NOTE_ADDED || !bt_kind_has_rules(kind));
  }
  bt_arena_fini(&a);
}

static void every_event_reads_like_this(void **state) {
  (void)state;
  struct bt_arena a;
  bt_arena_init(&a, 1 << 20);
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct bt_str words = bt_what(&a, &rows[i].event);
    char *text = strndup(words.n ? words.p : "", words.n);
    assert_string_equal(text, rows[i].words);
    free(text);
  }
  bt_arena_fini(&a);
}

static void every_cause_and_type_has_a_name(void **state) {
  (void)state;
  struct bt_arena a;
  bt_arena_init(&a, 1 << 20);
  for (int c = 0; c <= BT_CAUSE_CUSTOMER_DEADLINE; c++) {
    assert_string_not_equal(bt_cause_name(c), "?");
    bool says_nothing = c <= BT_CAUSE_NAMED; /* somebody asked for exactly this */
    assert_true((bt_words_cause(&a, (uint32_t)c).n == 0) == says_nothing);
    assert_true(bt_words_concern(&a, (uint32_t)c, 7, T1).n > 0);
  }
  for (int t = 0; t <= BT_PROMISE_OTHER; t++)
    assert_string_not_equal(bt_words_promise((uint32_t)t), "?");
  for (int s = 0; s <= BT_PROMISE_IS_BROKEN; s++)
    assert_string_not_equal(bt_promise_state_name(s), "?");
  for (int s = 0; s <= BT_FEEDBACK_DEPARTMENT; s++)
    assert_string_not_equal(bt_feedback_source_name(s), "?");
  for (int t = 0; t <= BT_TIMER_SWEEP; t++)
    assert_string_not_equal(bt_timer_name(t), "?");
  for (uint32_t c = 0; c <= 8; c++)
    assert_string_not_equal(bt_words_channel(c), "?");
  for (uint32_t o = 0; o <= BT_OUTCOME_NOT_REACHED; o++)
    assert_string_not_equal(bt_words_outcome(o), "?");
  for (uint32_t p = 0; p <= BT_PRIORITY_URGENT; p++)
    assert_string_not_equal(bt_priority_text(p), "?");
  assert_int_equal(bt_words_cause(&a, 99).n, 8); /* of a later version: "cause 99" */
  assert_string_equal(bt_words_promise(99), "?");
  bt_arena_fini(&a);
}

/* Conflicts name what was done where the journal still tells. */
static void conflicts_name_the_actions(void **state) {
  (void)state;
  struct bt_arena a;
  bt_arena_init(&a, 1 << 16);
  const struct bt_conflict_found c = {.work = 12, .other = 11, .holder = L("moves"), .other_holder = L("billing")};
  struct bt_str words = bt_words_conflict(&a, &c, L("transfer-contract"), L("final-invoice"));
  assert_int_equal(bt_str_cmp(words, L("moves: transfer-contract against billing: final-invoice")), 0);
  bt_arena_fini(&a);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_kind_with_rules_has_words),
      cmocka_unit_test(every_event_reads_like_this),
      cmocka_unit_test(every_cause_and_type_has_a_name),
      cmocka_unit_test(conflicts_name_the_actions),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

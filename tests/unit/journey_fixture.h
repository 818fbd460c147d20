/* A case's story told in entries made by hand, so that every kind is in it, and the time of each is the test's. */
#ifndef BT_TESTS_JOURNEY_FIXTURE_H
#define BT_TESTS_JOURNEY_FIXTURE_H

#include "record_fixture.h"

#include "query/query.h"

#define HOUR_US (INT64_C(3600) * 1000000)
#define DAY_US (24 * HOUR_US)
/* 2026-03-02 08:00 UTC */
#define STORY_US (INT64_C(1772438400) * 1000000)

struct story {
  struct record r;
  uint64_t case_id, last, version;
};

static inline int story_start(void **state) {
  struct story *s = calloc(1, sizeof *s);
  record_open(&s->r);
  *state = s;
  return 0;
}

static inline int story_stop(void **state) {
  struct story *s = *state;
  record_close(&s->r);
  free(s);
  return 0;
}

/* The next entry of the story's case, `after_us` from the beginning. Returns its sequence. */
static inline uint64_t story_tell(struct story *s, int64_t after_us, struct bt_event event) {
  uint64_t sequence = bt_store_position(s->r.store, BT_NOW) + 1;
  if (event.kind == BT_CASE_OPENED) {
    s->case_id = sequence;
    s->last = s->version = 0;
  }
  event.occurred_at_us = STORY_US + after_us;
  const struct bt_entry e = {.sequence = sequence,
                             .kind = event.kind,
                             .stream = BT_STREAM_CASE,
                             .stream_id = s->case_id,
                             .version = ++s->version,
                             .previous = s->last,
                             .unit_first = sequence,
                             .unit_size = 1,
                             .recorded_at_us = STORY_US + after_us,
                             .case_id = s->case_id,
                             .joined = {event.department.n ? 1 : 0, &event.department},
                             .event = event};
  bt_arena_reset(&s->r.work);
  record_take(&s->r, &e, 1);
  s->last = sequence;
  return sequence;
}

#define STORY(after, made_by, which, member, ...)                                                                      \
  story_tell(s, (after), (struct bt_event){.kind = (which), .department = BT_LIT(made_by), .member = {__VA_ARGS__}})

/* Opened by care, offered to moves, refused, offered again and taken, back to care, and to moves once more; a promise
 * that is broken, renegotiated and kept late; a question that is answered late; an escalation; feedback. */
static inline void story_whole(struct story *s) {
  STORY(0, "care", BT_CASE_OPENED, case_opened, .topic = BT_LIT("move.internet"), .title = BT_LIT("SECRET title"),
        .need = BT_LIT("SECRET need"), .custodian = BT_LIT("care"), .owner = BT_LIT("care"), .number = 1);
  STORY(0, "care", BT_CONTACT_LOGGED, contact_logged, .summary = BT_LIT("SECRET words"));
  STORY(HOUR_US, "care", BT_ATTEMPT_FAILED, attempt_failed, .route = BT_LIT("SECRET-form"));
  uint64_t offer =
      STORY(2 * HOUR_US, "care", BT_HANDOFF_OFFERED, handoff_offered, .from = BT_LIT("care"), .to = BT_LIT("moves"));
  STORY(3 * HOUR_US, "moves", BT_HANDOFF_REFUSED, handoff_refused, .offer = offer, .from = BT_LIT("care"),
        .to = BT_LIT("moves"), .reason = BT_REFUSAL_NO_CAPACITY, .text = BT_LIT("SECRET excuse"));
  offer =
      STORY(4 * HOUR_US, "care", BT_HANDOFF_OFFERED, handoff_offered, .from = BT_LIT("care"), .to = BT_LIT("moves"));
  uint64_t promise = STORY(5 * HOUR_US, "care", BT_PROMISE_MADE, promise_made, .type = BT_PROMISE_CALLBACK,
                           .text = BT_LIT("SECRET promise"), .due_us = STORY_US + DAY_US);
  STORY(10 * HOUR_US, "moves", BT_HANDOFF_ACCEPTED, handoff_accepted, .offer = offer, .from = BT_LIT("care"),
        .to = BT_LIT("moves"));
  uint64_t question = STORY(11 * HOUR_US, "moves", BT_QUESTION_ASKED, question_asked, .to = BT_LIT("billing"),
                            .text = BT_LIT("SECRET question"), .due_us = STORY_US + 12 * HOUR_US);
  STORY(12 * HOUR_US, "", BT_QUESTION_OVERDUE, question_overdue, .question = question, .from = BT_LIT("moves"),
        .to = BT_LIT("billing"), .due_us = STORY_US + 12 * HOUR_US);
  STORY(14 * HOUR_US, "billing", BT_QUESTION_ANSWERED, question_answered, .question = question, .from = BT_LIT("moves"),
        .to = BT_LIT("billing"), .asked_at_us = STORY_US + 11 * HOUR_US);
  STORY(DAY_US, "", BT_PROMISE_BROKEN, promise_broken, .promise = promise, .holder = BT_LIT("moves"),
        .due_us = STORY_US + DAY_US);
  STORY(DAY_US, "", BT_ESCALATED, escalated, .cause = BT_CAUSE_PROMISE_BROKEN, .object = promise, .level = 1,
        .due_us = STORY_US + DAY_US, .over = BT_LIT("moves"), .to = BT_LIT("sales"), .concern = 13);
  STORY(DAY_US + HOUR_US, "moves", BT_PROMISE_RENEGOTIATED, promise_renegotiated, .promise = promise,
        .due_us = STORY_US + 2 * DAY_US, .holder = BT_LIT("moves"));
  STORY(DAY_US + 2 * HOUR_US, "moves", BT_STATUS_CHANGED, status_changed, .status = BT_STATUS_PENDING,
        .pending_on = BT_PENDING_CUSTOMER);
  STORY(2 * DAY_US, "moves", BT_STATUS_CHANGED, status_changed, .status = BT_STATUS_OPEN);
  STORY(2 * DAY_US, "moves", BT_HANDOFF_REPORTED, handoff_reported, .from = BT_LIT("moves"), .to = BT_LIT("care"));
  STORY(3 * DAY_US, "care", BT_PROMISE_KEPT, promise_kept, .promise = promise, .holder = BT_LIT("care"), .late = true);
  STORY(3 * DAY_US - HOUR_US, "care", BT_CASE_RESOLVED, case_resolved, .resolution = BT_LIT("SECRET end"));
  struct bt_str held[] = {BT_LIT("care"), BT_LIT("moves")};
  STORY(4 * DAY_US, "care", BT_FEEDBACK_GIVEN, feedback_given, .source = BT_FEEDBACK_CUSTOMER, .score = 2,
        .text = BT_LIT("SECRET anger"), .rated = {2, held});
}

static inline int64_t story_clock(void) {
  return 0;
}

/* department NULL: an operator. */
static inline struct bt_answer story_ask(struct story *s, const char *department, struct bt_query q) {
  const struct bt_query_context context = {.rules = &s->r.rules,
                                           .store = s->r.store,
                                           .journal = s->r.journal,
                                           .now_us = STORY_US + 5 * DAY_US,
                                           .budget_us = BT_SECOND_US,
                                           .mono_us = story_clock};
  struct bt_asker asker = {.all = !department};
  struct bt_answer a;
  struct bt_frame frame = {.kind = BT_FRAME_ANSWER};
  struct bt_str bytes;
  if (department) {
    asker.adapter = bt_rules_adapter(&s->r.rules, bt_str(department));
    asker.department = bt_str(department);
  }
  bt_store_refresh(s->r.store);
  assert_int_equal(bt_query_answer(&context, &asker, &q, &s->r.arena, &a), 0);
  frame.answer = a;
  assert_int_equal(bt_frame_encode(&frame, &s->r.arena, &bytes), 0);
  return a;
}

#define assert_text(s, literal)                                                                                        \
  do {                                                                                                                 \
    struct bt_str text_ = (s);                                                                                         \
    if (!bt_str_eq(text_, BT_LIT(literal)))                                                                            \
      fail_msg("%.*s instead of %s", BT_STR_ARG(text_), literal);                                                      \
  } while (0)

#endif

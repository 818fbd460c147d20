#include "core_day.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/evolve.h"

#define HOUR_US (INT64_C(3600) * 1000000)

enum { DAYS = 400, TODAY = 20, ALL_OPEN = 20 };

/* ---- the company ---- */

/* Eight to eighteen, every day, for those that close at all. */
static struct bt_span spans[DAYS];

static void make_department(struct day *day, uint32_t i) {
  static struct bt_str move[] = {{"billing", 7}, {"move", 4}}, internet[] = {{"billing", 7}, {"move.internet", 13}};
  struct bt_str name = day->names[i] = bt_arena_printf(&day->arena, "d-%02u", i);
  day->departments[i] = (struct bt_department){
      .name = name,
      .topics = {2, i % 5 ? move : internet},
      .front = true,
      .escalates_to = day->names[0],
      .calendar = {.limited = i >= ALL_OPEN, .n = DAYS, .v = spans, .until_us = DAYS * 24 * HOUR_US},
  };
  day->adapters[i] =
      (struct bt_adapter){.name = name, .department = name, .acts_for = {1, &day->names[i]}, .receives = true};
  day->loads[i] = (struct bt_load){name, 7 * i % 11};
}

void day_init(struct day *day) {
  *day = (struct day){.now_us = (TODAY * 24 + 10) * HOUR_US};
  bt_arena_init(&day->arena, 16 << 20);
  for (uint32_t i = 0; i < DAYS; i++)
    spans[i] = (struct bt_span){(i * 24 + 8) * HOUR_US, (i * 24 + 18) * HOUR_US};
  for (uint32_t i = 0; i < DAY_DEPARTMENTS; i++)
    make_department(day, i);
  /* No breaker: the case that begins with much has changed hands often. */
  day->rules = (struct bt_rules){
      .departments = {DAY_DEPARTMENTS, day->departments},
      .adapters = {DAY_DEPARTMENTS, day->adapters},
      .last_owner = day->names[0],
      .ola_us = 4 * HOUR_US,
      .reopen_within_us = 14 * 24 * HOUR_US,
      .idempotency_us = 14 * 24 * HOUR_US,
      .max_attempts = 5,
      .max_future_us = HOUR_US / 6,
      .question_us = 24 * HOUR_US,
      .lease_us = 8 * HOUR_US,
      .callback_us = 4 * HOUR_US,
      .risk_us = HOUR_US,
      .raise_us = 4 * HOUR_US,
      .remind_us = 24 * HOUR_US,
      .repeats = 4,
      .idle_us = 14 * 24 * HOUR_US,
  };
}

void day_digest(const void *bytes, size_t n, uint8_t ret_digest[16]) {
  crypto_generichash(ret_digest, 16, bytes, n, NULL, 0);
}

/* ---- what happens ---- */

#define TEXT "the line at the new address is dead since the move, and the technician found the cabinet locked"

static void open_case(struct day *day, const struct bt_case *c, uint32_t i, struct bt_event *e) {
  (void)c, (void)i;
  e->kind = BT_CASE_OPENED;
  e->department = day->names[10];
  e->case_opened =
      (struct bt_case_opened){.topic = BT_LIT("move.internet"), .title = BT_LIT("move"), .need = BT_LIT(TEXT)};
}

static void contact(struct day *day, const struct bt_case *c, uint32_t i, struct bt_event *e) {
  e->kind = BT_CONTACT_LOGGED;
  e->department = i ? day->names[(10 + i) % DAY_DEPARTMENTS] : c->custodian;
  e->contact_logged = (struct bt_contact_logged){
      .direction = BT_DIRECTION_INBOUND, .outcome = BT_OUTCOME_SERVED, .summary = BT_LIT(TEXT)};
}

static void note(struct day *day, const struct bt_case *c, uint32_t i, struct bt_event *e) {
  (void)day, (void)c, (void)i;
  e->kind = BT_NOTE_ADDED;
  e->note_added.text = BT_LIT(TEXT);
}

static void fact(struct day *day, const struct bt_case *c, uint32_t i, struct bt_event *e) {
  (void)c;
  e->kind = BT_FACT_RECORDED;
  e->fact_recorded.key = bt_arena_printf(&day->arena, "fact-%u", i);
  e->fact_recorded.value = BT_LIT("cabinet 12, port 7, locked since May");
}

static void offer(struct day *day, const struct bt_case *c, uint32_t i, struct bt_event *e) {
  (void)day, (void)c, (void)i;
  e->kind = BT_HANDOFF_OFFERED;
  e->handoff_offered.topic = BT_LIT("move.internet");
  e->handoff_offered.next_step = BT_LIT("open the cabinet");
}

static void accept(struct day *day, const struct bt_case *c, uint32_t i, struct bt_event *e) {
  (void)day, (void)i;
  e->kind = BT_HANDOFF_ACCEPTED;
  e->department = c->offer.to;
  e->handoff_accepted.offer = c->offer.id;
  e->handoff_accepted.digest = c->offer.digest;
}

static void promise(struct day *day, const struct bt_case *c, uint32_t i, struct bt_event *e) {
  e->kind = BT_PROMISE_MADE;
  e->department = c->participants.v[i % c->participants.n];
  e->promise_made = (struct bt_promise_made){
      .type = BT_PROMISE_VISIT, .text = BT_LIT("the technician comes on Monday"), .due_us = day->now_us + 53 * HOUR_US};
}

static void question(struct day *day, const struct bt_case *c, uint32_t i, struct bt_event *e) {
  (void)c;
  e->kind = BT_QUESTION_ASKED;
  e->question_asked.to = day->names[30 + i];
  e->question_asked.text = BT_LIT("who has the key of cabinet 12?");
}

static void answer(struct day *day, const struct bt_case *c, uint32_t i, struct bt_event *e) {
  (void)day, (void)i;
  const struct bt_question *last = &c->questions.v[c->questions.n - 1];
  e->kind = BT_QUESTION_ANSWERED;
  e->department = last->to;
  e->question_answered.question = last->id;
  e->question_answered.text = BT_LIT("the depot in the harbour");
}

static void work(struct day *day, const struct bt_case *c, uint32_t i, struct bt_event *e) {
  e->kind = BT_WORK_STARTED;
  e->department = c->participants.v[i % c->participants.n];
  e->work_started.action = BT_LIT("check-line");
  e->work_started.subject = bt_arena_printf(&day->arena, "line-%u", i);
}

/* The owner may, with a reason, whatever others have open. */
static void resolve(struct day *day, const struct bt_case *c, uint32_t i, struct bt_event *e) {
  (void)day, (void)i;
  e->kind = BT_CASE_RESOLVED;
  e->department = c->owner;
  e->case_resolved.resolution = BT_LIT("the cabinet is open, the line is up");
  e->case_resolved.reason = BT_LIT("the customer says so");
}

static void attempt(struct day *day, const struct bt_case *c, uint32_t i, struct bt_event *e) {
  (void)c;
  e->kind = BT_ATTEMPT_FAILED;
  e->attempt_failed.route = bt_arena_printf(&day->arena, "ivr-%u", i);
  e->attempt_failed.error_code = BT_LIT("no-answer");
}

const struct day_step day_steps[] = {
    {"open", open_case, NULL},  {"contact", contact, NULL},   {"note", note, NULL},
    {"fact", fact, NULL},       {"offer", offer, NULL},       {"accept", accept, "offer"},
    {"promise", promise, NULL}, {"question", question, NULL}, {"answer", answer, "question"},
    {"work", work, NULL},       {"resolve", resolve, NULL},
};
const uint32_t day_n_steps = sizeof day_steps / sizeof *day_steps;

/* ---- playing it ---- */

void day_request(struct day *day, const struct day_step *step, const struct bt_case *c, uint32_t i,
                 struct bt_request *ret) {
  *ret = (struct bt_request){
      .source_key = bt_arena_printf(&day->arena, "%s-%u", step->name, i),
      .content_hash = {(uint8_t)i},
      .first_tried_at_us = day->now_us,
      .event = {.department = c->custodian, .locator.id = c->id, .expected_version = c->version},
  };
  step->fill(day, c, i, &ret->event);
  ret->adapter = bt_rules_adapter(&day->rules, ret->event.department);
}

static void stop(const struct bt_request *r, const struct bt_decision *d) {
  fprintf(stderr, "%s: %s: %.*s\n", bt_kind_name((int)r->event.kind), bt_code_name((int)d->receipt.code),
          BT_STR_ARG(d->receipt.text));
  exit(1);
}

void day_play(const struct day *day, const struct bt_request *request, struct bt_arena *arena, struct bt_case *c) {
  struct bt_timer before[BT_MAX_TIMERS], after[BT_MAX_TIMERS];
  struct bt_scene scene = {
      .next_sequence = c->last_sequence + 1,
      .next_number = 1,
      .by_id = c->id ? c : NULL,
      .connected = {DAY_DEPARTMENTS, (struct bt_str *)day->names},
      .loads = {DAY_DEPARTMENTS, day->loads},
  };
  struct bt_decision d;
  if (bt_decide(&day->rules, &scene, request, day->now_us, day_digest, arena, &d) || !d.n)
    stop(request, &d);
  for (uint32_t i = 0; i < d.n; i++) {
    bt_case_timers(c, before);
    if (bt_evolve_case(c, &d.v[i], arena))
      stop(request, &d);
    bt_case_timers(c, after);
  }
}

static void play_some(struct day *day, const struct day_step *step, uint32_t n, struct bt_case *c) {
  for (uint32_t i = 0; i < n; i++) {
    struct bt_request r;
    day_request(day, step, c, i + 1, &r);
    day_play(day, &r, &day->arena, c);
  }
}

void day_open(struct day *day, bool much, struct bt_case *ret) {
  static const struct {
    struct day_step step;
    uint32_t n;
  } many[] = {
      {{"contact", contact, NULL}, 30}, {{"attempt", attempt, NULL}, 12},   {{"fact", fact, NULL}, 20},
      {{"promise", promise, NULL}, 10}, {{"question", question, NULL}, 10}, {{"work", work, NULL}, 10},
  };
  *ret = (struct bt_case){0};
  play_some(day, &day_steps[0], 1, ret);
  play_some(day, &day_steps[1], 1, ret);
  for (size_t i = 0; much && i < sizeof many / sizeof *many; i++)
    play_some(day, &many[i].step, many[i].n, ret);
  for (int i = 0; much && i < 24; i++) {
    play_some(day, &day_steps[4], 1, ret);
    play_some(day, &day_steps[5], 1, ret);
  }
}

/* Answers from the record: right, in pages that fit a frame, and nothing for those who may not see it. */
#include "record_fixture.h"

#include "base/bytes.h"
#include "query/query.h"

static int64_t fixed_clock_us;
static int64_t steps_us;

/* Each look at the clock takes steps_us: a budget runs out without anybody waiting. */
static int64_t test_clock(void) {
  return fixed_clock_us += steps_us;
}

static int start(void **state) {
  struct record *r = malloc(sizeof *r);
  record_open(r);
  steps_us = 0;
  *state = r;
  return 0;
}

static int stop(void **state) {
  record_close(*state);
  free(*state);
  return 0;
}

static struct bt_query_context context_of(struct record *r) {
  return (struct bt_query_context){.rules = &r->rules,
                                   .store = r->store,
                                   .journal = r->journal,
                                   .now_us = r->now_us,
                                   .budget_us = BT_SECOND_US,
                                   .mono_us = test_clock};
}

/* department NULL: an operator. */
static struct bt_answer ask(struct record *r, const char *department, struct bt_query q) {
  const struct bt_query_context context = context_of(r);
  struct bt_asker asker = {.all = !department};
  struct bt_answer a;
  struct bt_frame frame = {.kind = BT_FRAME_ANSWER};
  struct bt_str bytes;
  if (department) {
    asker.adapter = bt_rules_adapter(&r->rules, bt_str(department));
    asker.department = bt_str(department);
  }
  q.id = 77;
  assert_int_equal(bt_query_answer(&context, &asker, &q, &r->arena, &a), 0);
  frame.answer = a;
  assert_int_equal(bt_frame_encode(&frame, &r->arena, &bytes), 0);
  assert_true(bytes.n <= BT_MAX_FRAME);
  assert_int_equal(a.id, 77);
  assert_int_equal(a.kind, a.code ? BT_QUERY_NONE : q.kind);
  return a;
}

static struct bt_query by_id(uint32_t kind, uint64_t id) {
  return (struct bt_query){.kind = kind, .locator.id = id};
}

static struct bt_query by_mail(const char *mail) {
  return (struct bt_query){.kind = BT_QUERY_FIND, .identifier = {BT_LIT("email"), bt_str(mail)}};
}

#define assert_text(s, literal)                                                                                        \
  do {                                                                                                                 \
    assert_int_equal((s).n, strlen(literal));                                                                          \
    assert_memory_equal((s).n ? (s).p : "", literal, (s).n);                                                           \
  } while (0)

static void case_is_found_by_every_name(void **state) {
  struct record *r = *state;
  struct bt_event e = event_open("order", "a chair", "Ann@Example.org");
  e.locator.reference.local_id = BT_LIT("T-1");
  e.locator.reference.department = BT_LIT("care");
  struct bt_receipt opened = record_do(r, "care", e);
  const struct bt_query queries[] = {
      by_id(BT_QUERY_CASE, opened.case_id),
      {.kind = BT_QUERY_CASE, .locator.ref = opened.ref},
      {.kind = BT_QUERY_CASE, .locator.reference.local_id = BT_LIT("T-1")},
      {.kind = BT_QUERY_CASE, .locator.identifier = {BT_LIT("email"), BT_LIT(" ann@EXAMPLE.org")}},
      {.kind = BT_QUERY_CASE,
       .locator = {.identifier = {BT_LIT("email"), BT_LIT("ann@example.org")}, .topic = BT_LIT("order")}},
      {.kind = BT_QUERY_CASE,
       .locator = {.reference.local_id = BT_LIT("unknown"),
                   .identifier = {BT_LIT("email"), BT_LIT("ann@example.org")}}},
  };
  for (size_t i = 0; i < sizeof queries / sizeof *queries; i++) {
    struct bt_answer a = ask(r, "care", queries[i]);
    assert_int_equal(a.code, 0);
    assert_int_equal(a.case_->id, opened.case_id);
    assert_text(a.case_->title, "a chair");
    assert_text(a.ref, "0001-1");
    assert_int_equal(a.as_of_sequence, bt_store_position(r->store, BT_NOW));
    assert_int_equal(a.as_of_us, r->now_us);
  }
}

static void locators_that_name_nothing(void **state) {
  struct record *r = *state;
  record_do(r, "care", event_open("order", "a chair", "ann@example.org"));
  const struct {
    struct bt_locator l;
    uint32_t code;
  } rows[] = {
      {{0}, BT_INVALID},
      {{.ref = BT_LIT("0001-2")}, BT_INVALID},
      {{.id = 4711}, BT_UNKNOWN_CASE},
      {{.ref = BT_LIT("0002-2")}, BT_UNKNOWN_CASE},
      {{.reference.local_id = BT_LIT("x")}, BT_UNKNOWN_CASE},
      {{.identifier = {BT_LIT("email"), BT_LIT("bob@example.org")}}, BT_UNKNOWN_CASE},
      {{.identifier = {BT_LIT("email"), BT_LIT("ann@example.org")}, .topic = BT_LIT("move")}, BT_UNKNOWN_CASE},
      {{.identifier = {BT_LIT("fax"), BT_LIT("1")}}, BT_UNKNOWN_DOMAIN},
      {{.identifier = {BT_LIT("phone"), BT_LIT("no digits")}}, BT_INVALID},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    assert_int_equal(ask(r, "care", (struct bt_query){.kind = BT_QUERY_CASE, .locator = rows[i].l}).code, rows[i].code);
  const uint32_t kinds[] = {BT_QUERY_CASE, BT_QUERY_HISTORY, BT_QUERY_CARD};
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) { /* no case has this ref, so it may be said */
    struct bt_answer a = ask(r, "care", (struct bt_query){.kind = kinds[i], .locator.ref = BT_LIT("0001-2")});
    assert_int_equal(a.code, BT_INVALID);
    assert_non_null(strstr(a.text.p, "check symbol does not fit"));
  }
}

/* Whether a case is somebody else's or does not exist reads the same, byte for byte. */
static void strangers_cannot_tell_forbidden_from_absent(void **state) {
  struct record *r = *state;
  struct bt_receipt opened = record_do(r, "care", event_open("order", "a chair", "ann@example.org"));
  const uint32_t kinds[] = {BT_QUERY_CASE, BT_QUERY_HISTORY, BT_QUERY_CARD};
  for (size_t i = 0; i < 3; i++) {
    struct bt_frame there = {.kind = BT_FRAME_ANSWER}, absent = there;
    struct bt_str a, b;
    there.answer = ask(r, "billing", by_id(kinds[i], opened.case_id));
    absent.answer = ask(r, "billing", by_id(kinds[i], 4711));
    assert_int_equal(there.answer.code, BT_UNKNOWN_CASE);
    assert_int_equal(bt_frame_encode(&there, &r->arena, &a), 0);
    assert_int_equal(bt_frame_encode(&absent, &r->arena, &b), 0);
    assert_true(bt_str_eq(a, b));
    assert_int_equal(ask(r, "care", by_id(kinds[i], opened.case_id)).code, 0);
  }
  struct bt_query known = {.kind = BT_QUERY_CASE, .locator.identifier = {BT_LIT("email"), BT_LIT("ann@example.org")}};
  assert_int_equal(ask(r, "billing", known).code, BT_UNKNOWN_CASE);
}

static void only_for_departments_the_adapter_acts_for(void **state) {
  struct record *r = *state;
  const struct bt_query_context context = context_of(r);
  struct bt_query q = {.kind = BT_QUERY_WHO_HANDLES, .topic = BT_LIT("order")};
  struct bt_asker asker = {.adapter = &r->adapters[0]};
  struct bt_answer a, other;
  assert_int_equal(bt_query_answer(&context, &asker, &q, &r->arena, &a), 0); /* none named: home */
  assert_int_equal(a.code, 0);
  asker.department = BT_LIT("care");
  assert_int_equal(bt_query_answer(&context, &asker, &q, &r->arena, &a), 0);
  asker.department = BT_LIT("no-such");
  assert_int_equal(bt_query_answer(&context, &asker, &q, &r->arena, &other), 0);
  assert_int_equal(a.code, BT_NOT_GRANTED);
  assert_int_equal(other.code, a.code);
  assert_true(bt_str_eq(other.text, a.text));
}

static void find_shows_a_department_only_its_own(void **state) {
  struct record *r = *state;
  struct bt_receipt one = record_do(r, "care", event_open("order", "a chair", "ann@example.org"));
  record_do(r, "billing", event_open("bill", "an invoice", "ann@example.org"));
  struct bt_answer a = ask(r, "care", by_mail("ANN@example.org"));
  assert_int_equal(a.code, 0);
  assert_int_equal(a.rows.n, 1);
  assert_int_equal(a.rows.v[0].id, one.case_id);
  assert_int_equal(a.identifiers.n, 1);
  assert_text(a.identifiers.v[0].value, "ann@example.org");
  a = ask(r, NULL, by_mail("ann@example.org"));
  assert_int_equal(a.rows.n, 2); /* newest first */
  assert_text(a.rows.v[0].title, "an invoice");
  struct bt_answer front = ask(r, "sales", by_mail("ann@example.org")); /* may find, takes part in nothing */
  assert_int_equal(front.code, 0);
  assert_int_equal(front.rows.n, 0);
  struct bt_answer stranger = ask(r, "moves", by_mail("ann@example.org")),
                   nobody = ask(r, "moves", by_mail("x@example.org"));
  assert_int_equal(stranger.code, BT_NOT_FOUND);
  assert_int_equal(nobody.code, BT_NOT_FOUND);
  assert_true(bt_str_eq(stranger.text, nobody.text));
  struct bt_query q = by_mail("1");
  q.identifier.domain = BT_LIT("fax");
  assert_int_equal(ask(r, "moves", q).code, BT_UNKNOWN_DOMAIN);
}

static void take_on_customer(struct record *r, uint64_t id, uint64_t into, uint64_t merged) {
  struct bt_customer c;
  assert_int_equal(bt_store_customer(r->store, BT_NOW, id, &r->work, &c), 0);
  struct bt_entry e = {.kind = BT_CUSTOMERS_MERGED,
                       .stream = BT_STREAM_CUSTOMER,
                       .stream_id = id,
                       .customer = id,
                       .version = c.version + 1,
                       .previous = c.last_sequence,
                       .recorded_at_us = r->now_us,
                       .unit_size = 1,
                       .event = {.kind = BT_CUSTOMERS_MERGED, .customers_merged = {.into = into, .merged = merged}}};
  e.sequence = e.unit_first = bt_store_position(r->store, BT_NOW) + 1;
  record_take(r, &e, 1);
}

/* Whoever of them is asked for: one customer, with the identifiers and the cases of both. */
static void merged_customers_are_found_as_one(void **state) {
  struct record *r = *state;
  uint64_t ann = record_do(r, "care", event_open("order", "1", "ann@example.org")).customer;
  uint64_t bob = record_do(r, "care", event_open("order", "2", "bob@example.org")).customer;
  assert_int_equal(ask(r, "care", by_mail("bob@example.org")).rows.n, 1);
  take_on_customer(r, ann, ann, bob);
  take_on_customer(r, bob, ann, bob);
  const char *names[] = {"ann@example.org", "bob@example.org"};
  for (size_t i = 0; i < 2; i++) {
    struct bt_answer a = ask(r, "care", by_mail(names[i]));
    assert_int_equal(a.customer, ann);
    assert_int_equal(a.identifiers.n, 2);
    assert_int_equal(a.rows.n, 2);
    assert_text(a.rows.v[0].title, "2"); /* newest first */
    const struct bt_query q = {.kind = BT_QUERY_CASE, .locator.identifier = {BT_LIT("email"), bt_str(names[i])}};
    assert_text(ask(r, "care", q).case_->title, "2"); /* the latest of both */
  }
}

static void an_external_department_gets_no_other_identifier(void **state) {
  struct record *r = *state;
  record_do(r, "care", event_open("order", "1", "ann@example.org"));
  struct bt_event more = {.kind = BT_IDENTIFIER_LINKED,
                          .identifier_linked = {.identifier = {BT_LIT("phone"), BT_LIT("030 1234")},
                                                .same_as = {BT_LIT("email"), BT_LIT("ann@example.org")}}};
  record_do(r, "sales", more);
  assert_int_equal(ask(r, "care", by_mail("ann@example.org")).identifiers.n, 2);
  r->departments[1].external = true; /* and it still holds the case */
  struct bt_answer a = ask(r, "care", by_mail("ann@example.org"));
  assert_int_equal(a.rows.n, 1);
  assert_int_equal(a.identifiers.n, 1);
  assert_text(a.identifiers.v[0].domain, "email");
}

/* More cases than are looked at: the newest are the ones. Closed one by one, since open ones are bounded. */
static void find_looks_at_the_newest_cases(void **state) {
  struct record *r = *state;
  enum { CASES = BT_MAX_CASES_SEEN + 20 };
  static uint64_t ids[CASES];
  for (int i = 0; i < CASES; i++) {
    ids[i] = record_do(r, "care", event_open("order", "again", "ann@example.org")).case_id;
    record_do(r, "care", (struct bt_event){.kind = BT_CASE_CLOSED, .locator.id = ids[i]});
    r->now_us += 2 * r->rules.reopen_within_us;
  }
  struct bt_query q = by_mail("ann@example.org");
  q.limit = BT_MAX_ROWS;
  struct bt_answer a = ask(r, NULL, q);
  assert_int_equal(a.rows.n, BT_MAX_ROWS);
  for (uint32_t i = 0; i < a.rows.n; i++)
    assert_int_equal(a.rows.v[i].id, ids[CASES - 1 - i]);
  q.page = a.next_page;
  a = ask(r, NULL, q);
  assert_int_equal(a.rows.n, BT_MAX_CASES_SEEN - BT_MAX_ROWS);
  assert_int_equal(a.rows.v[0].id, ids[CASES - 1 - BT_MAX_ROWS]);
  assert_int_equal(a.next_page.n, 0);
}

static void history_goes_back_in_pages(void **state) {
  struct record *r = *state;
  uint64_t id = record_do(r, "care", event_open("order", "a chair", NULL)).case_id;
  for (int i = 0; i < 30; i++)
    record_do(r, "care", event_note(id, "still there"));
  struct bt_query q = by_id(BT_QUERY_HISTORY, id);
  q.limit = 7;
  uint64_t before = UINT64_MAX;
  uint32_t rows = 0, pages = 0;
  do {
    struct bt_answer a = ask(r, "care", q);
    assert_int_equal(a.code, 0);
    assert_text(a.ref, "0001-1");
    for (uint32_t i = 0; i < a.events.n; i++, rows++) {
      assert_true(a.events.v[i].entry->sequence < before);
      before = a.events.v[i].entry->sequence;
      assert_int_equal(a.events.v[i].entry->version, 31 - rows);
    }
    q.page = a.next_page;
    pages++;
  } while (q.page.n);
  assert_int_equal(rows, 31);
  assert_int_equal(pages, 5);
}

static void history_fits_a_frame(void **state) {
  struct record *r = *state;
  char *text = malloc(BT_MAX_TEXT + 1);
  memset(text, 'x', BT_MAX_TEXT);
  text[BT_MAX_TEXT] = 0;
  uint64_t id = record_do(r, "care", event_open("order", "a chair", NULL)).case_id;
  for (int i = 0; i < 40; i++)
    record_do(r, "care", event_note(id, text));
  struct bt_query q = by_id(BT_QUERY_HISTORY, id);
  q.limit = BT_MAX_ROWS;
  uint32_t rows = 0;
  do { /* ask() encodes each page */
    struct bt_answer a = ask(r, "care", q);
    assert_true(a.events.n >= 10 || !a.next_page.n);
    rows += a.events.n;
    q.page = a.next_page;
  } while (q.page.n);
  assert_int_equal(rows, 41);
  free(text);
}

static struct bt_event correction(uint64_t id, uint64_t of) {
  return (struct bt_event){.kind = BT_CORRECTION_MADE,
                           .locator.id = id,
                           .correction_made = {.supersedes = of, .text = BT_LIT("rather this")}};
}

/* A correction marks what it corrects, on the same page and on one far behind it. */
static void history_marks_what_was_corrected(void **state) {
  struct record *r = *state;
  uint64_t id = record_do(r, "care", event_open("order", "a chair", NULL)).case_id;
  uint64_t old = record_do(r, "care", event_note(id, "wrong")).sequence;
  record_do(r, "care", correction(id, old)); /* itself corrected once more below: the newest counts */
  for (int i = 0; i < 9; i++)
    record_do(r, "care", event_note(id, "between"));
  uint64_t by = record_do(r, "care", correction(id, old)).sequence;
  for (uint32_t limit = 1; limit <= 20; limit++) {
    struct bt_query q = by_id(BT_QUERY_HISTORY, id);
    uint32_t marked = 0;
    q.limit = limit;
    do {
      struct bt_answer a = ask(r, "care", q);
      for (uint32_t i = 0; i < a.events.n; i++) {
        uint64_t expected = a.events.v[i].entry->sequence == old ? by : 0;
        assert_int_equal(a.events.v[i].superseded_by, expected);
        marked += expected != 0;
      }
      q.page = a.next_page;
    } while (q.page.n);
    assert_int_equal(marked, 1);
  }
}

static void pages_of_other_lists_are_refused(void **state) {
  struct record *r = *state;
  uint64_t one = record_do(r, "care", event_open("order", "a chair", NULL)).case_id;
  uint64_t note = record_do(r, "care", event_note(one, "x")).sequence;
  uint64_t two = record_do(r, "care", event_open("order", "a table", NULL)).case_id;
  uint64_t other_note = record_do(r, "care", event_note(two, "y")).sequence;
  struct bt_query q = by_id(BT_QUERY_HISTORY, one);
  q.limit = 1;
  struct bt_answer a = ask(r, "care", q);
  assert_int_equal(a.next_page.n, 16);
  struct bt_query other = by_id(BT_QUERY_HISTORY, two);
  other.page = a.next_page;
  assert_int_equal(ask(r, "care", other).code, BT_BAD_PAGE);
  char forged[16];
  const uint64_t places[] = {0, other_note, UINT64_MAX, 4711};
  for (size_t i = 0; i < 4; i++) {
    bt_put_u64(forged, places[i]);
    bt_put_u64(forged + 8, one);
    q.page = (struct bt_str){forged, 16};
    assert_int_equal(ask(r, "care", q).code, BT_BAD_PAGE);
  }
  q.page = BT_LIT("short");
  assert_int_equal(ask(r, "care", q).code, BT_BAD_PAGE);
  bt_put_u64(forged, note);
  q.page = (struct bt_str){forged, 16};
  assert_int_equal(ask(r, "care", q).code, 0);
  struct bt_query list = {.kind = BT_QUERY_CASES, .page = a.next_page};
  assert_int_equal(ask(r, "care", list).code, BT_BAD_PAGE);
}

static void card_of_the_open_offer_carries_its_digest(void **state) {
  struct record *r = *state;
  uint64_t id = record_do(r, "care", event_open("order", "a chair", NULL)).case_id;
  struct bt_answer live = ask(r, "care", by_id(BT_QUERY_CARD, id));
  assert_int_equal(live.code, 0);
  assert_int_equal(live.offer, 0);
  assert_int_equal(live.digest.n, 0);
  assert_text(live.card->title, "a chair");
  assert_int_equal(ask(r, "moves", by_id(BT_QUERY_CARD, id)).code, BT_UNKNOWN_CASE);
  struct bt_event offer = {.kind = BT_HANDOFF_OFFERED,
                           .locator.id = id,
                           .handoff_offered = {.to = BT_LIT("moves"), .next_step = BT_LIT("carry it")}};
  struct bt_receipt offered = record_do(r, "care", offer);
  record_do(r, "care", event_note(id, "later than the card"));
  struct bt_answer a = ask(r, "moves", by_id(BT_QUERY_CARD, id)); /* it takes part while the offer is open */
  assert_int_equal(a.code, 0);
  assert_int_equal(a.offer, offered.sequence);
  assert_int_equal(a.digest.n, 16);
  assert_text(a.card->next_step, "carry it");
  struct bt_event accept = {
      .kind = BT_HANDOFF_ACCEPTED, .locator.id = id, .handoff_accepted = {.offer = a.offer, .digest = a.digest}};
  record_do(r, "moves", accept); /* so it is the right card */
  a = ask(r, "moves", by_id(BT_QUERY_CARD, id));
  assert_int_equal(a.offer, 0);
  assert_text(a.card->custodian, "moves");
}

/* An entry on the case that the broker would make by itself. */
static void take_on_case(struct record *r, uint64_t id, struct bt_entry e) {
  struct bt_case c;
  assert_int_equal(bt_store_case(r->store, BT_NOW, id, &r->work, &c), 0);
  e.sequence = e.unit_first = bt_store_position(r->store, BT_NOW) + 1;
  e.unit_size = 1;
  e.stream = BT_STREAM_CASE;
  e.stream_id = e.case_id = id;
  e.version = c.version + 1;
  e.previous = c.last_sequence;
  e.recorded_at_us = r->now_us;
  e.event.kind = e.kind;
  record_take(r, &e, 1);
}

/* An offer that waited for somebody to open has the card that it was directed with, and its digest. */
static void card_of_a_directed_offer_is_the_one_it_was_directed_with(void **state) {
  struct record *r = *state;
  struct bt_card old = {.title = BT_LIT("old")}, new = {.title = BT_LIT("new")};
  uint64_t id = record_do(r, "care", event_open("order", "a chair", NULL)).case_id;
  uint64_t offer = bt_store_position(r->store, BT_NOW) + 1;
  struct bt_entry e = {.kind = BT_HANDOFF_OFFERED};
  e.event.handoff_offered = (struct bt_handoff_offered){
      .from = BT_LIT("care"), .opens_at_us = 1, .digest = BT_LIT("0123456789abcdef"), .card = &old};
  take_on_case(r, id, e);
  struct bt_answer a = ask(r, "care", by_id(BT_QUERY_CARD, id));
  assert_text(a.card->title, "old");
  record_do(r, "care", event_note(id, "between"));
  e = (struct bt_entry){.kind = BT_HANDOFF_DIRECTED};
  e.event.handoff_directed = (struct bt_handoff_directed){
      .offer = offer, .to = BT_LIT("moves"), .digest = BT_LIT("fedcba9876543210"), .card = &new};
  take_on_case(r, id, e);
  record_do(r, "care", event_note(id, "after"));
  a = ask(r, "moves", by_id(BT_QUERY_CARD, id));
  assert_text(a.card->title, "new");
  assert_text(a.digest, "fedcba9876543210");
  assert_int_equal(a.offer, offer);
}

static void list_has_filters_pages_and_policy(void **state) {
  struct record *r = *state;
  uint64_t mine[3];
  mine[0] = record_do(r, "care", event_open("order.chair", "1", NULL)).case_id;
  record_do(r, "billing", event_open("bill", "2", NULL));
  mine[1] = record_do(r, "care", event_open("order.table", "3", NULL)).case_id;
  mine[2] = record_do(r, "care", event_open("order.chair", "4", NULL)).case_id;
  record_do(r, "care", (struct bt_event){.kind = BT_CASE_RESOLVED, .locator.id = mine[1]});
  struct bt_query q = {.kind = BT_QUERY_CASES};
  assert_int_equal(ask(r, "care", q).rows.n, 0); /* as of the last checkpoint */
  assert_int_equal(bt_store_checkpoint(r->store), 0);
  bt_store_refresh(r->store);
  struct bt_answer a = ask(r, "care", q);
  assert_int_equal(a.rows.n, 3);
  assert_int_equal(a.as_of_sequence, bt_store_position(r->store, BT_AS_OF));
  assert_int_equal(a.as_of_us, r->now_us);
  for (int i = 0; i < 3; i++)
    assert_int_equal(a.rows.v[i].id, mine[i]);
  assert_int_equal(ask(r, NULL, q).rows.n, 4);
  assert_int_equal(ask(r, "moves", q).rows.n, 0);
  q.status = BT_STATUS_RESOLVED;
  assert_int_equal(ask(r, NULL, q).rows.n, 1);
  q = (struct bt_query){.kind = BT_QUERY_CASES, .topic = BT_LIT("order")};
  assert_int_equal(ask(r, NULL, q).rows.n, 3);
  q.topic = BT_LIT("order.chair");
  assert_int_equal(ask(r, NULL, q).rows.n, 2);
  q = (struct bt_query){.kind = BT_QUERY_CASES, .custodian = BT_LIT("billing")};
  assert_int_equal(ask(r, NULL, q).rows.n, 1);
  q = (struct bt_query){.kind = BT_QUERY_CASES, .limit = 2};
  a = ask(r, "care", q);
  assert_int_equal(a.rows.n, 2);
  assert_int_equal(bt_query_cases_next(a.next_page), mine[2]);
  q.page = a.next_page;
  a = ask(r, "care", q);
  assert_int_equal(a.rows.n, 1);
  assert_int_equal(a.next_page.n, 0);
}

/* A scan that runs out of time gives what it has and a page to go on with; figures it gives whole or not at all. */
static void scans_stop_at_their_budget(void **state) {
  struct record *r = *state;
  enum { CASES = 300 };
  for (int i = 0; i < CASES; i++)
    record_do(r, "care", event_open("order", "x", NULL));
  assert_int_equal(bt_store_checkpoint(r->store), 0);
  bt_store_refresh(r->store);
  steps_us = BT_SECOND_US; /* over at the first look */
  struct bt_query q = {.kind = BT_QUERY_CASES, .limit = BT_MAX_ROWS};
  uint32_t rows = 0, pages = 0;
  do {
    struct bt_answer a = ask(r, "care", q);
    assert_int_equal(a.code, 0);
    rows += a.rows.n;
    q.page = a.next_page;
    pages++;
  } while (q.page.n);
  assert_int_equal(rows, CASES);
  assert_true(pages > 3);
  assert_int_equal(ask(r, "care", (struct bt_query){.kind = BT_QUERY_JOURNEYS}).code, BT_BUSY);
  steps_us = 0;
  struct bt_answer a = ask(r, "care", (struct bt_query){.kind = BT_QUERY_JOURNEYS});
  assert_int_equal(a.code, 0);
  assert_int_equal(a.journeys.cases, CASES);
}

static uint64_t report(struct record *r, uint64_t id, const char *from, const char *to) {
  struct bt_event offer = {.kind = BT_HANDOFF_OFFERED, .locator.id = id, .handoff_offered = {.to = bt_str(to)}};
  struct bt_receipt offered = record_do(r, from, offer);
  struct bt_answer card = ask(r, to, by_id(BT_QUERY_CARD, id));
  struct bt_event accept = {.kind = BT_HANDOFF_ACCEPTED,
                            .locator.id = id,
                            .handoff_accepted = {.offer = offered.sequence, .digest = card.digest}};
  return record_do(r, to, accept).sequence;
}

static void journeys_count_handoffs_bounces_and_waiting(void **state) {
  struct record *r = *state;
  uint64_t bounced = record_do(r, "care", event_open("order", "1", NULL)).case_id;
  report(r, bounced, "care", "moves");
  report(r, bounced, "moves", "care"); /* A, B, A */
  uint64_t once = record_do(r, "care", event_open("order", "2", NULL)).case_id;
  report(r, once, "care", "billing");
  uint64_t never = record_do(r, "care", event_open("order", "3", NULL)).case_id;
  struct bt_event wait = {.kind = BT_STATUS_CHANGED,
                          .locator.id = never,
                          .status_changed = {.status = BT_STATUS_PENDING, .pending_on = BT_PENDING_CUSTOMER}};
  record_do(r, "care", wait);
  r->now_us += 3600 * BT_SECOND_US - BT_SECOND_US;
  record_do(r, "care", (struct bt_event){.kind = BT_CASE_RESOLVED, .locator.id = never});
  record_do(r, "care", (struct bt_event){.kind = BT_CASE_REOPENED, .locator.id = never});
  uint64_t easy = record_do(r, "care", event_open("order", "4", NULL)).case_id;
  record_do(r, "care",
            (struct bt_event){.kind = BT_CASE_RESOLVED, .locator.id = easy, .case_resolved.first_contact = true});
  assert_int_equal(bt_store_checkpoint(r->store), 0);
  bt_store_refresh(r->store);
  struct bt_journeys j = ask(r, NULL, (struct bt_query){.kind = BT_QUERY_JOURNEYS}).journeys;
  assert_int_equal(j.cases, 4);
  assert_float_equal(j.custody_handoffs.mean, 0.75, 1e-9); /* 2, 1, 0, 0 */
  assert_float_equal(j.custody_handoffs.median, 0.5, 1e-9);
  assert_int_equal(j.custody_handoffs.max, 2);
  assert_int_equal(j.custody_never, 2);
  assert_int_equal(j.custody_bounced_cases, 1);
  assert_int_equal(j.custody_bounces, 1);
  assert_int_equal(j.resolved_cases, 2);
  assert_int_equal(j.resolved_reopened, 1);
  assert_int_equal(j.worked_cases, 1);
  assert_int_equal(j.worked_reopened, 1);
  assert_int_equal(j.waiting_customer_us, 3600 * BT_SECOND_US);
  assert_int_equal(ask(r, "billing", (struct bt_query){.kind = BT_QUERY_JOURNEYS}).journeys.cases, 1); /* its own */
}

static void who_handles_explains_itself(void **state) {
  struct record *r = *state;
  struct bt_answer a =
      ask(r, "shop", (struct bt_query){.kind = BT_QUERY_WHO_HANDLES, .topic = BT_LIT("move.internet")});
  assert_int_equal(a.code, 0);
  assert_int_equal(a.handlers.n, 1);
  assert_text(a.handlers.v[0].department, "moves");
  assert_text(a.handlers.v[0].handles, "move");
  assert_false(a.handlers.v[0].connected);
  assert_true(a.handlers.v[0].why.n > 10);
  assert_text(a.owner, "moves");
  a = ask(r, "shop", (struct bt_query){.kind = BT_QUERY_WHO_HANDLES, .topic = BT_LIT("other")});
  assert_int_equal(a.handlers.n, 0);
  assert_text(a.owner, "care");
  assert_int_equal(ask(r, "shop", (struct bt_query){.kind = BT_QUERY_WHO_HANDLES, .topic = BT_LIT("a..b")}).code,
                   BT_INVALID);
}

/* What the order goes by stands in the row and in the sentence. */
static void who_handles_says_who_is_open(void **state) {
  struct record *r = *state;
  struct bt_span hours[] = {{r->now_us + 3600 * BT_SECOND_US, r->now_us + 7200 * BT_SECOND_US}};
  r->departments[1].topics = r->departments[2].topics; /* care and moves handle the same */
  r->departments[1].calendar = (struct bt_calendar){
      .limited = true, .n = 1, .v = hours, .from_us = r->now_us, .until_us = r->now_us + 86400 * BT_SECOND_US};
  const struct bt_load loads[] = {{BT_LIT("moves"), 1}};
  struct bt_query_context context = context_of(r);
  context.loads = (struct bt_loads){1, loads};
  const struct bt_asker asker = {.all = true};
  const struct bt_query q = {.kind = BT_QUERY_WHO_HANDLES, .topic = BT_LIT("move.internet")};
  struct bt_answer a;
  assert_int_equal(bt_query_answer(&context, &asker, &q, &r->arena, &a), 0);
  assert_int_equal(a.handlers.n, 2);
  assert_text(a.handlers.v[0].department, "moves");
  assert_true(a.handlers.v[0].open && a.handlers.v[0].load == 1 && !a.handlers.v[0].held_before);
  assert_text(
      a.handlers.v[0].why,
      "open now; handles move, the topic above it; not connected: an offer waits in its inbox; holds 1 open case");
  assert_false(a.handlers.v[1].open);
  assert_int_equal(a.handlers.v[1].opens_at_us, hours[0].open_us);
  assert_text(a.handlers.v[1].why,
              "opens 2026-02-25 07:13 UTC; handles move, the topic above it; not connected: an offer "
              "waits in its inbox; holds 0 open cases");
}

/* ---- labels ---- */

static struct bt_str payment[] = {{"payment", 7}};

/* billing reads what bears the label, sales may break the glass. */
static void with_labels(struct record *r) {
  r->rules.labels = (struct bt_strs){1, payment};
  r->departments[0].reads = r->rules.labels;
  r->departments[3].break_glass = true;
  r->rules.glass_us = 60 * BT_SECOND_US;
}

static struct bt_event labelled(struct bt_event e) {
  e.labels = (struct bt_strs){1, payment};
  return e;
}

static struct bt_event event_fact(uint64_t id, const char *key, const char *value) {
  return (struct bt_event){
      .kind = BT_FACT_RECORDED, .locator.id = id, .fact_recorded = {.key = bt_str(key), .value = bt_str(value)}};
}

/* A case that care opened, with a plain fact of it, a labelled one of billing, which it was offered to. */
static uint64_t secret_case(struct record *r, bool secret_title) {
  with_labels(r);
  struct bt_event open = event_open("order", "zanzibar", "ann@example.org");
  uint64_t id = record_do(r, "care", secret_title ? labelled(open) : open).case_id;
  record_do(r, "care", event_fact(id, "colour", "red"));
  struct bt_event offer = {.kind = BT_HANDOFF_OFFERED, .locator.id = id, .handoff_offered.to = BT_LIT("billing")};
  record_do(r, "care", offer);
  record_do(r, "billing", labelled(event_fact(id, "iban", "zanzibar")));
  return id;
}

static void a_case_hides_what_its_reader_may_not_read(void **state) {
  struct record *r = *state;
  uint64_t id = secret_case(r, false);
  struct bt_answer a = ask(r, "care", by_id(BT_QUERY_CASE, id));
  assert_true(a.case_->facts.n == 1 && a.hidden == 1);
  assert_text(a.case_->facts.v[0].key, "colour");
  a = ask(r, "billing", by_id(BT_QUERY_CASE, id));
  assert_true(a.case_->facts.n == 2 && a.hidden == 0);
  a = ask(r, NULL, by_id(BT_QUERY_CASE, id));
  assert_true(a.case_->facts.n == 2 && a.hidden == 0);
}

static void a_live_card_hides_it_too(void **state) {
  struct record *r = *state;
  uint64_t id = secret_case(r, false);
  struct bt_event withdraw = {.kind = BT_HANDOFF_WITHDRAWN, .locator.id = id};
  withdraw.handoff_withdrawn.offer = ask(r, "care", by_id(BT_QUERY_CARD, id)).offer;
  record_do(r, "care", withdraw);
  struct bt_answer a = ask(r, "care", by_id(BT_QUERY_CARD, id));
  assert_true(a.card->facts.n == 1 && a.card->hidden == 1 && !a.digest.n);
  assert_int_equal(ask(r, NULL, by_id(BT_QUERY_CARD, id)).card->facts.n, 2);
}

static void history_has_stubs_or_holes(void **state) {
  struct record *r = *state;
  uint64_t id = secret_case(r, false);
  struct bt_answer a = ask(r, "care", by_id(BT_QUERY_HISTORY, id));
  assert_int_equal(a.events.n, 4);
  const struct bt_entry *stub = a.events.v[0].entry;
  assert_int_equal(stub->event.kind, BT_FACT_RECORDED);
  assert_text(stub->event.department, "billing");
  assert_true(!stub->event.fact_recorded.key.n && !stub->event.fact_recorded.value.n && !stub->adapter.n);
  r->rules.forbidden = BT_FORBIDDEN_NOTHING;
  a = ask(r, "care", by_id(BT_QUERY_HISTORY, id));
  assert_int_equal(a.events.n, 3);
  a = ask(r, "billing", by_id(BT_QUERY_HISTORY, id));
  assert_int_equal(a.events.n, 4);
  assert_text(a.events.v[0].entry->event.fact_recorded.value, "zanzibar");
}

static void lists_hide_labelled_titles(void **state) {
  struct record *r = *state;
  secret_case(r, true);
  assert_int_equal(bt_store_checkpoint(r->store), 0);
  bt_store_refresh(r->store);
  const struct bt_query list = {.kind = BT_QUERY_CASES};
  assert_int_equal(ask(r, "care", list).rows.v[0].title.n, 0);
  assert_text(ask(r, "billing", list).rows.v[0].title, "zanzibar");
  assert_int_equal(ask(r, "care", by_mail("ann@example.org")).rows.v[0].title.n, 0);
  assert_text(ask(r, NULL, by_mail("ann@example.org")).rows.v[0].title, "zanzibar");
}

static struct bt_query through_glass(uint32_t kind, uint64_t id) {
  struct bt_query q = by_id(kind, id);
  q.break_glass = true;
  return q;
}

static void a_broken_glass_shows_a_case_whole_for_a_while(void **state) {
  struct record *r = *state;
  uint64_t id = secret_case(r, true);
  const struct bt_event read = {
      .kind = BT_RESTRICTED_READ, .locator.id = id, .restricted_read.reason = BT_LIT("a court order")};
  const uint32_t kinds[] = {BT_QUERY_CASE, BT_QUERY_HISTORY, BT_QUERY_CARD};
  for (size_t i = 0; i < 3; i++) {
    assert_int_equal(ask(r, "care", through_glass(kinds[i], id)).code, BT_NOT_GRANTED); /* it has no such grant */
    assert_int_equal(ask(r, "care", through_glass(kinds[i], 4711)).code, BT_NOT_GRANTED);
    assert_int_equal(ask(r, "sales", through_glass(kinds[i], id)).code, BT_UNKNOWN_CASE); /* not broken */
    assert_int_equal(ask(r, "sales", through_glass(kinds[i], 4711)).code, BT_UNKNOWN_CASE);
  }
  assert_int_equal(record_send(r, "care", read).code, BT_NOT_GRANTED);
  record_do(r, "sales", read);
  struct bt_answer a = ask(r, "sales", through_glass(BT_QUERY_CASE, id));
  assert_int_equal(a.code, 0);
  assert_text(a.case_->title, "zanzibar");
  assert_true(a.case_->facts.n == 2 && a.hidden == 0);
  a = ask(r, "sales", through_glass(BT_QUERY_HISTORY, id));
  assert_true(a.events.n == 5 && a.events.v[1].entry->event.fact_recorded.value.n);
  assert_text(ask(r, "sales", through_glass(BT_QUERY_CARD, id)).card->title, "zanzibar");
  for (size_t i = 0; i < 3; i++) /* who does not ask for it gets nothing by it */
    assert_int_equal(ask(r, "sales", by_id(kinds[i], id)).code, BT_UNKNOWN_CASE);
  r->departments[3].break_glass = false;
  assert_int_equal(ask(r, "sales", through_glass(BT_QUERY_CASE, id)).code, BT_NOT_GRANTED);
  r->departments[3].break_glass = true;
  r->now_us += r->rules.glass_us;
  assert_int_equal(ask(r, "sales", through_glass(BT_QUERY_CASE, id)).code, BT_UNKNOWN_CASE);
}

static void who_takes_part_is_told_that_the_glass_is_whole(void **state) {
  struct record *r = *state;
  uint64_t id = record_do(r, "sales", event_open("order", "x", NULL)).case_id;
  with_labels(r);
  struct bt_answer a = ask(r, "sales", through_glass(BT_QUERY_CASE, id));
  assert_int_equal(a.code, BT_NOT_GRANTED);
  assert_non_null(strstr(a.text.p, "RestrictedRead"));
}

/* ---- what a stale sender missed ---- */

static struct bt_receipt missed(struct record *r, const char *department, uint64_t id, uint64_t since,
                                int64_t budget_us) {
  struct bt_query_context context = context_of(r);
  context.budget_us = budget_us;
  const struct bt_asker asker = {.adapter = bt_rules_adapter(&r->rules, bt_str(department)),
                                 .department = bt_str(department)};
  struct bt_receipt receipt = {.code = BT_STALE, .case_id = id, .version = since + 1};
  struct bt_frame frame = {.kind = BT_FRAME_RECEIPT};
  struct bt_str bytes;
  assert_int_equal(bt_query_missed(&context, &asker, id, since, &r->arena, &receipt), 0);
  frame.receipt = (struct bt_receipts){1, &receipt};
  assert_int_equal(bt_frame_encode(&frame, &r->arena, &bytes), 0);
  return receipt;
}

static void a_stale_sender_learns_what_it_missed(void **state) {
  struct record *r = *state;
  uint64_t id = secret_case(r, false); /* four entries, the last one labelled */
  struct bt_receipt m = missed(r, "care", id, 2, BT_SECOND_US);
  assert_int_equal(m.version, 4);
  assert_int_equal(m.missed.n, 2);
  assert_int_equal(m.missed_page.n, 0);
  assert_int_equal(m.missed.v[0].entry->version, 4); /* newest first, as a stub */
  assert_int_equal(m.missed.v[0].entry->event.fact_recorded.value.n, 0);
  assert_int_equal(m.missed.v[1].entry->event.kind, BT_HANDOFF_OFFERED);
  assert_null(m.missed.v[1].entry->event.handoff_offered.card);
  assert_text(missed(r, "billing", id, 3, BT_SECOND_US).missed.v[0].entry->event.fact_recorded.value, "zanzibar");
  m = missed(r, "moves", id, 2, BT_SECOND_US); /* takes no part */
  assert_true(!m.missed.n && !m.missed_page.n);
}

static void older_ones_are_on_a_page_of_the_history(void **state) {
  struct record *r = *state;
  enum { NOTES = 40 };
  uint64_t id = record_do(r, "care", event_open("order", "x", NULL)).case_id;
  for (int i = 0; i < NOTES; i++)
    record_do(r, "care", event_note(id, "on and on"));
  struct bt_receipt m = missed(r, "care", id, 1, BT_SECOND_US);
  assert_int_equal(m.missed.n, BT_MAX_MISSED);
  assert_int_equal(m.missed.v[0].entry->version, NOTES + 1);
  struct bt_query q = by_id(BT_QUERY_HISTORY, id);
  q.page = m.missed_page;
  assert_int_equal(ask(r, "care", q).events.v[0].entry->version, NOTES + 1 - BT_MAX_MISSED);
  m = missed(r, "care", id, NOTES + 1 - BT_MAX_MISSED, BT_SECOND_US); /* exactly so many */
  assert_true(m.missed.n == BT_MAX_MISSED && !m.missed_page.n);
  m = missed(r, "care", id, 1, 0); /* no time: the page begins with the newest */
  assert_int_equal(m.missed.n, 0);
  q.page = m.missed_page;
  assert_int_equal(ask(r, "care", q).events.v[0].entry->version, NOTES + 1);
}

static void what_was_missed_fits_a_frame(void **state) {
  struct record *r = *state;
  char *text = malloc(BT_MAX_TEXT + 1);
  memset(text, 'x', BT_MAX_TEXT);
  text[BT_MAX_TEXT] = 0;
  uint64_t id = record_do(r, "care", event_open("order", "x", NULL)).case_id;
  for (int i = 0; i < BT_MAX_MISSED; i++)
    record_do(r, "care", event_note(id, text));
  struct bt_receipt m = missed(r, "care", id, 1, BT_SECOND_US); /* encodes it */
  assert_true(m.missed.n >= 10 && m.missed.n < BT_MAX_MISSED);
  assert_int_equal(m.missed_page.n, 16);
  free(text);
}

static void cursor_is_the_adapters_own(void **state) {
  struct record *r = *state;
  struct bt_entry e = {.sequence = 1,
                       .kind = BT_CURSOR_MOVED,
                       .stream = BT_STREAM_ADAPTER,
                       .version = 1,
                       .unit_first = 1,
                       .unit_size = 1,
                       .recorded_at_us = r->now_us,
                       .adapter = BT_LIT("care"),
                       .has_cursor = true,
                       .cursor = {BT_LIT("mail"), BT_LIT("42")}};
  record_take(r, &e, 1);
  struct bt_query q = {.kind = BT_QUERY_CURSOR, .source = BT_LIT("mail")};
  struct bt_answer a = ask(r, "care", q);
  assert_true(a.known);
  assert_text(a.position, "42");
  a = ask(r, "sales", q);
  assert_int_equal(a.code, 0);
  assert_false(a.known);
  assert_int_equal(ask(r, NULL, q).code, BT_NOT_GRANTED);
}

int main(void) {
#define TEST(f) cmocka_unit_test_setup_teardown(f, start, stop)
  const struct CMUnitTest tests[] = {
      TEST(case_is_found_by_every_name),
      TEST(locators_that_name_nothing),
      TEST(strangers_cannot_tell_forbidden_from_absent),
      TEST(only_for_departments_the_adapter_acts_for),
      TEST(find_shows_a_department_only_its_own),
      TEST(merged_customers_are_found_as_one),
      TEST(an_external_department_gets_no_other_identifier),
      TEST(find_looks_at_the_newest_cases),
      TEST(history_goes_back_in_pages),
      TEST(history_fits_a_frame),
      TEST(history_marks_what_was_corrected),
      TEST(pages_of_other_lists_are_refused),
      TEST(card_of_the_open_offer_carries_its_digest),
      TEST(card_of_a_directed_offer_is_the_one_it_was_directed_with),
      TEST(list_has_filters_pages_and_policy),
      TEST(scans_stop_at_their_budget),
      TEST(journeys_count_handoffs_bounces_and_waiting),
      TEST(who_handles_explains_itself),
      TEST(who_handles_says_who_is_open),
      TEST(a_case_hides_what_its_reader_may_not_read),
      TEST(a_live_card_hides_it_too),
      TEST(history_has_stubs_or_holes),
      TEST(lists_hide_labelled_titles),
      TEST(a_broken_glass_shows_a_case_whole_for_a_while),
      TEST(who_takes_part_is_told_that_the_glass_is_whole),
      TEST(a_stale_sender_learns_what_it_missed),
      TEST(older_ones_are_on_a_page_of_the_history),
      TEST(what_was_missed_fits_a_frame),
      TEST(cursor_is_the_adapters_own),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

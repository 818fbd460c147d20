/* Frames from adapters, and to them. */
#include "codec_fixture.h"

static struct bt_str frame_of(uint32_t kind, struct bt_str content) {
  return join(number_of(1, BT_PROTOCOL), field_of(kind, content));
}

static void assert_refused(struct bt_str bytes, int code, const char *begins) {
  struct bt_frame frame = {.kind = 12345};
  struct bt_str text = {"", 0};
  int rc = bt_frame_decode(bytes, &arena, &frame, &text);
  if (rc != -code || !bt_str_starts(text, bt_str(begins)) || text.n == 0)
    fail_msg("got %d '%.*s', expected %d '%s'", rc, BT_STR_ARG(text), -code, begins);
  /* Nothing is taken over but what a refused query is answered under. */
  assert_true(frame.kind == 12345 || (frame.kind == BT_FRAME_QUERY && frame.query.kind == BT_QUERY_NONE));
}

static struct bt_frame take(struct bt_str bytes) {
  struct bt_frame frame;
  struct bt_str text = {"", 0};
  int rc = bt_frame_decode(bytes, &arena, &frame, &text);
  if (rc)
    fail_msg("%d: %.*s", rc, BT_STR_ARG(text));
  return frame;
}

/* --- from adapters -------------------------------------------------------------------------------------------------
 */

static struct bt_frame round_trip(uint32_t kind, void *body) {
  struct bt_frame_box box = {BT_PROTOCOL, kind, body};
  struct bt_frame frame = take(encode_all(&bt_map_frame, &box));
  assert_int_equal(frame.kind, kind);
  return frame;
}

static void test_hello_credit_goodbye(void **state) {
  (void)state;
  struct bt_hello hello = {BT_LIT("0123456789abcdef"), BT_LIT("crm 1.0"), 64};
  struct bt_frame got = round_trip(BT_FRAME_HELLO, &hello);
  assert_same(&bt_map_hello, &hello, &got.hello, BT_MAP_ALL);
  assert_int_equal(round_trip(BT_FRAME_CREDIT, &(uint32_t){4096}).credit, 4096);
  assert_int_equal(round_trip(BT_FRAME_CREDIT, &(uint32_t){0}).credit, 0);
  struct bt_str reason = BT_LIT("restart");
  assert_str(round_trip(BT_FRAME_GOODBYE, &reason).goodbye, reason, "reason");
}

static void test_report(void **state) {
  (void)state;
  struct bt_report report = {.health = BT_HEALTH_DOWN,
                             .text = BT_LIT("the database at \xc2\xabpg1\xc2\xbb is away"),
                             .text_at_us = 7,
                             .since_us = 8,
                             .has_spool = true,
                             .spool = {1, 2, 3, 4, 5}};
  struct bt_frame got = round_trip(BT_FRAME_REPORT, &report);
  assert_same(&bt_map_report, &report, &got.report, BT_MAP_ALL);
  struct bt_report well = {.health = BT_HEALTH_WELL};
  got = round_trip(BT_FRAME_REPORT, &well);
  assert_same(&bt_map_report, &well, &got.report, BT_MAP_ALL);
  assert_false(got.report.has_spool);
}

/* It is answered under its id, as far as that can be read. */
static void test_refused_query(void **state) {
  (void)state;
  struct bt_frame frame = {.kind = 12345};
  struct bt_str text;
  struct bt_str query =
      join(join(number_of(1, 77), number_of(4, 201)), field_of(BT_QUERY_JOURNEYS, (struct bt_str){0}));
  assert_int_equal(bt_frame_decode(frame_of(BT_FRAME_QUERY, query), &arena, &frame, &text), -BT_LIMIT);
  assert_int_equal(frame.kind, BT_FRAME_QUERY);
  assert_int_equal(frame.query.id, 77);
  assert_int_equal(frame.query.limit, 0);
}

static void test_submit(void **state) {
  (void)state;
  /* What an item's event holds is a matter for that item. */
  struct bt_submit_item items[] = {
      {.number = 1, .source_key = BT_LIT("a"), .first_tried_at_us = 5, .event = {"\xFF\0\xFF", 3}},
      {.number = 2, .has_cursor = true, .cursor = {BT_LIT(""), BT_LIT("line 7")}},
      {.number = 3, .source_key = BT_LIT("b"), .event = {bt_arena_alloc(&arena, 20000), 20000}},
  };
  struct bt_submit submit = {3, items};
  struct bt_frame got = round_trip(BT_FRAME_SUBMIT, &submit);
  assert_same(&bt_map_submit, &submit, &got.submit, BT_MAP_ALL);
  assert_false(got.submit.v[0].has_cursor);
  assert_true(got.submit.v[1].has_cursor);
}

static void test_settle(void **state) {
  (void)state;
  struct bt_str events[8];
  for (int i = 0; i < 8; i++)
    events[i] = BT_LIT("anything");
  struct bt_settle_item items[] = {
      {.sequence = 1, .verdict = BT_VERDICT_ACK, .events = {8, events}},
      {.sequence = 2, .verdict = BT_VERDICT_RETRY, .retry_after_ms = 86400000, .reason = BT_LIT("busy")},
      {.sequence = 3, .verdict = BT_VERDICT_REJECT, .reason = BT_LIT("no such account")},
      {.sequence = 4, .verdict = BT_VERDICT_IN_PROGRESS},
  };
  struct bt_settle settle = {4, items};
  struct bt_frame got = round_trip(BT_FRAME_SETTLE, &settle);
  assert_same(&bt_map_settle, &settle, &got.settle, BT_MAP_ALL);
}

static void test_queries(void **state) {
  (void)state;
  for (uint32_t kind = BT_QUERY_CASE; kind <= BT_QUERY_SCORECARD; kind++) {
    struct bt_query query = {0};
    struct filler f = {.next = 10};
    fill(&f, &bt_map_query, &query, kind, false);
    struct bt_frame got = round_trip(BT_FRAME_QUERY, &query);
    assert_int_equal(got.query.kind, kind);
    assert_same(&bt_map_query, &query, &got.query, BT_MAP_ALL);
  }
}

static struct bt_str item_of(uint32_t kind, struct bt_str content) {
  return frame_of(kind, field_of(1, content));
}

static void test_bad_frames(void **state) {
  (void)state;
  const struct bt_str none = {0};
  char *big = bt_arena_alloc(&arena, BT_MAX_FRAME + 1);
  assert_refused(BT_LIT("\xFF\xFF\xFF"), BT_BAD_FRAME, "does not parse");
  assert_refused(none, BT_BAD_PROTOCOL, "");
  assert_refused(join(number_of(1, 2), field_of(BT_FRAME_GOODBYE, none)), BT_BAD_PROTOCOL, "");
  assert_refused(field_of(BT_FRAME_GOODBYE, none), BT_BAD_PROTOCOL, "");
  assert_refused(number_of(1, 1), BT_BAD_FRAME, "the frame has no kind");
  assert_refused(join(number_of(1, 1), number_of(77, 1)), BT_UNKNOWN_FIELD, "77: ");
  assert_refused((struct bt_str){big, BT_MAX_FRAME + 1}, BT_LIMIT, "a frame is at most");
  static const uint32_t of_broker[] = {BT_FRAME_WELCOME, BT_FRAME_FAULT, BT_FRAME_RECEIPT, BT_FRAME_DELIVERY,
                                       BT_FRAME_ANSWER};
  for (size_t i = 0; i < sizeof of_broker / sizeof *of_broker; i++)
    assert_refused(frame_of(of_broker[i], none), BT_BAD_FRAME, "only the broker");
  assert_refused(join(frame_of(BT_FRAME_GOODBYE, none), field_of(BT_FRAME_CREDIT, number_of(1, 1))), BT_INVALID, "");
}

/* 1 MiB of tiny messages must not become 84 MiB of memory. */
static void test_amplification(void **state) {
  (void)state;
  struct bt_str items = {bt_arena_alloc(&arena, 60000), 60000};
  for (size_t i = 0; i < items.n; i += 2)
    memcpy((char *)(uintptr_t)items.p + i, "\x0a\x00", 2);
  struct bt_str bytes = frame_of(BT_FRAME_SUBMIT, items);
  size_t before = arena.used;
  assert_refused(bytes, BT_LIMIT, "would take");
  assert_true(arena.used - before <= 16 * bytes.n + 64 * 1024 + 4096);
}

static void test_bad_fields(void **state) {
  (void)state;
  const struct bt_str none = {0}, key = field_of(2, BT_LIT("k")), event = field_of(4, BT_LIT("e"));
  struct bt_str x300 = bt_arena_printf(&arena, "%0300d", 0);
  struct bt_str x128 = {x300.p, 128}, x129 = {x300.p, 129}, x65 = {x300.p, 65}, x257 = {x300.p, 257};
  struct bt_str events = {0};
  for (int i = 0; i < 9; i++)
    events = join(events, event.n ? field_of(5, BT_LIT("e")) : none);
  struct bt_str well = number_of(1, BT_HEALTH_WELL);
  struct bt_str settled = join(number_of(1, 1), number_of(2, BT_VERDICT_ACK));
  const struct {
    struct bt_str bytes;
    int code;
    const char *begins;
  } rows[] = {
      {frame_of(BT_FRAME_HELLO, none), BT_INVALID, "hello.instance: is required"},
      {frame_of(BT_FRAME_HELLO, field_of(1, BT_LIT("short"))), BT_INVALID, "hello.instance: must be exactly 16"},
      {frame_of(BT_FRAME_HELLO, field_of(1, x128)), BT_INVALID, "hello.instance: must be exactly 16"},
      {frame_of(BT_FRAME_CREDIT, number_of(1, 4097)), BT_LIMIT, "credit.window: "},
      {frame_of(BT_FRAME_GOODBYE, field_of(1, x257)), BT_LIMIT, "goodbye.reason: "},
      {frame_of(BT_FRAME_GOODBYE, field_of(1, BT_LIT("\xFF"))), BT_INVALID, "goodbye.reason: "},
      {frame_of(BT_FRAME_GOODBYE, number_of(2, 1)), BT_UNKNOWN_FIELD, "goodbye.2: "},
      {frame_of(BT_FRAME_REPORT, none), BT_INVALID, "report.health: is required"},
      {frame_of(BT_FRAME_REPORT, number_of(1, 4)), BT_INVALID, "report.health: "},
      {frame_of(BT_FRAME_REPORT, join(well, field_of(2, x257))), BT_LIMIT, "report.text: "},
      {frame_of(BT_FRAME_REPORT, join(well, field_of(2, BT_LIT("two\nlines")))), BT_INVALID, "report.text: one line"},
      {frame_of(BT_FRAME_REPORT, join(well, field_of(2, BT_LIT("\x7f")))), BT_INVALID, "report.text: one line"},
      {frame_of(BT_FRAME_REPORT, join(well, field_of(2, BT_LIT("a\xc2\x9b")))), BT_INVALID, "report.text: one line"},
      {frame_of(BT_FRAME_REPORT, join(well, field_of(2, BT_LIT("\xff")))), BT_INVALID, "report.text: "},
      {frame_of(BT_FRAME_REPORT, join(well, number_of(3, (uint64_t)-1))), BT_INVALID, "report.text_at_us: "},
      {frame_of(BT_FRAME_REPORT, join(well, number_of(4, UINT64_C(253402300800000000)))), BT_INVALID,
       "report.since_us: "},
      {frame_of(BT_FRAME_REPORT, join(well, field_of(5, number_of(4, (uint64_t)-1)))), BT_INVALID,
       "report.spool.oldest_us: "},
      {frame_of(BT_FRAME_REPORT, join(well, number_of(6, 1))), BT_UNKNOWN_FIELD, "report.6: "},
      {item_of(BT_FRAME_SUBMIT, none), BT_INVALID, "submit.items: "},
      {item_of(BT_FRAME_SUBMIT, key), BT_INVALID, "submit.items: "},
      {item_of(BT_FRAME_SUBMIT, event), BT_INVALID, "submit.items.source_key: "},
      {item_of(BT_FRAME_SUBMIT, join(field_of(2, x129), event)), BT_LIMIT, "submit.items.source_key: "},
      {item_of(BT_FRAME_SUBMIT, join(join(key, event), field_of(5, field_of(1, x65)))), BT_LIMIT,
       "submit.items.cursor.source: "},
      {item_of(BT_FRAME_SUBMIT, join(join(key, event), field_of(5, field_of(2, x257)))), BT_LIMIT,
       "submit.items.cursor.position: "},
      {item_of(BT_FRAME_SUBMIT, join(key, join(number_of(3, (uint64_t)-1), event))), BT_INVALID,
       "submit.items.first_tried_at_us: "},
      {item_of(BT_FRAME_SETTLE, number_of(2, BT_VERDICT_ACK)), BT_INVALID, "settle.items.sequence: "},
      {item_of(BT_FRAME_SETTLE, number_of(1, 1)), BT_INVALID, "settle.items.verdict: "},
      {item_of(BT_FRAME_SETTLE, join(number_of(1, 1), number_of(2, 5))), BT_INVALID, "settle.items.verdict: "},
      {item_of(BT_FRAME_SETTLE, join(number_of(1, 1), number_of(2, BT_VERDICT_RETRY))), BT_INVALID,
       "settle.items.retry_after_ms: "},
      {item_of(BT_FRAME_SETTLE, join(settled, number_of(3, 86400001))), BT_LIMIT, "settle.items.retry_after_ms: "},
      {item_of(BT_FRAME_SETTLE, join(settled, field_of(4, x257))), BT_LIMIT, "settle.items.reason: "},
      {item_of(BT_FRAME_SETTLE, join(settled, events)), BT_LIMIT, "settle.items.events: "},
      {item_of(BT_FRAME_SETTLE, join(join(number_of(1, 1), number_of(2, BT_VERDICT_REJECT)), field_of(5, none))),
       BT_INVALID, "settle.items.events: "},
      {frame_of(BT_FRAME_QUERY, none), BT_INVALID, "query.kind: "},
      {frame_of(BT_FRAME_QUERY, number_of(4, 201)), BT_LIMIT, "query.limit: "},
      {frame_of(BT_FRAME_QUERY, field_of(3, x65)), BT_LIMIT, "query.page: "},
      {frame_of(BT_FRAME_QUERY, field_of(16, none)), BT_INVALID, "query.case.locator: is required"},
      {frame_of(BT_FRAME_QUERY, field_of(17, none)), BT_INVALID, "query.find.identifier: is required"},
      {frame_of(BT_FRAME_QUERY, field_of(17, field_of(1, join(field_of(1, BT_LIT("phone")), field_of(2, x129))))),
       BT_LIMIT, "query.find.identifier.value: "},
      {frame_of(BT_FRAME_QUERY, field_of(20, number_of(2, 6))), BT_INVALID, "query.cases.status: "},
      {frame_of(BT_FRAME_QUERY, field_of(21, none)), BT_INVALID, "query.who_handles.topic: "},
      {frame_of(BT_FRAME_QUERY, field_of(22, number_of(1, 1))), BT_UNKNOWN_FIELD, "query.journeys.1: "},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    assert_refused(rows[i].bytes, rows[i].code, rows[i].begins);
  take(item_of(BT_FRAME_SUBMIT, join(field_of(2, x128), event)));
  take(frame_of(BT_FRAME_SUBMIT, none));
}

static void test_damaged_frames(void **state) {
  (void)state;
  uint64_t random = 521288629;
  struct bt_submit_item item = {.number = 9, .source_key = BT_LIT("key"), .event = BT_LIT("event"), .has_cursor = true};
  struct bt_submit submit = {1, &item};
  struct bt_query query = {0};
  struct filler f = {.next = 10};
  fill(&f, &bt_map_query, &query, BT_QUERY_HISTORY, false);
  struct bt_frame_box boxes[] = {{BT_PROTOCOL, BT_FRAME_SUBMIT, &submit}, {BT_PROTOCOL, BT_FRAME_QUERY, &query}};
  char copies[2][1024];
  size_t sizes[2];
  for (int i = 0; i < 2; i++) {
    struct bt_str bytes = encode_all(&bt_map_frame, &boxes[i]);
    memcpy(copies[i], bytes.p, bytes.n);
    sizes[i] = bytes.n;
  }
  int taken = 0;
  for (int i = 0; i < 20000; i++) {
    bt_arena_reset(&arena);
    struct bt_frame frame = {0};
    struct bt_str text = {"", 0};
    int rc = bt_frame_decode(mutate((struct bt_str){copies[i % 2], sizes[i % 2]}, &random), &arena, &frame, &text);
    assert_true(rc == 0 || text.n != 0);
    taken += rc == 0;
  }
  assert_true(taken > 0 && taken < 20000);
}

/* --- to adapters ---------------------------------------------------------------------------------------------------
 */

/* Encodes, parses, and gives what lies in the box; the caller compares it by the table of the kind. */
static const void *sent(const struct bt_frame *frame) {
  struct bt_str bytes;
  ProtobufCMessage *message;
  struct bt_frame_box *box = BT_NEW(&arena, struct bt_frame_box);
  assert_int_equal(bt_frame_encode(frame, &arena, &bytes), 0);
  assert_int_equal(bt_map_unpack(&bt_map_frame, bytes, &arena, &message), 0);
  assert_int_equal(bt_map_read_stored(&bt_map_frame, message, BT_MAP_STORED, &arena, box), 0);
  assert_int_equal(box->protocol, BT_PROTOCOL);
  assert_int_equal(box->kind, frame->kind);
  return box->body;
}

static void filled(const struct bt_map *map, void *core, uint32_t kind) {
  struct filler f = {.next = 1000};
  fill(&f, map, core, kind, false);
}

static struct bt_entry entry_of(uint32_t kind) {
  struct bt_entry e = {.sequence = 5, .kind = kind, .recorded_at_us = 6, .case_id = 7, .version = 8, .customer = 9};
  e.adapter = BT_LIT("crm");
  filled(&bt_map_event, &e.event, kind);
  return e;
}

static void check_recorded(const struct bt_recorded *r, const struct bt_recorded_flat *got) {
  assert_int_equal(got->sequence, 5);
  assert_int_equal(got->recorded_at_us, 6);
  assert_int_equal(got->case_id, 7);
  assert_int_equal(got->version, 8);
  assert_int_equal(got->customer, 9);
  assert_int_equal(got->superseded_by, r->superseded_by);
  assert_str(got->ref, r->ref, "ref");
  assert_str(got->adapter, r->entry->adapter, "adapter");
  /* Head and body both, but not how the sender named the case. */
  assert_same(&bt_map_event, &r->entry->event, got->event, BT_MAP_STORED);
}

/* What was missed is written down flat; the rest as it is. */
static void filled_receipt(struct bt_receipt *r) {
  *r = (struct bt_receipt){0};
  filled(&bt_map_receipt, r, 0);
  r->missed = (struct bt_recordeds){0};
}

static void test_welcome_fault_receipt(void **state) {
  (void)state;
  struct bt_frame welcome = {.kind = BT_FRAME_WELCOME}, fault = {.kind = BT_FRAME_FAULT},
                  receipt = {.kind = BT_FRAME_RECEIPT};
  filled(&bt_map_welcome, &welcome.welcome, 0);
  assert_same(&bt_map_welcome, &welcome.welcome, sent(&welcome), BT_MAP_STORED);
  filled(&bt_map_fault, &fault.fault, 0);
  assert_same(&bt_map_fault, &fault.fault, sent(&fault), BT_MAP_STORED);
  struct bt_receipt item;
  receipt.receipt = (struct bt_receipts){1, &item};
  filled_receipt(&item);
  assert_same(&bt_map_receipts, &receipt.receipt, sent(&receipt), BT_MAP_STORED);
}

static void test_missed(void **state) {
  (void)state;
  struct bt_entry note = entry_of(BT_NOTE_ADDED), offer = entry_of(BT_HANDOFF_OFFERED);
  struct bt_recorded missed[] = {{.entry = &note, .ref = BT_LIT("0001-1")},
                                 {.entry = &offer, .ref = BT_LIT("0001-1"), .superseded_by = 9}};
  struct bt_receipt item;
  filled_receipt(&item);
  item.missed = (struct bt_recordeds){2, missed};
  struct bt_frame frame = {.kind = BT_FRAME_RECEIPT, .receipt = {1, &item}};
  const struct bt_receipts *got = sent(&frame);
  assert_int_equal(got->n, 1);
  assert_int_equal(got->v[0].missed.n, 2);
  const struct bt_recorded_flat *flat = (const void *)got->v[0].missed.v;
  for (int i = 0; i < 2; i++)
    check_recorded(&missed[i], &flat[i]);
  assert_ptr_equal(item.missed.v, missed); /* the caller's stays as it was */
}

static void test_delivery(void **state) {
  (void)state;
  struct bt_entry entry = entry_of(BT_HANDOFF_OFFERED);
  struct bt_delivery_item item = {.sequence = 5, .attempt = 2, .gap = true, .stub = true, .digest = BT_LIT("digest")};
  item.recorded = (struct bt_recorded){.entry = &entry, .ref = BT_LIT("0001-1"), .superseded_by = 11};
  item.card = entry.event.handoff_offered.card;
  struct bt_frame frame = {.kind = BT_FRAME_DELIVERY, .delivery = {1, &item}};
  const struct bt_delivery_flat *got = sent(&frame);
  assert_int_equal(got->n, 1);
  assert_int_equal(got->v[0].sequence, 5);
  assert_int_equal(got->v[0].attempt, 2);
  assert_true(got->v[0].gap && got->v[0].stub);
  assert_str(got->v[0].digest, item.digest, "digest");
  assert_same(&bt_map_card, item.card, got->v[0].card, BT_MAP_STORED);
  check_recorded(&item.recorded, &got->v[0].recorded);
}

static const struct bt_answer_flat *answered(struct bt_answer answer) {
  struct bt_frame frame = {.kind = BT_FRAME_ANSWER, .answer = answer};
  const struct bt_answer_flat *got = sent(&frame);
  assert_int_equal(got->answer.id, answer.id);
  assert_int_equal(got->answer.kind, answer.kind);
  return got;
}

static void test_answers(void **state) {
  (void)state;
  for (uint32_t kind = BT_QUERY_FIND; kind <= BT_QUERY_SCORECARD; kind++) {
    struct bt_answer_flat flat = {0};
    if (kind == BT_QUERY_HISTORY)
      continue;
    filled(&bt_map_answer, &flat, kind);
    assert_same(&bt_map_answer, &flat, answered(flat.answer), BT_MAP_STORED);
  }
  const struct bt_answer_flat *refused = answered((struct bt_answer){.id = 3, .code = BT_NOT_FOUND});
  assert_int_equal(refused->answer.code, BT_NOT_FOUND);
  assert_int_equal(refused->answer.kind, BT_QUERY_NONE);
}

static void test_case_answer(void **state) {
  (void)state;
  struct bt_case c = {0};
  filled(&bt_map_record_case, &c, 0);
  struct bt_case_view expected = {.c = c, .ref = BT_LIT("0001-1")};
  const struct bt_answer_flat *got =
      answered((struct bt_answer){.id = 4, .kind = BT_QUERY_CASE, .case_ = &c, .ref = expected.ref});
  for (size_t i = 0; i < bt_map_answer.n; i++)
    if (bt_map_answer.rows[i].number == BT_QUERY_CASE)
      assert_same(bt_map_answer.rows[i].sub, &expected, got->case_view, BT_MAP_STORED);
}

static void test_history_answer(void **state) {
  (void)state;
  struct bt_entry note = entry_of(BT_NOTE_ADDED), linked = entry_of(BT_IDENTIFIER_LINKED);
  struct bt_recorded events[] = {{.entry = &note, .ref = BT_LIT("0001-1")},
                                 {.entry = &linked, .ref = BT_LIT("0002-2"), .superseded_by = 3, .stub = true}};
  const struct bt_answer_flat *got = answered(
      (struct bt_answer){.kind = BT_QUERY_HISTORY, .case_id = 7, .ref = BT_LIT("0001-1"), .events = {2, events}});
  assert_int_equal(got->answer.case_id, 7);
  assert_int_equal(got->events.n, 2);
  for (int i = 0; i < 2; i++)
    check_recorded(&events[i], &got->events.v[i]);
}

/* Bounds hold, and are not so wide that frames would stay empty. */
static void test_bounds(void **state) {
  (void)state;
  struct bt_receipt receipt = {0};
  struct bt_entry entry = entry_of(BT_HANDOFF_OFFERED);
  struct bt_delivery_item item = {.recorded = {.entry = &entry, .ref = BT_LIT("0001-1")}};
  item.card = entry.event.handoff_offered.card;
  filled_receipt(&receipt);
  struct bt_frame empty = {.kind = BT_FRAME_RECEIPT}, one = {.kind = BT_FRAME_RECEIPT, .receipt = {1, &receipt}},
                  delivery = {.kind = BT_FRAME_DELIVERY, .delivery = {1, &item}};
  struct bt_str without, with, delivered;
  assert_int_equal(bt_frame_encode(&empty, &arena, &without), 0);
  assert_int_equal(bt_frame_encode(&one, &arena, &with), 0);
  assert_int_equal(bt_frame_encode(&delivery, &arena, &delivered), 0);
  assert_true(with.n - without.n <= bt_receipt_size(&receipt));
  assert_true(bt_receipt_size(&receipt) < 1024);
  assert_true(delivered.n - without.n <= bt_delivery_item_size(&item));
  assert_true(bt_recorded_size(&item.recorded) < bt_delivery_item_size(&item));
}

static void test_frames_too_long(void **state) {
  (void)state;
  struct bt_frame frame = {.kind = BT_FRAME_FAULT, .fault = {.text = {bt_arena_alloc(&arena, 70000), 70000}}};
  struct bt_str bytes = {"untouched", 9};
  memset((char *)(uintptr_t)frame.fault.text.p, 'x', 70000);
  assert_int_equal(bt_frame_encode(&frame, &arena, &bytes), -BT_LIMIT);
  frame.fault.text = (struct bt_str){"a\0b", 3};
  assert_int_equal(bt_frame_encode(&frame, &arena, &bytes), -BT_INVALID); /* better than cut in silence */
  assert_str(bytes, BT_LIT("untouched"), "bytes");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(test_hello_credit_goodbye),
      TEST(test_report),
      TEST(test_refused_query),
      TEST(test_submit),
      TEST(test_settle),
      TEST(test_queries),
      TEST(test_bad_frames),
      TEST(test_amplification),
      TEST(test_bad_fields),
      TEST(test_damaged_frames),
      TEST(test_welcome_fault_receipt),
      TEST(test_missed),
      TEST(test_delivery),
      TEST(test_answers),
      TEST(test_case_answer),
      TEST(test_history_answer),
      TEST(test_bounds),
      TEST(test_frames_too_long),
  };
  return cmocka_run_group_tests_name("codec frames", tests, NULL, NULL);
}

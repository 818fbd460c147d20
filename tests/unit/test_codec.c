/* Events from peers, and entries of the journal. */
#include "codec_fixture.h"

/* What adapters send, and what the broker alone makes. */
static const uint32_t kinds[] = {
    BT_CASE_OPENED,        BT_CONTACT_LOGGED,       BT_ATTEMPT_FAILED,    BT_NOTE_ADDED,          BT_FACT_RECORDED,
    BT_CORRECTION_MADE,    BT_HANDOFF_OFFERED,      BT_HANDOFF_ACCEPTED,  BT_HANDOFF_REFUSED,     BT_HANDOFF_COUNTERED,
    BT_HANDOFF_WITHDRAWN,  BT_HANDOFF_REPORTED,     BT_QUESTION_ASKED,    BT_QUESTION_ANSWERED,   BT_QUESTION_WITHDRAWN,
    BT_PROMISE_MADE,       BT_PROMISE_RENEGOTIATED, BT_PROMISE_KEPT,      BT_PROMISE_WITHDRAWN,   BT_WORK_STARTED,
    BT_WORK_RENEWED,       BT_WORK_FINISHED,        BT_WORK_FAILED,       BT_STATUS_CHANGED,      BT_CASE_RESOLVED,
    BT_CASE_REOPENED,      BT_CASE_CLOSED,          BT_CASES_MERGED,      BT_CASES_UNMERGED,      BT_CASE_LINKED,
    BT_CASE_REVIVED,       BT_OWNER_APPOINTED,      BT_FEEDBACK_GIVEN,    BT_REDRESS_GIVEN,       BT_ADVISORY_ISSUED,
    BT_ADVISORY_ENDED,     BT_RESTRICTED_READ,      BT_IDENTIFIER_LINKED, BT_IDENTIFIER_UNLINKED, BT_CUSTOMERS_MERGED,
    BT_CUSTOMERS_UNMERGED,
};
static const uint32_t broker_kinds[] = {
    BT_HANDOFF_DIRECTED, BT_HANDOFF_EXTENDED, BT_HANDOFF_EXPIRED, BT_QUESTION_OVERDUE, BT_PROMISE_AT_RISK,
    BT_PROMISE_BROKEN,   BT_WORK_LAPSED,      BT_CONFLICT_FOUND,  BT_ESCALATED,        BT_REMINDED,
};
enum { KINDS = sizeof kinds / sizeof *kinds, BROKER_KINDS = sizeof broker_kinds / sizeof *broker_kinds };

/* Every kind that an entry may have. */
static uint32_t kind_of_entry(size_t i) {
  return i < KINDS ? kinds[i] : broker_kinds[i - KINDS];
}

static struct bt_event event_of(uint32_t kind, unsigned skip) {
  struct bt_event e = {0};
  struct filler f = {.skip = skip, .next = 100};
  fill(&f, &bt_map_event, &e, kind, false);
  if (kind == BT_STATUS_CHANGED)
    e.status_changed.status = BT_STATUS_PENDING;
  return e;
}

/* As an adapter may send it. */
static struct bt_event sent_event(uint32_t kind) {
  return event_of(kind, BT_MAP_BROKER);
}

static const struct bt_map *map_of(uint32_t kind) {
  for (size_t i = 0; i < bt_map_event.n; i++)
    if (bt_map_event.rows[i].number == kind)
      return bt_map_event.rows[i].sub;
  return NULL;
}

static size_t member_of(uint32_t kind) {
  for (size_t i = 0; i < bt_map_event.n; i++)
    if (bt_map_event.rows[i].number == kind)
      return bt_map_event.rows[i].offset;
  fail();
  return 0;
}

static const char *name_of(const struct bt_map *map, size_t i) {
  return map->descriptor->fields[i].name;
}

static void assert_refused(struct bt_str bytes, int code, const char *field) {
  struct bt_event e = {.kind = 12345};
  struct bt_str got = {"", 0}, text = {"", 0};
  int rc = bt_event_decode(bytes, &arena, &e, &got, &text);
  if (rc != -code || !bt_str_eq(got, bt_str(field)))
    fail_msg("got %d at '%.*s' (%.*s), expected %d at '%s'", rc, BT_STR_ARG(got), BT_STR_ARG(text), -code, field);
  assert_int_not_equal(text.n, 0);
  assert_int_equal(e.kind, 12345); /* untouched on failure */
}

static void assert_taken(struct bt_str bytes) {
  struct bt_event e;
  struct bt_str field = {"", 0}, text = {"", 0};
  int rc = bt_event_decode(bytes, &arena, &e, &field, &text);
  if (rc)
    fail_msg("%d at '%.*s': %.*s", rc, BT_STR_ARG(field), BT_STR_ARG(text));
}

/* --- round trips -------------------------------------------------------------------------------------------------- */

static void test_every_kind_comes_through(void **state) {
  (void)state;
  for (size_t i = 0; i < KINDS; i++) {
    struct bt_event sent = sent_event(kinds[i]), got;
    struct bt_str field, text;
    assert_int_equal(bt_event_decode(encode_all(&bt_map_event, &sent), &arena, &got, &field, &text), 0);
    assert_int_equal(got.kind, kinds[i]);
    assert_same(&bt_map_event, &sent, &got, BT_MAP_ALL);
  }
}

/* The bytes another implementation makes of the same event: occurred 1, department "sales", a note, labels. */
static void test_known_bytes(void **state) {
  (void)state;
  static const char bytes[] = "\x08\x01\x12\x05sales\x1a\x03"
                              "amy\x22\x02\x08\x07\x28\x09\x30\x01\x3a\x03vip\x9a\x01\x04\x0a\x02hi";
  struct bt_event e;
  struct bt_str field, text;
  assert_int_equal(bt_event_decode((struct bt_str){bytes, sizeof bytes - 1}, &arena, &e, &field, &text), 0);
  assert_int_equal(e.occurred_at_us, 1);
  assert_str(e.department, BT_LIT("sales"), "department");
  assert_str(e.actor, BT_LIT("amy"), "actor");
  assert_int_equal(e.locator.id, 7);
  assert_int_equal(e.expected_version, 9);
  assert_true(e.backfill);
  assert_int_equal(e.labels.n, 1);
  assert_str(e.labels.v[0], BT_LIT("vip"), "label");
  assert_int_equal(e.kind, BT_NOTE_ADDED);
  assert_str(e.note_added.text, BT_LIT("hi"), "text");
}

static struct bt_entry entry_of(uint32_t kind) {
  struct bt_entry e = {0};
  struct filler f = {.next = 500};
  fill(&f, &bt_map_entry, &e, 0, false);
  e.receipt.missed = (struct bt_recordeds){0}; /* told to a stale sender, never stored */
  e.kind = kind;
  e.event = kind < BT_SETTLED ? event_of(kind, 0) : (struct bt_event){0};
  return e;
}

static void test_every_entry_comes_back(void **state) {
  (void)state;
  for (size_t i = 0; i < KINDS + BROKER_KINDS; i++) {
    struct bt_entry entry = entry_of(kind_of_entry(i)), got = {.sequence = 77};
    struct bt_str head, body;
    assert_int_equal(bt_entry_encode(&entry, &arena, &head, &body), 0);
    assert_false(contains(head, "BODY"));
    assert_true(contains(body, "BODY"));
    assert_false(contains(body, "HEAD"));
    assert_int_equal(bt_entry_decode(head, body, &arena, &got), 0);
    assert_int_equal(got.sequence, 77);
    assert_same(&bt_map_entry, &entry, &got, BT_MAP_STORED);
    assert_int_equal(got.event.locator.id, 0);
  }
}

/* Without its body an entry has all its structure and no text. */
static void test_sealed_body(void **state) {
  (void)state;
  for (size_t i = 0; i < KINDS + BROKER_KINDS; i++) {
    struct bt_entry entry = entry_of(kind_of_entry(i)), got = {0};
    struct bt_str head, body;
    assert_int_equal(bt_entry_encode(&entry, &arena, &head, &body), 0);
    assert_int_equal(bt_entry_decode(head, (struct bt_str){0}, &arena, &got), 0);
    assert_same(&bt_map_entry, &entry, &got, BT_MAP_HEAD);
    assert_int_equal(got.event.kind, kind_of_entry(i));
  }
}

static void test_identifier_is_split(void **state) {
  (void)state;
  struct bt_entry entry = {.kind = BT_IDENTIFIER_LINKED, .stream = BT_STREAM_CUSTOMER}, got = {0};
  struct bt_str head, body;
  entry.event.kind = BT_IDENTIFIER_LINKED;
  entry.event.identifier_linked.identifier = (struct bt_identifier){BT_LIT("phone"), BT_LIT("+492281234")};
  assert_int_equal(bt_entry_encode(&entry, &arena, &head, &body), 0);
  assert_true(contains(head, "phone") && !contains(head, "+492281234"));
  assert_true(contains(body, "+492281234") && !contains(body, "phone"));
  assert_int_equal(bt_entry_decode(head, body, &arena, &got), 0);
  assert_same(&bt_map_entry, &entry, &got, BT_MAP_STORED);
}

static void test_entries_of_the_broker(void **state) {
  (void)state;
  for (uint32_t kind = BT_SETTLED; kind <= BT_KIND_NEWEST; kind++) {
    struct bt_entry entry = entry_of(kind), got = {0};
    struct bt_str head, body;
    assert_int_equal(bt_entry_encode(&entry, &arena, &head, &body), 0);
    assert_int_equal(body.n, 0);
    assert_int_equal(bt_entry_decode(head, body, &arena, &got), 0);
    assert_same(&bt_map_entry, &entry, &got, BT_MAP_STORED);
    if (kind == BT_CLOCK_ACCEPTED)
      kind = BT_RESYNCED - 1;
  }
}

static void test_no_text_no_body(void **state) {
  (void)state;
  struct bt_entry entry = {.kind = BT_CASE_CLOSED, .stream = BT_STREAM_CASE}, got = {0};
  struct bt_str head, body;
  entry.event.kind = BT_CASE_CLOSED;
  assert_int_equal(bt_entry_encode(&entry, &arena, &head, &body), 0);
  assert_int_equal(body.n, 0);
  assert_int_equal(bt_entry_decode(head, body, &arena, &got), 0);
  assert_int_equal(got.event.kind, BT_CASE_CLOSED);
  assert_false(got.has_cursor || got.has_receipt);
}

static void test_stored_entries_that_do_not_fit(void **state) {
  (void)state;
  struct bt_entry entry = entry_of(BT_NOTE_ADDED), other = entry_of(BT_CASE_CLOSED), got = {.sequence = 3};
  struct bt_str head, body, unused, other_body;
  assert_int_equal(bt_entry_encode(&entry, &arena, &head, &body), 0);
  assert_int_equal(bt_entry_encode(&other, &arena, &unused, &other_body), 0);
  assert_int_equal(bt_entry_decode(head, other_body, &arena, &got), -BT_CORRUPT);
  assert_int_equal(bt_entry_decode((struct bt_str){"", 0}, body, &arena, &got), -BT_CORRUPT);
  assert_int_equal(bt_entry_decode((struct bt_str){head.p, head.n - 1}, body, &arena, &got), -BT_CORRUPT);
  assert_int_equal(bt_entry_decode(join(head, number_of(99, 1)), body, &arena, &got), -BT_NEWER);
  assert_int_equal(bt_entry_decode(head, join(body, number_of(99, 1)), &arena, &got), -BT_NEWER);
  assert_int_equal(bt_entry_decode(number_of(1, BT_KIND_NEWEST + 1), (struct bt_str){0}, &arena, &got), -BT_NEWER);
  assert_int_equal(bt_entry_decode(number_of(1, 70), (struct bt_str){0}, &arena, &got), -BT_NEWER);
  assert_int_equal(bt_entry_decode(number_of(1, BT_NOTE_ADDED), (struct bt_str){0}, &arena, &got), -BT_CORRUPT);
  /* A kind that has a name but no rules here. */
  struct bt_str later = field_of(16, field_of(BT_CUSTOMER_ERASED, (struct bt_str){0}));
  assert_int_equal(bt_entry_decode(join(number_of(1, BT_CUSTOMER_ERASED), later), (struct bt_str){0}, &arena, &got),
                   -BT_NEWER);
  assert_int_equal(got.sequence, 3);
  assert_int_equal(got.kind, 0);
}

/* --- kinds -------------------------------------------------------------------------------------------------------- */

static bool broker_makes(uint32_t kind) {
  for (size_t i = 0; i < BROKER_KINDS; i++)
    if (broker_kinds[i] == kind)
      return true;
  return false;
}

static void test_kinds_without_rules(void **state) {
  (void)state;
  int seen = 0;
  for (size_t i = 0; i < bt_map_event.n; i++) {
    uint32_t kind = bt_map_event.rows[i].number;
    if (kind < BT_CASE_OPENED || (map_of(kind) && !broker_makes(kind)))
      continue;
    int code = broker_makes(kind) ? BT_BROKER_ONLY : BT_NOT_YET;
    /* Fields of a later version are no reason to call it unknown. */
    assert_refused(field_of(kind, (struct bt_str){0}), code, name_of(&bt_map_event, i));
    assert_refused(field_of(kind, field_of(99, BT_LIT("later"))), code, name_of(&bt_map_event, i));
    seen++;
  }
  assert_int_equal(seen, 52 - KINDS);
  assert_refused((struct bt_str){0}, BT_INVALID, "kind");
  assert_refused(number_of(1, 5), BT_INVALID, "kind");
  assert_refused(field_of(68, (struct bt_str){0}), BT_UNKNOWN_FIELD, "68");
}

/* Each field that only the broker fills in, alone in an event that is fine without. */
static void test_fields_of_the_broker(void **state) {
  (void)state;
  int seen = 0;
  for (size_t k = 0; k < KINDS; k++) {
    const struct bt_map *map = map_of(kinds[k]);
    for (size_t i = 0; i < map->n; i++) {
      const struct bt_map_row *row = &map->rows[i];
      if (!(row->flags & BT_MAP_BROKER))
        continue;
      struct bt_event e = sent_event(kinds[k]), full = event_of(kinds[k], 0);
      size_t at = member_of(kinds[k]) + row->offset;
      memcpy((char *)&e + at, (char *)&full + at, row->size);
      char field[128];
      snprintf(field, sizeof field, "%s.%s", map->descriptor->short_name, name_of(map, i));
      struct bt_str name = {"", 0}, text;
      struct bt_event got;
      assert_int_equal(bt_event_decode(encode_all(&bt_map_event, &e), &arena, &got, &name, &text), -BT_INVALID);
      assert_true(name.n > strlen(name_of(map, i)));
      assert_str((struct bt_str){name.p + name.n - strlen(name_of(map, i)), strlen(name_of(map, i))},
                 bt_str(name_of(map, i)), field);
      seen++;
    }
  }
  assert_int_equal(seen, 68);
}

/* --- what a peer may get wrong -------------------------------------------------------------------------------------
 */

static struct bt_str note(struct bt_str text) {
  return field_of(BT_NOTE_ADDED, field_of(1, text));
}

static void test_bad_texts(void **state) {
  (void)state;
  static const struct bt_str bad[] = {
      {"\x80", 1},
      {"a\xC3", 2},
      {"\xC0\x80", 2},
      {"\xC1\xBF", 2},
      {"\xE0\x9F\xBF", 3},
      {"\xED\xA0\x80", 3},
      {"\xF0\x8F\xBF\xBF", 4},
      {"\xF4\x90\x80\x80", 4},
      {"\xF5\x80\x80\x80", 4},
      {"\xE2\x82", 2},
      {"\xE2\x28\xA1", 3},
      {"\xF0\x9F\x98", 3},
      {"\xFF", 1},
      {"12345678\xFE", 9},
      {"\xF0\x9F\x28\x80", 4},
      {"\xE2\x82\xC0", 3},
  };
  static const struct bt_str good[] = {
      {"\xC2\x80", 2},     {"\xDF\xBF", 2},         {"\xE0\xA0\x80", 3},     {"\xED\x9F\xBF", 3},
      {"\xEE\x80\x80", 3}, {"\xF0\x90\x80\x80", 4}, {"\xF4\x8F\xBF\xBF", 4}, {"1234567\xC3\xA4", 9},
  };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    assert_refused(note(bad[i]), BT_INVALID, "note_added.text");
  for (size_t i = 0; i < sizeof good / sizeof *good; i++)
    assert_taken(note(good[i]));
  /* The library cuts a text at a NUL and says nothing. */
  assert_refused(note((struct bt_str){"a\0b", 3}), BT_INVALID, "");
  assert_refused(note((struct bt_str){"\0", 1}), BT_INVALID, "note_added.text");
}

static void test_bad_fields(void **state) {
  (void)state;
  struct bt_str fine = note(BT_LIT("x"));
  const struct {
    struct bt_str bytes;
    int code;
    const char *field;
  } rows[] = {
      {BT_LIT("\xFF\xFF\xFF"), BT_INVALID, ""},
      {{fine.p, fine.n - 1}, BT_INVALID, ""},
      {join(fine, number_of(100, 7)), BT_UNKNOWN_FIELD, "100"},
      {field_of(BT_NOTE_ADDED, join(field_of(1, BT_LIT("x")), number_of(9, 1))), BT_UNKNOWN_FIELD, "note_added.9"},
      {join(fine, field_of(4, field_of(3, join(field_of(2, BT_LIT("7")), number_of(8, 1))))), BT_UNKNOWN_FIELD,
       "locator.reference.8"},
      {join(fine, fine), BT_INVALID, ""},                                         /* one kind twice */
      {join(field_of(BT_CASE_CLOSED, (struct bt_str){0}), fine), BT_INVALID, ""}, /* two kinds */
      {join(number_of(1, 0), fine), BT_INVALID, ""},                              /* a zero that says nothing */
      {join(BT_LIT("\x08\x81\x00"), fine), BT_INVALID, ""},                       /* 1 in two bytes */
      {join(number_of(1, (uint64_t)-1), fine), BT_INVALID, "occurred_at_us"},
      {join(field_of(2, BT_LIT("Sales")), fine), BT_INVALID, "department"},
      {join(field_of(2, BT_LIT("123456789012345678901234567890123")), fine), BT_INVALID, "department"},
      {join(field_of(7, (struct bt_str){0}), fine), BT_INVALID, "labels"},
      {join(field_of(7, BT_LIT("a b")), fine), BT_INVALID, "labels"},
      {join(fine, field_of(4, field_of(5, BT_LIT("move..internet")))), BT_INVALID, "locator.topic"},
      {join(fine, field_of(4, field_of(4, field_of(1, BT_LIT("phone"))))), BT_INVALID, "locator.identifier.value"},
      {join(fine, field_of(4, field_of(3, (struct bt_str){0}))), BT_INVALID, "locator.reference.local_id"},
      {field_of(BT_CONTACT_LOGGED, number_of(1, 9)), BT_INVALID, "contact_logged.channel"},
      {field_of(BT_CONTACT_LOGGED, number_of(1, (uint64_t)-1)), BT_INVALID, "contact_logged.channel"},
      {field_of(BT_CONTACT_LOGGED, number_of(1, 0xFFFFFFFF)), BT_INVALID, "contact_logged.channel"},
      {field_of(BT_CONTACT_LOGGED, number_of(5, UINT64_C(1) << 32)), BT_INVALID, ""},
      {field_of(BT_CASE_OPENED, number_of(5, (uint64_t)-5)), BT_INVALID, "case_opened.customer_deadline_us"},
      {field_of(BT_FACT_RECORDED, join(field_of(1, BT_LIT("a key")), field_of(2, BT_LIT("v")))), BT_INVALID,
       "fact_recorded.key"},
      {field_of(BT_HANDOFF_ACCEPTED, join(number_of(1, 1), field_of(2, BT_LIT("short")))), BT_INVALID,
       "handoff_accepted.digest"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    assert_refused(rows[i].bytes, rows[i].code, rows[i].field);
  /* Field number 0: versions of the library differ in whether they parse it. */
  struct bt_event e;
  struct bt_str field, text;
  assert_int_not_equal(bt_event_decode(join(fine, number_of(0, 7)), &arena, &e, &field, &text), 0);
  assert_int_not_equal(bt_event_decode(join(fine, field_of(0, BT_LIT("x"))), &arena, &e, &field, &text), 0);
}

static void test_required(void **state) {
  (void)state;
  const struct bt_str none = {0}, history = number_of(6, 1), digest = field_of(2, BT_LIT("0123456789abcdef"));
  const struct {
    uint32_t kind;
    struct bt_str content;
    const char *field;
  } rows[] = {
      {BT_ATTEMPT_FAILED, none, "attempt_failed.route"},
      {BT_NOTE_ADDED, none, "note_added.text"},
      {BT_FACT_RECORDED, field_of(2, BT_LIT("v")), "fact_recorded.key"},
      {BT_FACT_RECORDED, field_of(1, BT_LIT("k")), "fact_recorded.value"},
      {BT_CORRECTION_MADE, field_of(2, BT_LIT("t")), "correction_made.supersedes"},
      {BT_CORRECTION_MADE, number_of(1, 1), "correction_made.text"},
      {BT_HANDOFF_ACCEPTED, digest, "handoff_accepted.offer"},
      {BT_HANDOFF_ACCEPTED, number_of(1, 1), "handoff_accepted.digest"},
      {BT_HANDOFF_REFUSED, number_of(2, BT_REFUSAL_CLOSED), "handoff_refused.offer"},
      {BT_HANDOFF_REFUSED, number_of(1, 1), "handoff_refused.reason"},
      {BT_HANDOFF_REFUSED, join(number_of(1, 1), number_of(2, BT_REFUSAL_MISSING_INFORMATION)), "handoff_refused.text"},
      {BT_HANDOFF_REFUSED, join(number_of(1, 1), number_of(2, BT_REFUSAL_OTHER)), "handoff_refused.text"},
      {BT_HANDOFF_WITHDRAWN, none, "handoff_withdrawn.offer"},
      {BT_HANDOFF_REPORTED, none, "handoff_reported.to"},
      {BT_STATUS_CHANGED, none, "status_changed.status"},
      {BT_STATUS_CHANGED, number_of(1, BT_STATUS_RESOLVED), "status_changed.status"},
      {BT_STATUS_CHANGED, number_of(1, BT_STATUS_PENDING), "status_changed.pending_on"},
      {BT_IDENTIFIER_LINKED, none, "identifier_linked.identifier"},
      {BT_IDENTIFIER_LINKED, field_of(1, field_of(1, BT_LIT("phone"))), "identifier_linked.identifier.value"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    assert_refused(field_of(rows[i].kind, rows[i].content), BT_INVALID, rows[i].field);
  /* History does not know offers and cards; a case may be told in few words. */
  assert_taken(join(history, field_of(BT_HANDOFF_ACCEPTED, none)));
  assert_taken(join(history, field_of(BT_HANDOFF_REFUSED, number_of(2, BT_REFUSAL_CLOSED))));
  assert_taken(join(history, field_of(BT_HANDOFF_WITHDRAWN, none)));
  assert_taken(field_of(BT_HANDOFF_REFUSED, join(number_of(1, 1), number_of(2, BT_REFUSAL_CLOSED))));
  assert_taken(field_of(BT_STATUS_CHANGED, number_of(1, BT_STATUS_OPEN)));
  assert_taken(field_of(BT_CASE_OPENED, none));
}

static struct bt_str long_text(size_t n) {
  char *p = bt_arena_alloc(&arena, n);
  memset(p, 'x', n);
  return (struct bt_str){p, n};
}

static void check_longest(uint32_t kind, const struct bt_map_row *row, size_t base) {
  for (size_t more = 0; more < 2; more++) {
    struct bt_event e = sent_event(kind), got;
    struct bt_str text = long_text(row->max + more), field = {"", 0}, wrong;
    memcpy((char *)&e + base + row->offset, &text, sizeof text);
    assert_int_equal(bt_event_decode(encode_all(&bt_map_event, &e), &arena, &got, &field, &wrong),
                     more ? -BT_LIMIT : 0);
    assert_int_equal(field.n != 0, more);
  }
}

/* Every text at its limit and one byte past it. */
static void test_long_texts(void **state) {
  (void)state;
  int seen = 0;
  for (size_t k = 0; k < KINDS; k++) {
    const struct bt_map *map = map_of(kinds[k]);
    for (size_t i = 0; i < map->n; i++) {
      const struct bt_map_row *row = &map->rows[i];
      bool list = map->descriptor->fields[i].label == PROTOBUF_C_LABEL_REPEATED;
      if ((row->class != BT_MAP_TEXT && row->class != BT_MAP_KEY) || list || row->flags & BT_MAP_BROKER)
        continue;
      assert_int_not_equal(row->max, 0);
      check_longest(kinds[k], row, member_of(kinds[k]));
      seen++;
    }
  }
  assert_int_equal(seen, 52);
  check_longest(BT_NOTE_ADDED, &(struct bt_map_row){.offset = offsetof(struct bt_event, actor), .max = 64}, 0);
  check_longest(BT_NOTE_ADDED,
                &(struct bt_map_row){.offset = offsetof(struct bt_event, locator.reference.local_id), .max = 64}, 0);
  check_longest(BT_NOTE_ADDED,
                &(struct bt_map_row){.offset = offsetof(struct bt_event, locator.identifier.value), .max = 128}, 0);
}

static void test_too_much(void **state) {
  (void)state;
  struct bt_str labels = {0};
  for (int i = 0; i < 8; i++)
    labels = join(labels, field_of(7, BT_LIT("a")));
  assert_taken(join(labels, note(BT_LIT("x"))));
  assert_refused(join(join(labels, field_of(7, BT_LIT("a"))), note(BT_LIT("x"))), BT_LIMIT, "labels");
  assert_refused(long_text(BT_MAX_EVENT_BYTES + 1), BT_LIMIT, "");
}

/* --- any bytes ---------------------------------------------------------------------------------------------------- */

/* Whatever is taken says exactly what its bytes say: written again it has the same size. */
static void decode_any(struct bt_str bytes) {
  struct bt_event e;
  struct bt_str field = {"", 0}, text = {"", 0};
  if (bt_event_decode(bytes, &arena, &e, &field, &text) == 0)
    assert_int_equal(encode_all(&bt_map_event, &e).n, bytes.n);
  else
    assert_int_not_equal(text.n, 0);
}

static void test_damaged_events(void **state) {
  (void)state;
  uint64_t random = 88172645463325252u;
  for (size_t k = 0; k < KINDS; k++) {
    struct bt_event e = sent_event(kinds[k]);
    struct bt_str whole = encode_all(&bt_map_event, &e);
    char copy[4096];
    memcpy(copy, whole.p, whole.n);
    for (size_t n = 0; n < whole.n; n++)
      decode_any((struct bt_str){copy, n});
    for (size_t bit = 0; bit < whole.n * 8; bit++) {
      bt_arena_reset(&arena);
      copy[bit / 8] ^= (char)(1 << bit % 8);
      decode_any((struct bt_str){copy, whole.n});
      copy[bit / 8] ^= (char)(1 << bit % 8);
    }
    for (int i = 0; i < 2000; i++) {
      bt_arena_reset(&arena);
      decode_any(mutate(mutate((struct bt_str){copy, whole.n}, &random), &random));
    }
  }
}

static void test_damaged_entries(void **state) {
  (void)state;
  uint64_t random = 2463534242u;
  char head_copy[8192], body_copy[8192];
  for (size_t k = 0; k < KINDS + BROKER_KINDS; k++) {
    struct bt_entry entry = entry_of(kind_of_entry(k));
    struct bt_str head, body;
    assert_int_equal(bt_entry_encode(&entry, &arena, &head, &body), 0);
    memcpy(head_copy, head.p, head.n);
    memcpy(body_copy, body.p, body.n);
    for (int i = 0; i < 1000; i++) {
      bt_arena_reset(&arena);
      struct bt_entry got = {0};
      int rc = bt_entry_decode(mutate((struct bt_str){head_copy, head.n}, &random),
                               mutate((struct bt_str){body_copy, body.n}, &random), &arena, &got);
      assert_true(rc == 0 || rc == -BT_CORRUPT || rc == -BT_NEWER);
    }
  }
}

/* Out of memory at each allocation in turn: told, never a half event. */
static void test_small_arenas(void **state) {
  (void)state;
  struct bt_event e = sent_event(BT_CASE_OPENED);
  struct bt_str bytes = encode_all(&bt_map_event, &e), field, text;
  int failed = 0, rc = -BT_NOMEM;
  for (size_t limit = 0; rc != 0; limit += 64) {
    struct bt_arena small;
    struct bt_event got = {.kind = 1};
    bt_arena_init(&small, limit);
    rc = bt_event_decode(bytes, &small, &got, &field, &text);
    assert_true(rc == 0 || (rc == -BT_NOMEM && got.kind == 1));
    failed += rc != 0;
    bt_arena_fini(&small);
  }
  assert_true(failed > 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(test_every_kind_comes_through),
      TEST(test_known_bytes),
      TEST(test_every_entry_comes_back),
      TEST(test_sealed_body),
      TEST(test_identifier_is_split),
      TEST(test_entries_of_the_broker),
      TEST(test_no_text_no_body),
      TEST(test_stored_entries_that_do_not_fit),
      TEST(test_kinds_without_rules),
      TEST(test_fields_of_the_broker),
      TEST(test_bad_texts),
      TEST(test_bad_fields),
      TEST(test_required),
      TEST(test_long_texts),
      TEST(test_too_much),
      TEST(test_damaged_events),
      TEST(test_damaged_entries),
      TEST(test_small_arenas),
  };
  return cmocka_run_group_tests_name("codec", tests, NULL, NULL);
}

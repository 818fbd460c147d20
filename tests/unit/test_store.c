/* The record: what each entry leaves in which table, positions and views, full maps, and the same bytes from the same
 * log. */
#include <sys/stat.h>
#include <sys/wait.h>

#include "core/decide.h"
#include "core/ref.h"
#include "core/timers.h"
#include "entry_fixture.h"

struct fixture {
  struct folder folder;
  struct bt_store *store;
  struct bt_arena arena;
};

static int setup(void **state) {
  struct fixture *f = calloc(1, sizeof(*f));
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

static void positions_survive_only_with_a_checkpoint(void **state) {
  struct fixture *f = *state;
  struct bt_case c;
  apply(f, entry_opens(1, 1, 0));
  apply(f, entry_note(2, 1, BT_LIT("called")));
  assert_int_equal(bt_store_position(f->store, BT_NOW), 2);
  assert_int_equal(bt_store_position(f->store, BT_AS_OF), 0);
  assert_int_equal(bt_store_pending(f->store), 2);
  assert_int_equal(bt_store_next_number(f->store), 2);
  assert_int_equal(bt_store_checkpoint(f->store), 0);
  assert_int_equal(bt_store_pending(f->store), 0);
  apply(f, entry_note(3, 1, BT_LIT("not kept")));
  reopen(f);
  assert_int_equal(bt_store_position(f->store, BT_NOW), 2);
  assert_int_equal(bt_store_recorded_us(f->store, BT_NOW), T0 + 2000000);
  assert_int_equal(bt_store_next_number(f->store), 2);
  assert_int_equal(bt_store_case(f->store, BT_NOW, 1, &f->arena, &c), 0);
  assert_int_equal(c.last_sequence, 2);
  assert_true(bt_str_eq(c.custodian, BT_LIT("sales")));
}

static void entries_are_applied_in_order_only(void **state) {
  struct fixture *f = *state;
  struct bt_entry e = entry_opens(2, 1, 0);
  assert_int_equal(bt_store_apply(f->store, &e), -BT_USAGE);
  apply(f, entry_opens(1, 1, 0));
  e = entry_opens(1, 1, 0);
  assert_int_equal(bt_store_apply(f->store, &e), -BT_USAGE);
  apply(f, entry_note(2, 1, BT_LIT("fine")));
}

static void rollback_goes_back_to_the_checkpoint(void **state) {
  struct fixture *f = *state;
  struct bt_case c;
  apply(f, entry_opens(1, 1, 0));
  assert_int_equal(bt_store_checkpoint(f->store), 0);
  apply(f, entry_opens(2, 2, 0));
  bt_store_rollback(f->store);
  assert_int_equal(bt_store_position(f->store, BT_NOW), 1);
  assert_int_equal(bt_store_next_number(f->store), 2);
  assert_int_equal(bt_store_case(f->store, BT_NOW, 2, &f->arena, &c), -BT_ABSENT);
  apply(f, entry_opens(2, 2, 0));
  assert_int_equal(bt_store_case(f->store, BT_NOW, 2, &f->arena, &c), 0);
}

static void an_error_sticks_until_rollback(void **state) {
  struct fixture *f = *state;
  struct bt_case c;
  struct bt_entry e = entry_note(2, 99, BT_LIT("of no case"));
  apply(f, entry_opens(1, 1, 0));
  assert_int_equal(bt_store_apply(f->store, &e), -BT_CORRUPT);
  e = entry_note(2, 1, BT_LIT("fine by itself"));
  assert_int_equal(bt_store_apply(f->store, &e), -BT_CORRUPT);
  assert_int_equal(bt_store_case(f->store, BT_NOW, 1, &f->arena, &c), -BT_CORRUPT);
  assert_int_equal(bt_store_checkpoint(f->store), -BT_CORRUPT);
  bt_store_rollback(f->store);
  apply(f, entry_opens(1, 1, 0));
  apply(f, e);
}

static void views_differ_until_refreshed(void **state) {
  struct fixture *f = *state;
  struct bt_case c;
  apply(f, entry_opens(1, 1, 0));
  assert_int_equal(bt_store_checkpoint(f->store), 0);
  assert_int_equal(bt_store_case(f->store, BT_AS_OF, 1, &f->arena, &c), 0);
  apply(f, entry_opens(2, 2, 0));
  assert_int_equal(bt_store_case(f->store, BT_NOW, 2, &f->arena, &c), 0);
  assert_int_equal(bt_store_checkpoint(f->store), 0);
  assert_int_equal(bt_store_case(f->store, BT_AS_OF, 2, &f->arena, &c), -BT_ABSENT);
  bt_store_refresh(f->store);
  assert_int_equal(bt_store_case(f->store, BT_AS_OF, 2, &f->arena, &c), 0);
  assert_int_equal(bt_store_position(f->store, BT_AS_OF), 2);
  assert_int_equal(bt_store_count(f->store, BT_AS_OF, BT_T_CASES), 2);
  assert_int_equal(bt_store_next_case(f->store, BT_AS_OF, 2, &f->arena, &c), 0);
  assert_int_equal(c.id, 2);
  assert_int_equal(bt_store_next_case(f->store, BT_AS_OF, 3, &f->arena, &c), -BT_ABSENT);
}

/* A view that is never refreshed keeps every page that was replaced since. */
static void refreshing_lets_old_pages_be_used_again(void **state) {
  struct fixture *f = *state;
  uint64_t bytes[2], sequence = 1;
  apply(f, entry_opens(sequence, 1, 0));
  for (int round = 0; round < 2; round++) {
    assert_int_equal(bt_store_checkpoint(f->store), 0);
    bt_store_refresh(f->store);
    assert_int_equal(bt_store_position(f->store, BT_AS_OF), sequence);
    uint64_t before = bt_store_bytes(f->store);
    for (int i = 0; i < 100; i++) {
      apply(f, entry_note(++sequence, 1, BT_LIT("again")));
      assert_int_equal(bt_store_checkpoint(f->store), 0);
      if (round == 0)
        bt_store_refresh(f->store);
      assert_true(bt_store_position(f->store, BT_AS_OF) > 0);
    }
    bytes[round] = bt_store_bytes(f->store) - before;
  }
  assert_true(bytes[0] < 20 * 4096);
  assert_true(bytes[1] > 100 * 4096);
}

/* ---- inbox
 * ----------------------------------------------------------------------------------------------------------- */

static struct bt_str both[] = {BT_LIT("billing"), BT_LIT("billing-pbx")};

static void fill_inboxes(struct fixture *f, uint64_t upto) {
  for (uint64_t i = 1; i <= upto; i++) {
    struct bt_entry e = i == 1 ? entry_opens(1, 1, 0) : entry_note(i, 1, BT_LIT("told"));
    e.recipients = (struct bt_strs){2, both};
    apply(f, e);
  }
}

static struct bt_entry settles(uint64_t sequence, struct bt_str adapter, struct bt_settled_row *row) {
  struct bt_entry e = entry_of(sequence, BT_SETTLED, 0);
  e.stream = BT_STREAM_ADAPTER;
  e.event = (struct bt_event){0};
  e.adapter = adapter;
  e.version = 7;
  e.settled = (struct bt_settled){1, row};
  return e;
}

static uint32_t inbox_size(struct fixture *f, struct bt_str adapter) {
  struct bt_inbox_row row;
  uint64_t from = 0;
  uint32_t n = 0;
  while (bt_store_next_inbox(f->store, BT_NOW, adapter, from, &f->arena, &from, &row) == 0) {
    assert_int_equal(row.case_id, 1);
    from++;
    n++;
  }
  return n;
}

static void acks_take_ranges_of_one_adapter(void **state) {
  struct fixture *f = *state;
  struct bt_settled_row row = {.first = 3, .last = 6, .verdict = BT_VERDICT_ACK};
  struct bt_inbox_row inbox;
  struct bt_adapter_row adapter;
  fill_inboxes(f, 10);
  assert_int_equal(inbox_size(f, both[0]), 10);
  apply(f, settles(11, both[0], &row));
  assert_int_equal(inbox_size(f, both[0]), 6);
  assert_int_equal(inbox_size(f, both[1]), 10);
  assert_int_equal(bt_store_inbox(f->store, BT_NOW, both[0], 4, &f->arena, &inbox), -BT_ABSENT);
  assert_int_equal(bt_store_inbox(f->store, BT_NOW, both[0], 7, &f->arena, &inbox), 0);
  assert_int_equal(inbox.since_us, T0 + 7000000);
  assert_int_equal(bt_store_adapter(f->store, BT_NOW, both[0], &f->arena, &adapter), 0);
  assert_true(adapter.version == 7 && adapter.last_sequence == 11 && !adapter.held);
  row.last = UINT64_MAX;
  apply(f, settles(12, both[1], &row));
  assert_int_equal(inbox_size(f, both[1]), 2);
}

static void retry_counts_and_reject_becomes_a_dead_letter(void **state) {
  struct fixture *f = *state;
  struct bt_settled_row retry = {.first = 2,
                                 .last = 2,
                                 .verdict = BT_VERDICT_RETRY,
                                 .not_before_us = T0 + 5,
                                 .reason = BT_LIT("down"),
                                 .case_id = 1};
  struct bt_inbox_row inbox;
  struct bt_dead_row dead;
  uint64_t sequence;
  fill_inboxes(f, 3);
  apply(f, settles(4, both[0], &retry));
  apply(f, settles(5, both[0], &retry));
  assert_int_equal(bt_store_inbox(f->store, BT_NOW, both[0], 2, &f->arena, &inbox), 0);
  assert_true(inbox.attempts == 2 && inbox.not_before_us == T0 + 5 && bt_str_eq(inbox.reason, BT_LIT("down")));
  assert_true(inbox.since_us == T0 + 2000000);
  retry.dead = true;
  apply(f, settles(6, both[0], &retry));
  assert_int_equal(bt_store_inbox(f->store, BT_NOW, both[0], 2, &f->arena, &inbox), -BT_ABSENT);
  assert_int_equal(bt_store_next_dead(f->store, BT_NOW, both[0], 0, 0, &f->arena, &sequence, &dead), 0);
  assert_true(sequence == 2 && dead.case_id == 1 && dead.attempts == 3 && dead.dead_at_us == T0 + 6000000);
  struct bt_settled_row reject = {
      .first = 3, .last = 3, .verdict = BT_VERDICT_REJECT, .reason = BT_LIT("no"), .dead = true};
  apply(f, settles(7, both[0], &reject));
  assert_int_equal(bt_store_next_dead(f->store, BT_NOW, both[0], dead.case_id, 3, &f->arena, &sequence, &dead), 0);
  assert_int_equal(sequence, 3);
  assert_int_equal(bt_store_next_dead(f->store, BT_NOW, both[0], dead.case_id, 4, &f->arena, &sequence, &dead),
                   -BT_ABSENT);
  assert_true(bt_store_has_dead(f->store, BT_NOW, both[0], 1));
  assert_false(bt_store_has_dead(f->store, BT_NOW, both[1], 1));
  assert_false(bt_store_has_dead(f->store, BT_NOW, both[0], 2));
  /* A verdict on a row that is gone changes nothing. */
  apply(f, settles(8, both[0], &reject));
  assert_int_equal(bt_store_count(f->store, BT_NOW, BT_T_DEAD), 2);
}

static void operators_move_dead_letters(void **state) {
  struct fixture *f = *state;
  struct bt_settled_row reject = {
      .first = 2, .last = 3, .verdict = BT_VERDICT_REJECT, .reason = BT_LIT("no"), .dead = true};
  struct bt_requeued_row again = {.sequence = 2, .case_id = 1, .from_dead = true, .since_us = T0 + 9000000};
  struct bt_dropped_row gone = {.sequence = 3, .case_id = 1};
  struct bt_inbox_row inbox;
  uint64_t at;
  fill_inboxes(f, 3);
  apply(f, settles(4, both[0], &reject));
  struct bt_entry e = settles(5, both[0], &reject);
  e.kind = BT_REQUEUED;
  e.settled = (struct bt_settled){0};
  e.requeued = (struct bt_requeued){{1, &again}, BT_LIT("ann"), BT_LIT("again")};
  apply(f, e);
  assert_int_equal(bt_store_inbox(f->store, BT_NOW, both[0], 2, &f->arena, &inbox), 0);
  assert_true(inbox.redelivery && inbox.attempts == 0 && inbox.case_id == 1 && inbox.since_us == T0 + 9000000);
  assert_int_equal(bt_store_count(f->store, BT_NOW, BT_T_DEAD), 1);
  e = settles(6, both[0], &reject);
  e.kind = BT_DEAD_DROPPED;
  e.settled = (struct bt_settled){0};
  e.dead_dropped = (struct bt_dead_dropped){{1, &gone}, BT_LIT("ann"), BT_LIT("on paper")};
  apply(f, e);
  assert_false(bt_store_has_dead(f->store, BT_NOW, both[0], 1));
  assert_int_equal(bt_store_audit(f->store, BT_NOW, UINT64_MAX, &at), 0);
  assert_int_equal(at, 6);
  assert_int_equal(bt_store_audit(f->store, BT_NOW, at, &at), 0);
  assert_int_equal(at, 5);
  assert_int_equal(bt_store_audit(f->store, BT_NOW, at, &at), -BT_ABSENT);
}

/* ---- idempotency
 * ------------------------------------------------------------------------------------------------------ */

static const char hash_a[16] = "aaaaaaaaaaaaaaa", hash_b[16] = "bbbbbbbbbbbbbbb";

static struct bt_scene scene_of(struct fixture *f, struct bt_request *r) {
  static const struct bt_adapter crm = {.name = {"crm", 3}, .department = {"sales", 5}};
  struct bt_scene scene;
  r->adapter = &crm;
  if (r->event.department.n == 0)
    r->event.department = BT_LIT("sales");
  assert_int_equal(bt_store_scene(f->store, r, &f->arena, &scene), 0);
  return scene;
}

static void seen_keys_are_found_and_forgotten_in_time(void **state) {
  struct fixture *f = *state;
  struct bt_request asks = {.source_key = BT_LIT("order-1")}, never = {.source_key = BT_LIT("order-2")};
  struct bt_entry e = entry_opens(1, 1, 0);
  entry_keyed(&e, BT_LIT("order-1"), hash_a, T0 + 5000000);
  e.receipt.ref = BT_LIT("0001-1");
  apply(f, e);
  struct bt_scene scene = scene_of(f, &asks);
  assert_true(scene.seen && scene.seen_until_us == T0 + 5000000);
  assert_memory_equal(scene.seen_hash, hash_a, 16);
  assert_true(scene.seen_receipt.case_id == 1 && bt_str_eq(scene.seen_receipt.ref, BT_LIT("0001-1")));
  assert_false(scene_of(f, &never).seen);
  assert_true(scene.next_sequence == 2 && scene.next_number == 2);
  for (uint64_t i = 2; i <= 5; i++) /* the one of T0 + 5 s is not past it */
    apply(f, entry_note(i, 1, BT_LIT("later")));
  assert_true(scene_of(f, &asks).seen);
  apply(f, entry_note(6, 1, BT_LIT("too late")));
  assert_false(scene_of(f, &asks).seen);
  assert_int_equal(bt_store_count(f->store, BT_NOW, BT_T_SEEN_AGE), 0);
}

static void forgetting_spares_a_key_that_was_used_again(void **state) {
  struct fixture *f = *state;
  struct bt_request asks = {.source_key = BT_LIT("order-1")};
  struct bt_entry e = entry_opens(1, 1, 0);
  entry_keyed(&e, BT_LIT("order-1"), hash_a, T0 + 3000000);
  apply(f, e);
  e = entry_note(2, 1, BT_LIT("again, with a longer memory"));
  entry_keyed(&e, BT_LIT("order-1"), hash_b, T0 + 100000000);
  apply(f, e);
  for (uint64_t i = 3; i <= 6; i++)
    apply(f, entry_note(i, 1, BT_LIT("later")));
  assert_int_equal(bt_store_count(f->store, BT_NOW, BT_T_SEEN_AGE), 1);
  assert_memory_equal(scene_of(f, &asks).seen_hash, hash_b, 16);
}

static void forgetting_is_bounded_and_keeps_up(void **state) {
  struct fixture *f = *state;
  char key[24];
  for (uint64_t i = 1; i <= 20; i++) {
    struct bt_entry e = i == 1 ? entry_opens(1, 1, 0) : entry_note(i, 1, BT_LIT("keyed"));
    entry_keyed(&e, (struct bt_str){key, (size_t)snprintf(key, sizeof(key), "k%d", (int)i)}, hash_a, T0 + 21000000);
    apply(f, e);
  }
  reopen(f); /* what is known of the oldest row is not on disk */
  assert_int_equal(bt_store_position(f->store, BT_NOW), 0);
  for (uint64_t i = 1; i <= 20; i++) {
    struct bt_entry e = i == 1 ? entry_opens(1, 1, 0) : entry_note(i, 1, BT_LIT("keyed"));
    entry_keyed(&e, (struct bt_str){key, (size_t)snprintf(key, sizeof(key), "k%d", (int)i)}, hash_a, T0 + 21000000);
    apply(f, e);
  }
  assert_int_equal(bt_store_checkpoint(f->store), 0);
  reopen(f);
  apply(f, entry_note(21, 1, BT_LIT("not yet past")));
  assert_int_equal(bt_store_count(f->store, BT_NOW, BT_T_SEEN), 20);
  for (uint64_t i = 22; i <= 26; i++) {
    apply(f, entry_note(i, 1, BT_LIT("past")));
    assert_int_equal(bt_store_count(f->store, BT_NOW, BT_T_SEEN), 20 - 4 * (i - 21));
  }
}

/* ---- finding
 * ---------------------------------------------------------------------------------------------------------- */

static struct bt_entry links(struct fixture *f, uint64_t sequence, uint64_t customer, struct bt_str value,
                             uint8_t key[16]) {
  struct bt_entry e = entry_of(sequence, BT_IDENTIFIER_LINKED, 0);
  bt_store_identifier_key(f->store, BT_LIT("phone"), value, key);
  e.stream = BT_STREAM_CUSTOMER;
  e.stream_id = e.customer = customer;
  e.event.identifier_linked = (struct bt_identifier_linked){
      {BT_LIT("phone"), value}, {{NULL, 0}, {NULL, 0}}, {NULL, 0}, customer, {(char *)key, 16}};
  return e;
}

static void scene_finds_by_every_name(void **state) {
  struct fixture *f = *state;
  uint8_t key[16];
  char ref[BT_REF_SIZE];
  apply(f, links(f, 1, 1, BT_LIT("+4930123"), key));
  for (uint64_t i = 2; i <= 4; i++) {
    struct bt_entry e = entry_opens(i, i + 40, i == 3 ? 0 : 1);
    if (i == 3)
      e.reference = (struct bt_reference){BT_LIT("sales"), BT_LIT("SO-17")};
    apply(f, e);
  }
  struct bt_request r = {.event = {.locator = {.id = 3}}};
  assert_int_equal(scene_of(f, &r).by_id->id, 3);
  r.event.locator = (struct bt_locator){.ref = bt_ref_format(44, ref)};
  assert_int_equal(scene_of(f, &r).by_id->id, 4);
  r.event.locator = (struct bt_locator){.ref = BT_LIT("no such thing")};
  assert_null(scene_of(f, &r).by_id);
  r.event.locator = (struct bt_locator){.reference = {{NULL, 0}, BT_LIT("SO-17")}};
  assert_int_equal(scene_of(f, &r).by_reference->id, 3);
  r.event.locator = (struct bt_locator){.reference = {BT_LIT("billing"), BT_LIT("SO-17")}};
  assert_null(scene_of(f, &r).by_reference);
  r.event.locator = (struct bt_locator){.identifier = {BT_LIT("phone"), BT_LIT("+4930123")}};
  memcpy(r.identifier_key, key, 16);
  struct bt_scene scene = scene_of(f, &r);
  assert_int_equal(scene.customer->id, 1);
  assert_int_equal(scene.cases.n, 2);
  assert_true(scene.cases.v[0]->id == 4 && scene.cases.v[1]->id == 2);
  uint64_t of = 0;
  assert_int_equal(bt_store_next_case_of(f->store, BT_NOW, 1, 3, &of), 0);
  assert_int_equal(of, 4);
  assert_int_equal(bt_store_next_case_of(f->store, BT_NOW, 1, 5, &of), -BT_ABSENT);
}

static void scene_of_a_link_has_holder_and_customer(void **state) {
  struct fixture *f = *state;
  uint8_t a[16], b[16];
  apply(f, links(f, 1, 1, BT_LIT("+4930123"), a));
  apply(f, links(f, 2, 2, BT_LIT("+4930456"), b));
  apply(f, entry_opens(3, 1, 2));
  struct bt_request r = {.event = {.kind = BT_IDENTIFIER_LINKED}};
  r.event.identifier_linked.identifier = (struct bt_identifier){BT_LIT("phone"), BT_LIT("+4930123")};
  r.event.identifier_linked.same_as = (struct bt_identifier){BT_LIT("phone"), BT_LIT("+4930456")};
  memcpy(r.identifier_key, a, 16);
  memcpy(r.same_as_key, b, 16);
  struct bt_scene scene = scene_of(f, &r);
  assert_true(scene.holder->id == 1 && scene.customer->id == 2 && scene.cases.n == 1);
  r.event.identifier_linked.same_as = (struct bt_identifier){{NULL, 0}, {NULL, 0}};
  r.event.locator.id = 3;
  scene = scene_of(f, &r);
  assert_true(scene.holder->id == 1 && scene.customer->id == 2);
}

static void cases_of_one_customer_are_bounded(void **state) {
  struct fixture *f = *state;
  uint8_t key[16];
  apply(f, links(f, 1, 1, BT_LIT("+4930123"), key));
  for (uint64_t i = 2; i <= 301; i++)
    apply(f, entry_opens(i, i, 1));
  apply(f, entry_opens(302, 302, 2)); /* another's, next to them */
  struct bt_request r = {.event = {.locator = {.identifier = {BT_LIT("phone"), BT_LIT("x")}}}};
  memcpy(r.identifier_key, key, 16);
  struct bt_scene scene = scene_of(f, &r);
  assert_int_equal(scene.cases.n, BT_MAX_CASES_SEEN);
  assert_true(scene.cases.v[0]->id == 301 && scene.cases.v[255]->id == 46);
}

/* ---- customers that are one ---- */

static struct bt_entry merges(uint64_t sequence, uint64_t on, uint64_t merged, uint64_t into) {
  struct bt_entry e = entry_of(sequence, BT_CUSTOMERS_MERGED, 0);
  e.stream = BT_STREAM_CUSTOMER;
  e.stream_id = e.customer = on;
  e.event.customers_merged = (struct bt_customers_merged){.into = into, .merged = merged};
  return e;
}

/* 1 points to 2, 2 to 3; each has a telephone and a case. */
static void merge_three(struct fixture *f, uint8_t keys[3][16]) {
  apply(f, links(f, 1, 1, BT_LIT("+4930001"), keys[0]));
  apply(f, links(f, 2, 2, BT_LIT("+4930002"), keys[1]));
  apply(f, links(f, 3, 3, BT_LIT("+4930003"), keys[2]));
  for (uint64_t i = 1; i <= 3; i++)
    apply(f, entry_opens(3 + i, i, i));
  apply(f, merges(7, 1, 1, 2));
  apply(f, merges(8, 2, 1, 2));
  apply(f, merges(9, 2, 2, 3));
  apply(f, merges(10, 3, 2, 3));
}

static void scene_follows_merged_customers(void **state) {
  struct fixture *f = *state;
  uint8_t keys[3][16];
  merge_three(f, keys);
  for (int i = 0; i < 3; i++) {
    struct bt_request r = {.event = {.locator = {.identifier = {BT_LIT("phone"), BT_LIT("x")}}}};
    memcpy(r.identifier_key, keys[i], 16);
    struct bt_scene scene = scene_of(f, &r);
    assert_int_equal(scene.customer->id, 3);
    assert_int_equal(scene.cases.n, 3);
    assert_true(scene.cases.v[0]->id == 6 && scene.cases.v[1]->id == 5 && scene.cases.v[2]->id == 4);
  }
}

static void scene_of_a_merge_has_both_as_they_are(void **state) {
  struct fixture *f = *state;
  uint8_t keys[3][16], other[16];
  merge_three(f, keys);
  apply(f, links(f, 11, 11, BT_LIT("+4930011"), other));
  apply(f, entry_opens(12, 4, 11));
  struct bt_request r = {.event = {.kind = BT_CUSTOMERS_MERGED, .customers_merged = {.into = 11}}};
  memcpy(r.same_as_key, keys[0], 16);
  struct bt_scene scene = scene_of(f, &r);
  assert_true(scene.into->id == 11 && scene.merged->id == 1 && scene.merged->merged_into == 2);
  assert_true(scene.cases.n == 2 && scene.cases.v[0]->id == 12 && scene.cases.v[1]->id == 4);
  r = (struct bt_request){.event = {.kind = BT_CUSTOMERS_UNMERGED, .customers_unmerged = {.merged = 2}}};
  scene = scene_of(f, &r);
  assert_true(scene.merged->id == 2 && scene.into->id == 3 && scene.cases.n == 3);
  r = (struct bt_request){.event = {.kind = BT_CUSTOMERS_UNMERGED, .customers_unmerged = {.merged = 99}}};
  scene = scene_of(f, &r);
  assert_true(!scene.merged && !scene.into && scene.cases.n == 0);
}

static struct bt_entry unlinks(uint64_t sequence, uint64_t customer, struct bt_str value, uint8_t key[16]) {
  struct bt_entry e = entry_of(sequence, BT_IDENTIFIER_UNLINKED, 0);
  e.stream = BT_STREAM_CUSTOMER;
  e.stream_id = e.customer = customer;
  e.event.identifier_unlinked = (struct bt_identifier_unlinked){
      .identifier = {BT_LIT("phone"), value}, .customer = customer, .key = {(char *)key, 16}};
  return e;
}

static void unlinking_takes_its_own_row_only(void **state) {
  struct fixture *f = *state;
  uint8_t key[16];
  uint64_t of;
  apply(f, links(f, 1, 1, BT_LIT("+4930123"), key));
  apply(f, links(f, 2, 2, BT_LIT("+4930123"), key)); /* it is the second one's by now */
  apply(f, unlinks(3, 1, BT_LIT("+4930123"), key));
  assert_int_equal(bt_store_identifier(f->store, BT_NOW, key, &of), 0);
  assert_int_equal(of, 2);
  struct bt_request r = {.event = {.kind = BT_IDENTIFIER_UNLINKED}};
  memcpy(r.identifier_key, key, 16);
  assert_int_equal(scene_of(f, &r).holder->id, 2);
  apply(f, unlinks(4, 2, BT_LIT("+4930123"), key));
  assert_int_equal(bt_store_identifier(f->store, BT_NOW, key, &of), -BT_ABSENT);
  assert_null(scene_of(f, &r).holder);
  struct bt_entry e = links(f, 5, 2, BT_LIT("+4930123"), key);
  e.event.identifier_linked.key = (struct bt_str){NULL, 0}; /* several customers may have it */
  apply(f, e);
  assert_int_equal(bt_store_identifier(f->store, BT_NOW, key, &of), -BT_ABSENT);
}

/* ---- cases that are one ---- */

static struct bt_entry merges_cases(uint64_t sequence, uint64_t on, uint64_t merged, uint64_t into) {
  struct bt_entry e = entry_of(sequence, BT_CASES_MERGED, on);
  e.event.cases_merged = (struct bt_cases_merged){.into = on == merged ? into : 0, .merged = on == merged ? 0 : merged};
  return e;
}

static void scene_follows_merged_cases(void **state) {
  struct fixture *f = *state;
  for (uint64_t i = 1; i <= 3; i++)
    apply(f, entry_opens(i, i, 0));
  struct bt_request r = {.event = {.kind = BT_NOTE_ADDED, .locator = {.id = 1}}};
  assert_null(scene_of(f, &r).survivor);
  apply(f, merges_cases(4, 1, 1, 2));
  apply(f, merges_cases(5, 2, 1, 2));
  apply(f, merges_cases(6, 2, 2, 3));
  apply(f, merges_cases(7, 3, 2, 3));
  struct bt_scene scene = scene_of(f, &r);
  assert_true(scene.by_id->id == 1 && scene.survivor->id == 3);
  r = (struct bt_request){.event = {.kind = BT_CASES_MERGED, .locator = {.id = 3}, .cases_merged = {.into = 1}}};
  scene = scene_of(f, &r);
  assert_true(scene.by_id->id == 3 && !scene.survivor && scene.other->id == 3);
  assert_int_equal(bt_store_scene_of(f->store, 2, 0, &f->arena, &scene), 0);
  assert_true(scene.by_id->id == 2 && scene.survivor->id == 3 && scene.next_sequence == 8);
}

/* ---- timers ---- */

static struct bt_entry promises(uint64_t sequence, uint64_t case_id, int64_t risk_us, int64_t due_us) {
  struct bt_entry e = entry_of(sequence, BT_PROMISE_MADE, case_id);
  e.event.promise_made = (struct bt_promise_made){
      .type = BT_PROMISE_CALLBACK, .text = BT_LIT("call"), .due_us = due_us, .risk_us = risk_us};
  return e;
}

static void expect_timers(struct fixture *f, uint32_t n, const struct bt_timer *v) {
  struct bt_timer t, last;
  for (uint32_t i = 0; i < n; i++) {
    assert_int_equal(bt_store_next_timer(f->store, BT_NOW, i ? &last : NULL, &t), 0);
    assert_int_equal(bt_timer_cmp(&t, &v[i]), 0);
    last = t;
  }
  assert_int_equal(bt_store_next_timer(f->store, BT_NOW, n ? &last : NULL, &t), -BT_ABSENT);
  assert_int_equal(bt_store_count(f->store, BT_NOW, BT_T_TIMERS), n);
}

static void timers_follow_their_cases(void **state) {
  struct fixture *f = *state;
  const int64_t due = T0 + 900000000;
  for (uint64_t i = 1; i <= 2; i++)
    apply(f, entry_opens(i, i, 0));
  expect_timers(f, 0, NULL);
  apply(f, promises(3, 1, 0, due));
  apply(f, promises(4, 2, due - 1000, due + 5));
  const struct bt_timer two[] = {{due - 1000, 2, BT_TIMER_PROMISE, 4}, {due, 1, BT_TIMER_PROMISE, 3}};
  expect_timers(f, 2, two);
  assert_int_equal(bt_store_timer(f->store, BT_NOW, &two[1]), 0);
  struct bt_entry e = entry_of(5, BT_PROMISE_AT_RISK, 2);
  e.event.promise_at_risk = (struct bt_promise_at_risk){.promise = 4, .due_us = due + 5};
  apply(f, e);
  expect_timers(f, 2, (const struct bt_timer[]){{due, 1, BT_TIMER_PROMISE, 3}, {due + 5, 2, BT_TIMER_PROMISE, 4}});
  assert_int_equal(bt_store_timer(f->store, BT_NOW, &two[0]), -BT_ABSENT);
  e = entry_of(6, BT_PROMISE_KEPT, 2);
  e.event.promise_kept.promise = 4;
  apply(f, e);
  apply(f, entry_note(7, 1, BT_LIT("changes no timer")));
  expect_timers(f, 1, &two[1]);
}

/* ---- what reaches beyond one case ---- */

static struct bt_entry on_topic(uint64_t sequence, uint32_t kind) {
  struct bt_entry e = entry_of(sequence, kind, 0);
  e.stream = BT_STREAM_TOPIC;
  e.stream_id = sequence;
  return e;
}

static struct bt_entry own(uint64_t sequence, uint32_t kind) {
  struct bt_entry e = entry_of(sequence, kind, 0);
  e.stream = BT_STREAM_BROKER;
  e.event = (struct bt_event){0};
  e.adapter = (struct bt_str){NULL, 0};
  return e;
}

static struct bt_entry swept(uint64_t sequence, uint64_t sweep, uint64_t at_case, bool done) {
  struct bt_entry e = own(sequence, BT_SWEPT);
  e.swept = (struct bt_swept){.sweep = sweep, .at_case = at_case, .done = done};
  return e;
}

static void advisories_come_and_go_with_sweeps(void **state) {
  struct fixture *f = *state;
  const struct bt_advisory *v;
  struct bt_sweep w;
  uint32_t n;
  struct bt_entry e = on_topic(1, BT_ADVISORY_ISSUED);
  const int64_t until = T0 + 900000000;
  e.event.advisory_issued =
      (struct bt_advisory_issued){.topic = BT_LIT("move"), .text = BT_LIT("the switch is down"), .until_us = until};
  apply(f, e);
  assert_int_equal(bt_store_advisories(f->store, &v, &n), 0);
  assert_true(n == 1 && v->id == 1 && bt_str_eq(v->text, BT_LIT("the switch is down")) && v->until_us == until);
  assert_true(bt_str_eq(v->department, BT_LIT("sales")));
  const struct bt_timer both_timers[] = {{T0 + 1000000, 0, BT_TIMER_SWEEP, 1}, {until, 0, BT_TIMER_ADVISORY, 1}};
  expect_timers(f, 2, both_timers);
  apply(f, swept(2, 1, 77, false));
  assert_int_equal(bt_store_next_sweep(f->store, BT_NOW, 0, &f->arena, &w), 0);
  assert_true(w.id == 1 && w.kind == BT_ADVISORY_ISSUED && w.object == 1 && w.at_case == 77);
  expect_timers(f, 2, both_timers);
  apply(f, swept(3, 1, 99, true));
  expect_timers(f, 1, &both_timers[1]);
  e = on_topic(4, BT_ADVISORY_ENDED);
  e.event.advisory_ended.advisory = 1;
  struct bt_request r = {.event = {.kind = BT_ADVISORY_ENDED, .advisory_ended = {.advisory = 1}}};
  assert_int_equal(scene_of(f, &r).advisory->id, 1);
  assert_int_equal(bt_store_mark(f->store), 0);
  apply(f, e);
  assert_int_equal(bt_store_advisories(f->store, &v, &n), 0);
  assert_int_equal(n, 0);
  bt_store_undo(f->store);
  assert_int_equal(bt_store_advisories(f->store, &v, &n), 0);
  assert_int_equal(n, 1);
  apply(f, e);
  assert_null(scene_of(f, &r).advisory);
  expect_timers(f, 1, (const struct bt_timer[]){{T0 + 4000000, 0, BT_TIMER_SWEEP, 4}});
  assert_int_equal(bt_store_next_sweep(f->store, BT_NOW, 0, &f->arena, &w), 0);
  assert_true(w.id == 4 && w.kind == BT_ADVISORY_ENDED && w.object == 1);
}

static void downtimes_and_gone_departments_begin_sweeps(void **state) {
  struct fixture *f = *state;
  struct bt_str first[] = {BT_LIT("billing"), BT_LIT("moves"), BT_LIT("sales")}, second[] = {BT_LIT("care")};
  struct bt_strs all;
  struct bt_sweep w;
  struct bt_entry e = own(1, BT_CONFIG_ADOPTED);
  e.config_adopted = (struct bt_config_adopted){.digest = {hash_a, 16}, .departments = {3, first}};
  assert_int_equal(bt_store_departments(f->store, &f->arena, &all), 0);
  assert_int_equal(all.n, 0);
  apply(f, e);
  assert_int_equal(bt_store_departments(f->store, &f->arena, &all), 0);
  assert_true(all.n == 3 && bt_str_eq(all.v[0], first[0]) && bt_str_eq(all.v[2], first[2]));
  expect_timers(f, 0, NULL);
  e = own(2, BT_CONFIG_ADOPTED);
  e.config_adopted = (struct bt_config_adopted){.digest = {hash_b, 16}, .departments = {1, second}, .gone = {2, first}};
  apply(f, e);
  assert_int_equal(bt_store_departments(f->store, &f->arena, &all), 0);
  assert_true(all.n == 1 && bt_str_eq(all.v[0], second[0]));
  e = own(3, BT_RESUMED);
  e.resumed = (struct bt_resumed){T0, T0 + 70000000};
  apply(f, e);
  assert_int_equal(bt_store_next_sweep(f->store, BT_NOW, 0, &f->arena, &w), 0);
  assert_true(w.kind == BT_CONFIG_ADOPTED && w.departments.n == 2 && bt_str_eq(w.departments.v[1], first[1]));
  assert_int_equal(bt_store_next_sweep(f->store, BT_NOW, 3, &f->arena, &w), 0);
  assert_true(w.kind == BT_RESUMED && w.down_from_us == T0 && w.down_until_us == T0 + 70000000);
}

/* ---- loads ---- */

static uint32_t load_of(struct fixture *f, struct bt_str department) {
  struct bt_loads loads = bt_store_loads(f->store);
  uint32_t cases = 0;
  for (uint32_t i = 0; i < loads.n; i++) {
    assert_true(i == 0 || bt_str_cmp(loads.v[i - 1].department, loads.v[i].department) < 0);
    if (bt_str_eq(loads.v[i].department, department))
      cases = loads.v[i].cases;
  }
  return cases;
}

static struct bt_entry reports(uint64_t sequence, uint64_t case_id, struct bt_str to) {
  struct bt_entry e = entry_of(sequence, BT_HANDOFF_REPORTED, case_id);
  e.event.handoff_reported = (struct bt_handoff_reported){.from = BT_LIT("sales"), .to = to};
  return e;
}

static void loads_follow_custody_and_status(void **state) {
  struct fixture *f = *state;
  for (uint64_t i = 1; i <= 3; i++)
    apply(f, entry_opens(i, i, 0));
  assert_int_equal(load_of(f, BT_LIT("sales")), 3);
  assert_int_equal(bt_store_checkpoint(f->store), 0);
  assert_int_equal(bt_store_mark(f->store), 0);
  apply(f, reports(4, 1, BT_LIT("billing")));
  assert_true(load_of(f, BT_LIT("sales")) == 2 && load_of(f, BT_LIT("billing")) == 1);
  bt_store_undo(f->store);
  assert_true(load_of(f, BT_LIT("sales")) == 3 && load_of(f, BT_LIT("billing")) == 0);
  apply(f, reports(4, 1, BT_LIT("billing")));
  bt_store_rollback(f->store);
  assert_true(load_of(f, BT_LIT("sales")) == 3 && load_of(f, BT_LIT("billing")) == 0);
  apply(f, reports(4, 1, BT_LIT("billing")));
  apply(f, entry_of(5, BT_CASE_CLOSED, 2));
  assert_true(load_of(f, BT_LIT("sales")) == 1 && load_of(f, BT_LIT("billing")) == 1);
  assert_int_equal(bt_store_checkpoint(f->store), 0);
  reopen(f);
  assert_true(load_of(f, BT_LIT("sales")) == 1 && load_of(f, BT_LIT("billing")) == 1);
  apply(f, entry_of(6, BT_CASE_CLOSED, 1));
  assert_int_equal(load_of(f, BT_LIT("billing")), 0);
}

/* ---- what else is kept
 * ------------------------------------------------------------------------------------------------- */

static void cursors_and_holds(void **state) {
  struct fixture *f = *state;
  struct bt_str position;
  struct bt_adapter_row row;
  struct bt_entry e = entry_of(1, BT_CURSOR_MOVED, 0);
  e.event = (struct bt_event){0};
  e.stream = BT_STREAM_ADAPTER;
  e.has_cursor = true;
  e.cursor = (struct bt_cursor){BT_LIT("drop"), BT_LIT("line\0 17")};
  apply(f, e);
  assert_int_equal(bt_store_cursor(f->store, BT_NOW, BT_LIT("crm"), BT_LIT("drop"), &f->arena, &position), 0);
  assert_true(bt_str_eq(position, BT_LIT("line\0 17")));
  assert_int_equal(bt_store_cursor(f->store, BT_NOW, BT_LIT("crm"), BT_LIT("mail"), &f->arena, &position), -BT_ABSENT);
  e = entry_of(2, BT_ADAPTER_HELD, 0);
  e.event = (struct bt_event){0};
  e.stream = BT_STREAM_ADAPTER;
  e.adapter_held = (struct bt_adapter_held){true, BT_LIT("op"), BT_LIT("noisy")};
  apply(f, e);
  assert_int_equal(bt_store_adapter(f->store, BT_NOW, BT_LIT("crm"), &f->arena, &row), 0);
  assert_true(row.held && bt_str_eq(row.held_by, BT_LIT("op")) && row.held_at_us == T0 + 2000000);
  assert_int_equal(bt_store_adapter(f->store, BT_NOW, BT_LIT("unheard"), &f->arena, &row), 0);
  assert_true(!row.held && row.version == 0);
}

static struct bt_stats_row stats_of(struct fixture *f, struct bt_str department) {
  struct bt_stats_row row = {0};
  assert_int_equal(bt_store_stats(f->store, BT_NOW, department, &f->arena, &row), 0);
  return row;
}

static void handoffs_are_measured_for_both_sides(void **state) {
  struct fixture *f = *state;
  apply(f, entry_opens(1, 1, 0));
  struct bt_entry e = entry_of(2, BT_HANDOFF_OFFERED, 1);
  e.offer = 2;
  e.event.handoff_offered.from = BT_LIT("sales");
  e.event.handoff_offered.to = BT_LIT("moves");
  apply(f, e);
  e = entry_of(3, BT_HANDOFF_ACCEPTED, 1);
  e.offer = 2;
  e.recorded_at_us = T0 + 60 * INT64_C(1000000);
  e.event.department = BT_LIT("moves");
  e.event.handoff_accepted = (struct bt_handoff_accepted){.offer = 2, .from = BT_LIT("sales"), .to = BT_LIT("moves")};
  apply(f, e);
  struct bt_stats_row sales = stats_of(f, BT_LIT("sales")), moves = stats_of(f, BT_LIT("moves"));
  assert_true(sales.events == 2 && sales.offers_made == 1 && sales.offers_received == 0 && sales.accepted == 0);
  assert_true(moves.events == 1 && moves.offers_received == 1 && moves.accepted == 1);
  assert_int_equal(moves.accept_wait_us, 58 * 1000000);
}

/* ---- the identifiers' key
 * ------------------------------------------------------------------------------------------------ */

static void identifier_key_stays_and_is_guarded(void **state) {
  struct fixture *f = *state;
  uint8_t before[16], after[16], other[16];
  char path[128];
  const char *text = NULL;
  struct bt_store_options options = {.dir = f->folder.record};
  apply(f, links(f, 1, 1, BT_LIT("+4930123"), before));
  assert_int_equal(bt_store_checkpoint(f->store), 0);
  reopen(f);
  bt_store_identifier_key(f->store, BT_LIT("phone"), BT_LIT("+4930123"), after);
  bt_store_identifier_key(f->store, BT_LIT("phon"), BT_LIT("e+4930123"), other);
  assert_memory_equal(before, after, 16);
  assert_memory_not_equal(before, other, 16);
  snprintf(path, sizeof(path), "%s/identifiers.key", f->folder.path);
  bt_store_close(f->store);
  f->store = NULL;
  assert_int_equal(chmod(path, 0640), 0);
  assert_int_equal(bt_store_open(&options, &f->store, &text), -BT_USAGE);
  assert_int_equal(chmod(path, 0600), 0);
  assert_int_equal(truncate(path, 31), 0);
  assert_int_equal(bt_store_open(&options, &f->store, &text), -BT_USAGE);
  assert_int_equal(unlink(path), 0);
  assert_int_equal(bt_store_open(&options, &f->store, &text), -BT_ABSENT);
  assert_non_null(strstr(text, "identifiers.key"));
  assert_null(f->store);
}

/* ---- the same log, the same bytes
 * ----------------------------------------------------------------------------------------- */

/* Entry i of a log that touches every table; `room` keeps what it points to. */
struct room {
  char key[24], text[700];
  uint8_t hash[16];
  struct bt_settled_row row;
};

static struct bt_entry entry_at(struct fixture *f, uint64_t i, struct room *room) {
  memset(room->text, 'a' + (int)(i % 26), sizeof(room->text));
  struct bt_entry e = entry_note(i, 2, (struct bt_str){room->text, i * 13 % sizeof(room->text) + 1});
  if (i == 1)
    return links(f, i, 1, BT_LIT("+4930123"), room->hash);
  if (i == 2 || i % 11 == 0)
    e = entry_opens(i, i, 1);
  else if (i % 17 == 0) {
    room->row = (struct bt_settled_row){
        .first = i - 15, .last = i - 2, .verdict = (uint32_t)(1 + i % 3), .reason = BT_LIT("why")};
    return settles(i, both[i % 2], &room->row);
  } else if (i % 19 == 0)
    e = promises(i, 2, 0, e.recorded_at_us + 90 * 1000000);
  else if (i % 23 == 0)
    e = reports(i, 2, BT_LIT("billing"));
  else if (i % 29 == 0)
    return swept(i, 25, i, false);
  else if (i == 25) {
    e = own(i, BT_RESUMED);
    e.resumed = (struct bt_resumed){T0, T0 + 70000000};
    return e;
  }
  e.recipients = (struct bt_strs){2, both};
  size_t n = (size_t)snprintf(room->key, sizeof(room->key), "key-%d", (int)i);
  entry_keyed(&e, (struct bt_str){room->key, n}, hash_a, e.recorded_at_us + 50 * 1000000);
  if (i % 5 == 0)
    e.reference = (struct bt_reference){BT_LIT("sales"), {room->key, n}};
  return e;
}

struct sum {
  uint8_t digest[16];
  uint64_t rows;
};

static int add_row(void *context, struct bt_str key, struct bt_str value) {
  struct sum *sum = context;
  char bytes[16 + 512 + 16 * 1024];
  assert_true(key.n <= 512 && value.n <= 16 * 1024);
  memcpy(bytes, sum->digest, 16);
  memcpy(bytes + 16, key.p, key.n);
  memcpy(bytes + 16 + key.n, value.p, value.n);
  bt_store_digest(bytes, 16 + key.n + value.n, sum->digest);
  sum->rows++;
  return 0;
}

static struct sum sum_of(struct bt_store *s) {
  struct sum sum = {{0}, 0};
  for (int t = 0; t < BT_T_COUNT; t++)
    assert_int_equal(bt_store_each(s, BT_NOW, (enum bt_table)t, add_row, &sum), 0);
  return sum;
}

enum { LOG_LENGTH = 600 };

static void checkpoints_and_restarts_leave_no_trace(void **state) {
  struct fixture *f = *state, other = {0};
  struct room room;
  for (uint64_t i = 1; i <= LOG_LENGTH; i++)
    apply(f, entry_at(f, i, &room));
  assert_int_equal(bt_store_checkpoint(f->store), 0);
  folder_make(&other.folder);
  other.store = store_open(&other.folder);
  for (uint64_t i = 1; i <= LOG_LENGTH; i++) {
    apply(&other, entry_at(f, i, &room));
    if (i % 37 == 0)
      assert_int_equal(bt_store_checkpoint(other.store), 0);
    if (i == 400) {
      reopen(&other);
      i = bt_store_position(other.store, BT_NOW);
      assert_true(i < 400);
      while (i < 400)
        i++, apply(&other, entry_at(f, i, &room));
    }
  }
  assert_int_equal(bt_store_checkpoint(other.store), 0);
  struct sum a = sum_of(f->store), b = sum_of(other.store);
  assert_true(a.rows > 500);
  assert_int_equal(a.rows, b.rows);
  assert_memory_equal(a.digest, b.digest, 16);
  bt_store_close(other.store);
  folder_remove(&other.folder);
}

static void full_map_is_told_and_grown(void **state) {
  struct fixture *f = *state, small = {0};
  struct room room;
  int full = 0;
  folder_make(&small.folder);
  assert_int_equal(
      bt_store_open(&(struct bt_store_options){.dir = small.folder.record, .map_size = 256 * 1024}, &small.store, NULL),
      0);
  for (uint64_t i = 1; i <= LOG_LENGTH; i++) {
    apply(f, entry_at(f, i, &room));
    struct bt_entry e = entry_at(f, i, &room);
    int rc = bt_store_apply(small.store, &e);
    if (rc == 0 && i % (LOG_LENGTH / 2) == 0) /* too seldom for it to be grown in time */
      rc = bt_store_checkpoint(small.store);
    if (rc == 0)
      continue;
    assert_int_equal(rc, -BT_FULL);
    assert_int_equal(bt_store_apply(small.store, &e), -BT_FULL);
    bt_store_rollback(small.store);
    assert_int_equal(bt_store_grow(small.store), 0);
    full++;
    for (uint64_t k = bt_store_position(small.store, BT_NOW) + 1; k <= i; k++)
      apply(&small, entry_at(f, k, &room));
  }
  assert_true(full > 0);
  assert_int_equal(bt_store_checkpoint(f->store), 0);
  assert_int_equal(bt_store_checkpoint(small.store), 0);
  struct sum a = sum_of(f->store), b = sum_of(small.store);
  assert_int_equal(a.rows, b.rows);
  assert_memory_equal(a.digest, b.digest, 16);
  bt_store_close(small.store);
  folder_remove(&small.folder);
}

static void map_grows_between_checkpoints(void **state) {
  struct fixture *f = *state, small = {0};
  struct room room;
  folder_make(&small.folder);
  const struct bt_store_options options = {.dir = small.folder.record, .map_size = 256 * 1024};
  assert_int_equal(bt_store_open(&options, &small.store, NULL), 0);
  for (uint64_t i = 1; i <= LOG_LENGTH; i++) {
    struct bt_entry e = entry_at(f, i, &room);
    assert_int_equal(bt_store_apply(small.store, &e), 0); /* never -BT_FULL */
    assert_int_equal(bt_store_checkpoint(small.store), 0);
  }
  assert_true(bt_store_bytes(small.store) > options.map_size);
  /* Opened with a map that its file has outgrown. */
  bt_store_close(small.store);
  assert_int_equal(bt_store_open(&options, &small.store, NULL), 0);
  struct bt_entry e = entry_at(f, LOG_LENGTH + 1, &room);
  assert_int_equal(bt_store_apply(small.store, &e), 0);
  assert_int_equal(bt_store_checkpoint(small.store), 0);
  bt_store_close(small.store);
  folder_remove(&small.folder);
}

static void second_process_and_second_opening_are_refused(void **state) {
  struct fixture *f = *state;
  struct bt_store *other = NULL;
  struct bt_store_options options = {.dir = f->folder.record};
  apply(f, entry_opens(1, 1, 0));
  assert_int_equal(bt_store_checkpoint(f->store), 0);
  assert_int_equal(bt_store_open(&options, &other, NULL), -BT_LOCKED);
  pid_t child = fork();
  if (child == 0) {
    struct bt_entry e = entry_opens(2, 2, 0);
    struct bt_case c;
    bool fine = bt_store_open(&options, &other, NULL) == -BT_LOCKED && bt_store_apply(f->store, &e) == -BT_USAGE &&
                bt_store_checkpoint(f->store) != 0;
    options.read_only = true;
    fine = fine && bt_store_open(&options, &other, NULL) == 0 && bt_store_position(other, BT_AS_OF) == 1 &&
           bt_store_case(other, BT_AS_OF, 1, &f->arena, &c) == 0 &&
           bt_store_case(other, BT_NOW, 1, &f->arena, &c) == -BT_USAGE;
    bt_store_close(other);
    bt_store_close(f->store);
    _exit(fine ? 0 : 1);
  }
  int status = -1;
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_int_equal(status, 0);
  apply(f, entry_opens(2, 2, 0));
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
  const struct CMUnitTest tests[] = {
      TEST(positions_survive_only_with_a_checkpoint),
      TEST(entries_are_applied_in_order_only),
      TEST(rollback_goes_back_to_the_checkpoint),
      TEST(an_error_sticks_until_rollback),
      TEST(views_differ_until_refreshed),
      TEST(refreshing_lets_old_pages_be_used_again),
      TEST(acks_take_ranges_of_one_adapter),
      TEST(retry_counts_and_reject_becomes_a_dead_letter),
      TEST(operators_move_dead_letters),
      TEST(seen_keys_are_found_and_forgotten_in_time),
      TEST(forgetting_spares_a_key_that_was_used_again),
      TEST(forgetting_is_bounded_and_keeps_up),
      TEST(scene_finds_by_every_name),
      TEST(scene_of_a_link_has_holder_and_customer),
      TEST(cases_of_one_customer_are_bounded),
      TEST(scene_follows_merged_customers),
      TEST(scene_of_a_merge_has_both_as_they_are),
      TEST(unlinking_takes_its_own_row_only),
      TEST(scene_follows_merged_cases),
      TEST(timers_follow_their_cases),
      TEST(advisories_come_and_go_with_sweeps),
      TEST(downtimes_and_gone_departments_begin_sweeps),
      TEST(loads_follow_custody_and_status),
      TEST(cursors_and_holds),
      TEST(handoffs_are_measured_for_both_sides),
      TEST(identifier_key_stays_and_is_guarded),
      TEST(checkpoints_and_restarts_leave_no_trace),
      TEST(full_map_is_told_and_grown),
      TEST(map_grows_between_checkpoints),
      TEST(second_process_and_second_opening_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

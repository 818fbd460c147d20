/* A journal and a record in a fresh folder, five departments, and the way of an event into both: scene, decide, append,
 * apply.
 *
 * Shop is unattended and falls back on care. Time stands still unless a test moves it. */
#ifndef BT_TESTS_RECORD_FIXTURE_H
#define BT_TESTS_RECORD_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/dir.h"
#include "codec/event_codec.h"
#include "core/decide.h"
#include "core/normal.h"
#include "core/ref.h"
#include "journal/journal.h"
#include "store/store.h"

enum { DEPARTMENTS = 5, RECORD_START_S = 1772000000 };

struct record {
  char dir[64];
  struct bt_store *store;
  struct bt_journal *journal;
  struct bt_arena arena; /* answers, receipts; reset by a test that needs the room */
  struct bt_arena work;
  struct bt_department departments[DEPARTMENTS];
  struct bt_adapter adapters[DEPARTMENTS];
  struct bt_domain domains[2];
  struct bt_rules rules;
  int64_t now_us;
  unsigned keys;
};

#define ONE(literal) ((struct bt_strs){1, (struct bt_str[]){BT_LIT(literal)}})

static inline void record_rules(struct record *r) {
  static struct bt_str bill[] = {{"bill", 4}}, care[] = {{"order", 5}}, move[] = {{"move", 4}};
  r->departments[0] = (struct bt_department){.name = BT_LIT("billing"), .topics = {1, bill}};
  r->departments[1] = (struct bt_department){.name = BT_LIT("care"), .topics = {1, care}, .must_take = true};
  r->departments[2] = (struct bt_department){.name = BT_LIT("moves"), .topics = {1, move}};
  r->departments[3] = (struct bt_department){.name = BT_LIT("sales"), .front = true, .link = true};
  r->departments[4] = (struct bt_department){.name = BT_LIT("shop"), .unattended = true, .fallback = BT_LIT("care")};
  for (int i = 0; i < DEPARTMENTS; i++)
    r->adapters[i] = (struct bt_adapter){.name = r->departments[i].name,
                                         .department = r->departments[i].name,
                                         .acts_for = {1, &r->departments[i].name},
                                         .receives = i != 4};
  r->domains[0] = (struct bt_domain){.name = BT_LIT("email"), .normal = BT_NORMAL_LOWER};
  r->domains[1] = (struct bt_domain){.name = BT_LIT("phone"), .normal = BT_NORMAL_PHONE, .country = BT_LIT("49")};
  r->rules.departments.n = DEPARTMENTS;
  r->rules.departments.v = r->departments;
  r->rules.adapters.n = DEPARTMENTS;
  r->rules.adapters.v = r->adapters;
  r->rules.domains.n = 2;
  r->rules.domains.v = r->domains;
  r->rules.last_owner = BT_LIT("care");
  r->rules.ola_us = 3600 * BT_SECOND_US;
  r->rules.reopen_within_us = 86400 * BT_SECOND_US;
  r->rules.idempotency_us = 86400 * BT_SECOND_US;
  r->rules.max_attempts = 5;
  r->rules.max_future_us = 60 * BT_SECOND_US;
}

static inline void record_open(struct record *r) {
  char journal[BT_PATH_SIZE], store[BT_PATH_SIZE];
  const char *text = "";
  uint64_t epoch;
  *r = (struct record){.now_us = RECORD_START_S * BT_SECOND_US};
  strcpy(r->dir, "/tmp/bt-record-XXXXXX");
  assert_non_null(mkdtemp(r->dir));
  assert_int_equal(bt_path_join(journal, r->dir, "journal"), 0);
  assert_int_equal(bt_path_join(store, r->dir, "record"), 0);
  const struct bt_journal_options j = {.dir = journal, .map_size = 64u << 20};
  const struct bt_store_options s = {.dir = store, .map_size = 64u << 20};
  assert_int_equal(bt_journal_open(&j, &r->journal, &text), 0);
  assert_int_equal(bt_journal_lead(r->journal, &epoch), 0);
  assert_int_equal(bt_store_open(&s, &r->store, &text), 0);
  bt_arena_init(&r->arena, 64u << 20);
  bt_arena_init(&r->work, 64u << 20);
  record_rules(r);
}

static inline void record_close(struct record *r) {
  bt_store_close(r->store);
  bt_journal_close(r->journal);
  bt_arena_fini(&r->arena);
  bt_arena_fini(&r->work);
  assert_int_equal(bt_dir_remove(r->dir), 0);
}

/* Appends and applies; the entries are decided. */
static inline void record_take(struct record *r, const struct bt_entry *v, uint32_t n) {
  struct bt_journal_record *records = BT_NEW_ARRAY(&r->work, struct bt_journal_record, n);
  uint64_t durable;
  for (uint32_t i = 0; i < n; i++) {
    records[i].sequence = v[i].sequence;
    assert_int_equal(bt_entry_encode(&v[i], &r->work, &records[i].head, &records[i].body), 0);
    assert_int_equal(bt_store_apply(r->store, &v[i]), 0);
  }
  assert_int_equal(bt_journal_append(r->journal, records, n), 0);
  assert_int_equal(bt_journal_poll(r->journal, &durable), 0);
  assert_int_equal(durable, v[n - 1].sequence);
}

static inline void record_identify(struct record *r, const struct bt_identifier *id, struct bt_str *value,
                                   uint8_t key[16]) {
  const struct bt_domain *domain = bt_rules_domain(&r->rules, id->domain);
  assert_non_null(domain);
  assert_int_equal(bt_normalise(domain, id->value, &r->work, value), 0);
  bt_store_identifier_key(r->store, id->domain, *value, key);
}

/* A decision that comes without a version is made on the current one: the case is the one that the scene has by its
 * number. */
static inline void record_decide(struct record *r, const struct bt_scene *scene, struct bt_request *q,
                                 struct bt_decision *ret) {
  assert_int_equal(bt_decide(&r->rules, scene, q, r->now_us, bt_store_digest, &r->work, ret), 0);
  if (!bt_str_eq(ret->receipt.field, BT_LIT("expected_version")) || !scene->by_id || q->event.expected_version)
    return;
  q->event.expected_version = scene->by_id->version;
  assert_int_equal(bt_decide(&r->rules, scene, q, r->now_us, bt_store_digest, &r->work, ret), 0);
}

/* What the department's own adapter gets for this event. */
static inline struct bt_receipt record_send(struct record *r, const char *department, struct bt_event event) {
  char key[32];
  struct bt_request q = {.adapter = bt_rules_adapter(&r->rules, bt_str(department)), .event = event};
  struct bt_scene scene;
  struct bt_decision d;
  snprintf(key, sizeof key, "key-%u", ++r->keys);
  bt_arena_reset(&r->work);
  r->now_us += BT_SECOND_US;
  q.event.department = bt_str(department);
  q.source_key = bt_arena_copy(&r->work, bt_str(key));
  q.first_tried_at_us = r->now_us;
  bt_store_digest(key, strlen(key), q.content_hash);
  if (event.kind == BT_IDENTIFIER_LINKED) {
    record_identify(r, &event.identifier_linked.identifier, &q.identifier_value, q.identifier_key);
    record_identify(r, &event.identifier_linked.same_as, &q.same_as_value, q.same_as_key);
  } else if (event.locator.identifier.domain.n) {
    record_identify(r, &event.locator.identifier, &q.identifier_value, q.identifier_key);
  }
  assert_int_equal(bt_store_scene(r->store, &q, &r->work, &scene), 0);
  scene.next_sequence = bt_store_position(r->store, BT_NOW) + 1;
  if (!event.expected_version && scene.by_id) /* decided on the case as it is */
    q.event.expected_version = scene.by_id->version;
  if (event.kind == BT_CORRECTION_MADE) {
    struct bt_journal_record row;
    struct bt_entry e;
    scene.superseded_exists = bt_journal_read(r->journal, event.correction_made.supersedes, &r->work, &row) == 0 &&
                              bt_entry_decode(row.head, row.body, &r->work, &e) == 0;
    if (scene.superseded_exists) {
      scene.superseded_case = e.case_id;
      scene.superseded_department = e.event.department;
    }
  }
  record_decide(r, &scene, &q, &d);
  if (d.n)
    record_take(r, d.v, d.n);
  d.receipt.ref = bt_arena_copy(&r->arena, d.receipt.ref);
  d.receipt.text = bt_arena_copy(&r->arena, d.receipt.text);
  return d.receipt;
}

/* The same, and it must be taken. */
static inline struct bt_receipt record_do(struct record *r, const char *department, struct bt_event event) {
  struct bt_receipt receipt = record_send(r, department, event);
  if (receipt.code)
    print_error("%s: %s: %.*s\n", department, bt_kind_name((int)event.kind), BT_STR_ARG(receipt.text));
  assert_int_equal(receipt.code, 0);
  return receipt;
}

static inline struct bt_event event_open(const char *topic, const char *title, const char *mail) {
  struct bt_event e = {.kind = BT_CASE_OPENED, .case_opened = {.title = bt_str(title)}};
  e.locator.topic = bt_str(topic);
  if (mail)
    e.locator.identifier = (struct bt_identifier){BT_LIT("email"), bt_str(mail)};
  return e;
}

static inline struct bt_event event_note(uint64_t case_id, const char *text) {
  return (struct bt_event){.kind = BT_NOTE_ADDED, .locator.id = case_id, .note_added.text = bt_str(text)};
}

#endif

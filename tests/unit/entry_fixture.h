/* Entries made by hand, and a folder to keep them in, for tests of what rests on disk. */
#ifndef ENTRY_FIXTURE_H
#define ENTRY_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/dir.h"
#include "codec/event_codec.h"
#include "core/entry.h"
#include "journal/journal.h"
#include "store/store.h"

#define T0 INT64_C(1772355600000000)

struct folder {
  char path[64], journal[96], record[96];
};

static inline void folder_make(struct folder *f) {
  snprintf(f->path, sizeof(f->path), "/tmp/baton-unit-XXXXXX");
  assert_non_null(mkdtemp(f->path));
  snprintf(f->journal, sizeof(f->journal), "%s/journal", f->path);
  snprintf(f->record, sizeof(f->record), "%s/record", f->path);
}

static inline void folder_remove(struct folder *f) {
  assert_int_equal(bt_dir_remove(f->path), 0);
}

static inline struct bt_store *store_open(struct folder *f) {
  struct bt_store *s = NULL;
  const char *text = NULL;
  int rc = bt_store_open(&(struct bt_store_options){.dir = f->record, .map_size = 64 << 20}, &s, &text);
  if (rc != 0)
    fail_msg("%d: %s", rc, text);
  return s;
}

static inline struct bt_journal *journal_open(struct folder *f, size_t map_size) {
  struct bt_journal *j = NULL;
  const char *text = NULL;
  uint64_t epoch;
  int rc = bt_journal_open(&(struct bt_journal_options){.dir = f->journal, .map_size = map_size}, &j, &text);
  if (rc != 0)
    fail_msg("%d: %s", rc, text);
  assert_int_equal(bt_journal_lead(j, &epoch), 0);
  return j;
}

/* An entry of a case by a department `sales` through an adapter `crm`, one second after the one before. */
static inline struct bt_entry entry_of(uint64_t sequence, uint32_t kind, uint64_t case_id) {
  return (struct bt_entry){
      .sequence = sequence,
      .kind = kind,
      .stream = BT_STREAM_CASE,
      .stream_id = case_id,
      .version = 1,
      .unit_first = sequence,
      .unit_size = 1,
      .recorded_at_us = T0 + (int64_t)sequence * 1000000,
      .case_id = case_id,
      .adapter = BT_LIT("crm"),
      .event = {.kind = kind, .department = BT_LIT("sales"), .occurred_at_us = T0 + (int64_t)sequence * 1000000}};
}

static inline struct bt_entry entry_opens(uint64_t sequence, uint64_t number, uint64_t customer) {
  struct bt_entry e = entry_of(sequence, BT_CASE_OPENED, sequence);
  e.customer = customer;
  e.event.case_opened = (struct bt_case_opened){.topic = BT_LIT("move.internet"),
                                                .title = BT_LIT("moves house"),
                                                .need = BT_LIT("a line at the new address"),
                                                .custodian = BT_LIT("sales"),
                                                .owner = BT_LIT("sales"),
                                                .number = number,
                                                .customer = customer};
  return e;
}

static inline struct bt_entry entry_note(uint64_t sequence, uint64_t case_id, struct bt_str text) {
  struct bt_entry e = entry_of(sequence, BT_NOTE_ADDED, case_id);
  e.event.note_added.text = text;
  return e;
}

/* Everything an accepted request leaves: a source key, a receipt, recipients. `names` and `hash` outlive the entry. */
static inline void entry_keyed(struct bt_entry *e, struct bt_str key, const char hash[16], int64_t until_us) {
  e->source_key = key;
  e->content_hash = (struct bt_str){hash, 16};
  e->seen_until_us = until_us;
  e->has_receipt = true;
  e->receipt = (struct bt_receipt){.sequence = e->sequence, .case_id = e->case_id, .version = e->version};
}

static inline void journal_add(struct bt_journal *j, const struct bt_entry *e) {
  struct bt_arena arena;
  struct bt_journal_record r = {.sequence = e->sequence};
  uint64_t durable;
  bt_arena_init(&arena, 1 << 20);
  assert_int_equal(bt_entry_encode(e, &arena, &r.head, &r.body), 0);
  assert_int_equal(bt_journal_append(j, &r, 1), 0);
  assert_int_equal(bt_journal_poll(j, &durable), 0);
  assert_int_equal(durable, e->sequence);
  bt_arena_fini(&arena);
}

#endif

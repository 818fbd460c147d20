/* Replay and verification: a record made from the journal alone, and every way in which the two may be found to differ.
 */
#include <sys/stat.h>
#include <sys/wait.h>

#include <lmdb.h>

#include "entry_fixture.h"
#include "loop/replay.h"
#include "loop/verify.h"
#include "old_record.h"

enum { ENTRIES = 300, NOTES_FROM = 11, PROMISES_UPTO = 15 };

static struct bt_entry entry_at(uint64_t i, char key[24]) {
  static struct bt_str who[] = {BT_LIT("billing")};
  struct bt_entry e =
      i < NOTES_FROM ? entry_opens(i, i, 0) : entry_note(i, 1 + i % 10, BT_LIT("called again about it"));
  if (i < NOTES_FROM)
    e.event.case_opened.customer_deadline_us = T0 + (int64_t)i * 7000000;
  else if (i <= PROMISES_UPTO) {
    e = entry_of(i, BT_PROMISE_MADE, 1 + i % 10);
    e.event.promise_made =
        (struct bt_promise_made){.type = BT_PROMISE_VISIT, .due_us = e.recorded_at_us + 90 * INT64_C(1000000)};
  }
  size_t n = (size_t)snprintf(key, 24, "source-key-%d", (int)i);
  entry_keyed(&e, (struct bt_str){key, n}, "0123456789abcde", e.recorded_at_us + 1000 * INT64_C(1000000));
  e.recipients = (struct bt_strs){1, who};
  return e;
}

static void write_journal(struct folder *f, uint64_t from, uint64_t to) {
  struct bt_journal *j = journal_open(f, 0);
  char key[24];
  for (uint64_t i = from; i <= to; i++) {
    struct bt_entry e = entry_at(i, key);
    journal_add(j, &e);
  }
  bt_journal_close(j);
}

static void catch_up(struct folder *f, uint64_t upto, uint32_t every, size_t map_size) {
  struct bt_journal *j = journal_open(f, 0);
  struct bt_store *s = NULL;
  assert_int_equal(bt_store_open(&(struct bt_store_options){.dir = f->record, .map_size = map_size}, &s, NULL), 0);
  assert_int_equal(bt_replay(j, s, upto ? upto : bt_journal_durable(j), every, NULL, NULL), 0);
  bt_store_close(s);
  bt_journal_close(j);
}

static int setup(void **state) {
  struct folder *f = calloc(1, sizeof(*f));
  folder_make(f);
  write_journal(f, 1, ENTRIES);
  *state = f;
  return 0;
}

static int teardown(void **state) {
  folder_remove(*state);
  free(*state);
  return 0;
}

static struct bt_verify_report verified(struct folder *f) {
  struct bt_verify_report report;
  char pattern[96];
  assert_int_equal(bt_verify(f->path, NULL, &report), 0);
  snprintf(pattern, sizeof(pattern), "ls -d %s/verify-* 2>/dev/null", f->path);
  FILE *left = popen(pattern, "r");
  assert_non_null(left);
  assert_int_equal(fgetc(left), EOF);
  pclose(left);
  return report;
}

static void a_sound_folder_verifies(void **state) {
  struct folder *f = *state;
  catch_up(f, 0, 7, 0);
  struct bt_verify_report report = verified(f);
  if (!report.ok)
    fail_msg("%s", report.text);
  assert_true(report.code == 0 && report.entries == ENTRIES && report.position == ENTRIES);
  assert_int_equal(report.rows[BT_T_CASES], NOTES_FROM - 1);
  assert_int_equal(report.rows[BT_T_INBOX], ENTRIES);
  assert_int_equal(report.rows[BT_T_SEEN], ENTRIES);
}

static void what_a_killed_one_left_is_removed(void **state) {
  struct folder *f = *state;
  char left[160];
  catch_up(f, 0, 7, 0);
  snprintf(left, sizeof(left), "mkdir -p %s/verify-999999999-abcdef/record", f->path); /* no process has this number */
  assert_int_equal(system(left), 0);
  assert_true(verified(f).ok);
}

static void a_record_behind_its_journal_verifies(void **state) {
  struct folder *f = *state;
  catch_up(f, 123, 50, 0);
  struct bt_verify_report report = verified(f);
  assert_true(report.ok && report.entries == ENTRIES && report.position == 123);
}

static void an_empty_folder_cannot_be_verified(void **state) {
  struct folder *f = *state;
  struct bt_verify_report report = verified(f); /* there is no record yet */
  assert_true(!report.ok && report.code == -BT_ABSENT);
}

static uint64_t last_progress;

static void note_progress(void *context, uint64_t sequence, uint64_t upto) {
  assert_int_equal(upto, ENTRIES);
  assert_true(sequence > last_progress);
  last_progress = sequence;
  ++*(int *)context;
}

static void replay_goes_on_where_it_stands_and_reports(void **state) {
  struct folder *f = *state;
  int calls = 0;
  catch_up(f, 60, 0, 0);
  struct bt_journal *j = journal_open(f, 0);
  struct bt_store *s = store_open(f);
  last_progress = 60;
  assert_int_equal(bt_replay(j, s, ENTRIES, 100, note_progress, &calls), 0);
  assert_int_equal(calls, 3);
  assert_int_equal(bt_store_position(s, BT_NOW), ENTRIES);
  assert_int_equal(bt_store_pending(s), 0);
  assert_int_equal(bt_replay(j, s, ENTRIES, 100, note_progress, &calls), 0);
  assert_int_equal(calls, 3);
  bt_store_close(s);
  bt_journal_close(j);
}

static void replay_grows_a_full_map(void **state) {
  struct folder *f = *state;
  catch_up(f, 0, 0, 160 * 1024);
  assert_true(verified(f).ok);
}

/* Changes one stored value behind the store's back, as only a disk or a person can. */
static void meddle(const char *dir, const char *table, void (*with)(MDB_txn *, MDB_dbi)) {
  MDB_env *env;
  MDB_txn *txn;
  MDB_dbi dbi;
  assert_int_equal(mdb_env_create(&env), 0);
  mdb_env_set_maxdbs(env, 20);
  assert_int_equal(mdb_env_open(env, dir, 0, 0600), 0);
  assert_int_equal(mdb_txn_begin(env, NULL, 0, &txn), 0);
  assert_int_equal(mdb_dbi_open(txn, table, 0, &dbi), 0);
  with(txn, dbi);
  assert_int_equal(mdb_txn_commit(txn), 0);
  mdb_env_close(env);
}

static void flip_third(MDB_txn *txn, MDB_dbi dbi) {
  MDB_cursor *cursor;
  MDB_val key, value;
  char bytes[16384];
  assert_int_equal(mdb_cursor_open(txn, dbi, &cursor), 0);
  for (int i = 0; i < 3; i++)
    assert_int_equal(mdb_cursor_get(cursor, &key, &value, MDB_NEXT), 0);
  memcpy(bytes, value.mv_data, value.mv_size);
  bytes[value.mv_size / 2] ^= 4;
  value.mv_data = bytes;
  assert_int_equal(mdb_cursor_put(cursor, &key, &value, MDB_CURRENT), 0);
  mdb_cursor_close(cursor);
}

static void drop_first(MDB_txn *txn, MDB_dbi dbi) {
  MDB_cursor *cursor;
  MDB_val key, value;
  assert_int_equal(mdb_cursor_open(txn, dbi, &cursor), 0);
  assert_int_equal(mdb_cursor_get(cursor, &key, &value, MDB_FIRST), 0);
  assert_int_equal(mdb_cursor_del(cursor, 0), 0);
  mdb_cursor_close(cursor);
}

static void copy_first_under_a_new_key(MDB_txn *txn, MDB_dbi dbi) {
  MDB_cursor *cursor;
  MDB_val key, value;
  char bytes[512];
  assert_int_equal(mdb_cursor_open(txn, dbi, &cursor), 0);
  assert_int_equal(mdb_cursor_get(cursor, &key, &value, MDB_LAST), 0);
  memcpy(bytes, key.mv_data, key.mv_size);
  bytes[key.mv_size - 1]++;
  key.mv_data = bytes;
  char copy[16384];
  memcpy(copy, value.mv_data, value.mv_size);
  value.mv_data = copy;
  assert_int_equal(mdb_put(txn, dbi, &key, &value, MDB_NOOVERWRITE), 0);
  mdb_cursor_close(cursor);
}

static void every_table_is_compared(void **state) {
  struct folder *f = *state;
  static const enum bt_table tables[] = {BT_T_CASES,    BT_T_NUMBERS, BT_T_INBOX,    BT_T_SEEN, BT_T_STATS,
                                         BT_T_SEEN_AGE, BT_T_TIMERS,  BT_T_STANDING, BT_T_META};
  for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
    catch_up(f, 0, 0, 0);
    assert_true(verified(f).ok);
    meddle(f->record, bt_table_names[tables[i]], tables[i] == BT_T_STATS ? drop_first : flip_third);
    struct bt_verify_report report = verified(f);
    assert_false(report.ok);
    /* A mark that cannot be read ends it before any table is compared. */
    if (tables[i] != BT_T_META)
      assert_int_equal(report.table, tables[i]);
    assert_int_equal(report.code, -BT_CORRUPT);
    assert_int_equal(bt_dir_remove(f->record), 0);
  }
}

static void drop_table(MDB_txn *txn, MDB_dbi dbi) {
  assert_int_equal(mdb_drop(txn, dbi, 1), 0);
}

static void a_record_without_the_newest_table_is_refused_and_made_again(void **state) {
  struct folder *f = *state;
  struct bt_store *s = NULL;
  const char *text = "";
  catch_up(f, 0, 0, 0);
  meddle(f->record, bt_table_names[BT_T_STANDING], drop_table);
  assert_int_equal(bt_store_open(&(struct bt_store_options){.dir = f->record}, &s, &text), -BT_CORRUPT);
  assert_non_null(strstr(text, "lacks a table"));
  assert_int_equal(bt_dir_remove(f->record), 0);
  catch_up(f, 0, 0, 0);
  assert_true(verified(f).ok);
}

/* Of each format that there has been. */
static void a_record_of_an_older_format_is_set_aside_and_made_again(void **state) {
  struct folder *f = *state;
  struct bt_store *s = NULL;
  const char *text = "";
  char aside[BT_PATH_SIZE], expected[BT_PATH_SIZE];
  for (int format = 1; format <= 2; format++) {
    catch_up(f, 0, 0, 0);
    assert_true(old_record_make(f->record, (uint64_t)format));
    assert_int_equal(bt_store_open(&(struct bt_store_options){.dir = f->record, .expect_key = true}, &s, &text),
                     -BT_OLDER);
    assert_non_null(strstr(text, "older version"));
    assert_int_equal(verified(f).code, -BT_OLDER);
    assert_int_equal(bt_store_set_aside(f->record, aside), 0);
    snprintf(expected, sizeof expected, "%s.old-%d", f->record, format);
    assert_string_equal(aside, expected);
    assert_true(bt_path_exists(aside) && !bt_path_exists(f->record));
    catch_up(f, 0, 0, 0);
    assert_true(verified(f).ok);
  }
}

static void a_record_of_a_newer_format_is_refused_and_kept(void **state) {
  struct folder *f = *state;
  struct bt_store *s = NULL;
  const char *text = "";
  catch_up(f, 0, 0, 0);
  assert_true(old_record_make(f->record, 99));
  assert_int_equal(bt_store_open(&(struct bt_store_options){.dir = f->record}, &s, &text), -BT_NEWER);
  assert_non_null(strstr(text, "newer version"));
}

static void a_record_that_is_open_is_not_set_aside(void **state) {
  struct folder *f = *state;
  char aside[BT_PATH_SIZE];
  catch_up(f, 0, 0, 0);
  struct bt_store *s = store_open(f);
  assert_int_equal(bt_store_set_aside(f->record, aside), -BT_LOCKED);
  bt_store_close(s);
}

static void missing_and_surplus_rows_are_named(void **state) {
  struct folder *f = *state;
  catch_up(f, 0, 0, 0);
  meddle(f->record, "inbox", drop_first);
  struct bt_verify_report report = verified(f);
  assert_true(!report.ok && report.table == BT_T_INBOX);
  assert_string_equal(report.key, "62696c6c696e67000000000000000001"); /* "billing", 0, 1 */
  assert_non_null(strstr(report.text, "lacks"));
  assert_int_equal(bt_dir_remove(f->record), 0);
  catch_up(f, 0, 0, 0);
  meddle(f->record, "inbox", copy_first_under_a_new_key);
  report = verified(f);
  assert_true(!report.ok && report.table == BT_T_INBOX);
  assert_string_equal(report.key, "62696c6c696e6700000000000000012d");
}

static void a_changed_entry_is_named(void **state) {
  struct folder *f = *state;
  catch_up(f, 0, 0, 0);
  meddle(f->journal, "entries", flip_third);
  struct bt_verify_report report = verified(f);
  assert_true(!report.ok && report.sequence == 3 && report.entries == 2);
}

static void a_record_ahead_of_its_journal_is_found(void **state) {
  struct folder *f = *state;
  catch_up(f, 0, 0, 0);
  assert_int_equal(bt_dir_remove(f->journal), 0);
  write_journal(f, 1, ENTRIES - 1);
  struct bt_verify_report report = verified(f);
  assert_true(!report.ok && report.code == -BT_CORRUPT);
  assert_non_null(strstr(report.text, "later position"));
}

static void truncation_is_a_finding_not_a_crash(void **state) {
  struct folder *f = *state;
  char path[128];
  catch_up(f, 0, 0, 0);
  snprintf(path, sizeof(path), "%s/data.mdb", f->record);
  assert_int_equal(truncate(path, 6 * 4096), 0);
  struct bt_verify_report report = verified(f);
  assert_true(!report.ok && report.code < 0);
}

/* Verification in one process beside the writer in another. */
static void a_live_record_verifies(void **state) {
  struct folder *f = *state;
  catch_up(f, 100, 0, 0);
  struct bt_journal *j = journal_open(f, 0);
  struct bt_store *s = store_open(f);
  assert_int_equal(bt_replay(j, s, 200, 10, NULL, NULL), 0);
  char key[24];
  struct bt_entry e = entry_at(201, key);
  assert_int_equal(bt_store_apply(s, &e), 0); /* pending, and not to be seen */
  struct bt_verify_report report = verified(f);
  assert_true(report.ok && report.position == 200);
  assert_int_equal(bt_store_checkpoint(s), 0);
  report = verified(f);
  assert_true(report.ok && report.position == 201);
  bt_store_close(s);
  bt_journal_close(j);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
  const struct CMUnitTest tests[] = {
      TEST(a_sound_folder_verifies),
      TEST(what_a_killed_one_left_is_removed),
      TEST(a_record_behind_its_journal_verifies),
      TEST(an_empty_folder_cannot_be_verified),
      TEST(replay_goes_on_where_it_stands_and_reports),
      TEST(replay_grows_a_full_map),
      TEST(every_table_is_compared),
      TEST(a_record_without_the_newest_table_is_refused_and_made_again),
      TEST(a_record_of_an_older_format_is_set_aside_and_made_again),
      TEST(a_record_of_a_newer_format_is_refused_and_kept),
      TEST(a_record_that_is_open_is_not_set_aside),
      TEST(missing_and_surplus_rows_are_named),
      TEST(a_changed_entry_is_named),
      TEST(a_record_ahead_of_its_journal_is_found),
      TEST(truncation_is_a_finding_not_a_crash),
      TEST(a_live_record_verifies),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

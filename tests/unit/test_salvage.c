/* Pages of a journal's file, read without the engine: what it wrote is found, large values too, and what was deleted
 * may still be there and is true. */
#include "entry_fixture.h"

#include <fcntl.h>

#include "archive/archive.h"
#include "backup/salvage.h"

enum { ENTRIES = 300 };

static struct bt_str text_of(uint64_t sequence, char *buf) {
  const size_t n = sequence % 7 == 0 ? 30000 : 50 + sequence; /* some on pages of their own */
  for (size_t i = 0; i < n; i++)
    buf[i] = (char)(i * 31 + sequence);
  return (struct bt_str){buf, n};
}

static void write_journal(struct folder *f) {
  static char buf[32768];
  uint64_t durable;
  struct bt_journal *j = journal_open(f, 64 << 20);
  for (uint64_t s = 1; s <= ENTRIES; s++) {
    const struct bt_journal_record r = {s, BT_LIT("head"), text_of(s, buf)};
    assert_int_equal(bt_journal_append(j, &r, 1), 0);
    assert_int_equal(bt_journal_poll(j, &durable), 0);
  }
  bt_journal_close(j);
}

static struct bt_salvage *look(struct folder *f) {
  char path[200];
  struct bt_task w = {.tell = NULL};
  struct bt_salvage *s = NULL;
  snprintf(path, sizeof path, "%s/data.mdb", f->journal);
  assert_int_equal(bt_salvage_open(&w, path, &s), 0);
  return s;
}

static bool has(struct bt_salvage *s, uint64_t sequence) {
  static char buf[32768];
  struct bt_salvaged e;
  int rc;
  for (uint32_t n = 0; (rc = bt_salvage_get(s, sequence, n, &e)) != -BT_ABSENT; n++)
    if (rc == 0 && bt_str_eq(e.head, BT_LIT("head")) && bt_str_eq(e.body, text_of(sequence, buf)))
      return true;
  return false;
}

static void everything_is_found(void **state) {
  struct folder f;
  (void)state;
  folder_make(&f);
  write_journal(&f);
  struct bt_salvage *s = look(&f);
  assert_int_equal(bt_salvage_highest(s), ENTRIES);
  assert_int_equal(bt_salvage_epoch(s), 1);
  for (uint64_t i = 1; i <= ENTRIES; i++)
    if (!has(s, i))
      fail_msg("entry %u is not found", (unsigned)i);
  assert_false(has(s, ENTRIES + 1));
  bt_salvage_close(s);
  folder_remove(&f);
}

static void bytes_of_any_sort_do_no_harm(void **state) {
  struct folder f;
  char path[200];
  uint64_t random = 88172645463325252ull;
  (void)state;
  folder_make(&f);
  write_journal(&f);
  snprintf(path, sizeof path, "%s/data.mdb", f.journal);
  int fd = open(path, O_RDWR);
  const off_t size = lseek(fd, 0, SEEK_END);
  for (int round = 0; round < 20; round++) {
    for (int i = 0; i < 200; i++) {
      random ^= random << 13, random ^= random >> 7, random ^= random << 17;
      const uint8_t byte = (uint8_t)(random >> 32);
      assert_int_equal(pwrite(fd, &byte, 1, (off_t)(random % (uint64_t)size)), 1);
    }
    struct bt_salvage *s = look(&f);
    uint32_t found = 0;
    for (uint64_t i = 1; i <= ENTRIES; i++)
      found += has(s, i);
    assert_true(found <= ENTRIES);
    bt_salvage_close(s);
  }
  assert_int_equal(ftruncate(fd, size / 2 + 77), 0);
  close(fd);
  bt_salvage_close(look(&f));
  folder_remove(&f);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(everything_is_found),
      cmocka_unit_test(bytes_of_any_sort_do_no_harm),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

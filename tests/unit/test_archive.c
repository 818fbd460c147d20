/* Segments, and the journal over them: what was cut is read as before, what is damaged is refused and named, and a cut
 * that was broken off at any step leaves the whole log. */
#include "entry_fixture.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "archive/archive.h"

enum { RAW = 300 * 1024, ENTRIES = 2000 };

struct place {
  struct folder f;
  char archive[96];
  struct bt_journal *j;
};

static struct bt_journal *open_at(struct place *p, bool read_only) {
  struct bt_journal *j = NULL;
  const char *text = NULL;
  uint64_t epoch;
  const struct bt_journal_options o = {
      .dir = p->f.journal, .map_size = 64 << 20, .read_only = read_only, .archive_dir = p->archive};
  int rc = bt_journal_open(&o, &j, &text);
  if (rc != 0)
    fail_msg("%d: %s", rc, text);
  if (!read_only)
    assert_int_equal(bt_journal_lead(j, &epoch), 0);
  return j;
}

static size_t put_text(uint64_t sequence, char text[512]) {
  size_t n = 100 + sequence * 7919 % 400;
  for (size_t i = 0; i < n; i++)
    text[i] = (char)('a' + (sequence * 31 + i * i * 7 + i * sequence) % 26);
  return n;
}

static void append(struct bt_journal *j, uint64_t from, uint64_t to) {
  char text[512];
  uint64_t durable;
  for (uint64_t s = from; s <= to; s++) {
    size_t n = put_text(s, text);
    const struct bt_journal_record r = {s, {text, 40}, {text + 40, n - 40}};
    assert_int_equal(bt_journal_append(j, &r, 1), 0);
    assert_int_equal(bt_journal_poll(j, &durable), 0);
  }
}

static int make_place(void **state) {
  struct place *p = calloc(1, sizeof *p);
  folder_make(&p->f);
  snprintf(p->archive, sizeof p->archive, "%s/archive", p->f.path);
  p->j = open_at(p, false);
  append(p->j, 1, ENTRIES);
  *state = p;
  return 0;
}

static int drop_place(void **state) {
  struct place *p = *state;
  bt_journal_close(p->j);
  folder_remove(&p->f);
  free(p);
  return 0;
}

/* By a child, as the broker has it done: the folder's journal is open here. */
static uint64_t seal(struct place *p, uint64_t upto) {
  uint64_t last = 0;
  bt_journal_close(p->j);
  struct bt_journal *j = open_at(p, true);
  int rc = bt_journal_seal(j, upto, RAW, &last);
  bt_journal_close(j);
  p->j = open_at(p, false);
  return rc == 0 ? last : 0;
}

static void cut_all(struct place *p) {
  while (bt_journal_has_to_trim(p->j))
    assert_int_equal(bt_journal_trim(p->j, 100), 0);
}

static uint64_t seal_and_cut(struct place *p) {
  struct bt_journal_segment s;
  uint64_t last = seal(p, ENTRIES - 1);
  assert_true(last > 0);
  assert_int_equal(bt_journal_cut(p->j, ENTRIES - 1, &s), 0);
  assert_int_equal(s.last, last);
  return last;
}

struct seen {
  uint64_t next;
};

static int see(void *context, const struct bt_journal_record *r, const uint8_t chain[32]) {
  struct seen *s = context;
  char text[512];
  size_t n = put_text(s->next, text);
  (void)chain;
  assert_int_equal(r->sequence, s->next++);
  assert_int_equal(r->head.n, 40);
  assert_int_equal(r->body.n, n - 40);
  assert_memory_equal(r->head.p, text, 40);
  assert_memory_equal(r->body.p, text + 40, n - 40);
  return 0;
}

static void all_is_there(struct bt_journal *j, uint64_t upto) {
  struct seen s = {1};
  struct bt_arena arena;
  bt_arena_init(&arena, 1 << 20);
  assert_int_equal(bt_journal_scan(j, 1, upto, true, see, &s), 0);
  assert_int_equal(s.next, upto + 1);
  for (uint64_t at = upto; at > 0; at = at > 97 ? at - 97 : 0) {
    struct bt_journal_record r;
    struct seen one = {at};
    bt_arena_reset(&arena);
    assert_int_equal(bt_journal_read(j, at, &arena, &r), 0);
    see(&one, &r, NULL);
  }
  bt_arena_fini(&arena);
}

static void what_is_cut_is_read_as_before(void **state) {
  struct place *p = *state;
  const uint64_t bytes = bt_journal_entry_bytes(p->j);
  uint64_t last = seal_and_cut(p);
  assert_int_equal(bt_journal_first(p->j), 1);
  all_is_there(p->j, ENTRIES);
  cut_all(p);
  assert_int_equal(bt_journal_first(p->j), last + 1);
  assert_true(bt_journal_entry_bytes(p->j) < bytes);
  all_is_there(p->j, ENTRIES);
  bt_journal_close(p->j);
  p->j = open_at(p, false);
  assert_int_equal(bt_journal_sealed(p->j), last);
  append(p->j, ENTRIES + 1, ENTRIES + 50);
  all_is_there(p->j, ENTRIES + 50);
}

static void appends_cut_as_they_go(void **state) {
  struct place *p = *state;
  uint64_t last = seal_and_cut(p), at = ENTRIES;
  while (bt_journal_has_to_trim(p->j) && at < 2 * ENTRIES) {
    append(p->j, at + 1, at + 1);
    at++;
  }
  assert_int_equal(bt_journal_first(p->j), last + 1);
  all_is_there(p->j, at);
}

static void nothing_is_cut_without_its_segment(void **state) {
  struct place *p = *state;
  struct bt_journal_segment s;
  assert_int_equal(bt_journal_cut(p->j, ENTRIES - 1, &s), -BT_AWAY);
  assert_int_equal(seal(p, 10), 0); /* not enough for a whole one */
  assert_int_equal(bt_journal_trim(p->j, 1000), 0);
  assert_int_equal(bt_journal_first(p->j), 1);
  uint64_t last = seal(p, ENTRIES - 1);
  assert_int_equal(bt_journal_cut(p->j, last - 1, &s), -BT_AWAY); /* it goes further than may be cut */
}

static void path_of(const struct place *p, uint64_t last, char ret[256]) {
  char name[BT_SEGMENT_NAME_SIZE + 8];
  bt_segment_name(1, last, name);
  snprintf(ret, 256, "%s/%s", p->archive, name);
}

static void what_is_away_is_said(void **state) {
  struct place *p = *state;
  char path[256], aside[256 + 8], name[BT_JOURNAL_NAME_SIZE];
  struct bt_arena arena;
  struct bt_journal_record r;
  struct bt_journal_segment s;
  struct seen seen = {1};
  uint64_t last = seal_and_cut(p);
  cut_all(p);
  path_of(p, last, path);
  snprintf(aside, sizeof aside, "%s.aside", path);
  assert_int_equal(rename(path, aside), 0);
  bt_arena_init(&arena, 1 << 20);
  assert_int_equal(bt_journal_read(p->j, 5, &arena, &r), -BT_AWAY);
  assert_int_equal(bt_journal_read(p->j, last + 1, &arena, &r), 0); /* the chain is known without it */
  assert_int_equal(bt_journal_scan(p->j, 1, ENTRIES, true, see, &seen), -BT_AWAY);
  seen.next = last + 1;
  assert_int_equal(bt_journal_scan(p->j, last + 1, ENTRIES, true, see, &seen), 0);
  assert_int_equal(bt_journal_segment(p->j, 1, &s), 0);
  assert_false(s.here);
  bt_journal_segment_name(p->j, 5, name);
  assert_non_null(strstr(path, name));
  assert_int_equal(rename(aside, path), 0);
  all_is_there(p->j, ENTRIES);
  bt_arena_fini(&arena);
}

/* Every 97th byte flipped, and the file cut off at every 331st: never read as if nothing were. */
static void what_is_damaged_is_refused(void **state) {
  struct place *p = *state;
  static char bytes[1 << 20];
  char path[256];
  uint64_t last = seal(p, ENTRIES - 1), bad;
  struct bt_segment s;
  const char *text;
  path_of(p, last, path);
  int fd = open(path, O_RDWR);
  ssize_t n = read(fd, bytes, sizeof bytes);
  assert_true(n > 1000 && n < (ssize_t)sizeof bytes);
  struct bt_archive *a = bt_archive_new(p->archive);
  for (ssize_t at = 0; at < n; at += at < 200 || n - at < 600 ? 1 : 97) {
    char flipped = (char)(bytes[at] ^ 8);
    assert_int_equal(pwrite(fd, &flipped, 1, at), 1);
    text = NULL;
    int rc = bt_archive_check(a, 1, last, true, &s, &text, &bad);
    if (rc != -BT_CORRUPT && rc != -BT_NEWER)
      fail_msg("byte %zd flipped: %d", at, rc);
    assert_true(text && bad >= 1 && bad <= last);
    assert_int_equal(pwrite(fd, &bytes[at], 1, at), 1);
  }
  for (ssize_t size = 0; size < n; size += 331) {
    assert_int_equal(ftruncate(fd, size), 0);
    assert_int_equal(bt_archive_check(a, 1, last, true, &s, &text, &bad), -BT_CORRUPT);
    assert_int_equal(pwrite(fd, bytes, (size_t)n, 0), n);
  }
  assert_int_equal(pwrite(fd, "x", 1, n), 1); /* goes on behind its end */
  assert_int_equal(bt_archive_check(a, 1, last, true, &s, &text, &bad), -BT_CORRUPT);
  assert_int_equal(ftruncate(fd, n), 0);
  assert_int_equal(bt_archive_check(a, 1, last, true, &s, &text, &bad), 0);
  bt_archive_free(a);
  close(fd);
}

/* A whole segment with another history is not taken for the one that was cut. */
static void a_foreign_segment_is_refused(void **state) {
  struct place *p = *state;
  struct bt_segment_writer *w;
  struct bt_segment made;
  struct bt_journal_segment s;
  uint8_t zero[BT_CHAIN_SIZE] = {0};
  assert_int_equal(bt_segment_begin(p->archive, 1, zero, &w), 0);
  for (int i = 0; i < 100; i++)
    assert_int_equal(bt_segment_add(w, BT_LIT("other"), BT_LIT("words")), 0);
  assert_int_equal(bt_segment_end(w, &made), 0);
  assert_int_equal(made.last, 100);
  assert_int_equal(bt_journal_cut(p->j, ENTRIES - 1, &s), -BT_CORRUPT);
  assert_int_equal(bt_journal_sealed(p->j), 0);
}

/* What a process that died has left is cleared away, or taken where it is whole. */
static void a_broken_off_seal_is_begun_anew(void **state) {
  struct place *p = *state;
  char path[256];
  snprintf(path, sizeof path, "%s", p->archive);
  assert_int_equal(mkdir(path, 0700), 0);
  snprintf(path, sizeof path, "%s/00000000000000000001.new", p->archive);
  close(open(path, O_CREAT | O_WRONLY, 0600));
  uint64_t last = seal(p, ENTRIES - 1);
  assert_false(bt_path_exists(path));
  struct stat before, after;
  path_of(p, last, path);
  assert_int_equal(stat(path, &before), 0);
  assert_int_equal(seal(p, ENTRIES - 1), last);
  assert_int_equal(stat(path, &after), 0);
  assert_int_equal(before.st_ino, after.st_ino);
  assert_int_equal(truncate(path, before.st_size / 2), 0);
  assert_int_equal(seal(p, ENTRIES - 1), last);
  seal_and_cut(p);
  cut_all(p);
  all_is_there(p->j, ENTRIES);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_place, drop_place)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(what_is_cut_is_read_as_before),      TEST(appends_cut_as_they_go),
      TEST(nothing_is_cut_without_its_segment), TEST(what_is_away_is_said),
      TEST(what_is_damaged_is_refused),         TEST(a_foreign_segment_is_refused),
      TEST(a_broken_off_seal_is_begun_anew),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

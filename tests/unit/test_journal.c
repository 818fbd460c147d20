/* The journal: order, durability as far as one process can see it, the chain, full maps, locks. */
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "base/bytes.h"
#include "entry_fixture.h"

static int setup(void **state) {
  struct folder *f = calloc(1, sizeof(*f));
  folder_make(f);
  *state = f;
  return 0;
}

static int teardown(void **state) {
  folder_remove(*state);
  free(*state);
  return 0;
}

static struct bt_journal_record record_of(uint64_t sequence, const char *head, const char *body) {
  return (struct bt_journal_record){sequence, bt_str(head), bt_str(body)};
}

static void add(struct bt_journal *j, uint64_t sequence, const char *head, const char *body) {
  struct bt_journal_record r = record_of(sequence, head, body);
  uint64_t durable = 0;
  assert_int_equal(bt_journal_append(j, &r, 1), 0);
  assert_int_equal(bt_journal_poll(j, &durable), 0);
  assert_int_equal(durable, sequence);
}

static void what_is_appended_is_read_after_reopening(void **state) {
  struct bt_journal *j = journal_open(*state, 0);
  struct bt_arena arena;
  struct bt_journal_record r;
  bt_arena_init(&arena, 1 << 20);
  assert_int_equal(bt_journal_durable(j), 0);
  assert_int_equal(bt_journal_read(j, 1, &arena, &r), -BT_ABSENT);
  add(j, 1, "head", "body");
  add(j, 2, "", "");
  bt_journal_close(j);
  j = journal_open(*state, 0);
  assert_int_equal(bt_journal_durable(j), 2);
  assert_int_equal(bt_journal_first(j), 1);
  assert_int_equal(bt_journal_read(j, 1, &arena, &r), 0);
  assert_true(bt_str_eq(r.head, BT_LIT("head")) && bt_str_eq(r.body, BT_LIT("body")) && r.sequence == 1);
  assert_int_equal(bt_journal_read(j, 2, &arena, &r), 0);
  assert_true(r.head.n == 0 && r.body.n == 0);
  assert_int_equal(bt_journal_read(j, 3, &arena, &r), -BT_ABSENT);
  bt_journal_close(j);
  bt_arena_fini(&arena);
}

static void appends_are_in_order_one_batch_at_a_time(void **state) {
  struct bt_journal *j = journal_open(*state, 0);
  struct bt_journal_record hole[] = {record_of(1, "a", ""), record_of(3, "b", "")}, one = record_of(1, "a", "");
  uint64_t durable = 9;
  assert_int_equal(bt_journal_append(j, hole, 2), -BT_USAGE);
  assert_int_equal(bt_journal_append(j, &hole[1], 1), -BT_USAGE);
  assert_int_equal(bt_journal_append(j, &one, 0), -BT_USAGE);
  assert_int_equal(bt_journal_poll(j, &durable), 0);
  assert_int_equal(durable, 0);
  assert_int_equal(bt_journal_append(j, &one, 1), 0);
  assert_int_equal(bt_journal_append(j, &one, 1), -BT_USAGE);
  assert_int_equal(bt_journal_durable(j), 0);
  /* Dropped before it was durable: it was never there. */
  bt_journal_close(j);
  j = journal_open(*state, 0);
  assert_int_equal(bt_journal_durable(j), 0);
  bt_journal_close(j);
}

static void only_a_leader_appends_and_epochs_grow(void **state) {
  struct folder *f = *state;
  struct bt_journal *j;
  struct bt_journal_record r = record_of(1, "a", "");
  uint64_t first, second;
  assert_int_equal(bt_journal_open(&(struct bt_journal_options){.dir = f->journal}, &j, NULL), 0);
  assert_int_equal(bt_journal_append(j, &r, 1), -BT_USAGE);
  assert_int_equal(bt_journal_lead(j, &first), 0);
  bt_journal_close(j);
  assert_int_equal(bt_journal_open(&(struct bt_journal_options){.dir = f->journal}, &j, NULL), 0);
  assert_int_equal(bt_journal_lead(j, &second), 0);
  assert_int_equal(second, first + 1);
  bt_journal_close(j);
}

struct seen {
  uint64_t n, next, stop_at;
  uint8_t chain[32];
};

static int see(void *context, const struct bt_journal_record *r, const uint8_t chain[32]) {
  struct seen *s = context;
  assert_int_equal(r->sequence, s->next);
  s->next++;
  s->n++;
  memcpy(s->chain, chain, 32);
  return r->sequence == s->stop_at ? 77 : 0;
}

static void scans_in_order_and_over_chunks(void **state) {
  struct bt_journal *j = journal_open(*state, 0);
  static char body[3000];
  memset(body, 'x', sizeof(body) - 1);
  struct bt_journal_record v[1000];
  uint64_t durable;
  for (uint64_t i = 0; i < 1000; i++)
    v[i] = record_of(i + 1, "head", i % 7 ? "small" : body);
  assert_int_equal(bt_journal_append(j, v, 1000), 0);
  assert_int_equal(bt_journal_poll(j, &durable), 0);
  assert_int_equal(durable, 1000);
  struct seen all = {.next = 1}, part = {.next = 500, .stop_at = 700}, none = {.next = 1};
  assert_int_equal(bt_journal_scan(j, 1, 1000, true, see, &all), 0);
  assert_int_equal(all.n, 1000);
  assert_int_equal(bt_journal_scan(j, 500, 900, true, see, &part), 77);
  assert_int_equal(part.n, 201);
  assert_int_equal(bt_journal_scan(j, 1, 1001, true, see, &none), -BT_ABSENT);
  assert_int_equal(bt_journal_scan(j, 1, 0, true, see, &none), 0);
  assert_int_equal(none.n, 0);
  bt_journal_close(j);
}

/* Replaces `from` by `to` (of one length) everywhere in the file. Returns how often. */
static int forge(const char *dir, const char *from, const char *to) {
  char path[128];
  snprintf(path, sizeof(path), "%s/data.mdb", dir);
  FILE *file = fopen(path, "r+b");
  assert_non_null(file);
  static char bytes[4 << 20];
  size_t n = fread(bytes, 1, sizeof(bytes), file), length = strlen(from);
  int times = 0;
  for (size_t i = 0; i + length <= n; i++)
    if (memcmp(bytes + i, from, length) == 0) {
      memcpy(bytes + i, to, length);
      times++;
    }
  rewind(file);
  assert_int_equal(fwrite(bytes, 1, n, file), n);
  assert_int_equal(fclose(file), 0);
  return times;
}

static void tampering_breaks_the_chain(void **state) {
  struct folder *f = *state;
  struct bt_journal *j = journal_open(f, 0);
  char head[32];
  for (uint64_t i = 1; i <= 20; i++) {
    snprintf(head, sizeof(head), "entry-%02d-head", (int)i);
    add(j, i, head, "the body");
  }
  bt_journal_close(j);
  assert_true(forge(f->journal, "entry-07-head", "entry-07-HEAD") > 0);
  j = journal_open(f, 0);
  struct seen checked = {.next = 1}, unchecked = {.next = 1}, later = {.next = 9};
  assert_int_equal(bt_journal_scan(j, 1, 20, true, see, &checked), -BT_CORRUPT);
  assert_int_equal(checked.n, 6);
  assert_int_equal(bt_journal_scan(j, 1, 20, false, see, &unchecked), 0);
  assert_int_equal(bt_journal_scan(j, 9, 20, true, see, &later), 0);
  bt_journal_close(j);
}

/* The same log gives the same hashes; this one was computed apart, by Python's hashlib.blake2b(digest_size=32). */
static void chain_is_the_documented_one(void **state) {
  struct bt_journal *j = journal_open(*state, 0);
  struct seen s = {.next = 1};
  char text[65];
  add(j, 1, "head", "body");
  add(j, 2, "h2", "");
  assert_int_equal(bt_journal_scan(j, 1, 2, true, see, &s), 0);
  assert_string_equal(bt_hex(text, s.chain, 32), "56feda565f70fa31e7dabc1bdc63ac32f739bc63bbde279e46411d9be810d8b1");
  bt_journal_close(j);
}

static void full_map_writes_nothing_and_grows(void **state) {
  struct bt_journal *j = journal_open(*state, 256 * 1024);
  static char body[8000];
  memset(body, 'x', sizeof(body) - 1);
  struct bt_journal_record v[16];
  uint64_t durable = 0, next = 1;
  int full = 0;
  while (next < 400) {
    for (uint64_t i = 0; i < 16; i++)
      v[i] = record_of(next + i, "head", body);
    assert_int_equal(bt_journal_append(j, v, 16), 0);
    int rc = bt_journal_poll(j, &durable);
    if (rc == -BT_FULL) {
      full++;
      assert_int_equal(bt_journal_durable(j), next - 1);
      assert_int_equal(bt_journal_grow(j), 0);
      continue;
    }
    assert_int_equal(rc, 0);
    next += 16;
    assert_int_equal(durable, next - 1);
  }
  assert_true(full >= 3);
  struct seen s = {.next = 1};
  assert_int_equal(bt_journal_scan(j, 1, durable, true, see, &s), 0);
  assert_int_equal(s.n, durable);
  assert_true(bt_journal_bytes(j) > 3 << 20);
  bt_journal_close(j);
}

static void second_process_is_locked_out_but_may_read(void **state) {
  struct folder *f = *state;
  struct bt_journal *j = journal_open(f, 1 << 20), *other = NULL;
  add(j, 1, "head", "body");
  assert_int_equal(bt_journal_open(&(struct bt_journal_options){.dir = f->journal}, &other, NULL), -BT_LOCKED);
  assert_int_equal(bt_journal_open(&(struct bt_journal_options){.dir = f->journal, .read_only = true}, &other, NULL),
                   -BT_LOCKED);
  pid_t child = fork();
  if (child == 0) {
    struct bt_journal_options options = {.dir = f->journal};
    uint64_t epoch;
    struct seen s = {.next = 1};
    bool fine = bt_journal_open(&options, &other, NULL) == -BT_LOCKED;
    /* What the parent opened is of no use here. */
    struct bt_journal_record r = record_of(2, "x", "");
    fine = fine && bt_journal_append(j, &r, 1) == -BT_USAGE && bt_journal_lead(j, &epoch) == -BT_USAGE;
    options.read_only = true;
    fine = fine && bt_journal_open(&options, &other, NULL) == 0 && bt_journal_durable(other) == 1 &&
           bt_journal_scan(other, 1, 1, true, see, &s) == 0 && bt_journal_lead(other, &epoch) == -BT_USAGE;
    bt_journal_close(other);
    bt_journal_close(j);
    _exit(fine ? 0 : 1);
  }
  int status = -1;
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_int_equal(status, 0);
  add(j, 2, "head", "body");
  bt_journal_close(j);
}

static void half_made_and_foreign_folders(void **state) {
  struct folder *f = *state;
  struct bt_journal *j = NULL;
  char path[128];
  /* Left over from a start that died: in nobody's way. */
  snprintf(path, sizeof(path), "%s.new-1", f->journal);
  assert_int_equal(bt_dir_make(path), 0);
  assert_int_equal(bt_journal_open(&(struct bt_journal_options){.dir = f->journal, .read_only = true}, &j, NULL),
                   -BT_ABSENT);
  /* An empty folder that somebody made beforehand is filled. */
  assert_int_equal(bt_dir_make(f->journal), 0);
  bt_journal_close(journal_open(f, 0));
  snprintf(path, sizeof(path), "%s/data.mdb", f->journal);
  FILE *file = fopen(path, "wb");
  fputs("this is no journal at all, but somebody's letter", file);
  fclose(file);
  assert_true(bt_journal_open(&(struct bt_journal_options){.dir = f->journal}, &j, NULL) < 0);
  assert_null(j);
}

/* A truncated file must not kill the process that opens it. */
static void truncated_file_is_corrupt_not_fatal(void **state) {
  struct folder *f = *state;
  struct bt_journal *j = journal_open(f, 0);
  static char body[8000];
  char path[128];
  memset(body, 'x', sizeof(body) - 1);
  for (uint64_t i = 1; i <= 50; i++)
    add(j, i, "head", body);
  bt_journal_close(j);
  snprintf(path, sizeof(path), "%s/data.mdb", f->journal);
  assert_int_equal(truncate(path, 5 * 4096), 0);
  struct seen s = {.next = 1};
  int rc = bt_journal_open(&(struct bt_journal_options){.dir = f->journal}, &j, NULL);
  if (rc == 0) {
    rc = bt_journal_scan(j, 1, bt_journal_durable(j), true, see, &s);
    bt_journal_close(j);
  }
  assert_true(rc == -BT_CORRUPT || rc == -BT_IO);
}

/* A commit that fails in the middle: the limit on a file's size stands in for a disk that refuses. */
static void after_a_lost_commit_nothing_is_appended(void **state) {
  struct folder *f = *state;
  pid_t child = fork();
  if (child == 0) {
    struct bt_journal *j = journal_open(f, 0);
    static char body[200000];
    memset(body, 'x', sizeof(body) - 1);
    add(j, 1, "head", "body");
    struct bt_journal_record big = record_of(2, "head", body), small = record_of(2, "head", "");
    uint64_t durable = 0, epoch;
    signal(SIGXFSZ, SIG_IGN);
    struct rlimit limit = {64 * 1024, 64 * 1024};
    bool fine = setrlimit(RLIMIT_FSIZE, &limit) == 0;
    fine = fine && bt_journal_append(j, &big, 1) == 0 && bt_journal_poll(j, &durable) == -BT_LOST && durable == 0;
    fine = fine && bt_journal_append(j, &small, 1) == -BT_LOST && bt_journal_poll(j, &durable) == -BT_LOST;
    fine = fine && bt_journal_lead(j, &epoch) == -BT_LOST && bt_journal_durable(j) == 1;
    _exit(fine ? 0 : 1);
  }
  int status = -1;
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_int_equal(status, 0);
  struct bt_journal *j = journal_open(f, 0);
  assert_int_equal(bt_journal_durable(j), 1);
  add(j, 2, "head", "body");
  bt_journal_close(j);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
  const struct CMUnitTest tests[] = {
      TEST(what_is_appended_is_read_after_reopening),
      TEST(appends_are_in_order_one_batch_at_a_time),
      TEST(only_a_leader_appends_and_epochs_grow),
      TEST(scans_in_order_and_over_chunks),
      TEST(tampering_breaks_the_chain),
      TEST(chain_is_the_documented_one),
      TEST(full_map_writes_nothing_and_grows),
      TEST(second_process_is_locked_out_but_may_read),
      TEST(half_made_and_foreign_folders),
      TEST(truncated_file_is_corrupt_not_fatal),
      TEST(after_a_lost_commit_nothing_is_appended),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

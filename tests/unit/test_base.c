/* Arena, clock, bytes, codes, counters, log lines, folders and claims. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "base/code.h"
#include "base/counters.h"
#include "base/dir.h"
#include "base/log.h"
#include "base/progress.h"

static void arena_is_zeroed_aligned_and_bounded(void **state) {
  (void)state;
  struct bt_arena a;
  bt_arena_init(&a, 64 * 1024);
  for (int round = 0; round < 3; round++) {
    size_t total = 0;
    for (size_t n = 0; n < 300; n++) {
      unsigned char *p = bt_arena_alloc(&a, n);
      assert_non_null(p);
      assert_int_equal((uintptr_t)p % 16, 0);
      for (size_t i = 0; i < n; i++)
        assert_int_equal(p[i], 0);
      memset(p, 0xff, n);
      total += n;
    }
    assert_true(a.used >= total && !a.exhausted);
    assert_null(bt_arena_alloc(&a, 64 * 1024));
    assert_true(a.exhausted);
    bt_arena_reset(&a);
    assert_false(a.exhausted);
    assert_int_equal(a.used, 0);
  }
  assert_null(bt_arena_alloc(&a, SIZE_MAX));
  assert_null(bt_arena_copy(&a, (struct bt_str){"x", SIZE_MAX}).p);
  bt_arena_fini(&a);
}

/* Whether a piece of work fits must not depend on what the arena was used for before. */
static void arena_limit_is_the_same_after_other_use(void **state) {
  (void)state;
  struct bt_arena a;
  bt_arena_init(&a, 8 * 1024 * 1024);
  uint32_t fits[2] = {0, 0};
  for (int round = 0; round < 2; round++) {
    while (bt_arena_alloc(&a, 100 * 1024))
      fits[round]++;
    bt_arena_reset(&a);
    while (bt_arena_alloc(&a, 48))
      continue;
    bt_arena_reset(&a);
  }
  assert_true(fits[0] > 70);
  assert_int_equal(fits[0], fits[1]);
  bt_arena_fini(&a);
}

static void arena_texts(void **state) {
  (void)state;
  struct bt_arena a;
  bt_arena_init(&a, 256);
  struct bt_str s = bt_arena_copy(&a, (struct bt_str){NULL, 0});
  assert_non_null(s.p);
  assert_int_equal(s.n, 0);
  s = bt_arena_printf(&a, "%s-%d", "case", 17);
  assert_true(bt_str_eq(s, BT_LIT("case-17")));
  assert_int_equal(s.p[s.n], '\0');
  s = bt_arena_printf(&a, "%0500d", 1);
  assert_null(s.p);
  assert_int_equal(s.n, 0);
  bt_arena_fini(&a);
}

static void times_round_trip(void **state) {
  (void)state;
  static const struct {
    int64_t us;
    const char *text;
  } rows[] = {
      {0, "1970-01-01T00:00:00.000000Z"},
      {-1, "1969-12-31T23:59:59.999999Z"},
      {INT64_C(951782400000000), "2000-02-29T00:00:00.000000Z"},
      {INT64_C(1772357400000001), "2026-03-01T09:30:00.000001Z"},
      {INT64_C(4107542399999999), "2100-02-28T23:59:59.999999Z"},
      {INT64_C(4107542400000000), "2100-03-01T00:00:00.000000Z"},
      {INT64_C(-62135596800000000), "0001-01-01T00:00:00.000000Z"},
  };
  char buf[32];
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    int64_t us = 1;
    assert_string_equal(bt_clock_format(rows[i].us, buf, sizeof(buf)), rows[i].text);
    assert_int_equal(bt_clock_parse(bt_str(rows[i].text), &us), 0);
    assert_true(us == rows[i].us);
  }
  for (int64_t day = -200000; day < 200000; day += 97) {
    int64_t us = 0;
    bt_clock_format(day * 86400 * BT_SECOND_US, buf, sizeof(buf));
    assert_int_equal(bt_clock_parse(bt_str(buf), &us), 0);
    assert_true(us == day * 86400 * BT_SECOND_US);
  }
}

static void times_in_other_spellings(void **state) {
  (void)state;
  static const char *const same[] = {"2026-03-01T09:30:00Z", "2026-03-01t10:30:00+01:00",
                                     "2026-03-01 04:00:00.000-05:30", "2026-03-01T09:29:60z",
                                     "2026-03-01T09:30:00.0000009Z"};
  static const char *const bad[] = {"",
                                    "2026-03-01",
                                    "2026-03-01T09:30:00",
                                    "2026-02-29T00:00:00Z",
                                    "2026-13-01T00:00:00Z",
                                    "2026-03-01T24:00:00Z",
                                    "2026-03-01T09:30:00.Z",
                                    "2026-03-01T09:30:00Z ",
                                    "2026-03-01T09:30:00+0100",
                                    "2026-03-01T09:30:00+24:00",
                                    "26-03-01T09:30:00Z",
                                    "-026-03-01T09:30:00Z"};
  for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
    int64_t us = 0;
    assert_int_equal(bt_clock_parse(bt_str(same[i]), &us), 0);
    assert_true(us == INT64_C(1772357400000000));
  }
  for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
    int64_t us = 17;
    assert_int_equal(bt_clock_parse(bt_str(bad[i]), &us), -BT_INVALID);
    assert_int_equal(us, 17);
  }
}

static void codes_and_counters_have_names(void **state) {
  (void)state;
  assert_string_equal(bt_code_name(-BT_STALE), "STALE");
  assert_string_equal(bt_code_name(BT_OK), "OK");
  assert_non_null(bt_code_text(4711));
  assert_non_null(bt_code_name(-4711));
  struct bt_counters counters = {.frames_in = 3, .map_grown = 5};
  assert_string_equal(bt_figures[0].name, "frames_in");
  assert_string_equal(bt_figures[BT_F_map_grown].name, "map_grown");
  assert_int_equal(*(uint64_t *)(void *)((char *)&counters + bt_figures[BT_F_map_grown].offset), 5);
  assert_int_equal(bt_figures[BT_F_sessions].offset, BT_NOT_COUNTED);
}

static void hex_and_integers(void **state) {
  (void)state;
  char text[9];
  uint8_t b[8];
  bt_put_u32(b, 0x0102f0ffu);
  assert_string_equal(bt_hex(text, b, 4), "0102f0ff");
  bt_put_u64(b, UINT64_C(0xfedcba9876543210));
  assert_true(bt_get_u64(b) == UINT64_C(0xfedcba9876543210));
  assert_int_equal(b[0], 0xfe);
}

/* What one call writes to stderr. */
static size_t logged(char *to, size_t size, const struct bt_log_field *fields) {
  int ends[2], saved = dup(STDERR_FILENO);
  assert_int_equal(pipe(ends), 0);
  dup2(ends[1], STDERR_FILENO);
  bt_log_write(BT_LOG_INFO, "tried", fields);
  bt_log_write(BT_LOG_DEBUG, "not-seen", fields);
  dup2(saved, STDERR_FILENO);
  close(saved);
  close(ends[1]);
  ssize_t n = read(ends[0], to, size - 1);
  close(ends[0]);
  assert_true(n > 0);
  to[n] = '\0';
  return (size_t)n;
}

static void log_lines_stay_one_line(void **state) {
  (void)state;
  char line[8192];
  struct bt_str nasty = BT_LIT("a b\n\"\\=\xc3\xa9\0z");
  logged(line, sizeof(line),
         (struct bt_log_field[]){BT_L_STR("nasty", nasty), BT_L_TEXT("plain", "crm-1"), BT_L_INT("i", -3),
                                 BT_L_STR("empty", ((struct bt_str){NULL, 0})), BT_L_UINT("u", UINT64_MAX),
                                 BT_L_INT(NULL, 0)});
  assert_non_null(strstr(line, " level=info event=tried nasty=\"a b\\x0a\\\"\\\\=\\xc3\\xa9\\x00z\" plain=crm-1 i=-3 "
                               "empty=\"\" u=18446744073709551615\n"));
  assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
}

static void log_lines_are_cut_not_split(void **state) {
  (void)state;
  char line[8192];
  static char big[6000];
  memset(big, '\n', sizeof(big));
  size_t n = logged(line, sizeof(line),
                    (struct bt_log_field[]){BT_L_STR("big", ((struct bt_str){big, sizeof(big)})),
                                            BT_L_TEXT("after", "x"), BT_L_INT(NULL, 0)});
  assert_true(n <= 4096);
  assert_non_null(strstr(line, "\" cut=1\n"));
  assert_null(strstr(line, "after"));
}

static void paths(void **state) {
  (void)state;
  static const char *const rows[][2] = {{"a/b", "a"}, {"a/b/", "a"}, {"b", "."}, {"/b", "/"}, {"/a//b//", "/a"}};
  char buf[BT_PATH_SIZE];
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    assert_int_equal(bt_path_parent(buf, rows[i][0]), 0);
    assert_string_equal(buf, rows[i][1]);
  }
}

static int fill_with_data(const char *dir, const void *code) {
  char file[BT_PATH_SIZE];
  assert_int_equal(bt_path_join(file, dir, "data"), 0);
  close(open(file, O_CREAT | O_WRONLY, 0600));
  return *(const int *)code;
}

static void folder_appears_whole(void **state) {
  (void)state;
  char top[] = "/tmp/baton-unit-XXXXXX", deep[64], file[96];
  assert_non_null(mkdtemp(top));
  snprintf(deep, sizeof(deep), "%s/x/y", top);
  snprintf(file, sizeof(file), "%s/data", deep);
  assert_int_equal(bt_dir_build(deep, fill_with_data, &(int){-BT_FULL}), -BT_FULL);
  assert_false(bt_path_exists(deep));
  assert_int_equal(bt_dir_build(deep, fill_with_data, &(int){0}), 0);
  assert_true(bt_path_exists(file));
  assert_int_equal(bt_dir_build(deep, fill_with_data, &(int){0}), -BT_LOCKED);
  assert_int_equal(bt_dir_remove(top), -BT_IO); /* deeper than two: not for this */
  snprintf(file, sizeof(file), "%s/x", top);
  assert_int_equal(bt_dir_remove(file), 0); /* with nothing in it but what was built */
  assert_int_equal(bt_dir_remove(top), 0);
  assert_int_equal(bt_dir_remove(top), 0);
}

static void claim_keeps_others_out(void **state) {
  (void)state;
  char top[] = "/tmp/baton-unit-XXXXXX";
  struct bt_claim mine, second;
  pid_t holder = 0;
  assert_non_null(mkdtemp(top));
  assert_int_equal(bt_claim_take(&mine, top, true, NULL), 0);
  assert_int_equal(bt_claim_take(&second, top, true, &holder), -BT_LOCKED);
  assert_int_equal(holder, getpid());
  assert_int_equal(bt_claim_take(&second, top, false, &holder), -BT_LOCKED);
  pid_t child = fork();
  if (child == 0) {
    /* The child has neither its parent's claim nor a way to a second one; a shared one it may have. */
    pid_t found = 0;
    bool fine = !bt_claim_is_ours(&mine) && bt_claim_take(&second, top, true, &found) == -BT_LOCKED &&
                found == getppid() && bt_claim_take(&second, top, false, NULL) == 0;
    _exit(fine ? 0 : 1);
  }
  int status = -1;
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_int_equal(status, 0);
  bt_claim_release(&mine);
  assert_int_equal(bt_claim_take(&mine, top, true, NULL), 0);
  bt_claim_release(&mine);
  assert_int_equal(bt_dir_remove(top), 0);
}

static void progress_is_quiet_at_first_and_wiped_at_last(void **state) {
  (void)state;
  char *text = NULL;
  size_t n = 0;
  struct bt_progress p = {.to = open_memstream(&text, &n)}, nobody = {.to = NULL};
  bt_progress_say(&p, "counting", 1000, 5000);
  bt_progress_end(&p);
  fflush(p.to);
  assert_int_equal(n, 0);
  bt_progress_say(&p, "counting", 1000, 5000);
  p.began_us -= 2 * BT_SECOND_US; /* as if it had taken so long */
  bt_progress_say(&p, "counting", 3000, 5000);
  bt_progress_say(&p, "counting", 3001, 5000); /* at once: not again */
  bt_progress_end(&p);
  fflush(p.to);
  assert_non_null(strstr(text, "counting: 3000 of 5000, "));
  assert_non_null(strstr(text, "/s, 2 s left"));
  assert_null(strstr(text, "3001"));
  assert_string_equal(text + n - 4, "\r\033[K");
  fclose(p.to);
  free(text);
  bt_progress_say(&nobody, "counting", 1, 2);
  bt_progress_end(&nobody);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(arena_is_zeroed_aligned_and_bounded),
      cmocka_unit_test(arena_limit_is_the_same_after_other_use),
      cmocka_unit_test(arena_texts),
      cmocka_unit_test(times_round_trip),
      cmocka_unit_test(times_in_other_spellings),
      cmocka_unit_test(codes_and_counters_have_names),
      cmocka_unit_test(hex_and_integers),
      cmocka_unit_test(log_lines_stay_one_line),
      cmocka_unit_test(log_lines_are_cut_not_split),
      cmocka_unit_test(paths),
      cmocka_unit_test(folder_appears_whole),
      cmocka_unit_test(claim_keeps_others_out),
      cmocka_unit_test(progress_is_quiet_at_first_and_wiped_at_last),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

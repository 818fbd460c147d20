/* The process beside the broker that copies the record and writes segments. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/dir.h"
#include "base/log.h"
#include "codec/event_codec.h"
#include "loop/retain.h"

enum { NICE = 10, ENTRY_ARENA = 4 * 1024 * 1024 };

/* ---- a segment ---- */

static int recorded_us(struct bt_journal *j, uint64_t sequence, struct bt_arena *arena, int64_t *ret) {
  struct bt_journal_record r;
  struct bt_entry e;
  bt_arena_reset(arena);
  int rc = bt_journal_read(j, sequence, arena, &r);
  if (rc == 0)
    rc = bt_entry_decode(r.head, (struct bt_str){0}, arena, &e);
  if (rc == 0)
    *ret = e.recorded_at_us;
  return rc;
}

/* The last entry up to `upto` that was recorded before: recorded times never go back. */
static int last_before(struct bt_journal *j, int64_t before_us, uint64_t *upto) {
  struct bt_arena arena;
  uint64_t low = bt_journal_sealed(j), high = *upto; /* low is old enough */
  int rc = 0;
  bt_arena_init(&arena, ENTRY_ARENA);
  while (low < high && rc == 0) {
    uint64_t middle = low + (high - low + 1) / 2;
    int64_t at_us;
    rc = recorded_us(j, middle, &arena, &at_us);
    if (rc == 0 && at_us < before_us)
      low = middle;
    else
      high = middle - 1;
  }
  bt_arena_fini(&arena);
  *upto = low;
  return rc;
}

static int open_journal(const char *data_dir, struct bt_journal **ret) {
  char dir[BT_PATH_SIZE], archive[BT_PATH_SIZE];
  int rc = bt_path_join(dir, data_dir, "journal");
  if (rc == 0)
    rc = bt_path_join(archive, data_dir, "archive");
  if (rc < 0)
    return rc;
  const struct bt_journal_options options = {.dir = dir, .archive_dir = archive, .read_only = true};
  return bt_journal_open(&options, ret, NULL);
}

static int seal(const char *data_dir, char **words) {
  struct bt_journal *j;
  uint64_t upto = strtoull(words[0], NULL, 10), raw = strtoull(words[2], NULL, 10), last;
  int64_t before_us = strtoll(words[1], NULL, 10);
  int rc = open_journal(data_dir, &j);
  if (rc < 0)
    return rc;
  rc = before_us ? last_before(j, before_us, &upto) : 0;
  if (rc == 0)
    rc = bt_journal_seal(j, upto, raw, &last);
  bt_journal_close(j);
  return rc;
}

/* ---- */

static int prune(const char *data_dir) {
  struct bt_journal *j;
  int rc = open_journal(data_dir, &j);
  if (rc < 0)
    return rc;
  rc = bt_snapshot_forget_unknown(data_dir, j);
  bt_journal_close(j);
  return rc < 0 ? rc : bt_snapshot_prune(data_dir);
}

static int run(int n, char **words) {
  struct bt_snapshot made;
  if (n == 2 && strcmp(words[0], "snapshot") == 0) {
    int rc = bt_snapshot_prune(words[1]);
    return rc < 0 ? rc : bt_snapshot_make(words[1], words[1], &made);
  }
  if (n == 2 && strcmp(words[0], "prune") == 0)
    return prune(words[1]);
  if (n == 5 && strcmp(words[0], "seal") == 0)
    return seal(words[1], words + 2);
  fprintf(stderr, "batond --retain is for the broker alone\n");
  return -BT_USAGE;
}

int bt_retain_child(int n, char **words) {
  const pid_t broker = getppid();
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (broker == 1 || getppid() != broker)
    return BT_RETAIN_FAILED;
  setpriority(PRIO_PROCESS, 0, NICE);
  int rc = run(n, words);
  if (rc == -BT_AGAIN)
    return BT_RETAIN_NOT_YET;
  if (rc == -BT_FULL) /* the broker tells of it, and not each time */
    return BT_RETAIN_FULL;
  if (rc < 0)
    bt_log(BT_LOG_ERROR, "retention-work-failed", BT_L_TEXT("job", n ? words[0] : ""),
           BT_L_TEXT("code", bt_code_name(rc)), BT_L_TEXT("text", bt_code_text(rc)));
  return rc < 0 ? BT_RETAIN_FAILED : BT_RETAIN_DONE;
}

/* Room on the disk of the data folder.
 *
 * Below the low-space mark no new events are taken; what settles, falls due, is read or done by operators goes on, in
 * what both files have allocated ahead. Where even that is gone nothing is made durable any more, and so nothing is
 * decided: whoever asks is told to come again, and reads go on. Both end by themselves when there is room again. */
#include <errno.h>
#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/dir.h"
#include "base/io.h"
#include "base/log.h"
#include "loop/parts.h"
#include "loop/replay.h"

#define LOOK_EVERY_US BT_SECOND_US
#define TRY_AGAIN_US (3 * BT_SECOND_US)
#define LEAST_BYTES (UINT64_C(1) << 20) /* to try again with */
#define COMMIT_BYTES (UINT64_C(256) << 10)

bool bt_disk_takes(const struct bt_loop *l) {
  return !l->disk.low && !l->disk.full;
}

/* False: it cannot be told. */
static bool look(struct bt_loop *l, uint64_t *ret_free) {
  struct statvfs fs;
  if (statvfs(l->parts.config->settings.data_dir, &fs) != 0)
    return false;
  *ret_free = (uint64_t)(geteuid() == 0 ? fs.f_bfree : fs.f_bavail) * fs.f_frsize;
  return true;
}

static void tell(struct bt_loop *l, enum bt_log_level level, const char *event, const char *text) {
  bt_log(level, event, BT_L_UINT("free_mb", l->disk.free >> 20),
         BT_L_UINT("ahead_mb", (bt_journal_ahead(l->parts.journal) + bt_store_ahead(l->parts.store)) >> 20),
         BT_L_TEXT("text", text));
}

static void begin(struct bt_loop *l) {
  if (!l->disk.since_us)
    l->disk.since_us = bt_time_now(l);
}

static void begin_low(struct bt_loop *l) {
  if (l->disk.low)
    return;
  begin(l);
  l->disk.low = true;
  tell(l, BT_LOG_ERROR, "disk-low", "no new events are taken before there is room; everything else goes on");
}

/* Said once until there is room again: a disk on the edge is full now and not full then. */
void bt_disk_ran_out(struct bt_loop *l) {
  begin(l);
  l->disk.full = true;
  l->disk.try_us = bt_clock_mono_us() + TRY_AGAIN_US;
  if (!l->disk.told_full)
    tell(l, BT_LOG_ERROR, "disk-full", "nothing can be made durable: nothing is taken or settled; reads go on");
  l->disk.told_full = true;
}

static void end_if_over(struct bt_loop *l) {
  if (!bt_disk_takes(l) || l->disk.doubted || !l->disk.since_us)
    return;
  tell(l, BT_LOG_INFO, "disk-fine", "there is room again");
  l->disk.since_us = 0;
  l->disk.told_full = false;
}

/* What is not there yet, for want of room or because the disk is watched no longer, is asked for again later. */
static bool reserve(struct bt_loop *l) {
  const uint64_t bytes = l->parts.config->settings.reserve_bytes;
  const int journal = bt_journal_reserve(l->parts.journal, bytes);
  const int record = bt_store_reserve(l->parts.store, bytes);
  return journal != -BT_FULL && record != -BT_FULL;
}

/* Less is configured now: whoever wants the room gets it, also where the disk is low or is not watched. */
static bool is_too_much(const struct bt_loop *l) {
  const uint64_t bytes = l->parts.config->settings.reserve_bytes;
  return bt_journal_ahead(l->parts.journal) > bytes || bt_store_ahead(l->parts.store) > bytes;
}

/* Where there is a quota, what is shown as free may not be had: only writing tells. The file is gone with its name. */
static bool can_write(const char *dir) {
  static const char nothing[LEAST_BYTES / 16];
  char path[BT_PATH_SIZE];
  bool can = bt_path_join(path, dir, "room") == 0;
  const int fd = can ? open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600) : -1;
  if (fd < 0)
    return false;
  unlink(path);
  for (uint64_t at = 0; can && at < LEAST_BYTES; at += sizeof nothing)
    can = bt_io_write_at(fd, nothing, sizeof nothing, at);
  return close(fd) == 0 && can;
}

static bool may_try(const struct bt_loop *l) {
  return bt_clock_mono_us() >= l->disk.try_us && l->disk.free + bt_journal_ahead(l->parts.journal) >= LEAST_BYTES &&
         l->disk.free + bt_store_ahead(l->parts.store) >= LEAST_BYTES;
}

/* Until something was written, nobody is told that there is room. */
static void try_again(struct bt_loop *l) {
  if (l->disk.full && may_try(l)) {
    l->disk.full = false;
    l->disk.doubted = true;
  }
  if (l->disk.doubted && can_write(l->parts.config->settings.data_dir))
    l->disk.doubted = false;
}

void bt_disk_watch(struct bt_loop *l) {
  const uint64_t mark = l->parts.config->settings.low_space_bytes;
  const int64_t now_us = bt_clock_mono_us();
  if (now_us < l->disk.look_us)
    return;
  l->disk.look_us = now_us + LOOK_EVERY_US;
  if (is_too_much(l))
    (void)reserve(l);
  if (!look(l, &l->disk.free))
    return;
  try_again(l);
  if (!mark)
    l->disk.low = false;
  else if (l->disk.free < mark || (l->disk.low && l->disk.free < mark + mark / 8))
    begin_low(l);
  else if (!reserve(l))
    begin_low(l);
  else
    l->disk.low = false;
  end_if_over(l);
}

/* Pages of the entries, those that hold a large one alone, and what a commit copies on its way up. */
static uint64_t need_of(const struct bt_batch *b) {
  enum { PAGE = 4096, LARGE = 1800 };
  uint64_t bytes = COMMIT_BYTES;
  for (uint32_t i = 0; i < b->records_n; i++) {
    const uint64_t n = b->records[i].head.n + b->records[i].body.n;
    bytes += n > LARGE ? (n / PAGE + 2) * PAGE : 2 * n + 64;
  }
  return bytes;
}

/* A write that a full disk cuts short is not told from one that failed: it is not begun. */
bool bt_disk_has_room(struct bt_loop *l) {
  const uint64_t need = need_of(&l->batch);
  uint64_t left;
  if (bt_journal_ahead(l->parts.journal) >= need || !look(l, &left))
    return true;
  l->disk.free = left;
  return left + bt_journal_ahead(l->parts.journal) >= need;
}

int bt_disk_come_back(struct bt_loop *l) {
  bt_store_rollback(l->parts.store);
  bt_disk_ran_out(l);
  l->firing.looked_at = UINT64_MAX;
  bt_resync_anew(l);
  int rc = bt_replay_open(l->parts.journal, l->parts.store, bt_journal_durable(l->parts.journal));
  return rc == 0 ? -BT_FULL : rc == -BT_FULL ? -BT_IO : rc;
}

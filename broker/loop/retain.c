/* The process that does what is due, and what follows from what it has made. */
#include "loop/retain.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/log.h"
#include "loop/parts.h"

#define LOOK_EVERY_US (BT_SECOND_US / 2)
#define AGAIN_AFTER_US (60 * BT_SECOND_US)
#define NOT_YET_US (600 * BT_SECOND_US)
#define TELL_EVERY_US (3600 * BT_SECOND_US)
enum { TRIM_WHEN_IDLE = 2048 };

static const char *const jobs[] = {"", "snapshot", "seal", "prune"};

static const struct bt_settings *settings_of(const struct bt_loop *l) {
  return &l->parts.config->settings;
}

/* One of another format counts for nothing: nothing is cut on the strength of what could not be read again. */
static void list(struct bt_loop *l) {
  struct bt_snapshot v[BT_SNAPSHOTS_MAX];
  struct bt_retain *r = &l->retain;
  const uint32_t n = bt_snapshot_list(settings_of(l)->data_dir, v);
  r->prune = n > BT_SNAPSHOTS_KEPT;
  r->n = 0;
  for (uint32_t i = 0; i < n && r->n < BT_SNAPSHOTS_KEPT; i++)
    if (v[i].format == BT_RECORD_FORMAT)
      r->snapshots[r->n++] = v[i];
}

int bt_retain_start(struct bt_loop *l) {
  struct bt_retain *r = &l->retain;
  /* What a process that died has left; and until it is known which snapshots count, none does: the journal is searched
   * for that, which nobody is to wait for. */
  r->prune = true;
  r->first_us = bt_time_now(l);
  if (bt_journal_durable(l->parts.journal) &&
      bt_retain_recorded_us(l, bt_journal_first(l->parts.journal), &r->first_us) < 0)
    r->first_us = 0;
  return 0;
}

/* ---- the process ---- */

static void start(struct bt_loop *l, enum bt_retain_job job, char **rest) {
  extern char **environ;
  struct bt_retain *r = &l->retain;
  char *argv[9] = {"batond", "--retain", (char *)(uintptr_t)jobs[job], settings_of(l)->data_dir};
  for (int i = 0; rest && rest[i]; i++)
    argv[4 + i] = rest[i];
  posix_spawnattr_t attributes;
  sigset_t none;
  pid_t pid;
  sigemptyset(&none);
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  if (posix_spawn(&pid, "/proc/self/exe", NULL, &attributes, argv, environ) == 0) {
    r->pid = pid;
    r->job = job;
    r->job_us = bt_clock_mono_us();
    r->former = false;
  }
  posix_spawnattr_destroy(&attributes);
}

static void start_seal(struct bt_loop *l, uint64_t upto, int64_t before_us) {
  char a[24], b[24], c[24];
  char *rest[] = {a, b, c, NULL};
  snprintf(a, sizeof a, "%" PRIu64, upto);
  snprintf(b, sizeof b, "%" PRId64, before_us);
  snprintf(c, sizeof c, "%" PRIu64, settings_of(l)->segment_bytes);
  l->retain.upto = upto;
  start(l, BT_RETAIN_SEAL, rest);
}

void bt_retain_stop(struct bt_loop *l) {
  struct bt_retain *r = &l->retain;
  if (!r->pid)
    return;
  kill(r->pid, SIGKILL);
  while (waitpid(r->pid, NULL, 0) < 0 && errno == EINTR)
    continue;
  r->pid = 0;
}

/* On the edge, and once an hour as long as it lasts. */
static void tell_failed(struct bt_loop *l, enum bt_retain_job job, const char *why) {
  struct bt_retain *r = &l->retain;
  const int64_t now_us = bt_clock_mono_us();
  l->parts.counters->retention_failed++;
  r->look_us = now_us + AGAIN_AFTER_US;
  r->failed = job;
  if (!r->failed_us)
    r->failed_us = bt_time_now(l);
  if (r->told_us && now_us - r->told_us < TELL_EVERY_US)
    return;
  r->told_us = now_us;
  bt_log(BT_LOG_ERROR, "retention-failed", BT_L_TEXT("job", jobs[job]), BT_L_TEXT("why", why),
         BT_L_TEXT("text", "the journal is not cut, and grows; it is tried again once a minute"));
}

/* Another job that goes well says nothing about the one that failed. */
static void worked(struct bt_loop *l, enum bt_retain_job job) {
  if (l->retain.failed == job)
    l->retain.told_us = l->retain.failed_us = 0;
}

/* ---- what it has made ---- */

/* On a full disk it is done later. */
static int put_snapshot(struct bt_loop *l) {
  struct bt_retain *r = &l->retain;
  const struct bt_snapshot *s = &r->snapshots[0];
  struct bt_entry e = {
      .kind = BT_SNAPSHOTTED,
      .snapshotted = {.position = s->position, .digest = {(const char *)s->digest, BT_SUM_SIZE}},
  };
  int rc = bt_own_commit(l, &e, 1);
  r->to_note = rc == -BT_FULL;
  if (rc)
    return rc == -BT_FULL ? 0 : rc;
  l->parts.counters->snapshots++;
  bt_log(BT_LOG_INFO, "snapshot", BT_L_UINT("position", s->position), BT_L_UINT("bytes", s->bytes),
         BT_L_INT("ms", (bt_clock_mono_us() - r->job_us) / 1000));
  return 0;
}

static int note_snapshot(struct bt_loop *l) {
  struct bt_retain *r = &l->retain;
  const uint64_t before = r->n ? r->snapshots[0].position : 0;
  list(l);
  return r->n && r->snapshots[0].position > before ? put_snapshot(l) : 0;
}

static int cut(struct bt_loop *l, struct bt_journal_segment *ret) {
  int rc;
  if (!bt_disk_has_room(l))
    return -BT_FULL;
  while ((rc = bt_journal_cut(l->parts.journal, l->retain.upto, ret)) == -BT_FULL &&
         bt_journal_grow(l->parts.journal) == 0)
    l->parts.counters->map_grown++;
  return rc;
}

static int note_segment(struct bt_loop *l) {
  struct bt_journal_segment s;
  int rc = cut(l, &s);
  if (rc == -BT_FULL) { /* the file stays, and is taken as it is when there is room */
    bt_disk_ran_out(l);
    return 0;
  }
  if (rc == -BT_AWAY || rc == -BT_CORRUPT || rc == -BT_NOMEM) {
    tell_failed(l, BT_RETAIN_SEAL, bt_code_text(rc)); /* nothing was cut, and nothing is lost */
    return 0;
  }
  if (rc)
    return rc;
  worked(l, BT_RETAIN_SEAL);
  l->parts.counters->segments++;
  bt_log(BT_LOG_INFO, "segment", BT_L_UINT("first", s.first), BT_L_UINT("last", s.last), BT_L_UINT("bytes", s.bytes),
         BT_L_INT("ms", (bt_clock_mono_us() - l->retain.job_us) / 1000));
  return 0;
}

static int finish(struct bt_loop *l, enum bt_retain_job job, int status) {
  struct bt_retain *r = &l->retain;
  const int code = WIFEXITED(status) ? WEXITSTATUS(status) : BT_RETAIN_FAILED;
  r->look_us = 0;
  if (code == BT_RETAIN_NOT_YET && r->former)
    return 0;
  if (code == BT_RETAIN_NOT_YET) {
    worked(l, job);
    r->not_yet_upto = job == BT_RETAIN_SEAL ? r->upto : 0;
    r->not_yet_us = bt_clock_mono_us() + NOT_YET_US;
    return 0;
  }
  if (code != BT_RETAIN_DONE) {
    r->prune = r->prune || job == BT_RETAIN_PRUNE;
    tell_failed(l, job,
                WIFSIGNALED(status)      ? "its process was killed"
                : code == BT_RETAIN_FULL ? "the disk is full"
                                         : "see the line before");
    return 0;
  }
  if (job == BT_RETAIN_SEAL)
    return note_segment(l);
  worked(l, job);
  if (job == BT_RETAIN_SNAPSHOT)
    return note_snapshot(l);
  list(l);
  return 0;
}

static int reap(struct bt_loop *l) {
  struct bt_retain *r = &l->retain;
  int status;
  if (!r->pid || waitpid(r->pid, &status, WNOHANG) != r->pid)
    return 0;
  r->pid = 0;
  return finish(l, r->job, status);
}

static void start_due(struct bt_loop *l) {
  uint64_t upto;
  int64_t before_us;
  const enum bt_retain_job job = bt_retain_due(l, &upto, &before_us);
  if (job == BT_RETAIN_PRUNE)
    l->retain.prune = false;
  if (job == BT_RETAIN_NOTHING) /* what failed is not wanted any more */
    worked(l, l->retain.failed);
  if (job == BT_RETAIN_SEAL)
    start_seal(l, upto, before_us);
  else if (job != BT_RETAIN_NOTHING)
    start(l, job, NULL);
}

/* ---- each round ---- */

static int trim(struct bt_loop *l) {
  int rc = bt_disk_has_room(l) ? bt_journal_trim(l->parts.journal, TRIM_WHEN_IDLE) : -BT_FULL;
  if (rc != -BT_FULL)
    return rc;
  if (!bt_disk_has_room(l) || bt_journal_grow(l->parts.journal) == -BT_FULL)
    bt_disk_ran_out(l);
  return 0;
}

/* Copies and segments take room, which is for other things where there is little. */
static int go_on(struct bt_loop *l) {
  struct bt_retain *r = &l->retain;
  const int64_t now_us = bt_clock_mono_us();
  if (now_us < r->look_us || l->disk.full)
    return 0;
  r->look_us = now_us + LOOK_EVERY_US;
  if (r->to_note)
    return put_snapshot(l);
  if (bt_disk_takes(l))
    start_due(l);
  return 0;
}

int bt_retain_on(struct bt_loop *l, bool idle) {
  struct bt_retain *r = &l->retain;
  int rc = reap(l);
  if (!rc && idle && !l->disk.full && bt_journal_has_to_trim(l->parts.journal))
    rc = trim(l);
  if (rc || r->pid || l->time.trouble || bt_journal_has_to_trim(l->parts.journal))
    return rc;
  return go_on(l);
}

void bt_retain_adopt(struct bt_loop *l) {
  l->retain.look_us = 0;
  l->retain.not_yet_us = 0;
  l->retain.former = true;
}

uint32_t bt_loop_snapshots(void *loop, struct bt_snapshot_state *v, uint32_t max) {
  const struct bt_loop *l = loop;
  uint32_t n = l->retain.n < max ? l->retain.n : max;
  for (uint32_t i = 0; i < n; i++)
    v[i] = (struct bt_snapshot_state){l->retain.snapshots[i].position, l->retain.snapshots[i].bytes,
                                      l->retain.snapshots[i].recorded_us};
  return n;
}

long bt_retain_due_ms(const struct bt_loop *l) {
  return bt_journal_has_to_trim(l->parts.journal) ? 5 : l->retain.pid ? 50 : -1;
}

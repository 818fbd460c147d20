#include "loop/loop.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "loop/parts.h"
#include "service/service.h"

enum { MAX_POLLFDS = 64 };

#define STATUS_EVERY_US (5 * BT_SECOND_US)

#define EXTEND_EVERY_US (3600 * BT_SECOND_US)

int bt_loop_new(const struct bt_loop_parts *parts, struct bt_loop **ret) {
  struct bt_loop *l = calloc(1, sizeof *l);
  if (!l)
    return -BT_NOMEM;
  l->parts = *parts;
  l->rules = &parts->config->rules;
  bt_arena_init(&l->collect, BT_COLLECT_BYTES);
  bt_arena_init(&l->decide, BT_DECIDE_BYTES);
  bt_arena_init(&l->release, BT_RELEASE_BYTES);
  bt_watch_init(l);
  l->checkpoint_us = l->refresh_us = bt_clock_mono_us();
  l->firing.looked_at = UINT64_MAX;
  l->reloading.adopted_us = bt_clock_wall_us();
  bt_wire_on_open(parts->wire, bt_deliver_opened, l);
  bt_wire_on_close(parts->wire, bt_deliver_closed, l);
  *ret = l;
  return 0;
}

void bt_loop_free(struct bt_loop *l) {
  if (!l)
    return;
  bt_retain_stop(l);
  bt_chore_stop(l);
  bt_arena_fini(&l->collect);
  bt_arena_fini(&l->decide);
  bt_arena_fini(&l->release);
  bt_config_free(l->reloading.retired);
  bt_watch_fini(l);
  free(l);
}

struct bt_config *bt_loop_config(struct bt_loop *l) {
  return l->parts.config;
}

/* ---- collect ---- */

/* What a frame asks for, counted as it is answered. */
static uint32_t items_of(const struct bt_frame *f) {
  uint32_t n = f->kind == BT_FRAME_SUBMIT ? f->submit.n : f->kind == BT_FRAME_SETTLE ? f->settle.n : 1;
  for (uint32_t i = 0; f->kind == BT_FRAME_SETTLE && i < f->settle.n; i++)
    n += f->settle.v[i].events.n;
  return n;
}

static int collect(struct bt_loop *l) {
  struct bt_batch *b = &l->batch;
  const uint32_t most = l->parts.config->settings.batch_frames;
  const int64_t now_us = bt_clock_mono_us();
  uint32_t items = 0;
  for (uint32_t taken = 0; taken < most && items < BT_BATCH_ITEMS && l->collect.used < BT_COLLECT_BYTES / 2; taken++) {
    struct bt_inbound in;
    int rc = bt_wire_receive(l->parts.wire, now_us, &l->collect, &in);
    if (rc == -BT_AGAIN)
      return 0;
    if (rc < 0)
      return rc;
    if (rc > 0)
      continue;
    if (!bt_room_for_one(&l->collect, &b->frames, b->frames_n, &b->frames_room, sizeof *b->frames))
      return -BT_NOMEM;
    b->frames[b->frames_n].session = in.session->id;
    b->frames[b->frames_n].received_us = bt_clock_mono_us();
    b->frames[b->frames_n++].frame = in.frame;
    items += items_of(&in.frame);
  }
  return 0;
}

/* ---- checkpoint ---- */

static int checkpoint(struct bt_loop *l) {
  int64_t from_us = bt_clock_mono_us();
  int rc = bt_store_checkpoint(l->parts.store);
  if (rc == -BT_FULL) { /* nothing is lost: the journal has it all */
    rc = bt_round_grow(l);
    if (rc == -BT_FULL) /* tried again when there is room */
      rc = 0;
  }
  l->checkpoint_us = bt_clock_mono_us();
  l->parts.counters->checkpoints++;
  l->parts.counters->checkpoint_us += (uint64_t)(l->checkpoint_us - from_us);
  BT_TIMED(l->parts.counters, checkpoint_duration, l->checkpoint_us - from_us);
  return rc;
}

static int64_t checkpoint_due_us(const struct bt_loop *l) {
  return l->checkpoint_us + (int64_t)l->parts.config->settings.checkpoint_ms * 1000;
}

static int checkpoint_if_due(struct bt_loop *l) {
  uint64_t pending = bt_store_pending(l->parts.store);
  int64_t now_us = bt_clock_mono_us();
  if (pending && !l->disk.full &&
      (pending >= l->parts.config->settings.checkpoint_events || now_us >= checkpoint_due_us(l))) {
    int rc = checkpoint(l);
    if (rc)
      return rc;
  }
  if (now_us - l->refresh_us > BT_SECOND_US) { /* nobody pins old pages for long */
    bt_store_refresh(l->parts.store);
    l->refresh_us = now_us;
  }
  return 0;
}

/* ---- one round ---- */

static int finish_batch(struct bt_loop *l) {
  int rc = bt_round_decide(l);
#ifdef BT_FLAW_ACK_BEFORE_COMMIT
  bt_round_release(l);
#endif
  if (!rc)
    rc = bt_round_commit(l);
  if (rc == -BT_FULL) /* the disk is: decided again, and everybody is told to come again */
    rc = bt_round_decide_anew(l);
  if (rc)
    return rc;
#ifndef BT_FLAW_ACK_BEFORE_COMMIT
  bt_round_release(l);
#endif
  if ((rc = bt_deliver_pump(l)))
    return rc;
  bt_answer_queries(l);
  bt_round_clear(l);
  return checkpoint_if_due(l);
}

/* Between batches, because whoever decides has calendars borrowed. */
static void extend_calendars(struct bt_loop *l) {
  const int64_t now_us = bt_time_now(l), since_us = now_us - l->extended_us;
  if (since_us >= 0 && since_us < EXTEND_EVERY_US)
    return;
  l->extended_us = now_us;
  int rc = bt_config_extend(l->parts.config, now_us);
  if (rc < 0)
    bt_log(BT_LOG_ERROR, "calendars-not-extended", BT_L_TEXT("code", bt_code_name(rc)));
}

static long wait_ms(struct bt_loop *l) {
  enum { FULL_MS = 100 };
  if (l->disk.full) /* much is due, and nothing can be done about it */
    return FULL_MS;
  long due = bt_deliver_due_ms(l), timer = bt_fire_due_ms(l);
  long second = timer >= 0 && timer < 1000 ? timer : 1000;
  if (bt_store_pending(l->parts.store)) {
    int64_t left_us = checkpoint_due_us(l) - bt_clock_mono_us();
    long checkpoint_ms = left_us > 0 ? (long)(left_us / 1000) + 1 : 0;
    second = checkpoint_ms < second ? checkpoint_ms : second;
  }
  const long others[] = {due, bt_retain_due_ms(l), bt_resync_due_ms(l), bt_chore_due_ms(l),
                         l->metrics ? bt_metrics_due_ms(l->metrics) : -1};
  for (size_t i = 0; i < sizeof others / sizeof *others; i++)
    second = others[i] >= 0 && others[i] < second ? others[i] : second;
  return second;
}

/* What signals ask for. Several that came meanwhile count as one. */
struct asked {
  bool stop, reload;
};

static struct asked read_signals(int signal_fd, const struct pollfd *p) {
  struct signalfd_siginfo info;
  struct asked asked = {.stop = false};
  while ((p->revents & POLLIN) && read(signal_fd, &info, sizeof info) == sizeof info) {
    if (info.ssi_signo == SIGHUP) {
      asked.reload = true;
      continue;
    }
    bt_log(BT_LOG_INFO, "stopping", BT_L_UINT("signal", info.ssi_signo));
    asked.stop = true;
  }
  return asked;
}

/* What it comes to is in the log. */
static void reload(struct bt_loop *l) {
  struct bt_reload ignored;
  struct bt_arena arena;
  bt_arena_init(&arena, BT_RELOAD_BYTES);
  bt_service_reloading();
  (void)bt_loop_reload(l, false, BT_LIT("SIGHUP"), &arena, &ignored);
  bt_arena_fini(&arena);
  bt_service_ready("ready");
}

/* To the service manager, of a round that was made. */
static void tell_alive(struct bt_loop *l) {
  const int64_t now_us = bt_clock_mono_us();
  uint32_t sessions = 0;
  bt_service_alive(now_us);
  if (now_us - l->status_us < STATUS_EVERY_US)
    return;
  l->status_us = now_us;
  for (struct bt_session *s = bt_wire_next(l->parts.wire, NULL); s; s = bt_wire_next(l->parts.wire, s))
    sessions++;
  bt_service_status("%u adapters connected, %llu entries", sessions,
                    (unsigned long long)bt_journal_durable(l->parts.journal));
}

static int serve(struct bt_loop *l, int signal_fd) {
  for (;;) {
    struct pollfd fds[MAX_POLLFDS] = {{.fd = signal_fd, .events = POLLIN}};
    uint32_t n = 1 + (l->control ? bt_control_pollfds(l->control, fds + 1, MAX_POLLFDS - 2) : 0);
    const uint32_t of_control = n - 1;
    const uint32_t of_metrics = l->metrics ? bt_metrics_pollfd(l->metrics, &fds[n]) : 0;
    n += of_metrics;
    int rc = bt_wire_wait(l->parts.wire, fds, n, wait_ms(l));
    if (rc < 0)
      return rc;
    const struct asked asked = read_signals(signal_fd, &fds[0]);
    if (asked.stop)
      return 0;
    bt_time_tell(l);
    bt_disk_watch(l);
    extend_calendars(l);
    if (asked.reload)
      reload(l);
    const uint64_t before = bt_journal_durable(l->parts.journal);
    if (!l->failed && ((rc = collect(l)) || (rc = finish_batch(l))))
      return rc;
    if (!l->failed && (rc = bt_retain_on(l, bt_journal_durable(l->parts.journal) == before)))
      return rc;
    bt_chore_on(l);
    const bool leave = bt_drain_may_leave(l); /* before the last answers, which say so */
    if (l->control)
      bt_control_serve(l->control, fds + 1, of_control);
    if (l->metrics)
      bt_metrics_serve(l->metrics, fds + 1 + of_control, of_metrics);
    bt_watch_round(l);
    if (l->failed || leave)
      return l->failed;
    bt_config_free(l->reloading.retired);
    l->reloading.retired = NULL;
    tell_alive(l);
  }
}

static void say_goodbye(struct bt_loop *l) {
  struct bt_session *s;
  while ((s = bt_wire_next(l->parts.wire, NULL)))
    bt_wire_fault(l->parts.wire, s->id, BT_STOPPING, bt_str(bt_code_text(BT_STOPPING)));
}

void bt_loop_serve_metrics(struct bt_loop *l, struct bt_metrics *metrics) {
  l->metrics = metrics;
}

int bt_loop_run(struct bt_loop *l, struct bt_control *control, int signal_fd) {
  l->control = control;
  int rc = bt_retain_start(l);
  if (!rc)
    rc = serve(l, signal_fd);
  bt_retain_stop(l);
  bt_chore_stop(l);
  if (rc) {
    bt_log(BT_LOG_ERROR, "loop-failed", BT_L_TEXT("code", bt_code_name(rc)), BT_L_TEXT("text", bt_code_text(rc)),
           BT_L_UINT("durable", bt_journal_durable(l->parts.journal)));
    bt_watch_last(l, rc);
    return rc; /* nothing more is acknowledged or written */
  }
  bt_service_stopping("stopping: the record is written out");
  say_goodbye(l);
  return bt_store_pending(l->parts.store) ? checkpoint(l) : 0;
}

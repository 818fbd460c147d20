/* What is due joins the batch, behind its requests: in the order of due times, each decided on the state so far.
 *
 * What is decided makes its timer go away or move. One that stays (its case cannot be read, a bound stands in the way)
 * is told to the log and passed by; so are all before it, which are as stuck as it is, until the next pass a minute
 * later. */
#include "base/clock.h"
#include "base/log.h"
#include "codec/event_codec.h"
#include "loop/parts.h"

enum { MOST_A_BATCH = 256 };

#define PASS_US (60 * BT_SECOND_US)

bool bt_room_to_decide(const struct bt_loop *l) {
  return l->decide.limit - l->decide.used >= BT_REQUEST_BYTES;
}

/* ---- those that stay ---- */

static bool told_already(const struct bt_firing *f, const struct bt_timer *t) {
  for (uint32_t i = 0; i < f->told_n && i < BT_STUCK_TOLD; i++)
    if (bt_timer_cmp(&f->told[i], t) == 0)
      return true;
  return false;
}

/* From one pass to the next it is the same trouble. */
static void note_stuck(struct bt_loop *l) {
  struct bt_firing *f = &l->firing;
  const int64_t now_us = bt_clock_mono_us();
  if (!f->stuck_seen_us || now_us - f->stuck_seen_us > 2 * PASS_US)
    f->stuck_since_us = l->batch.now_us;
  f->stuck_seen_us = now_us;
  f->stuck++;
}

static void pass_by(struct bt_loop *l, const struct bt_timer *t, int rc) {
  struct bt_firing *f = &l->firing;
  f->passed = true;
  f->at = *t;
  f->looked_at = UINT64_MAX;
  note_stuck(l);
  if (rc == -BT_CORRUPT)
    bt_watch_damaged(l);
  l->batch.tally.timers_stuck++;
  if (told_already(f, t))
    return;
  f->told[f->told_n++ % BT_STUCK_TOLD] = *t;
  bt_log(BT_LOG_ERROR, "timer-stuck", BT_L_UINT("case", t->case_id), BT_L_TEXT("kind", bt_timer_name((int)t->kind)),
         BT_L_UINT("object", t->object), BT_L_TEXT("code", bt_code_name(rc)),
         BT_L_TEXT("text", "nothing could be decided when it was due; it is tried again once a minute"));
}

/* Only from the end of one pass a new one is begun, so that no number of stuck ones keeps the others waiting. */
static void begin_pass(struct bt_firing *f) {
  if (f->passed && bt_clock_mono_us() - f->pass_us >= PASS_US) {
    f->stuck = 0;
    f->passed = false;
    f->looked_at = UINT64_MAX;
  }
}

/* ---- firing ---- */

/* The first timer that is not passed by; sweeps go on by themselves. -BT_ABSENT. */
static int next_timer(struct bt_loop *l, struct bt_timer *ret) {
  const struct bt_firing *f = &l->firing;
  struct bt_timer t = f->at;
  int rc = bt_store_next_timer(l->parts.store, BT_NOW, f->passed ? &t : NULL, ret);
  while (!rc && ret->kind == BT_TIMER_SWEEP) {
    t = *ret;
    rc = bt_store_next_timer(l->parts.store, BT_NOW, &t, ret);
  }
  return rc;
}

static int decide(struct bt_loop *l, const struct bt_timer *t, struct bt_decision *ret) {
  struct bt_scene scene;
  uint64_t advisory = t->kind == BT_TIMER_ADVISORY ? t->object : 0;
  int rc = bt_store_scene_of(l->parts.store, t->case_id, advisory, &l->decide, &scene);
  if (rc)
    return rc;
  scene.connected.n = l->batch.connected.n;
  scene.connected.v = l->batch.connected.v;
  return bt_decide_timer(l->rules, &scene, t, l->batch.now_us, bt_store_digest, &l->decide, ret);
}

static int fire(struct bt_loop *l, const struct bt_timer *t) {
  struct bt_decision decision = {0};
  int rc = decide(l, t, &decision);
  if (rc && rc != -BT_CORRUPT)
    return rc;
  if (rc) {
    pass_by(l, t, rc);
    return 0;
  }
  for (uint32_t i = 0; i < decision.n; i++)
    if ((rc = bt_batch_record(l, &decision.v[i])))
      return rc;
  rc = bt_store_timer(l->parts.store, BT_NOW, t);
  if (!rc)
    pass_by(l, t, -(int)decision.receipt.code);
  else if (rc == -BT_ABSENT)
    l->batch.tally.timers_fired++;
  return rc == -BT_ABSENT ? 0 : rc;
}

/* Looked up again only when something has changed: an idle broker asks nobody. */
static int64_t next_due_us(struct bt_loop *l) {
  struct bt_firing *f = &l->firing;
  const uint64_t position = bt_store_position(l->parts.store, BT_NOW);
  struct bt_timer t;
  if (f->looked_at == position)
    return f->next_due_us;
  int rc = next_timer(l, &t);
  f->looked_at = position;
  f->next_due_us = !rc ? t.due_us : rc == -BT_ABSENT ? INT64_MAX : 0; /* what fails is told by who fires */
  if (bt_store_count(l->parts.store, BT_NOW, BT_T_SWEEPS))
    f->next_due_us = 0;
  return f->next_due_us;
}

int bt_fire_due(struct bt_loop *l) {
  struct bt_firing *f = &l->firing;
  bool sweep_first = false;
  if (l->time.trouble)
    return 0;
  if (next_due_us(l) > l->batch.now_us) {
    begin_pass(f);
    return 0;
  }
  int rc = bt_sweep_on(l, &sweep_first);
  if (rc || sweep_first)
    return rc;
  for (int i = 0; i < MOST_A_BATCH && bt_room_to_decide(l); i++) {
    struct bt_timer t;
    rc = next_timer(l, &t);
    if (rc == -BT_ABSENT || (!rc && t.due_us > l->batch.now_us)) {
      begin_pass(f);
      return 0;
    }
    if (!f->passed)
      f->pass_us = bt_clock_mono_us();
    if (rc || (rc = fire(l, &t)))
      return rc;
  }
  return 0;
}

long bt_fire_due_ms(struct bt_loop *l) {
  const int64_t due_us = l->time.trouble ? INT64_MAX : next_due_us(l), now_us = bt_time_now(l);
  if (due_us == INT64_MAX || l->time.trouble)
    return -1;
  int64_t left_us = due_us - now_us;
  return left_us <= 0 ? 0 : left_us > 3600 * BT_SECOND_US ? 3600 * 1000 : (long)(left_us / 1000) + 1;
}

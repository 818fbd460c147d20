/* Wide effects: an advisory, departments that are gone, a downtime. Each is one entry and a sweep that carries it to
 * the cases, so many a batch; how far it has come is an entry too, so that a restart goes on from there. */
#include "base/bytes.h"
#include "base/clock.h"
#include "base/log.h"
#include "loop/parts.h"

enum { MOST_AFFECTED = 256, MOST_LOOKED_AT = 4096, CLOCK_EVERY = 64, LONGEST_US = 20 * 1000 };

struct sweeping {
  struct bt_loop *l;
  uint32_t looked_at, affected; /* of the whole batch */
  int64_t until_us;             /* monotonic */
};

static bool enough(const struct sweeping *s) {
  return s->affected >= MOST_AFFECTED || s->looked_at >= MOST_LOOKED_AT || !bt_room_to_decide(s->l) ||
         (s->looked_at % CLOCK_EVERY == 0 && bt_clock_mono_us() >= s->until_us);
}

/* ---- one case ---- */

static int decide(struct bt_loop *l, const struct bt_sweep *w, uint64_t case_id, struct bt_arena *arena,
                  struct bt_decision *ret) {
  struct bt_scene scene;
  int rc = bt_store_scene_of(l->parts.store, case_id, w->object, arena, &scene);
  if (rc || !scene.by_id)
    return rc;
  scene.connected.n = l->batch.connected.n;
  scene.connected.v = l->batch.connected.v;
  return bt_decide_swept(l->rules, &scene, w, l->batch.now_us, bt_store_digest, arena, ret);
}

/* Most cases are not concerned: they are looked at in memory that is given back at once. */
static int reach(struct sweeping *s, const struct bt_sweep *w, uint64_t case_id) {
  struct bt_loop *l = s->l;
  struct bt_decision d = {0};
  bt_arena_reset(&l->release);
  int rc = decide(l, w, case_id, &l->release, &d);
  if (rc == -BT_CORRUPT) {
    bt_watch_damaged(l);
    bt_log(BT_LOG_ERROR, "sweep-passed-by", BT_L_UINT("case", case_id), BT_L_UINT("sweep", w->id),
           BT_L_TEXT("text", "the case cannot be read: run batonctl verify"));
    return 0;
  }
  if (rc || !d.n)
    return rc;
  rc = decide(l, w, case_id, &l->decide, &d);
  for (uint32_t i = 0; i < d.n && !rc; i++)
    rc = bt_batch_record(l, &d.v[i]);
  s->affected++;
  l->batch.tally.cases_swept++;
  return rc;
}

/* ---- the way through the cases ---- */

/* Offers by their deadlines. An extended one is met again further on, and left alone there. */
static int next_offer(struct bt_loop *l, struct bt_sweep *w, uint64_t *ret_case) {
  const struct bt_timer after = {w->at_us, w->at_case, UINT8_MAX, UINT64_MAX}; /* an offer is a case's first timer */
  struct bt_timer t;
  int rc = bt_store_next_timer(l->parts.store, BT_NOW, w->at_us ? &after : NULL, &t);
  if (rc)
    return rc;
  w->at_us = t.due_us;
  w->at_case = t.case_id;
  *ret_case = t.kind == BT_TIMER_OFFER ? t.case_id : 0;
  return 0;
}

/* Cases by their ids, up to those that were opened knowing of it. */
static int next_case(struct bt_loop *l, struct bt_sweep *w, uint64_t *ret_case) {
  char bytes[8];
  struct bt_str key, value;
  bt_put_u64(bytes, w->at_case);
  int rc = bt_store_next_row(l->parts.store, BT_NOW, BT_T_CASES, (struct bt_str){bytes, sizeof bytes}, &key, &value);
  if (rc)
    return rc;
  if (key.n != 8)
    return -BT_CORRUPT;
  if (bt_get_u64(key.p) > w->id)
    return -BT_ABSENT;
  *ret_case = w->at_case = bt_get_u64(key.p);
  return 0;
}

/* An advisory that has ended meanwhile reaches nobody any more. */
static int ended(struct bt_loop *l, const struct bt_sweep *w) {
  struct bt_advisory a;
  if (w->kind != BT_ADVISORY_ISSUED)
    return 0;
  bt_arena_reset(&l->release);
  return bt_store_advisory(l->parts.store, BT_NOW, w->object, &l->release, &a);
}

static int go_on(struct sweeping *s, struct bt_sweep *w, bool *ret_done) {
  int rc = ended(s->l, w);
  *ret_done = false;
  while (!rc) {
    uint64_t case_id = 0;
    rc = w->kind == BT_RESUMED ? next_offer(s->l, w, &case_id) : next_case(s->l, w, &case_id);
    s->looked_at++;
    if (!rc && case_id)
      rc = reach(s, w, case_id);
    if (!rc && enough(s))
      break;
  }
  *ret_done = rc == -BT_ABSENT;
  if (rc && !*ret_done)
    return rc;
  struct bt_entry e = {.kind = BT_SWEPT, .swept = {w->id, w->at_us, w->at_case, *ret_done}};
  return bt_own_record(s->l, &e, 1);
}

/* All sweeps of one sort, the oldest first, until there is enough. */
static int sweep_all(struct sweeping *s, bool downtimes, bool *ret_done) {
  struct bt_sweep w = {0};
  int rc;
  *ret_done = true;
  while (*ret_done && !(rc = bt_store_next_sweep(s->l->parts.store, BT_NOW, w.id + 1, &s->l->decide, &w))) {
    if ((w.kind == BT_RESUMED) != downtimes)
      continue;
    if (enough(s))
      *ret_done = false;
    else if ((rc = go_on(s, &w, ret_done)))
      return rc;
  }
  return !*ret_done || rc == -BT_ABSENT ? 0 : rc;
}

int bt_sweep_on(struct bt_loop *l, bool *ret_first) {
  struct sweeping s = {.l = l, .until_us = bt_clock_mono_us() + LONGEST_US};
  bool done;
  *ret_first = false;
  if (!bt_store_count(l->parts.store, BT_NOW, BT_T_SWEEPS))
    return 0;
  int rc = sweep_all(&s, true, &done);
  if (rc || !done) {
    *ret_first = true;
    return rc;
  }
  return sweep_all(&s, false, &done);
}

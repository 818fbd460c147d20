/* What reaches beyond one case: advisories, the departments of the configuration, and the sweeps that carry such things
 * to the cases. */
#include "core/timers.h"
#include "store/private.h"

/* ---- sweeps ---- */

static struct bt_timer sweep_timer(const struct bt_sweep *w) {
  return (struct bt_timer){.due_us = w->since_us, .kind = BT_TIMER_SWEEP, .object = w->id};
}

static void begin_sweep(struct bt_store *s, const struct bt_entry *e, struct bt_sweep w) {
  struct bt_key key;
  w.id = e->sequence;
  w.kind = e->kind;
  w.since_us = e->recorded_at_us;
  const struct bt_timer t = sweep_timer(&w);
  bt_now_put_sweep(s, BT_T_SWEEPS, bt_key_u64(&key, w.id), &w);
  bt_timer_put(s, &t);
}

static void move_sweep(struct bt_store *s, const struct bt_swept *to) {
  struct bt_key k;
  struct bt_sweep w;
  struct bt_str key = bt_key_u64(&k, to->sweep);
  if (!bt_now_get_sweep(s, BT_T_SWEEPS, key, &w))
    return;
  w.at_us = to->at_us;
  w.at_case = to->at_case;
  if (!to->done) {
    bt_now_put_sweep(s, BT_T_SWEEPS, key, &w);
    return;
  }
  const struct bt_timer t = sweep_timer(&w);
  bt_now_delete(s, BT_T_SWEEPS, key);
  bt_timer_delete(s, &t);
}

/* ---- advisories ---- */

static struct bt_timer advisory_timer(const struct bt_advisory *a) {
  return (struct bt_timer){.due_us = a->until_us, .kind = BT_TIMER_ADVISORY, .object = a->id};
}

static void issue(struct bt_store *s, const struct bt_entry *e) {
  struct bt_key key;
  const struct bt_advisory_issued *issued = &e->event.advisory_issued;
  const struct bt_advisory a = {
      .id = e->sequence,
      .topic = issued->topic,
      .department = e->event.department,
      .text = issued->text,
      .alternatives = issued->alternatives,
      .until_us = issued->until_us,
  };
  const struct bt_timer t = advisory_timer(&a);
  bt_now_put_advisory(s, BT_T_ADVISORIES, bt_key_u64(&key, a.id), &a);
  if (a.until_us)
    bt_timer_put(s, &t);
  begin_sweep(s, e, (struct bt_sweep){.object = a.id});
}

static void end(struct bt_store *s, const struct bt_entry *e) {
  struct bt_key k;
  struct bt_advisory a;
  const uint64_t id = e->event.advisory_ended.advisory;
  struct bt_str key = bt_key_u64(&k, id);
  if (!bt_now_get_advisory(s, BT_T_ADVISORIES, key, &a))
    return;
  const struct bt_timer t = advisory_timer(&a);
  bt_now_delete(s, BT_T_ADVISORIES, key);
  if (a.until_us)
    bt_timer_delete(s, &t);
  begin_sweep(s, e, (struct bt_sweep){.object = id});
}

void bt_apply_topic(struct bt_store *s, const struct bt_entry *e) {
  bt_apply_stats(s, e, NULL);
  s->advisories_known = false;
  if (e->kind == BT_ADVISORY_ISSUED)
    issue(s, e);
  else if (e->kind == BT_ADVISORY_ENDED)
    end(s, e);
}

/* ---- departments ---- */

#define DEPARTMENT BT_LIT("department") /* a row of meta each: this, 0x00, the name */

/* The next department after `name`. Borrowed as a key is. */
static int next_department(struct bt_store *s, struct bt_str name, struct bt_str *ret) {
  struct bt_key k;
  struct bt_str key, stored, prefix = bt_key_names(&k, DEPARTMENT, name);
  const size_t n = DEPARTMENT.n + 1;
  int rc = bt_kv_next(s->kv, BT_NOW, BT_T_META, prefix, true, &key, &stored);
  if (rc == 0 && (key.n <= n || memcmp(key.p, k.bytes, n) != 0))
    rc = -BT_ABSENT;
  if (rc == 0)
    *ret = (struct bt_str){key.p + n, key.n - n};
  return rc;
}

static void forget_departments(struct bt_store *s) {
  struct bt_key key;
  struct bt_str name;
  int rc;
  while ((rc = next_department(s, (struct bt_str){NULL, 0}, &name)) == 0 && !bt_kv_error(s->kv))
    bt_now_delete(s, BT_T_META, bt_key_names(&key, DEPARTMENT, name));
  if (rc < 0 && rc != -BT_ABSENT)
    bt_kv_fail(s->kv, rc);
}

static void adopt(struct bt_store *s, const struct bt_entry *e) {
  struct bt_key key;
  const struct bt_config_adopted *c = &e->config_adopted;
  bt_now_put_raw(s, BT_T_META, BT_LIT("config"), c->digest);
  forget_departments(s);
  for (uint32_t i = 0; i < c->departments.n; i++)
    bt_now_put_raw(s, BT_T_META, bt_key_names(&key, DEPARTMENT, c->departments.v[i]), (struct bt_str){NULL, 0});
  if (c->gone.n)
    begin_sweep(s, e, (struct bt_sweep){.departments = c->gone});
}

int bt_store_departments(struct bt_store *s, struct bt_arena *arena, struct bt_strs *ret) {
  struct bt_strs all = {0};
  uint32_t room = 0;
  struct bt_str name, after = {NULL, 0};
  int rc;
  while ((rc = next_department(s, after, &name)) == 0) {
    if (all.n == room) {
      struct bt_str *v = BT_NEW_ARRAY(arena, struct bt_str, room = room ? room * 2 : 64);
      if (!v)
        return -BT_NOMEM;
      if (all.n)
        memcpy(v, all.v, all.n * sizeof *v);
      all.v = v;
    }
    all.v[all.n] = after = bt_arena_copy(arena, name);
    if (!all.v[all.n++].p)
      return -BT_NOMEM;
  }
  if (rc == -BT_ABSENT)
    *ret = all;
  return rc == -BT_ABSENT ? 0 : rc;
}

/* ---- the broker's own stream ---- */

void bt_apply_broker(struct bt_store *s, const struct bt_entry *e) {
  switch (e->kind) {
  case BT_CONFIG_ADOPTED:
    adopt(s, e);
    break;
  case BT_RESUMED:
    begin_sweep(s, e,
                (struct bt_sweep){.down_from_us = e->resumed.down_from_us, .down_until_us = e->resumed.down_until_us});
    break;
  case BT_SWEPT:
    move_sweep(s, &e->swept);
    break;
  default: /* an accepted clock shows in the entries after it */
    break;
  }
}

/* ---- reading ---- */

int bt_store_advisory(struct bt_store *s, enum bt_view view, uint64_t id, struct bt_arena *arena,
                      struct bt_advisory *ret) {
  struct bt_key key;
  return bt_read_advisory(s, view, BT_T_ADVISORIES, bt_key_u64(&key, id), arena, ret);
}

int bt_store_next_sweep(struct bt_store *s, enum bt_view view, uint64_t from, struct bt_arena *arena,
                        struct bt_sweep *ret) {
  struct bt_key k;
  struct bt_str key, stored;
  int rc = bt_kv_next(s->kv, view, BT_T_SWEEPS, bt_key_u64(&k, from), false, &key, &stored);
  return rc < 0 ? rc : bt_record_sweep_decode(stored, arena, ret);
}

/* Decoded once and kept: nearly every request looks at them, and they hardly ever change. */
static int read_advisories(struct bt_store *s) {
  struct bt_key last = {.n = 0};
  struct bt_str key, stored;
  int rc;
  bt_arena_reset(&s->advisories_arena);
  s->advisories_n = 0;
  while ((rc = bt_kv_next(s->kv, BT_NOW, BT_T_ADVISORIES, (struct bt_str){last.bytes, last.n}, true, &key, &stored)) ==
         0) {
    if (s->advisories_n == BT_OPEN_ADVISORIES) /* no more are let in */
      return 0;
    memcpy(last.bytes, key.p, last.n = key.n);
    rc = bt_record_advisory_decode(stored, &s->advisories_arena, &s->advisories[s->advisories_n++]);
    if (rc < 0)
      return rc;
  }
  return rc == -BT_ABSENT ? 0 : rc;
}

int bt_store_advisories(struct bt_store *s, const struct bt_advisory **ret, uint32_t *ret_n) {
  if (!s->advisories_known) {
    int rc = read_advisories(s);
    if (rc < 0)
      return rc;
    s->advisories_known = true;
  }
  *ret = s->advisories;
  *ret_n = s->advisories_n;
  return 0;
}

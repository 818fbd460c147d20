/* Time passes: what is due fires, each at its own instant and in the broker's order. A broker that was down, or gets
 * another configuration, looks at the cases that this concerns. */
#include <inttypes.h>

#include "script.h"

/* ---- timers ---- */

static void take_earlier(struct bt_timer *best, const struct bt_timer *t) {
  if (!best->kind || bt_timer_cmp(t, best) < 0)
    *best = *t;
}

/* kind 0: nothing is due ever. */
static struct bt_timer next_timer(const struct trace_world *w) {
  struct bt_timer best = {0}, v[BT_MAX_TIMERS];
  for (uint32_t i = 0; i < w->n_cases; i++)
    if (bt_case_timers(&w->cases[i], v))
      take_earlier(&best, &v[0]);
  for (uint32_t i = 0; i < w->n_advisories; i++) {
    const struct bt_advisory *a = &w->advisories[i];
    struct bt_timer t = {a->until_us, 0, BT_TIMER_ADVISORY, a->id};
    if (!a->ended && a->until_us)
      take_earlier(&best, &t);
  }
  return best;
}

static bool is_set(const struct trace_world *w, const struct bt_timer *t) {
  struct bt_timer v[BT_MAX_TIMERS];
  const struct bt_case *c = t->case_id ? trace_case(w, t->case_id) : NULL;
  const struct bt_advisory *a = c ? NULL : trace_advisory(w, t->object);
  uint32_t n = c ? bt_case_timers(c, v) : 0;
  for (uint32_t i = 0; i < n; i++)
    if (bt_timer_cmp(&v[i], t) == 0)
      return true;
  return a && !a->ended;
}

static void print_timer(struct script *s, const struct bt_timer *t) {
  fputs("  ", s->to);
  trace_print_time(s->to, t->due_us);
  fprintf(s->to, " timer %s", bt_timer_name((int)t->kind));
  if (t->object && t->object != t->case_id)
    fprintf(s->to, " %" PRIu64, t->object);
  if (t->case_id)
    fprintf(s->to, " of case %" PRIu64, t->case_id);
  fputc('\n', s->to);
}

static const char *fire(struct script *s, const struct bt_timer *t) {
  struct bt_scene scene;
  struct bt_decision d;
  s->now_us = t->due_us > s->now_us ? t->due_us : s->now_us;
  trace_scene_of(s->world, t->case_id, t->kind == BT_TIMER_ADVISORY ? t->object : 0, &scene);
  print_timer(s, t);
  if (bt_decide_timer(&s->world->rules, &scene, t, s->now_us, trace_digest, s->arena, &d))
    return "decide ran out of memory";
  if (d.receipt.code != BT_OK) {
    trace_print_receipt(s->to, &d.receipt);
    return "a timer that is refused";
  }
  if (!d.n)
    return "a timer that decides nothing";
  const char *wrong = script_take_in(s, &d);
  if (!wrong && is_set(s->world, t))
    wrong = "a timer that stays where it is";
  return wrong ? wrong : script_spread(s, &d);
}

const char *script_pass(struct script *s, int64_t until_us) {
  const char *wrong = NULL;
  for (struct bt_timer t = next_timer(s->world); t.kind && t.due_us <= until_us && !wrong; t = next_timer(s->world))
    wrong = fire(s, &t);
  if (until_us > s->now_us)
    s->now_us = until_us;
  return wrong;
}

const char *script_wait(struct script *s, const struct words *words) {
  int64_t until_us;
  if (words->n != 2 || trace_parse_time(words->v[1], &until_us))
    return "wait TIME";
  return script_pass(s, until_us);
}

/* ---- sweeps ---- */

static const char *sweep_one(struct script *s, const struct bt_sweep *sweep, uint64_t case_id) {
  struct bt_scene scene;
  struct bt_decision d;
  bool advisory = sweep->kind == BT_ADVISORY_ISSUED || sweep->kind == BT_ADVISORY_ENDED;
  trace_scene_of(s->world, case_id, advisory ? sweep->object : 0, &scene);
  if (bt_decide_swept(&s->world->rules, &scene, sweep, s->now_us, trace_digest, s->arena, &d))
    return "decide ran out of memory";
  if (d.n || d.receipt.code != BT_OK)
    fprintf(s->to, "  sweep %s of case %" PRIu64 "\n", bt_kind_name((int)sweep->kind), case_id);
  if (d.receipt.code == BT_OK)
    return script_take_in(s, &d);
  trace_print_receipt(s->to, &d.receipt);
  return "a sweep that is refused";
}

static const char *sweep_all(struct script *s, const struct bt_sweep *sweep, bool (*concerns)(const struct bt_case *)) {
  const char *wrong = NULL;
  for (uint32_t i = 0; i < s->world->n_cases && !wrong; i++)
    if (concerns(&s->world->cases[i]))
      wrong = sweep_one(s, sweep, s->world->cases[i].id);
  return wrong;
}

static bool every(const struct bt_case *c) {
  return c->id != 0;
}

static bool has_offer(const struct bt_case *c) {
  return c->offer.id && !c->dormant;
}

const char *script_spread(struct script *s, const struct bt_decision *d) {
  const char *wrong = NULL;
  for (uint32_t i = 0; i < d->n && !wrong; i++) {
    const struct bt_entry *e = &d->v[i];
    const struct bt_sweep sweep = {.id = e->sequence, .kind = e->kind, .at_us = s->now_us, .object = e->stream_id};
    if (e->stream == BT_STREAM_TOPIC)
      wrong = sweep_all(s, &sweep, bt_case_is_open);
  }
  return wrong;
}

const char *script_down(struct script *s, const struct words *words) {
  int64_t from_us, until_us;
  if (words->n != 3 || trace_parse_time(words->v[1], &from_us) || trace_parse_time(words->v[2], &until_us) ||
      until_us < from_us)
    return "down FROM UNTIL";
  const char *wrong = script_pass(s, from_us);
  s->now_us = until_us > s->now_us ? until_us : s->now_us;
  const struct bt_sweep sweep = {
      .id = s->world->n_entries,
      .kind = BT_RESUMED,
      .at_us = s->now_us,
      .down_from_us = from_us,
      .down_until_us = until_us,
  };
  if (!wrong)
    wrong = sweep_all(s, &sweep, has_offer);
  return wrong ? wrong : script_pass(s, until_us);
}

/* ---- another configuration ---- */

static struct bt_strs without(const struct bt_strs *names, struct bt_str name, struct bt_arena *arena) {
  struct bt_strs ret = {0, BT_NEW_ARRAY(arena, struct bt_str, names->n)};
  for (uint32_t i = 0; i < names->n; i++)
    if (!bt_str_eq(names->v[i], name))
      ret.v[ret.n++] = names->v[i];
  return ret;
}

static void forget(struct bt_str *at, struct bt_str name) {
  if (bt_str_eq(*at, name))
    *at = (struct bt_str){0};
}

/* The department goes, and with it the adapters whose home it was: no configuration would name it any more. */
static struct bt_rules rules_without(const struct bt_rules *r, struct bt_str name, struct bt_arena *arena) {
  struct bt_rules ret = *r;
  ret.departments.v = BT_NEW_ARRAY(arena, struct bt_department, r->departments.n);
  ret.adapters.v = BT_NEW_ARRAY(arena, struct bt_adapter, r->adapters.n);
  ret.departments.n = ret.adapters.n = 0;
  for (uint32_t i = 0; i < r->departments.n; i++) {
    struct bt_department d = r->departments.v[i];
    forget(&d.fallback, name);
    forget(&d.escalates_to, name);
    if (!bt_str_eq(d.name, name))
      ret.departments.v[ret.departments.n++] = d;
  }
  for (uint32_t i = 0; i < r->adapters.n; i++) {
    struct bt_adapter a = r->adapters.v[i];
    a.acts_for = without(&a.acts_for, name, arena);
    if (!bt_str_eq(a.department, name))
      ret.adapters.v[ret.adapters.n++] = a;
  }
  return ret;
}

const char *script_gone(struct script *s, const struct words *words) {
  struct trace_world *w = s->world;
  if (words->n != 2 || !bt_rules_department(&w->rules, words->v[1]))
    return "gone DEPARTMENT";
  struct bt_strs gone = {1, BT_NEW(s->arena, struct bt_str)};
  gone.v[0] = words->v[1];
  w->rules = rules_without(&w->rules, words->v[1], s->arena);
  const struct bt_sweep sweep = {
      .id = w->n_entries, .kind = BT_CONFIG_ADOPTED, .at_us = s->now_us, .departments = gone};
  return sweep_all(s, &sweep, every);
}

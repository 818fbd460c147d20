/* A new configuration without a restart.
 *
 * Everything that may be wrong is found before anything changes: the files are read and checked as at start, compared
 * with what runs, and refused as a whole where a key cannot change while the broker runs. Then one entry of the journal
 * says that it is adopted, and once that is durable everyone who borrows the rules is given the new ones. All this is
 * between two batches, so nobody holds anything of the old generation across it. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "loop/parts.h"

enum { LOGGED = 64, MAX_PROBLEMS = 1000 };

struct reload {
  struct bt_loop *l;
  struct bt_arena *arena;
  struct bt_reload *ret;
  struct bt_config *next;
};

static void add_problem(struct reload *r, struct bt_str text) {
  struct bt_strs *all = &r->ret->problems;
  if (!all->v)
    all->v = BT_NEW_ARRAY(r->arena, struct bt_str, MAX_PROBLEMS);
  if (all->v && all->n < MAX_PROBLEMS)
    all->v[all->n++] = text;
  r->ret->refused = true;
}

/* ---- what may be wrong ---- */

/* What bt_config_load says, a line each. */
static void take_problems(struct reload *r, struct bt_str text) {
  while (text.n) {
    const char *end = memchr(text.p, '\n', text.n);
    size_t n = end ? (size_t)(end - text.p) : text.n;
    add_problem(r, bt_arena_copy(r->arena, (struct bt_str){text.p, n}));
    n += end != NULL;
    text = (struct bt_str){text.p + n, text.n - n};
  }
}

static int load(struct reload *r) {
  char *text = NULL;
  size_t n = 0;
  FILE *errors = open_memstream(&text, &n);
  if (!errors)
    return -BT_NOMEM;
  int rc = bt_config_load(r->l->parts.config_file, bt_time_now(r->l), errors, &r->next);
  if (fclose(errors) != 0 && !rc)
    rc = -BT_NOMEM;
  if (text)
    take_problems(r, (struct bt_str){text, n});
  free(text);
  if (rc && !r->ret->refused)
    add_problem(r, bt_arena_printf(r->arena, "%s: %s", r->l->parts.config_file, bt_code_text(rc)));
  return rc == -BT_NOMEM ? rc : 0;
}

/* A file that was cut short between two of its settings is right in itself: nobody takes every adapter away at once. */
static void check_whole(struct reload *r) {
  const uint32_t before = r->l->rules->adapters.n;
  if (before && !r->next->rules.adapters.n)
    add_problem(r, bt_arena_printf(r->arena,
                                   "%s: names no adapters any more, and %u are configured: is it whole? To run without "
                                   "any, restart",
                                   r->l->parts.config_file, before));
}

static int compare(struct reload *r) {
  int rc = bt_config_diff(r->l->parts.config, r->next, r->arena, &r->ret->changes);
  const struct bt_changes *c = &r->ret->changes;
  const char *text;
  for (uint32_t i = 0; !rc && i < c->n; i++)
    if (c->v[i].restart)
      add_problem(r, bt_arena_printf(r->arena, "%.*s: cannot change while the broker runs, restart it: %.*s -> %.*s",
                                     BT_STR_ARG(c->v[i].name), BT_STR_ARG(c->v[i].before), BT_STR_ARG(c->v[i].after)));
  if (!rc && bt_wire_room(r->next->rules.adapters.n, &text))
    add_problem(r, bt_str(text));
  return rc;
}

/* ---- the swap ---- */

/* What was set by hand since stays, unless it is configured otherwise now. */
static void set_log_level(const struct bt_settings *before, const struct bt_settings *now) {
  if (before->log_level != now->log_level)
    bt_log_set_level((enum bt_log_level)now->log_level);
}

static void swap(struct reload *r) {
  struct bt_loop *l = r->l;
  const struct bt_settings *before = &l->parts.config->settings;
  l->reloading.retired = l->parts.config;
  l->parts.config = r->next;
  l->rules = &r->next->rules;
  r->next = NULL;
  bt_wire_limit(l->parts.wire, l->parts.config->settings.max_in_flight);
  bt_wire_adopt(l->parts.wire, l->rules);
  if (l->control)
    bt_control_adopt(l->control, l->parts.config);
  if (l->metrics)
    bt_metrics_adopt(l->metrics, l->parts.config);
  set_log_level(before, &l->parts.config->settings);
  bt_watch_adopt(l, before);
  bt_retain_adopt(l);
  for (uint32_t i = 0; i < l->rules->adapters.n; i++) /* one may receive now that did not before */
    bt_deliver_wake(l, l->rules->adapters.v[i].name);
  l->reloading.adopted_us = bt_clock_wall_us();
}

static int adopt(struct reload *r) {
  struct bt_loop *l = r->l;
  int rc = bt_own_adopt(l, r->next, r->arena, &r->ret->gone);
  if (rc)
    return rc;
  swap(r);
  r->ret->adopted = r->ret->changes.n > 0;
  l->parts.counters->reloads += r->ret->adopted;
  l->reloading.refused_us = 0;
  if (r->ret->adopted)
    bt_own_save(l);
  return 0;
}

/* ---- the log ---- */

static void tell_refused(struct reload *r, struct bt_str by) {
  struct bt_reloading *state = &r->l->reloading;
  const struct bt_strs *all = &r->ret->problems;
  const struct bt_str first = all->n ? all->v[0] : (struct bt_str){0};
  state->refused_us = bt_clock_wall_us();
  r->l->parts.counters->reloads_refused++;
  state->problems = all->n;
  snprintf(state->problem, sizeof state->problem, "%.*s", BT_STR_ARG(first));
  for (uint32_t i = 0; i < all->n && i < LOGGED; i++)
    bt_log(BT_LOG_ERROR, "config-problem", BT_L_STR("text", all->v[i]));
  bt_log(BT_LOG_ERROR, "config-refused", BT_L_STR("by", by), BT_L_UINT("problems", all->n),
         BT_L_TEXT("text", "the configuration on disk is refused; the running one goes on"));
}

static void tell_adopted(const struct reload *r, struct bt_str by, int64_t from_us) {
  const struct bt_changes *c = &r->ret->changes;
  for (uint32_t i = 0; i < c->n && i < LOGGED; i++)
    bt_log(BT_LOG_INFO, "config-changed", BT_L_STR("what", bt_change_line(&c->v[i], r->arena)));
  bt_log(BT_LOG_INFO, r->ret->adopted ? "config-adopted" : "config-unchanged", BT_L_STR("by", by),
         BT_L_UINT("changes", c->n), BT_L_UINT("gone", r->ret->gone.n),
         BT_L_INT("took_ms", (bt_clock_mono_us() - from_us) / 1000));
}

/* ---- */

static int look(struct reload *r) {
  int rc = load(r);
  if (rc || r->ret->refused)
    return rc;
  check_whole(r);
  return compare(r);
}

int bt_loop_reload(void *loop, bool dry_run, struct bt_str operator_name, struct bt_arena *arena,
                   struct bt_reload *ret) {
  struct bt_loop *l = loop;
  const int64_t from_us = bt_clock_mono_us();
  *ret = (struct bt_reload){.refused = false};
  struct reload r = {.l = l, .arena = arena, .ret = ret};
  if (!l->parts.config_file)
    return -BT_WRONG_STATUS;
  bt_config_free(l->reloading.retired); /* of an earlier reload in the same round, which is answered by now */
  l->reloading.retired = NULL;
  int rc = look(&r);
  if (!rc && !ret->refused && !dry_run)
    rc = adopt(&r);
  if (!rc && !dry_run) {
    if (ret->refused)
      tell_refused(&r, operator_name);
    else
      tell_adopted(&r, operator_name, from_us);
  }
  if (rc)
    bt_log(BT_LOG_ERROR, "reload-failed", BT_L_STR("by", operator_name), BT_L_TEXT("code", bt_code_name(rc)));
  bt_config_free(r.next);
  return rc;
}

/* What is wrong is looked for once a second; what has begun or is over is told to the log and to the configured
 * command. */
#include "base/clock.h"
#include "base/log.h"
#include "loop/parts.h"

enum { ARENA_BYTES = 4 * 1024 * 1024 };

#define EVERY_US BT_SECOND_US

void bt_watch_init(struct bt_loop *l) {
  bt_arena_init(&l->watch.arena, ARENA_BYTES);
}

void bt_watch_fini(struct bt_loop *l) {
  bt_command_stop(&l->watch.runner);
  bt_arena_fini(&l->watch.arena);
}

void bt_watch_damaged(struct bt_loop *l) {
  if (!l->watch.damaged_us)
    l->watch.damaged_us = bt_time_now(l);
}

/* A refusal counts until the file is changed again: then it has not been tried. */
static void put_config(const struct bt_loop *l, struct bt_watch_facts *f) {
  const struct bt_reloading *r = &l->reloading;
  int64_t changed_us = 0;
  f->config_differs = l->parts.config_file ? bt_config_stale(l->parts.config, &changed_us) : NULL;
  const bool refused = r->refused_us && changed_us <= r->refused_us;
  f->config_since_us = refused ? r->refused_us : changed_us;
  f->config_problems = refused ? r->problems : 0;
  f->config_problem = r->problem;
}

/* 0: the last one was fine, or there was none. */
static int64_t failed_since(struct bt_loop *l, enum bt_chore kind) {
  struct bt_chore_state c;
  bt_loop_chore(l, kind, &c);
  return c.ended && !c.fine ? c.ended_us : 0;
}

void bt_loop_facts(void *loop, struct bt_watch_facts *ret) {
  struct bt_loop *l = loop;
  struct bt_clock_state clock;
  bt_loop_clock(l, &clock);
  *ret = (struct bt_watch_facts){
      .clock_trouble = clock.trouble,
      .clock_why = clock.why,
      .clock_since_us = clock.since_us,
      .clock_behind_us = clock.recorded_us - clock.wall_us,
      .up_us = l->watch.started_us ? bt_clock_mono_us() - l->watch.started_us : 0,
      .timers_stuck = l->firing.passed ? l->firing.stuck : 0,
      .stuck_since_us = l->firing.stuck_since_us,
      .damaged_since_us = l->watch.damaged_us,
      .disk_low = l->disk.low,
      .disk_full = l->disk.full || l->disk.doubted,
      .disk_since_us = l->disk.since_us,
      .disk_free = l->disk.free,
      .retention_failed_us = l->retain.failed_us,
      .command_failed_us = l->watch.command_failed_us,
  };
  put_config(l, ret);
  ret->verify_failed_us = failed_since(l, BT_CHORE_VERIFY);
  ret->backup_failed_us = failed_since(l, BT_CHORE_BACKUP);
  struct bt_drain drain;
  bt_loop_drained(l, &drain);
  ret->draining = drain.on;
  ret->leaving = drain.leave;
  ret->drain_since_us = drain.since_us;
  ret->turned_away = drain.turned_away;
}

const struct bt_alerts *bt_loop_alerts(const struct bt_loop *l) {
  return &l->watch.alerts;
}

/* ---- telling ---- */

static void tell(void *context, enum bt_alert_change change, const struct bt_alert *a) {
  struct bt_loop *l = context;
  const struct bt_told told = bt_told_of(change, a, bt_time_now(l));
  const enum bt_severity severity = bt_condition_table[a->kind].severity;
  char since[32];
  bt_clock_format(a->since_us, since, sizeof since);
  if (change == BT_ALERT_CLEARED)
    bt_log(BT_LOG_INFO, "alert-cleared", BT_L_TEXT("alert", told.name), BT_L_TEXT("object", told.object),
           BT_L_TEXT("since", since), BT_L_TEXT("text", told.text));
  else
    bt_log(severity == BT_SEVERITY_ERROR ? BT_LOG_ERROR : BT_LOG_WARN, "alert", BT_L_TEXT("alert", told.name),
           BT_L_TEXT("state", told.state), BT_L_TEXT("object", told.object), BT_L_TEXT("since", since),
           BT_L_UINT("count", told.n), BT_L_TEXT("text", told.text), BT_L_TEXT("see", told.see));
  if (l->parts.config->settings.alert_command)
    (void)bt_command_tell(&l->watch.runner, &told); /* what finds no place is counted, and said below */
}

/* A command that fails each time is said once, and once when it works again. */
static void tell_command(struct bt_loop *l) {
  const struct bt_command_runner *r = &l->watch.runner;
  const bool failed = r->why[0] != '\0';
  if (failed == (l->watch.command_failed_us != 0))
    return;
  l->watch.command_failed_us = failed ? bt_time_now(l) : 0;
  if (failed)
    bt_log(BT_LOG_ERROR, "alert-command-failed", BT_L_TEXT("command", l->parts.config->settings.alert_command),
           BT_L_TEXT("why", r->why), BT_L_TEXT("text", "alerts are in the log; batonctl alerts test tries it"));
  else
    bt_log(BT_LOG_INFO, "alert-command-works", BT_L_TEXT("command", l->parts.config->settings.alert_command));
}

static void tell_lost(struct bt_loop *l) {
  const struct bt_command_runner *r = &l->watch.runner;
  if (r->lost == l->watch.told_lost || r->waiting_n == BT_MAX_TOLD)
    return;
  bt_log(BT_LOG_WARN, "alerts-not-told", BT_L_UINT("alerts", r->lost - l->watch.told_lost),
         BT_L_TEXT("text", "the alert command was too slow for them; they are in the log"));
  l->watch.told_lost = r->lost;
}

static void step_command(struct bt_loop *l, int64_t now_us) {
  const struct bt_settings *s = &l->parts.config->settings;
  if (bt_command_step(&l->watch.runner, s->alert_command, s->alert_command_us, now_us))
    tell_command(l);
  tell_lost(l);
}

/* ---- looking ---- */

static int collect(struct bt_loop *l, struct bt_conditions *ret) {
  struct bt_watch *w = &l->watch;
  struct bt_backlogs all;
  struct bt_watch_view view = {.config = l->parts.config,
                               .store = l->parts.store,
                               .wire = l->parts.wire,
                               .now_us = bt_time_now(l),
                               .mono_us = bt_clock_mono_us(),
                               .look_from = w->looked_to};
  bt_arena_reset(&w->arena);
  bt_loop_facts(l, &view.facts);
  int rc = bt_backlogs_of(&view, &w->arena, &all);
  if (rc == 0)
    rc = bt_conditions_collect(&view, &all, &w->arena, ret);
  return rc;
}

static void look(struct bt_loop *l, int64_t now_us) {
  const struct bt_settings *s = &l->parts.config->settings;
  const struct bt_alert_rules rules = {s->alert_raise_us, s->alert_clear_us, s->alert_repeat_us};
  struct bt_conditions c;
  int rc = collect(l, &c);
  if (rc == -BT_CORRUPT) {
    bt_watch_damaged(l);
    c = (struct bt_conditions){.arena = &l->watch.arena};
    bt_condition_add(&c, BT_COND_RECORD_DAMAGED, (struct bt_str){0}, 0, l->watch.damaged_us);
  } else if (rc < 0) {
    return; /* it stays as it was */
  }
  l->watch.looked_to = c.looked_to;
  if (c.n && c.v[0].kind == BT_COND_RECORD_DAMAGED)
    bt_watch_damaged(l); /* it does not go away because the next look is at other cases */
  bt_alerts_step(&l->watch.alerts, &c, &rules, now_us, bt_time_now(l), tell, l);
}

void bt_watch_round(struct bt_loop *l) {
  struct bt_watch *w = &l->watch;
  const int64_t now_us = bt_clock_mono_us();
  if (!w->started_us)
    w->started_us = now_us;
  if (now_us >= w->look_us) {
    look(l, now_us);
    const int64_t took_us = bt_clock_mono_us() - now_us; /* never more than a hundredth of the time */
    w->look_us = now_us + (100 * took_us > EVERY_US ? 100 * took_us : EVERY_US);
  }
  step_command(l, now_us);
}

/* How the former command went says nothing about this one. */
void bt_watch_adopt(struct bt_loop *l, const struct bt_settings *before) {
  const struct bt_str one = bt_str(before->alert_command), other = bt_str(l->parts.config->settings.alert_command);
  l->watch.look_us = 0;
  if (bt_str_eq(one, other))
    return;
  bt_command_changed(&l->watch.runner);
  l->watch.command_failed_us = 0;
}

/* ---- by operators, and at the end ---- */

static struct bt_told told_of(struct bt_loop *l, const char *name, const char *text, const char *see) {
  struct bt_told t = {.state = "raised", .severity = "error", .since_us = bt_time_now(l)};
  t.at_us = t.since_us;
  snprintf(t.name, sizeof t.name, "%s", name);
  snprintf(t.text, sizeof t.text, "%s", text);
  snprintf(t.see, sizeof t.see, "%s", see);
  return t;
}

int bt_loop_alert_test(void *loop) {
  struct bt_loop *l = loop;
  struct bt_told t = told_of(l, "test", "a test: nothing is wrong", "alerts test");
  t.severity = "warn";
  t.test = true;
  if (!l->parts.config->settings.alert_command)
    return -BT_ABSENT;
  if (l->watch.testing || !bt_command_tell(&l->watch.runner, &t))
    return -BT_BUSY;
  l->watch.testing = true;
  l->watch.runner.tested = false;
  return 0;
}

bool bt_loop_alert_tested(void *loop, const char **ret_why) {
  struct bt_loop *l = loop;
  *ret_why = l->watch.runner.test_why;
  if (!l->watch.runner.tested)
    return true;
  l->watch.testing = false;
  return false;
}

void bt_watch_last(struct bt_loop *l, int rc) {
  char text[BT_ALERT_TEXT];
  snprintf(text, sizeof text, "the broker ends: %s", bt_code_text(rc));
  const struct bt_told t = told_of(l, "broker-failed", text, "the log, then verify DATA_DIR");
  bt_log(BT_LOG_ERROR, "alert", BT_L_TEXT("alert", t.name), BT_L_TEXT("state", t.state), BT_L_TEXT("text", text));
  bt_command_last(l->parts.config->settings.alert_command, &t);
}

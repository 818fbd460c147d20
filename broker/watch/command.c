#include "watch/command.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"

enum { OWN_VARIABLES = 12, VARIABLE = 384 };

extern char **environ;

struct bt_told bt_told_of(enum bt_alert_change change, const struct bt_alert *a, int64_t now_us) {
  static const char *const states[] = {"raised", "repeated", "cleared"};
  const struct bt_condition_row *row = &bt_condition_table[a->kind];
  struct bt_told t = {.state = states[change],
                      .severity = bt_severity_name(row->severity),
                      .n = a->n,
                      .since_us = a->since_us,
                      .at_us = now_us};
  snprintf(t.name, sizeof t.name, "%s", row->name);
  snprintf(t.object, sizeof t.object, "%s", a->object);
  snprintf(t.text, sizeof t.text, "%s", a->text);
  snprintf(t.see, sizeof t.see, "%s", a->see);
  return t;
}

/* ---- what a run is told ---- */

/* In memory, so that nobody has to feed a program that does not read. -1: none. */
static int open_json(const struct bt_told *t) {
  char since[32], at[32];
  json_t *j = json_pack("{ss ss ss ss ss ss ss ss sI sb}", "alert", t->name, "state", t->state, "severity", t->severity,
                        "object", t->object, "since", bt_clock_format(t->since_us, since, sizeof since), "at",
                        bt_clock_format(t->at_us, at, sizeof at), "text", t->text, "see", t->see, "count",
                        (json_int_t)t->n, "test", t->test);
  char *line = j ? json_dumps(j, JSON_COMPACT) : NULL;
  int fd = line ? memfd_create("baton-alert", MFD_CLOEXEC) : -1;
  if (fd >= 0 && (dprintf(fd, "%s\n", line) < 0 || lseek(fd, 0, SEEK_SET) != 0)) {
    close(fd);
    fd = -1;
  }
  free(line);
  json_decref(j);
  return fd;
}

struct variables {
  char own[OWN_VARIABLES][VARIABLE];
  char **v; /* the broker's, with these instead of any of the same names */
};

static bool is_ours(const char *variable) {
  static const char prefix[] = "BATON_ALERT";
  return strncmp(variable, prefix, sizeof prefix - 1) == 0;
}

static bool set_variables(struct variables *e, const struct bt_told *t) {
  char since[32], at[32];
  size_t n = 0, own = 0, inherited = 0;
  while (environ && environ[inherited])
    inherited++;
  e->v = calloc(inherited + OWN_VARIABLES + 1, sizeof *e->v);
  if (!e->v)
    return false;
  for (size_t i = 0; i < inherited; i++)
    if (!is_ours(environ[i]))
      e->v[n++] = environ[i];
  const struct {
    const char *name, *value;
  } texts[] = {{"BATON_ALERT", t->name},
               {"BATON_ALERT_STATE", t->state},
               {"BATON_ALERT_SEVERITY", t->severity},
               {"BATON_ALERT_OBJECT", t->object},
               {"BATON_ALERT_TEXT", t->text},
               {"BATON_ALERT_SEE", t->see},
               {"BATON_ALERT_SINCE", bt_clock_format(t->since_us, since, sizeof since)},
               {"BATON_ALERT_AT", bt_clock_format(t->at_us, at, sizeof at)},
               {"BATON_ALERT_TEST", t->test ? "1" : ""}};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++, own++) {
    snprintf(e->own[own], VARIABLE, "%s=%s", texts[i].name, texts[i].value);
    e->v[n++] = e->own[own];
  }
  snprintf(e->own[own], VARIABLE, "BATON_ALERT_COUNT=%" PRIu64, t->n);
  e->v[n++] = e->own[own];
  return true;
}

/* ---- starting ---- */

/* Nothing of the broker's: its descriptors, the signals that it blocks, its process group. */
static int spawn(const char *path, int in, char **variables, pid_t *ret) {
  posix_spawn_file_actions_t files;
  posix_spawnattr_t how;
  sigset_t none, defaults;
  char *argv[] = {(char *)path, NULL};
  sigemptyset(&none);
  sigfillset(&defaults);
  if (posix_spawn_file_actions_init(&files) != 0)
    return ENOMEM;
  if (posix_spawnattr_init(&how) != 0) {
    posix_spawn_file_actions_destroy(&files);
    return ENOMEM;
  }
  int e = posix_spawn_file_actions_adddup2(&files, in, STDIN_FILENO);
  if (e == 0)
    e = posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  if (e == 0)
    e = posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  if (e == 0)
    e = posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);
  posix_spawnattr_setsigmask(&how, &none);
  posix_spawnattr_setsigdefault(&how, &defaults);
  posix_spawnattr_setpgroup(&how, 0);
  posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  if (e == 0)
    e = posix_spawn(ret, path, &files, &how, argv, variables);
  posix_spawnattr_destroy(&how);
  posix_spawn_file_actions_destroy(&files);
  return e;
}

static int start(const char *path, const struct bt_told *t, pid_t *ret) {
  struct variables variables = {.v = NULL};
  int in = open_json(t);
  int e = in >= 0 && set_variables(&variables, t) ? spawn(path, in, variables.v, ret) : ENOMEM;
  free(variables.v);
  if (in >= 0)
    close(in);
  return e;
}

void bt_command_last(const char *path, const struct bt_told *told) {
  pid_t pid;
  if (path)
    (void)start(path, told, &pid);
}

/* ---- looking after them ---- */

static bool same(const struct bt_told *a, const struct bt_told *b) {
  return strcmp(a->name, b->name) == 0 && strcmp(a->object, b->object) == 0;
}

bool bt_command_tell(struct bt_command_runner *r, const struct bt_told *told) {
  for (uint32_t i = 0; i < r->waiting_n; i++)
    if (same(&r->waiting[i], told)) {
      r->waiting[i] = *told;
      return true;
    }
  if (r->waiting_n == BT_MAX_TOLD) {
    r->lost++;
    return false;
  }
  r->waiting[r->waiting_n++] = *told;
  return true;
}

static void ended(struct bt_command_runner *r, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void ended(struct bt_command_runner *r, const char *format, ...) {
  va_list args;
  va_start(args, format);
  vsnprintf(r->why, sizeof r->why, format, args);
  va_end(args);
  r->ended++;
  r->failed += r->why[0] != '\0';
}

static void over(struct bt_command_runner *r, struct bt_run_state *run) {
  run->pid = 0;
  if (!run->told.test)
    return;
  r->tested = true;
  memcpy(r->test_why, r->why, sizeof r->test_why);
}

/* A program that is killed may leave children of its own: they are in its group. */
static void look_after(struct bt_command_runner *r, struct bt_run_state *run, int64_t longest_us, int64_t mono_us) {
  int status;
  pid_t got = waitpid(run->pid, &status, WNOHANG);
  if (got == 0 && !run->late && mono_us >= run->until_us) {
    run->late = true;
    kill(-run->pid, SIGKILL);
  }
  if (got == 0)
    return;
  if (run->former) {
    run->pid = 0;
    return;
  }
  if (run->late)
    ended(r, "killed: it was not over after %d s", (int)(longest_us / BT_SECOND_US));
  else if (got > 0 && WIFSIGNALED(status))
    ended(r, "ended by signal %d", WTERMSIG(status));
  else if (got > 0 && WEXITSTATUS(status))
    ended(r, "exit status %d", WEXITSTATUS(status));
  else
    ended(r, "%s", "");
  over(r, run);
}

static bool is_running(const struct bt_command_runner *r, const struct bt_told *t) {
  for (int i = 0; i < BT_MAX_RUNS; i++)
    if (r->runs[i].pid && same(&r->runs[i].told, t))
      return true;
  return false;
}

static struct bt_run_state *free_run(struct bt_command_runner *r) {
  for (int i = 0; i < BT_MAX_RUNS; i++)
    if (!r->runs[i].pid)
      return &r->runs[i];
  return NULL;
}

static void start_waiting(struct bt_command_runner *r, const char *path, int64_t longest_us, int64_t mono_us) {
  for (uint32_t i = 0; i < r->waiting_n;) {
    struct bt_run_state *run = free_run(r);
    if (!run)
      return;
    if (is_running(r, &r->waiting[i])) {
      i++;
      continue;
    }
    *run = (struct bt_run_state){.until_us = mono_us + longest_us, .told = r->waiting[i]};
    r->waiting_n--;
    memmove(&r->waiting[i], &r->waiting[i + 1], (r->waiting_n - i) * sizeof *r->waiting);
    int e = start(path, &run->told, &run->pid);
    r->started++;
    if (e) {
      ended(r, "cannot be started: %s", strerror(e));
      over(r, run);
    }
  }
}

bool bt_command_step(struct bt_command_runner *r, const char *path, int64_t longest_us, int64_t mono_us) {
  const uint64_t before = r->ended;
  for (int i = 0; i < BT_MAX_RUNS; i++)
    if (r->runs[i].pid)
      look_after(r, &r->runs[i], longest_us, mono_us);
  if (path)
    start_waiting(r, path, longest_us, mono_us);
  else
    r->waiting_n = 0;
  return r->ended != before;
}

/* A test is over with it: whoever waits for its end is told so. */
static void end_test(struct bt_command_runner *r) {
  r->tested = true;
  snprintf(r->test_why, sizeof r->test_why, "another command was configured meanwhile");
}

void bt_command_changed(struct bt_command_runner *r) {
  r->why[0] = '\0';
  for (int i = 0; i < BT_MAX_RUNS; i++) {
    r->runs[i].former = r->runs[i].pid != 0;
    if (r->runs[i].pid && r->runs[i].told.test)
      end_test(r);
  }
  for (uint32_t i = 0; i < r->waiting_n; i++)
    if (r->waiting[i].test) {
      end_test(r);
      memmove(&r->waiting[i], &r->waiting[i + 1], (--r->waiting_n - i) * sizeof *r->waiting);
      return;
    }
}

void bt_command_stop(struct bt_command_runner *r) {
  for (int i = 0; i < BT_MAX_RUNS; i++) {
    if (r->runs[i].pid)
      kill(-r->runs[i].pid, SIGKILL);
    r->runs[i].pid = 0;
  }
}

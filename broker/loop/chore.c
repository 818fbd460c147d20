#include "loop/chore.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "loop/parts.h"

#define LOOK_EVERY_MS 50

static const char *const names[BT_CHORE_COUNT] = {"backup", "verify"};

/* ---- what it says ---- */

static void take_said(struct bt_chore_state *s, const char *line) {
  unsigned long long value;
  char key[BT_CHORE_KEY];
  if (s->n_said < BT_CHORE_SAID && sscanf(line, "= %23s %llu", key, &value) == 2) {
    memcpy(s->said[s->n_said].key, key, sizeof key);
    s->said[s->n_said++].value = value;
  }
}

/* Of the line that is being read, which lies beside the state. */
static void keep(char *to, size_t size, const char *from, size_t n) {
  n = n < size ? n : size - 1;
  memcpy(to, from, n);
  to[n] = '\0';
}

static void take_wrong(struct bt_chore_state *s, const char *line) {
  int code = 0, at = 0;
  if (sscanf(line, "! %d %n", &code, &at) == 1 && at > 0) {
    s->code = code;
    keep(s->text, sizeof s->text, line + at, strlen(line + at));
  }
}

static void take_progress(struct bt_chore_state *s, const char *line) {
  unsigned long long done, of;
  const char *colon = strstr(line, ": ");
  if (!colon || sscanf(colon, ": %llu of %llu", &done, &of) != 2)
    return;
  keep(s->what, sizeof s->what, line, (size_t)(colon - line));
  s->done = done;
  s->of = of;
}

static void take_line(struct bt_chore_state *s, const char *line) {
  if (*line == '=')
    take_said(s, line);
  else if (*line == '!')
    take_wrong(s, line);
  else
    take_progress(s, line);
}

static void listen_to(struct bt_loop *l, int which) {
  char *line = l->chores.v[which].line;
  size_t *n = &l->chores.v[which].n;
  ssize_t got;
  while ((got = read(l->chores.v[which].fd, line + *n, BT_CHORE_LINE - 1 - *n)) > 0) {
    *n += (size_t)got;
    line[*n] = '\0';
    for (char *end; (end = strchr(line, '\n'));) {
      *end = '\0';
      take_line(&l->chores.v[which].state, line);
      *n -= (size_t)(end + 1 - line);
      memmove(line, end + 1, *n + 1);
    }
    if (*n == BT_CHORE_LINE - 1)
      *n = 0; /* no line of ours */
  }
}

/* ---- the process ---- */

static int64_t said(const struct bt_chore_state *s, const char *key) {
  for (uint32_t i = 0; i < s->n_said; i++)
    if (strcmp(s->said[i].key, key) == 0)
      return (int64_t)s->said[i].value;
  return 0;
}

static void tell(const struct bt_chore_state *s, int which) {
  const int64_t ms = (s->ended_us - s->started_us) / 1000;
  if (s->fine)
    bt_log(BT_LOG_INFO, which == BT_CHORE_BACKUP ? "backup-made" : "verified",
           BT_L_INT("position", said(s, "position")), BT_L_INT("entries", said(s, "entries")), BT_L_INT("ms", ms));
  else
    bt_log(BT_LOG_ERROR, which == BT_CHORE_BACKUP ? "backup-failed" : "verify-failed",
           BT_L_TEXT("code", bt_code_name(s->code)), BT_L_TEXT("text", s->text),
           BT_L_INT("entry", said(s, "entry_to_blame")), BT_L_INT("ms", ms));
}

static void finish(struct bt_loop *l, int which, int status) {
  struct bt_chore_state *s = &l->chores.v[which].state;
  listen_to(l, which);
  close(l->chores.v[which].fd);
  l->chores.v[which].pid = 0;
  s->running = false;
  s->ended = true;
  s->ended_us = bt_clock_wall_us();
  s->fine = WIFEXITED(status) && WEXITSTATUS(status) == 0 && !s->code;
  if (!s->fine && !s->code) {
    s->code = -BT_IO;
    snprintf(s->text, sizeof s->text, "its process was killed");
  }
  tell(s, which);
}

void bt_chore_on(struct bt_loop *l) {
  const uint64_t every_us = (uint64_t)l->parts.config->settings.verify_every_us;
  const int64_t now_us = bt_clock_mono_us();
  for (int i = 0; i < BT_CHORE_COUNT; i++) {
    int status;
    if (!l->chores.v[i].pid)
      continue;
    listen_to(l, i);
    if (waitpid(l->chores.v[i].pid, &status, WNOHANG) == l->chores.v[i].pid)
      finish(l, i, status);
  }
  if (!l->chores.verified_us)
    l->chores.verified_us = now_us;
  if (every_us && (uint64_t)(now_us - l->chores.verified_us) >= every_us && !l->chores.v[BT_CHORE_VERIFY].pid)
    (void)!bt_loop_chore_start(l, BT_CHORE_VERIFY, NULL, NULL);
}

long bt_chore_due_ms(const struct bt_loop *l) {
  for (int i = 0; i < BT_CHORE_COUNT; i++)
    if (l->chores.v[i].pid)
      return LOOK_EVERY_MS;
  return -1;
}

void bt_chore_stop(struct bt_loop *l) {
  for (int i = 0; i < BT_CHORE_COUNT; i++) {
    if (!l->chores.v[i].pid)
      continue;
    kill(l->chores.v[i].pid, SIGKILL);
    while (waitpid(l->chores.v[i].pid, NULL, 0) < 0 && errno == EINTR)
      continue;
    close(l->chores.v[i].fd);
    l->chores.v[i].pid = 0;
  }
}

/* The running configuration, for the process to read: the file may be another one by now. */
static int configuration(struct bt_loop *l) {
  int fd = memfd_create("configuration", MFD_CLOEXEC), copy = fd >= 0 ? dup(fd) : -1;
  FILE *f = copy >= 0 ? fdopen(copy, "w") : NULL;
  if (f) {
    bt_config_dump(l->parts.config, f);
    if (fclose(f) == 0 && lseek(fd, 0, SEEK_SET) == 0)
      return fd;
  } else if (copy >= 0) {
    close(copy);
  }
  if (fd >= 0)
    close(fd);
  return -1;
}

static int spawn(char **argv, int in, int out, pid_t *ret) {
  extern char **environ;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_t files;
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_adddup2(&files, in, 0);
  posix_spawn_file_actions_adddup2(&files, out, 1);
  int e = posix_spawn(ret, "/proc/self/exe", &files, &attributes, argv, environ);
  posix_spawn_file_actions_destroy(&files);
  posix_spawnattr_destroy(&attributes);
  return e == 0 ? 0 : -BT_IO;
}

int bt_loop_chore_start(void *loop, enum bt_chore which, const char *dir, const char *word) {
  struct bt_loop *l = loop;
  char *argv[7] = {"batond", "--chore", (char *)(uintptr_t)names[which], l->parts.config->settings.data_dir};
  int ends[2], n = 4;
  pid_t pid;
  if (l->chores.v[which].pid)
    return -BT_LOCKED;
  if (dir)
    argv[n++] = (char *)(uintptr_t)dir;
  if (word)
    argv[n++] = (char *)(uintptr_t)word;
  int in = configuration(l);
  if (in < 0)
    return -BT_IO;
  if (pipe2(ends, O_CLOEXEC) != 0) {
    close(in);
    return -BT_IO;
  }
  fcntl(ends[0], F_SETFL, O_NONBLOCK);
  int rc = spawn(argv, in, ends[1], &pid);
  close(in);
  close(ends[1]);
  if (rc < 0) {
    close(ends[0]);
    return rc;
  }
  const uint64_t number = l->chores.v[which].state.number + 1;
  l->chores.v[which].pid = pid;
  l->chores.v[which].fd = ends[0];
  l->chores.v[which].n = 0;
  l->chores.v[which].state =
      (struct bt_chore_state){.running = true, .started_us = bt_clock_wall_us(), .number = number};
  if (which == BT_CHORE_VERIFY)
    l->chores.verified_us = bt_clock_mono_us();
  return 0;
}

void bt_loop_chore(void *loop, enum bt_chore which, struct bt_chore_state *ret) {
  const struct bt_loop *l = loop;
  *ret = l->chores.v[which].state;
}

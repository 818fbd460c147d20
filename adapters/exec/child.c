#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

int child_init(struct child *c) {
  *c = (struct child){.epoll = epoll_create1(EPOLL_CLOEXEC), .pidfd = -1, .in = -1, .out = -1, .err = -1};
  return c->epoll < 0 ? -1 : 0;
}

static void shut(int *fd) {
  if (*fd >= 0)
    close(*fd); /* epoll forgets it by itself: no other descriptor shares the pipe's end */
  *fd = -1;
}

void child_fini(struct child *c) {
  shut(&c->in);
  shut(&c->out);
  shut(&c->err);
  shut(&c->pidfd);
  shut(&c->epoll);
}

static int watch(const struct child *c, int operation, int fd, uint32_t events) {
  struct epoll_event e = {.events = events, .data.fd = fd};
  return epoll_ctl(c->epoll, operation, fd, &e);
}

/* Signals and their mask as a program expects them, a group of its own, the pipes in their places. */
static int spawn(struct child *c, char *const *argv, const char *directory, char *const *environment,
                 const int *theirs) {
  posix_spawn_file_actions_t files;
  posix_spawnattr_t as;
  sigset_t all, none;
  sigfillset(&all);
  sigemptyset(&none);
  int rc = posix_spawn_file_actions_init(&files);
  if (rc)
    return rc;
  if ((rc = posix_spawnattr_init(&as))) {
    posix_spawn_file_actions_destroy(&files);
    return rc;
  }
  posix_spawnattr_setflags(&as, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  posix_spawnattr_setpgroup(&as, 0);
  posix_spawnattr_setsigdefault(&as, &all);
  posix_spawnattr_setsigmask(&as, &none);
  for (int i = 0; i < 3 && !rc; i++)
    rc = theirs[i] >= 0 ? posix_spawn_file_actions_adddup2(&files, theirs[i], i)
                        : posix_spawn_file_actions_addopen(&files, i, "/dev/null", O_RDONLY, 0);
  if (!rc && *directory)
    rc = posix_spawn_file_actions_addchdir_np(&files, directory);
  if (!rc)
    rc = posix_spawnp(&c->pid, argv[0], &files, &as, argv, environment ? environment : environ);
  posix_spawnattr_destroy(&as);
  posix_spawn_file_actions_destroy(&files);
  return rc;
}

/* ours and theirs: stdin, stdout, stderr. */
static int pipes(bool listens, int *ours, int *theirs) {
  for (int i = listens ? 0 : 1; i < 3; i++) {
    int p[2];
    if (pipe2(p, O_CLOEXEC) < 0)
      return errno;
    ours[i] = p[i == 0];
    theirs[i] = p[i != 0];
    if (fcntl(ours[i], F_SETFL, O_NONBLOCK) < 0)
      return errno;
  }
  return 0;
}

int child_start(struct child *c, char *const *argv, const char *directory, char *const *environment, bool listens) {
  int ours[3] = {-1, -1, -1}, theirs[3] = {-1, -1, -1};
  int rc = pipes(listens, ours, theirs);
  if (!rc)
    rc = spawn(c, argv, directory, environment, theirs);
  for (int i = 0; i < 3; i++)
    shut(&theirs[i]);
  if (!rc && ((c->pidfd = pidfd_open(c->pid, 0)) < 0 || watch(c, EPOLL_CTL_ADD, c->pidfd, EPOLLIN) < 0 ||
              watch(c, EPOLL_CTL_ADD, ours[1], EPOLLIN) < 0 || watch(c, EPOLL_CTL_ADD, ours[2], EPOLLIN) < 0)) {
    rc = errno;
    kill(-c->pid, SIGKILL);
    waitpid(c->pid, NULL, 0);
    shut(&c->pidfd);
  }
  if (rc) {
    for (int i = 0; i < 3; i++)
      shut(&ours[i]);
    c->pid = 0;
    return rc;
  }
  c->in = ours[0];
  c->out = ours[1];
  c->err = ours[2];
  c->wants_out = true;
  c->wants_in = false;
  return 0;
}

/* A descriptor that has to wait leaves epoll altogether: a hang-up, which epoll tells unasked, is no news then. */
static void want(const struct child *c, int fd, uint32_t events, bool now, bool *was) {
  if (fd >= 0 && now != *was && watch(c, now ? EPOLL_CTL_ADD : EPOLL_CTL_DEL, fd, events) == 0)
    *was = now;
}

void child_want(struct child *c, bool out, bool in) {
  want(c, c->out, EPOLLIN, out, &c->wants_out);
  want(c, c->in, EPOLLOUT, in, &c->wants_in);
}

void child_close_in(struct child *c) {
  shut(&c->in);
}

void child_close_out(struct child *c) {
  shut(&c->out);
}

void child_close_err(struct child *c) {
  shut(&c->err);
}

bool child_ended(struct child *c, int *ret_status) {
  int status;
  if (!c->pid || waitpid(c->pid, &status, WNOHANG) <= 0)
    return false;
  kill(-c->pid, SIGTERM);
  shut(&c->pidfd);
  c->pid = 0;
  *ret_status = status;
  return true;
}

bool child_wait(const struct child *c, int timeout_ms) {
  struct pollfd p = {.fd = c->pidfd, .events = POLLIN};
  return !c->pid || poll(&p, 1, timeout_ms) > 0;
}

void child_signal(const struct child *c, int signal) {
  if (c->pid)
    kill(-c->pid, signal);
}

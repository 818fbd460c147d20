#include "reader.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "baton.h"

enum { ANSWER_MAX = 512 << 10, START_MS = 3000, TRIES = 2 };

extern char **environ;

void reader_init(struct reader *r, struct net *net, const struct read_limits *limits) {
  *r = (struct reader){.net = net, .limits = *limits, .fd = -1};
}

static void end(struct reader *r) {
  if (r->fd >= 0) {
    net_forget(r->net, r->fd);
    close(r->fd);
  }
  if (r->pid > 0) {
    kill(r->pid, SIGKILL);
    while (waitpid(r->pid, NULL, 0) < 0 && errno == EINTR)
      ;
  }
  r->fd = -1;
  r->pid = 0;
}

static void clear(struct reader *r) {
  free(r->out);
  free(r->in);
  r->out = r->in = NULL;
}

void reader_fini(struct reader *r) {
  end(r);
  clear(r);
  json_decref(r->json);
}

static bool spawn(struct reader *r, int theirs) {
  char parts[24], depth[24], ms[24], word[16];
  snprintf(parts, sizeof parts, "%lld", (long long)r->limits.max_parts);
  snprintf(depth, sizeof depth, "%lld", (long long)r->limits.max_depth);
  snprintf(ms, sizeof ms, "%lld", (long long)r->limits.ms);
  snprintf(word, sizeof word, "%s", reader_word);
  char name[] = "baton-mail", *argv[] = {name, word, parts, depth, ms, NULL};
  posix_spawn_file_actions_t actions;
  int rc = posix_spawn_file_actions_init(&actions);
  if (rc == 0) {
    rc = posix_spawn_file_actions_adddup2(&actions, theirs, 0);
    rc = rc ? rc : posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", 1, 0);
    rc = rc ? rc : posix_spawn(&r->pid, "/proc/self/exe", &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
  }
  errno = rc;
  return rc == 0;
}

static bool start(struct reader *r) {
  int pair[2];
  if (r->fd >= 0)
    return true;
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
    return false;
  r->fd = pair[0];
  bool good = spawn(r, pair[1]);
  close(pair[1]);
  if (!good) {
    int why = errno;
    r->pid = 0;
    end(r);
    errno = why;
  }
  return good;
}

/* What is written: four bytes that say how many follow, and those. The answer has the same form. */
static int begin(struct reader *r, size_t n) {
  uint32_t size = (uint32_t)n;
  memcpy(r->out, &size, sizeof size);
  r->out_n = sizeof size + n;
  r->out_at = r->in_n = 0;
  r->tries++;
  r->deadline_ms = baton_now_ms() + START_MS + 2 * r->limits.ms;
  r->state = READER_BUSY;
  if (!start(r))
    return -1;
  net_watch(r->net, r->fd, EPOLLIN | EPOLLOUT);
  return 0;
}

int reader_ask(struct reader *r, const char *mail, size_t n) {
  r->out = malloc(n + sizeof(uint32_t));
  r->in = malloc(ANSWER_MAX);
  if (!r->out || !r->in) {
    clear(r);
    return -1;
  }
  memcpy(r->out + sizeof(uint32_t), mail, n);
  r->tries = 0;
  r->is_short = false;
  if (begin(r, n) < 0) {
    int why = errno;
    clear(r);
    r->state = READER_FREE;
    errno = why;
    return -1;
  }
  return 0;
}

json_t *reader_take(struct reader *r) {
  json_t *json = r->json;
  r->json = NULL;
  r->state = READER_FREE;
  return json;
}

static void finish(struct reader *r, json_t *json) {
  clear(r);
  r->json = json;
  r->state = READER_DONE;
}

static void fail(struct reader *r, const char *why) {
  size_t n = r->out_n - sizeof(uint32_t);
  baton_log("warn", "reader-ended", "why", why, "next", r->tries < TRIES ? "its beginning is read" : "given up", NULL);
  end(r);
  r->is_short = true;
  if (r->tries >= TRIES || begin(r, n < READER_SHORT ? n : READER_SHORT) < 0)
    finish(r, NULL);
}

static bool write_some(struct reader *r) {
  while (r->out_at < r->out_n) {
    ssize_t n = send(r->fd, r->out + r->out_at, r->out_n - r->out_at, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0)
      return errno == EAGAIN || errno == EINTR;
    r->out_at += (size_t)n;
  }
  return true;
}

/* 1: the answer is there; 0: not yet; -1: there will be none. */
static int read_some(struct reader *r) {
  for (;;) {
    uint32_t size = ANSWER_MAX;
    if (r->in_n >= sizeof size)
      memcpy(&size, r->in, sizeof size);
    if (r->in_n >= sizeof size && r->in_n == sizeof size + size)
      return 1;
    if (size > ANSWER_MAX - sizeof size && r->in_n >= sizeof size)
      return -1;
    size_t room = r->in_n < sizeof size ? sizeof size - r->in_n : sizeof size + size - r->in_n;
    ssize_t n = recv(r->fd, r->in + r->in_n, room, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
      return 0;
    if (n <= 0)
      return -1;
    r->in_n += (size_t)n;
  }
}

int reader_step(struct reader *r) {
  if (r->state != READER_BUSY)
    return -1;
  bool wrote = write_some(r);
  if (r->out_at == r->out_n)
    net_watch(r->net, r->fd, EPOLLIN);
  int got = read_some(r);
  if (got > 0) {
    json_t *json = json_loadb(r->in + sizeof(uint32_t), r->in_n - sizeof(uint32_t), 0, NULL);
    if (json)
      finish(r, json);
    else
      fail(r, "it says what nobody understands");
  } else if (got < 0 || !wrote) {
    fail(r, "it died of a mail");
  } else if (baton_now_ms() >= r->deadline_ms) {
    fail(r, "a mail takes too long to read");
  }
  if (r->state != READER_BUSY)
    return 0;
  int64_t left = r->deadline_ms - baton_now_ms();
  return left < 0 ? 0 : (int)left;
}

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "exec.h"
#include "find.h"
#include "words.h"

#define LINES_A_STEP 1024
#define BOX_FULL (256 * 1024) /* what the program may leave unread before its own lines have to wait */
#define LOG_LINE_MAX 2048
#define LASTING_MS 60000 /* a program that ran this long had a good start */
#define KILL_MS 1000

int exec_check(void *context, const char *config_file) {
  (void)config_file;
  struct exec *x = context;
  const char *error;
  x->argv = words_split(x->command, &error);
  if (x->argv && find_program(x->argv[0], x->directory, x->why, sizeof x->why))
    return 0;
  baton_log("error", "command", "why", x->argv ? x->why : error, NULL);
  return -BATON_E_USAGE;
}

int exec_start(void *context, baton_options *connection, const char *config_file) {
  (void)config_file;
  struct exec *x = context;
  connection->on_connected = exec_on_connected;
  connection->on_receipt = exec_on_receipt;
  connection->on_delivery = exec_on_delivery;
  if (!x->listens)
    connection->credit = 0;
  if (child_init(&x->child) == 0 && lines_init(&x->out, LINE_MAX_BYTES) == 0 && lines_init(&x->err, LOG_LINE_MAX) == 0)
    return 0;
  baton_log("error", "cannot-start", "why", strerror(errno), NULL);
  return -BATON_E_IO;
}

void exec_fini(struct exec *x) {
  for (struct sent *s = x->first, *next; s; s = next) {
    next = s->next;
    free(s);
  }
  exec_forget_put(x);
  hands_clear(&x->hands);
  outbox_fini(&x->box);
  lines_fini(&x->out);
  lines_fini(&x->err);
  child_fini(&x->child);
  free(x->argv);
  free(x->adapter);
  free(x->department);
}

int exec_fd(void *context) {
  return ((struct exec *)context)->child.epoll;
}

/* ---- One run of the program ---- */

static void try_later(struct exec *x) {
  int wait = baton_backoff_ms(++x->attempt, (int)x->restart_first_ms, (int)x->restart_most_ms);
  x->start_due_ms = baton_now_ms() + (wait < x->restart_first_ms ? x->restart_first_ms : wait);
}

static void begin(struct exec *x) {
  int error = child_start(&x->child, x->argv, x->directory, NULL, x->listens);
  char run[24];
  x->run++;
  x->started_ms = baton_now_ms();
  if (error) {
    if (baton_log_due(x->attempt))
      baton_log("error", "program-not-started", "program", x->argv[0], "why", strerror(error), NULL);
    x->ended = x->failed = !x->restart;
    snprintf(x->why, sizeof x->why, "%.120s could not be started: %s", x->argv[0], strerror(error));
    exec_down(x);
    try_later(x);
    return;
  }
  lines_reset(&x->out);
  lines_reset(&x->err);
  x->full = x->greeted = false;
  snprintf(run, sizeof run, "%" PRIu64, x->run);
  if (baton_log_due(x->attempt))
    baton_log("info", "program-started", "program", x->argv[0], "run", run, NULL);
  if (x->listens)
    exec_say_hello(x);
}

static void give_all_back(struct exec *x) {
  for (struct hand *d = x->hands.first, *next; d; d = next) {
    next = d->next;
    if (d->state == HAND_GIVEN)
      exec_give_back(x, d);
  }
}

static void end(struct exec *x) {
  char status[32], events[24], bad[24];
  bool good = WIFEXITED(x->status) && WEXITSTATUS(x->status) == 0;
  snprintf(status, sizeof status, "%s %d", WIFEXITED(x->status) ? "exit" : "signal",
           WIFEXITED(x->status) ? WEXITSTATUS(x->status) : WTERMSIG(x->status));
  snprintf(events, sizeof events, "%" PRIu64, x->events);
  snprintf(bad, sizeof bad, "%" PRIu64, x->bad_lines);
  child_close_in(&x->child);
  child_close_err(&x->child);
  outbox_clear(&x->box);
  give_all_back(x);
  if (baton_now_ms() - x->started_ms > LASTING_MS)
    x->attempt = 0;
  x->ended = !x->restart;
  x->failed = x->ended && !good;
  snprintf(x->why, sizeof x->why, "%.120s ended with %s", x->argv[0], status);
  if (good)
    exec_up(x);
  else if (!x->stopping)
    exec_down(x);
  try_later(x);
  if (baton_log_due(x->attempt))
    baton_log(good ? "info" : "warn", "program-ended", "program", x->argv[0], "status", status, "events", events,
              "bad_lines", bad, NULL);
}

/* ---- Its lines ---- */

static void read_log(struct exec *x) {
  const char *line;
  size_t n;
  for (int i = 0; i < LINES_A_STEP; i++) {
    int got = lines_next(&x->err, &line, &n);
    if (got == 0 && lines_fill(&x->err, x->child.err))
      continue;
    if (got == 0)
      break;
    char text[LOG_LINE_MAX + 1];
    memcpy(text, line, n);
    text[n] = '\0';
    baton_log("info", "program", "text", got < 0 ? "(a line of more than 2048 bytes)" : text, NULL);
    lines_done(&x->err);
  }
  if (x->err.eof)
    child_close_err(&x->child);
}

/* true: there may be more at once. */
static bool read_lines(struct exec *x) {
  const char *line;
  size_t n;
  x->full = false;
  for (int i = 0; i < LINES_A_STEP; i++) {
    if (outbox_size(&x->box) > BOX_FULL)
      return false;
    int got = lines_next(&x->out, &line, &n);
    if (got == 0 && lines_fill(&x->out, x->child.out))
      continue;
    if (got == 0)
      return false;
    if (got < 0)
      exec_complain(x, (struct piece){NULL, 0}, "longer than %d bytes: skipped", LINE_MAX_BYTES);
    else if (n > 0 && !exec_translate(x, line, n)) {
      x->full = true;
      return false;
    }
    lines_done(&x->out);
  }
  return true;
}

static void write_lines(struct exec *x) {
  exec_hand_over(x);
  if (x->child.in < 0 || outbox_write(&x->box, x->child.in))
    return;
  child_close_in(&x->child);
  outbox_clear(&x->box);
}

/* All that can be done now. true: again at once. */
static bool pump(struct exec *x) {
  const char *line;
  size_t n;
  read_log(x);
  bool running = x->child.pid && !child_ended(&x->child, &x->status);
  bool more = read_lines(x);
  exec_commit(x);
  write_lines(x);
  bool held = x->full || outbox_size(&x->box) > BOX_FULL;
  bool rest = lines_next(&x->out, &line, &n) != 0;
  if (x->out.eof && !rest)
    child_close_out(&x->child);
  if (!running && !more && !held && !rest) { /* what it wrote is read to the last line */
    read_log(x);
    child_close_out(&x->child);
    end(x);
    return true;
  }
  child_want(&x->child, !held && !x->out.eof, outbox_size(&x->box) > 0);
  return more;
}

static bool is_running(const struct exec *x) {
  return x->child.pid || x->child.out >= 0;
}

int exec_step(void *context, baton *b) {
  struct exec *x = context;
  x->b = b;
  if ((!x->adapter || !x->department) && !baton_has_spool(b)) /* hello is the first line it reads */
    return -1;
  if (!is_running(x)) {
    if (x->ended)
      return baton_in_flight(b) + baton_spooled(b) > 0 ? -1
             : x->failed                               ? baton_fail(b, BATON_E_IO, x->why)
                                                       : BATON_STEP_DONE;
    int64_t left = x->start_due_ms - baton_now_ms();
    if (left > 0)
      return (int)left;
    begin(x);
    if (!is_running(x))
      return 0;
  }
  bool more = pump(x);
  int steady_ms = is_running(x) ? exec_steady_ms(x, baton_now_ms()) : -1;
  return more ? 0 : steady_ms;
}

/* ---- The end ---- */

static bool pump_until_ended(struct exec *x, int64_t deadline_ms) {
  while (is_running(x)) {
    int64_t left = deadline_ms - baton_now_ms();
    if (left <= 0)
      return false;
    if (pump(x) || !is_running(x))
      continue;
    if (x->full && baton_poll(x->b, 10) < 0)
      return false;
    struct pollfd p = {.fd = x->child.epoll, .events = POLLIN};
    if (!x->full)
      poll(&p, 1, left < 100 ? (int)left : 100);
  }
  return true;
}

void exec_stop(void *context) {
  struct exec *x = context;
  if (!is_running(x))
    return;
  x->restart = false;
  x->stopping = true;
  child_close_in(&x->child);
  outbox_clear(&x->box);
  if (!x->listens)
    child_signal(&x->child, SIGTERM);
  if (pump_until_ended(x, baton_now_ms() + x->stop_ms))
    return;
  child_signal(&x->child, SIGTERM);
  if (pump_until_ended(x, baton_now_ms() + KILL_MS))
    return;
  baton_log("warn", "program-killed", "program", x->argv[0], NULL);
  child_signal(&x->child, SIGKILL);
  if (!child_wait(&x->child, KILL_MS) || !child_ended(&x->child, &x->status))
    baton_log("error", "program-not-ended", "program", x->argv[0], NULL);
  give_all_back(x);
}

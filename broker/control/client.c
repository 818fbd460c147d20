#include "control/client.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"

enum { LINES_A_ROUND = 8 /* the loop has other work */, STUCK_US = 60 * 1000 * 1000 };

void bt_client_init(struct bt_client *c, int fd, enum bt_privilege privilege, const char *name, uint32_t uid) {
  *c = (struct bt_client){.fd = fd, .privilege = privilege, .uid = uid, .heard_us = bt_clock_mono_us()};
  snprintf(c->name, sizeof c->name, "%s", name);
}

void bt_client_fini(struct bt_client *c) {
  if (c->fd >= 0)
    close(c->fd);
  free(c->out);
  bt_run_free(c->running);
  *c = (struct bt_client){.fd = -1};
}

static bool has_line(const struct bt_client *c) {
  return c->in_n && (c->ended || memchr(c->in, '\n', c->in_n));
}

/* A line that still waits, and a command that is not done, ask for the next round by way of the descriptor, which is
 * writable. */
short bt_client_events(const struct bt_client *c) {
  if (c->running && c->waits && !c->out)
    return 0;
  return c->out || c->running || has_line(c) ? POLLOUT : POLLIN;
}

bool bt_client_is_stuck(const struct bt_client *c) {
  return c->fd >= 0 && c->out && bt_clock_mono_us() - c->taken_us > STUCK_US;
}

/* False: broken. */
static bool receive(struct bt_client *c) {
  while (!c->ended && c->in_n < sizeof c->in) {
    ssize_t n = recv(c->fd, c->in + c->in_n, sizeof c->in - c->in_n, MSG_DONTWAIT);
    if (n < 0)
      return errno == EAGAIN || errno == EINTR;
    c->ended = n == 0;
    c->in_n += (size_t)n;
  }
  return true;
}

static bool flush(struct bt_client *c) {
  while (c->out && c->out_sent < c->out_n) {
    ssize_t n = send(c->fd, c->out + c->out_sent, c->out_n - c->out_sent, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n < 0)
      return errno == EAGAIN || errno == EINTR;
    c->out_sent += (size_t)n;
    c->taken_us = bt_clock_mono_us();
  }
  free(c->out);
  c->out = NULL;
  c->out_n = c->out_sent = 0;
  return true;
}

/* One round of the command that runs. False: no memory for the answer. */
static bool go_on(struct bt_client *c) {
  FILE *to = open_memstream(&c->out, &c->out_n);
  int rc = to ? bt_run_step(c->running, to) : -BT_NOMEM;
  if (to && fclose(to) != 0)
    rc = -BT_NOMEM;
  c->waits = rc == BT_CALL_WAIT;
  c->taken_us = bt_clock_mono_us();
  if (rc != BT_CALL_MORE && rc != BT_CALL_WAIT) {
    bt_run_free(c->running);
    c->running = NULL;
  }
  if (to && !c->out_n) { /* nothing to tell yet */
    free(c->out);
    c->out = NULL;
  }
  return rc >= 0;
}

static bool answer(struct bt_client *c, const struct bt_control_context *context, struct bt_str line) {
  const struct bt_peer peer = {c->privilege, bt_str(c->name), c->uid};
  c->running = bt_run_new(context, &peer, line);
  return c->running && go_on(c);
}

static bool refuse_long_line(struct bt_client *c) {
  c->closing = true;
  c->in_n = 0;
  c->out = strdup("error LIMIT a command has at most 4095 bytes\n.\n");
  c->out_n = c->out ? strlen(c->out) : 0;
  return c->out;
}

/* Takes one line, where there is one. */
static bool take_line(struct bt_client *c, const struct bt_control_context *context) {
  const char *newline = memchr(c->in, '\n', c->in_n);
  if (!newline && c->in_n == sizeof c->in)
    return refuse_long_line(c);
  if (!has_line(c))
    return true;
  size_t n = newline ? (size_t)(newline - c->in) : c->in_n, used = n + (newline != NULL);
  bool empty = true;
  for (size_t i = 0; i < n; i++)
    empty &= c->in[i] == ' ' || c->in[i] == '\r' || c->in[i] == '\t';
  bool fine = empty || answer(c, context, (struct bt_str){c->in, n});
  memmove(c->in, c->in + used, c->in_n - used);
  c->in_n -= used;
  return fine;
}

bool bt_client_serve(struct bt_client *c, const struct bt_control_context *context, int64_t until_us) {
  c->heard_us = bt_clock_mono_us();

  if (!flush(c))
    return false;
  if (!c->out && !c->closing && !receive(c))
    return false;
  if (c->running && !c->out && (!go_on(c) || !flush(c)))
    return false;
  for (int i = 0; i < LINES_A_ROUND && !c->out && !c->closing && !c->running; i++) {
    if (i && bt_clock_mono_us() >= until_us)
      break;
    if (!take_line(c, context) || !flush(c))
      return false;
  }
  return c->out || c->running || (!c->closing && (!c->ended || has_line(c)));
}

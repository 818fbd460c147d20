#include "control/control.h"

#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "control/client.h"
#include "control/confirm.h"
#include "control/listen.h"

enum {
  MAX_CLIENTS = 32,
  SOCKETS = 2,
  SILENT_US = 10 * 1000 * 1000,
  ROUND_US = 20 * 1000, /* a round's time for commands: whoever comes too late for it is the first in the next */
};

static const struct {
  const char *name;
  enum bt_privilege privilege;
} sockets[SOCKETS] = {{"read.sock", BT_PRIVILEGE_READ}, {"admin.sock", BT_PRIVILEGE_ADMIN}};

struct bt_control {
  struct bt_control_context context;
  int listeners[SOCKETS];
  char paths[SOCKETS][BT_SOCKET_PATH];
  struct bt_client clients[MAX_CLIENTS];
  int turn; /* whose it is to be served first */
  struct bt_confirmations confirmations;
  uint32_t following;
};

int bt_control_open(const char *dir, const struct bt_control_context *context, struct bt_control **ret,
                    const char **ret_text) {
  int rc = bt_listen_dir(dir, ret_text);
  if (rc < 0)
    return rc;
  struct bt_control *c = calloc(1, sizeof *c);
  if (!c)
    return -BT_NOMEM;
  c->context = *context;
  c->context.confirmations = &c->confirmations;
  c->context.following = &c->following;
  for (int i = 0; i < SOCKETS; i++)
    c->listeners[i] = -1;
  for (int i = 0; i < MAX_CLIENTS; i++)
    c->clients[i].fd = -1;
  rc = bt_confirm_init(&c->confirmations);
  for (int i = 0; i < SOCKETS && rc == 0; i++)
    rc = bt_listen_open(dir, sockets[i].name, c->paths[i], &c->listeners[i], ret_text);
  if (rc < 0)
    bt_control_close(c);
  else
    *ret = c;
  return rc;
}

void bt_control_close(struct bt_control *c) {
  if (!c)
    return;
  for (int i = 0; i < MAX_CLIENTS; i++)
    bt_client_fini(&c->clients[i]);
  for (int i = 0; i < SOCKETS; i++)
    if (c->listeners[i] >= 0) {
      unlink(c->paths[i]);
      close(c->listeners[i]);
    }
  free(c);
}

void bt_control_adopt(struct bt_control *c, const struct bt_config *config) {
  c->context.config = config;
}

uint32_t bt_control_pollfds(struct bt_control *c, struct pollfd *v, uint32_t max) {
  uint32_t n = 0;
  for (int i = 0; i < SOCKETS && n < max; i++)
    v[n++] = (struct pollfd){.fd = c->listeners[i], .events = POLLIN};
  for (int i = 0; i < MAX_CLIENTS && n < max; i++)
    if (c->clients[i].fd >= 0)
      v[n++] = (struct pollfd){.fd = c->clients[i].fd, .events = bt_client_events(&c->clients[i])};
  return n;
}

static struct bt_client *client_of(struct bt_control *c, int fd) {
  for (int i = 0; i < MAX_CLIENTS; i++)
    if (c->clients[i].fd == fd)
      return &c->clients[i];
  return NULL;
}

/* The user's name, else his number: what a hold is recorded under. */
static void name_of(uid_t uid, char name[BT_CLIENT_NAME]) {
  struct passwd entry, *found = NULL;
  char buf[4096];
  if (getpwuid_r(uid, &entry, buf, sizeof buf, &found) == 0 && found)
    snprintf(name, BT_CLIENT_NAME, "%s", found->pw_name);
  else
    snprintf(name, BT_CLIENT_NAME, "uid-%lu", (unsigned long)uid);
}

/* Says why and closes: what little is written fits into any new socket's buffer. */
static void turn_away(int fd, const char *line) {
  ssize_t n = send(fd, line, strlen(line), MSG_DONTWAIT | MSG_NOSIGNAL);
  (void)n;
  close(fd);
}

/* A free place; else that of the client who has been silent longest, if that is long. NULL: all are busy. */
static struct bt_client *place(struct bt_control *c) {
  struct bt_client *slot = client_of(c, -1);
  for (int i = 0; !slot && i < MAX_CLIENTS; i++)
    if (!c->clients[i].out && bt_clock_mono_us() - c->clients[i].heard_us > SILENT_US)
      slot = &c->clients[i];
  for (int i = 0; slot && slot->fd >= 0 && i < MAX_CLIENTS; i++)
    if (!c->clients[i].out && c->clients[i].heard_us < slot->heard_us)
      slot = &c->clients[i];
  if (slot)
    bt_client_fini(slot);
  return slot;
}

static void accept_from(struct bt_control *c, int which) {
  int fd;
  uid_t uid;
  for (int i = 0; i < MAX_CLIENTS && bt_listen_accept(c->listeners[which], &fd, &uid) == 0; i++) {
    struct bt_client *slot = NULL;
    if (uid != 0 && uid != geteuid()) {
      bt_log(BT_LOG_WARN, "control-refused", BT_L_UINT("uid", uid), BT_L_TEXT("socket", sockets[which].name));
      turn_away(fd, "error NOT_GRANTED the control sockets are for root and the broker's own user\n.\n");
    } else if (!(slot = place(c))) {
      turn_away(fd, "error BUSY too many operators are connected: try again later\n.\n");
    } else {
      char name[BT_CLIENT_NAME];
      name_of(uid, name);
      bt_client_init(slot, fd, sockets[which].privilege, name, uid);
    }
  }
}

/* Commands that wait for something to happen look whether it has; who does not take an answer for long makes way. */
static void go_round(struct bt_control *c, int64_t until_us) {
  for (int i = 0; i < MAX_CLIENTS; i++) {
    struct bt_client *client = &c->clients[i];
    if (bt_client_is_stuck(client)) {
      bt_log(BT_LOG_WARN, "control-reader-ended", BT_L_TEXT("operator", client->name));
      bt_client_fini(client);
    } else if (client->fd >= 0 && client->running && client->waits && !client->out &&
               !bt_client_serve(client, &c->context, until_us)) {
      bt_client_fini(client);
    }
  }
}

static short what_came(const struct bt_client *client, const struct pollfd *v, uint32_t n) {
  for (uint32_t i = 0; i < n; i++)
    if (client->fd >= 0 && v[i].fd == client->fd)
      return v[i].revents;
  return 0;
}

/* However many commands come, and however long each takes: cases do not wait for all of them. */
static void serve_clients(struct bt_control *c, const struct pollfd *v, uint32_t n, int64_t until_us) {
  const int first = c->turn;
  for (int k = 0; k < MAX_CLIENTS; k++) {
    const int i = (first + k) % MAX_CLIENTS;
    struct bt_client *client = &c->clients[i];
    const short came = what_came(client, v, n);
    if (!came)
      continue;
    if (c->turn != first && bt_clock_mono_us() >= until_us)
      return;
    const bool gone = came & (POLLHUP | POLLERR) && client->running; /* nobody waits for the rest */
    if (gone || !bt_client_serve(client, &c->context, until_us))
      bt_client_fini(client);
    c->turn = (i + 1) % MAX_CLIENTS;
  }
}

/* Clients first: a descriptor that one of them gives up may be the next one's. */
void bt_control_serve(struct bt_control *c, const struct pollfd *v, uint32_t n) {
  const int64_t until_us = bt_clock_mono_us() + ROUND_US;
  serve_clients(c, v, n, until_us);
  go_round(c, until_us);
  for (uint32_t i = 0; i < n; i++)
    for (int k = 0; k < SOCKETS; k++)
      if (v[i].revents && v[i].fd >= 0 && v[i].fd == c->listeners[k])
        accept_from(c, k);
}

/* Waiting: the one place that blocks. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include "wire/wire_private.h"

enum { ROUTER_ITEM, ZAP_ITEM, OWN_ITEMS };

static const struct {
  short zmq, system;
} event_pairs[] = {{ZMQ_POLLIN, POLLIN}, {ZMQ_POLLOUT, POLLOUT}, {ZMQ_POLLPRI, POLLPRI}, {ZMQ_POLLERR, POLLERR}};

static short events_to_zmq(short events) {
  short all = 0;
  for (size_t i = 0; i < sizeof event_pairs / sizeof *event_pairs; i++)
    if (events & event_pairs[i].system)
      all |= event_pairs[i].zmq;
  return all;
}

static short events_from_zmq(short events) {
  short all = 0;
  for (size_t i = 0; i < sizeof event_pairs / sizeof *event_pairs; i++)
    if (events & event_pairs[i].zmq)
      all |= event_pairs[i].system;
  return all;
}

static bool items_reserve(struct bt_wire *w, uint32_t n) {
  if (n <= w->items_room)
    return true;
  zmq_pollitem_t *items = realloc(w->items, n * sizeof *items);
  if (!items)
    return false;
  w->items = items;
  w->items_room = n;
  return true;
}

static void items_fill(struct bt_wire *w, const struct pollfd *more, uint32_t n) {
  w->items[ROUTER_ITEM] = (zmq_pollitem_t){w->router, 0, ZMQ_POLLIN, 0};
  w->items[ZAP_ITEM] = (zmq_pollitem_t){w->zap, 0, ZMQ_POLLIN, 0};
  for (uint32_t i = 0; i < n; i++)
    w->items[OWN_ITEMS + i] = (zmq_pollitem_t){NULL, more[i].fd, events_to_zmq(more[i].events), 0};
}

/* Sessions that said Goodbye, and those whose peer turned out to be gone while something was sent. */
static void gone_end(struct bt_wire *w) {
  if (!w->any_gone)
    return;
  w->any_gone = false;
  struct bt_seat *seat = bt_sessions_after(&w->sessions, 0);
  for (; seat; seat = bt_sessions_after(&w->sessions, seat->session.id))
    if (seat->gone)
      bt_seat_end(w, seat);
}

int bt_wire_wait(struct bt_wire *w, struct pollfd *more, uint32_t n, long timeout_ms) {
  gone_end(w);
  bt_sessions_sweep(&w->sessions);
  w->faults_left = BT_WIRE_FAULTS;
  if (n > INT_MAX - OWN_ITEMS || !items_reserve(w, n + OWN_ITEMS))
    return -BT_IO;
  items_fill(w, more, n);
  int ready = zmq_poll(w->items, (int)(n + OWN_ITEMS), timeout_ms);
  for (uint32_t i = 0; i < n; i++)
    more[i].revents = ready > 0 ? events_from_zmq(w->items[OWN_ITEMS + i].revents) : 0;
  w->zap_ready = ready > 0 && w->items[ZAP_ITEM].revents;
  if (ready < 0)
    return zmq_errno() == EINTR ? 0 : -BT_IO; /* a signal ends the wait; what it means is the caller's */
  bool both = ready > 0 && w->items[ROUTER_ITEM].revents && w->items[ZAP_ITEM].revents;
  return both ? ready - 1 : ready;
}

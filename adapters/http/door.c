#include "door.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <utlist.h>

#include "in.h"

/* An IPv4 address as IPv6 has it; of an IPv6 address the network, since one host has as many as it likes of it. */
static void address_of(const struct sockaddr *from, uint8_t address[ADDRESS_BYTES]) {
  memset(address, 0, ADDRESS_BYTES);
  if (from && from->sa_family == AF_INET) {
    address[10] = address[11] = 0xff;
    memcpy(address + 12, &((const struct sockaddr_in *)(const void *)from)->sin_addr, 4);
  } else if (from && from->sa_family == AF_INET6) {
    const struct in6_addr *a = &((const struct sockaddr_in6 *)(const void *)from)->sin6_addr;
    memcpy(address, a, IN6_IS_ADDR_V4MAPPED(a) || IN6_IS_ADDR_LOOPBACK(a) ? 16 : 8);
  }
}

static void due(struct door *d, struct visitor *v, int64_t in_ms) {
  v->deadline_ms = baton_now_ms() + in_ms;
  if (v->deadline_ms < d->next_ms)
    d->next_ms = v->deadline_ms;
}

/* The server sees the end of the stream and closes the connection. */
static void shut(struct visitor *v) {
  if (!v->shut)
    shutdown(v->fd, SHUT_RDWR);
  v->shut = true;
}

static bool is_open(const struct visitor *v) {
  return !v->shut;
}

/* Makes room for who came last. */
static void make_room(struct door *d, struct visitor *newest) {
  size_t all = 0, of_one = 0;
  struct visitor *v, *oldest = NULL, *oldest_of_one = NULL;
  DL_FOREACH(d->visitors, v) {
    bool same = memcmp(v->address, newest->address, ADDRESS_BYTES) == 0;
    if (!is_open(v))
      continue;
    all++;
    of_one += same;
    bool may_go = v->visit == VISIT_ARRIVING || v->visit == VISIT_IDLE;
    if (may_go && !oldest)
      oldest = v;
    if (may_go && same && !oldest_of_one)
      oldest_of_one = v;
  }
  struct visitor *goes = of_one > d->most_of_one ? oldest_of_one : all > d->most ? oldest : NULL;
  if (!goes)
    return;
  d->turned_away = true;
  shut(goes);
}

static struct visitor *visitor_new(struct door *d, struct MHD_Connection *connection) {
  struct visitor *v = calloc(1, sizeof *v);
  if (!v)
    return NULL;
  v->fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
  address_of(MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS)->client_addr, v->address);
  due(d, v, d->request_ms);
  DL_APPEND(d->visitors, v);
  return v;
}

void door_connection(void *context, struct MHD_Connection *connection, void **visitor,
                     enum MHD_ConnectionNotificationCode what) {
  struct door *d = context;
  struct visitor *v = *visitor;
  if (what == MHD_CONNECTION_NOTIFY_STARTED) {
    *visitor = v = visitor_new(d, connection);
    if (v)
      make_room(d, v);
  } else if (v) {
    DL_DELETE(d->visitors, v);
    free(v);
    *visitor = NULL;
  }
}

struct visitor *door_visitor(struct MHD_Connection *connection) {
  return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
}

/* A first request has its time from the connection on; the headers of a later one came in the time for idling. */
void door_arriving(struct door *d, struct visitor *v) {
  if (v->visit == VISIT_IDLE)
    due(d, v, d->request_ms);
  v->visit = VISIT_ARRIVING;
}

void door_inside(struct visitor *v) {
  v->visit = VISIT_INSIDE;
  v->deadline_ms = INT64_MAX;
}

void door_leaving(struct door *d, struct visitor *v) {
  v->visit = VISIT_LEAVING;
  due(d, v, d->request_ms);
}

void door_idle(struct door *d, struct visitor *v) {
  v->visit = VISIT_IDLE;
  due(d, v, d->idle_ms);
}

int door_sweep(struct door *d) {
  int64_t now = baton_now_ms();
  struct visitor *v;
  if (d->next_ms <= now) {
    d->next_ms = INT64_MAX;
    DL_FOREACH(d->visitors, v) {
      if (is_open(v) && v->deadline_ms <= now)
        shut(v);
      else if (is_open(v) && v->deadline_ms < d->next_ms)
        d->next_ms = v->deadline_ms;
    }
  }
  return d->next_ms == INT64_MAX ? -1 : (int)(d->next_ms - now);
}

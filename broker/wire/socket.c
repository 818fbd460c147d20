#include "wire/socket.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <zmq.h>

static const struct {
  int option, value;
  const char *failure;
} router_options[] = {
    {ZMQ_CURVE_SERVER, 1, "libzmq was built without CURVE"},
    /* No ZAP handler, no connection. Read back below, since a library that ignored it would fail open. */
    {BT_ZMQ_ZAP_ENFORCE_DOMAIN, 1, "libzmq does not know ZMQ_ZAP_ENFORCE_DOMAIN"},
    /* Without it ROUTER drops in silence: for unknown peers and at its high-water mark. */
    {ZMQ_ROUTER_MANDATORY, 1, "cannot set ZMQ_ROUTER_MANDATORY"},
    /* With handover a second connection that claims a routing id would get the first one's frames. */
    {ZMQ_ROUTER_HANDOVER, 0, "cannot set ZMQ_ROUTER_HANDOVER"},
    {ZMQ_SNDHWM, BT_WIRE_SEND_FRAMES, "cannot set ZMQ_SNDHWM"},
    {ZMQ_RCVHWM, BT_WIRE_RECEIVE_FRAMES, "cannot set ZMQ_RCVHWM"},
    /* Who connects and says nothing is dropped after 2 s, not 30. */
    {ZMQ_HANDSHAKE_IVL, 2000, "cannot set ZMQ_HANDSHAKE_IVL"},
    /* A silent partition is noticed in about 3 s; with the defaults it never is. */
    {ZMQ_HEARTBEAT_IVL, 1000, "cannot set ZMQ_HEARTBEAT_IVL"},
    {ZMQ_HEARTBEAT_TIMEOUT, 3000, "cannot set ZMQ_HEARTBEAT_TIMEOUT"},
    {ZMQ_HEARTBEAT_TTL, 6000, "cannot set ZMQ_HEARTBEAT_TTL"},
    /* The default waits for ever in zmq_ctx_term. What was not sent is in the inbox anyway. */
    {ZMQ_LINGER, 0, "cannot set ZMQ_LINGER"},
};

static const char *router_set_table(void *socket) {
  for (size_t i = 0; i < sizeof router_options / sizeof *router_options; i++)
    if (zmq_setsockopt(socket, router_options[i].option, &router_options[i].value, sizeof(int)))
      return router_options[i].failure;
  return NULL;
}

static const char *router_set(void *socket, const char secret[41]) {
  const char *failure = router_set_table(socket);
  if (failure)
    return failure;
  if (zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, secret, 41))
    return "the secret key is no CURVE key";
  if (zmq_setsockopt(socket, ZMQ_ZAP_DOMAIN, BT_ZAP_DOMAIN, sizeof BT_ZAP_DOMAIN - 1))
    return "cannot set ZMQ_ZAP_DOMAIN";
  /* Unlimited by default, and then one connection can pin memory before it is authenticated. */
  int64_t most = BT_MAX_FRAME + BT_CURVE_OVERHEAD;
  if (zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &most, sizeof most))
    return "cannot set ZMQ_MAXMSGSIZE";
  int enforced = 0;
  size_t n = sizeof enforced;
  if (zmq_getsockopt(socket, BT_ZMQ_ZAP_ENFORCE_DOMAIN, &enforced, &n) || enforced != 1)
    return "libzmq did not keep ZMQ_ZAP_ENFORCE_DOMAIN";
  return NULL;
}

void *bt_socket_router(void *context, const char secret[41], const char **ret_text) {
  void *socket = zmq_socket(context, ZMQ_ROUTER);
  const char *failure = socket ? router_set(socket, secret) : "cannot make a ROUTER socket";
  if (!failure)
    return socket;
  if (socket)
    zmq_close(socket);
  *ret_text = failure;
  return NULL;
}

void *bt_socket_zap(void *context, const char **ret_text) {
  int none = 0;
  void *socket = zmq_socket(context, ZMQ_REP);
  if (socket && !zmq_setsockopt(socket, ZMQ_LINGER, &none, sizeof none) && !zmq_bind(socket, "inproc://zeromq.zap.01"))
    return socket;
  if (socket)
    zmq_close(socket);
  *ret_text = "cannot bind the ZAP handler";
  return NULL;
}

static const char *bind_failure(int error) {
  switch (error) {
  case EADDRINUSE:
    return "cannot bind the endpoint: the address is in use";
  case EADDRNOTAVAIL:
  case ENODEV:
    return "cannot bind the endpoint: this machine has no such address";
  case EACCES:
    return "cannot bind the endpoint: permission denied";
  case EINVAL:
  case EPROTONOSUPPORT:
  case ENOCOMPATPROTO:
    return "cannot bind the endpoint: not a ZeroMQ endpoint (tcp://ADDRESS:PORT)";
  default:
    return "cannot bind the endpoint";
  }
}

int bt_socket_bind(void *socket, const char *endpoint, char *ret_bound, size_t size, const char **ret_text) {
  int six = strchr(endpoint, '[') != NULL; /* an IPv6 literal; else the IPv4 address alone, as written */
  if (zmq_setsockopt(socket, ZMQ_IPV6, &six, sizeof six) || zmq_bind(socket, endpoint)) {
    *ret_text = bind_failure(zmq_errno());
    return -BT_USAGE;
  }
  if (zmq_getsockopt(socket, ZMQ_LAST_ENDPOINT, ret_bound, &size)) {
    *ret_text = "cannot read the bound endpoint back";
    return -BT_IO;
  }
  return 0;
}

int bt_socket_room(uint32_t peers, const char **ret_text) {
  /* Twice: an adapter that reconnects has two for a moment. The rest: strangers in a handshake, stores, control. */
  rlim_t need = 2 * (rlim_t)peers + 192;
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur >= need)
    return 0;
  limit.rlim_cur = need;
  if (need <= limit.rlim_max && setrlimit(RLIMIT_NOFILE, &limit) == 0)
    return 0;
  *ret_text = "too few file descriptors for the configured adapters: raise the limit (LimitNOFILE)";
  return -BT_USAGE;
}

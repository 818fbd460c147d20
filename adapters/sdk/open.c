/* Opening and closing a baton. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <unistd.h>
#include <zmq.h>

#include "sdk.h"
#include "text.h"

/* Values and reasons: proto/PROTOCOL.md. */
static const struct {
  int option, value;
} socket_options[] = {
    {ZMQ_IMMEDIATE, 1}, /* queue nothing for a connection that is not there */
    {ZMQ_HANDSHAKE_IVL, 2000},
    {ZMQ_CONNECT_TIMEOUT, 5000},
    {ZMQ_HEARTBEAT_IVL, 1000},
    {ZMQ_HEARTBEAT_TIMEOUT, 3000},
    {ZMQ_HEARTBEAT_TTL, 6000},
    {ZMQ_RECONNECT_IVL, 100},
    {ZMQ_RECONNECT_IVL_MAX, 10000},
    {ZMQ_TCP_KEEPALIVE, 1},
};

static bool set_int(baton *b, int option, int value) {
  return zmq_setsockopt(b->socket, option, &value, sizeof value) == 0;
}

static bool set_socket(baton *b) {
  int64_t max = BT_SDK_FRAME_MAX + BT_SDK_CURVE_OVERHEAD;
  for (size_t i = 0; i < sizeof socket_options / sizeof *socket_options; i++)
    if (!set_int(b, socket_options[i].option, socket_options[i].value))
      return false;
  return set_int(b, ZMQ_LINGER, (int)b->options.linger_ms) &&
         zmq_setsockopt(b->socket, ZMQ_MAXMSGSIZE, &max, sizeof max) == 0;
}

static bool set_curve(baton *b, char *error) {
  char secret[41], own[41], broker[41];
  bool good = bt_sdk_key_read(b->options.secret_key_file, true, secret, error) &&
              bt_sdk_key_read(b->options.broker_key_file, false, broker, error);
  if (good && (zmq_curve_public(own, secret) != 0 || zmq_setsockopt(b->socket, ZMQ_CURVE_SERVERKEY, broker, 41) != 0 ||
               zmq_setsockopt(b->socket, ZMQ_CURVE_PUBLICKEY, own, 41) != 0 ||
               zmq_setsockopt(b->socket, ZMQ_CURVE_SECRETKEY, secret, 41) != 0)) {
    snprintf(error, BT_SDK_ERROR, "the key files hold no usable keys: %s", zmq_strerror(errno));
    good = false;
  }
  bt_sdk_wipe(secret, sizeof secret);
  return good;
}

/* libzmq ends the process where it finds no descriptor for its threads: so there must be enough before it is asked. */
static bool has_descriptors(char *error) {
  enum { WANTED = 8 }; /* libzmq's seven with the connection's, and a key file */
  int fd[WANTED], n = 0;
  while (n < WANTED && (fd[n] = eventfd(0, EFD_CLOEXEC)) >= 0)
    n++;
  int why = errno;
  for (int i = 0; i < n; i++)
    close(fd[i]);
  if (n < WANTED)
    snprintf(error, BT_SDK_ERROR, "no socket: %s: raise the limit (ulimit -n, LimitNOFILE)", strerror(why));
  return n == WANTED;
}

static bool connect_socket(baton *b, char *error) {
  if (!has_descriptors(error))
    return false;
  b->zmq = zmq_ctx_new();
  b->socket = b->zmq ? zmq_socket(b->zmq, ZMQ_DEALER) : NULL;
  size_t size = sizeof b->fd;
  if (!b->socket || !set_socket(b) || zmq_getsockopt(b->socket, ZMQ_FD, &b->fd, &size) != 0) {
    snprintf(error, BT_SDK_ERROR, "no socket: %s", zmq_strerror(errno));
    return false;
  }
  if (!set_curve(b, error))
    return false;
  if (zmq_connect(b->socket, b->options.endpoint) != 0) {
    snprintf(error, BT_SDK_ERROR, "endpoint \"%.120s\": %s", b->options.endpoint, zmq_strerror(errno));
    return false;
  }
  return true;
}

static bool check(const baton_options *o, char *error) {
  const char *what = !o                                        ? "no options"
                     : !o->endpoint || !*o->endpoint           ? "endpoint is missing"
                     : !o->secret_key_file                     ? "secret_key_file is missing"
                     : !o->broker_key_file                     ? "broker_key_file is missing"
                     : o->credit > BT_SDK_WINDOW_MAX           ? "credit is more than 4096"
                     : o->software && strlen(o->software) > 64 ? "software is longer than 64 bytes"
                     : o->linger_ms > INT32_MAX                ? "linger_ms is too long"
                                                               : NULL;
  if (what)
    snprintf(error, BT_SDK_ERROR, "%s", what);
  return !what;
}

static bool copy_options(baton *b, const baton_options *o) {
  b->options = *o;
  b->options.endpoint = strdup(o->endpoint);
  b->options.secret_key_file = strdup(o->secret_key_file);
  b->options.broker_key_file = strdup(o->broker_key_file);
  b->options.software = strdup(o->software ? o->software : "");
  if (!b->options.max_in_flight)
    b->options.max_in_flight = BT_SDK_IN_FLIGHT;
  if (!b->options.linger_ms)
    b->options.linger_ms = BT_SDK_LINGER_MS;
  return b->options.endpoint && b->options.secret_key_file && b->options.broker_key_file && b->options.software;
}

static void destroy(baton *b) {
  if (b->socket)
    zmq_close(b->socket);
  if (b->zmq)
    zmq_ctx_term(b->zmq); /* at most linger_ms */
  bt_sdk_spool_close(b->spool);
  bt_sdk_submit_free(b);
  bt_sdk_settle_free(b);
  free(b->open);
  free((char *)b->options.endpoint);
  free((char *)b->options.secret_key_file);
  free((char *)b->options.broker_key_file);
  free((char *)b->options.software);
  free(b);
}

baton *baton_open(const baton_options *options, char *error) {
  char ignored[BT_SDK_ERROR];
  if (!error)
    error = ignored;
  if (!check(options, error))
    return NULL;
  baton *b = calloc(1, sizeof *b);
  if (!b || !copy_options(b, options) || getrandom(b->instance, sizeof b->instance, 0) != sizeof b->instance) {
    snprintf(error, BT_SDK_ERROR, "out of memory or of random numbers");
    if (b)
      destroy(b);
    return NULL;
  }
  if (!connect_socket(b, error)) {
    destroy(b);
    return NULL;
  }
  bt_sdk_health_init(&b->health);
  b->away_since_ms = b->hello_due_ms = bt_sdk_mono_ms();
  return b;
}

/* Nothing that was not accepted is lost by giving up here: whoever keeps the source sends it again with its source key.
 */
static void finish(baton *b) {
  int64_t deadline = bt_sdk_mono_ms() + b->options.linger_ms;
  while (b->state == BT_SDK_WELCOME && bt_sdk_unfinished(b)) {
    int64_t left = deadline - bt_sdk_mono_ms();
    if (left <= 0 || baton_poll(b, 0) < 0)
      break;
    if (bt_sdk_unfinished(b))
      bt_sdk_wait(b, (int)left, NULL, 0);
  }
  bt_sdk_health_finish(b);
  if (b->state == BT_SDK_WELCOME) {
    Baton__V1__Goodbye goodbye = BATON__V1__GOODBYE__INIT;
    Baton__V1__Frame frame = BATON__V1__FRAME__INIT;
    frame.kind_case = BATON__V1__FRAME__KIND_GOODBYE;
    frame.goodbye = &goodbye;
    bt_sdk_send(b, &frame);
  }
}

void baton_close(baton *b) {
  if (!b || b->inside)
    return;
  bt_sdk_spool_stop(b);
  finish(b);
  bt_sdk_spool_stop(b); /* the last receipts */
  b->closing = true;
  bt_sdk_ask_end(b);
  destroy(b);
}

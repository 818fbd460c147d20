#include "wire/probe.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <zmq.h>

#include "base/clock.h"
#include "wire/socket.h"

#define PROBE_US (2 * BT_SECOND_US)
#define MONITOR "inproc://baton.probe"

enum verdict { UNKNOWN, REFUSED, ADMITTED };

struct probe {
  void *stranger, *monitor;
};

static int set_int(void *socket, int option, int value) {
  return zmq_setsockopt(socket, option, &value, sizeof value);
}

static bool stranger_set(void *socket, const char server_public[41]) {
  char public_key[41], secret[41];
  bool ok = zmq_curve_keypair(public_key, secret) == 0 &&
            zmq_setsockopt(socket, ZMQ_CURVE_PUBLICKEY, public_key, sizeof public_key) == 0 &&
            zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, secret, sizeof secret) == 0 &&
            zmq_setsockopt(socket, ZMQ_CURVE_SERVERKEY, server_public, 41) == 0 &&
            set_int(socket, ZMQ_LINGER, 0) == 0 && set_int(socket, ZMQ_RECONNECT_IVL, -1) == 0; /* one knock */
  explicit_bzero(secret, sizeof secret);
  return ok;
}

/* The monitor is read to the end of the probe and then closed with its source: one that nobody drains freezes the I/O
 * thread. */
static bool probe_open(struct probe *p, void *context, const char *endpoint, const char server_public[41]) {
  int events = ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH;
  p->stranger = zmq_socket(context, ZMQ_DEALER);
  p->monitor = zmq_socket(context, ZMQ_PAIR);
  return p->stranger && p->monitor && stranger_set(p->stranger, server_public) &&
         set_int(p->monitor, ZMQ_LINGER, 0) == 0 && zmq_socket_monitor(p->stranger, MONITOR, events) == 0 &&
         zmq_connect(p->monitor, MONITOR) == 0 && zmq_connect(p->stranger, endpoint) == 0 &&
         zmq_send(p->stranger, "stranger", 8, ZMQ_DONTWAIT) == 8;
}

static void probe_close(struct probe *p) {
  if (p->stranger) {
    zmq_socket_monitor(p->stranger, NULL, 0);
    zmq_close(p->stranger);
  }
  if (p->monitor)
    zmq_close(p->monitor);
}

/* An event is two parts: number (2 bytes) and value (4 bytes), both in host order, and the endpoint. */
static enum verdict monitor_read(void *monitor) {
  uint8_t event[6];
  char endpoint[256];
  if (zmq_recv(monitor, event, sizeof event, ZMQ_DONTWAIT) != sizeof event)
    return UNKNOWN;
  zmq_recv(monitor, endpoint, sizeof endpoint, ZMQ_DONTWAIT);
  uint16_t number;
  uint32_t value;
  memcpy(&number, event, sizeof number);
  memcpy(&value, event + 2, sizeof value);
  if (number == ZMQ_EVENT_HANDSHAKE_SUCCEEDED)
    return ADMITTED;
  return number == ZMQ_EVENT_HANDSHAKE_FAILED_AUTH && value == 400 ? REFUSED : UNKNOWN;
}

static enum verdict probe_watch(struct probe *p, void *router, void *zap, bt_probe_pump_fn *pump, void *argument) {
  enum { MONITOR_ITEM, ROUTER_ITEM, ZAP_ITEM };
  zmq_pollitem_t items[] = {{p->monitor, 0, ZMQ_POLLIN, 0}, {router, 0, ZMQ_POLLIN, 0}, {zap, 0, ZMQ_POLLIN, 0}};
  enum verdict verdict = UNKNOWN;
  int64_t until = bt_clock_mono_us() + PROBE_US, left;
  while (verdict == UNKNOWN && (left = until - bt_clock_mono_us()) > 0) {
    if (zmq_poll(items, zap ? 3 : 2, (long)(left / 1000 + 1)) < 0)
      continue; /* a signal */
    if (zap && items[ZAP_ITEM].revents)
      pump(argument);
    if (items[MONITOR_ITEM].revents)
      verdict = monitor_read(p->monitor);
    if (items[ROUTER_ITEM].revents)
      verdict = ADMITTED;
  }
  /* Refused, the words say. The connection is over now: what had come through would be here. */
  if (verdict == REFUSED && zmq_poll(&items[ROUTER_ITEM], 1, 0) != 0)
    verdict = ADMITTED;
  return verdict;
}

int bt_probe_stranger(void *context, void *router, const char server_public[41], void *zap, bt_probe_pump_fn *pump,
                      void *argument, const char **ret_text) {
  static const char *const texts[] = {
      [UNKNOWN] = "a stranger's connection was not answered: the ZAP handler does not work",
      [REFUSED] = "",
      [ADMITTED] = "a stranger's key was let in: authentication does not work",
  };
  char endpoint[256];
  /* A port of its own: nobody knows it, so the configured one stays shut until the proof is there. */
  int code = bt_socket_bind(router, "tcp://127.0.0.1:*", endpoint, sizeof endpoint, ret_text);
  if (code)
    return code;
  struct probe p = {0};
  enum verdict verdict = UNKNOWN;
  if (probe_open(&p, context, endpoint, server_public))
    verdict = probe_watch(&p, router, zap, pump, argument);
  probe_close(&p);
  if (zmq_unbind(router, endpoint)) {
    *ret_text = "cannot unbind the endpoint of the start-up probe";
    return -BT_IO;
  }
  if (verdict == REFUSED)
    return 0;
  *ret_text = texts[verdict];
  return -BT_USAGE;
}

/* What the broker's figures are held against, on the same machine in the same run:
 *
 *   bench_bare sync FILE BYTES SECONDS             appends BYTES and fdatasync, again and again
 *   bench_bare echo IN_FLIGHT PER_FRAME SECONDS    300-byte events to a bare ROUTER over CURVE and back, so many a
 * message
 *
 * Prints one line of JSON: how many (appends, events), how long that took in all, and each (sync: one append and its
 * sync). */
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zmq.h>

#include "histogram.h"

enum { SIZE = 300, MOST_PER_FRAME = 64 };

static void print(uint64_t n, int64_t took_ns, const struct histogram *h) {
  printf("{\"n\": %" PRIu64 ", \"seconds\": %.3f, \"p50\": %.0f, \"p99\": %.0f}\n", n, (double)took_ns / 1e9,
         histogram_us(h, 0.5), histogram_us(h, 0.99));
}

static int run_sync(const char *file, size_t bytes, int64_t seconds, struct histogram *h) {
  int fd = open(file, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
  char *block = malloc(bytes);
  if (fd < 0 || !block)
    return 1;
  memset(block, 'x', bytes);
  int64_t begin = bench_now_ns(), now = begin;
  uint64_t rounds = 0;
  for (off_t at = 0; now - begin < seconds * 1000000000; at += (off_t)bytes, rounds++) {
    int64_t from = now;
    if (pwrite(fd, block, bytes, at) != (ssize_t)bytes || fdatasync(fd))
      return 1;
    now = bench_now_ns();
    histogram_add(h, now - from);
  }
  print(rounds, now - begin, h);
  free(block);
  close(fd);
  return unlink(file);
}

struct echo {
  void *context;
  char public_key[41], secret_key[41], endpoint[64];
  void *router;
};

static void *echo_serve(void *argument) {
  struct echo *e = argument;
  for (;;) {
    zmq_msg_t id, body;
    zmq_msg_init(&id), zmq_msg_init(&body);
    if (zmq_msg_recv(&id, e->router, 0) < 0)
      break;
    if (zmq_msg_recv(&body, e->router, 0) < 0 || zmq_msg_send(&id, e->router, ZMQ_SNDMORE) < 0 ||
        zmq_msg_send(&body, e->router, 0) < 0)
      break;
  }
  zmq_close(e->router);
  return NULL;
}

static void *dealer_new(const struct echo *e) {
  char public_key[41], secret_key[41];
  int hwm = 0, linger = 0;
  void *s = zmq_socket(e->context, ZMQ_DEALER);
  if (!s || zmq_curve_keypair(public_key, secret_key))
    return NULL;
  zmq_setsockopt(s, ZMQ_SNDHWM, &hwm, sizeof hwm);
  zmq_setsockopt(s, ZMQ_RCVHWM, &hwm, sizeof hwm);
  zmq_setsockopt(s, ZMQ_LINGER, &linger, sizeof linger);
  zmq_setsockopt(s, ZMQ_CURVE_SERVERKEY, e->public_key, 41);
  zmq_setsockopt(s, ZMQ_CURVE_PUBLICKEY, public_key, 41);
  zmq_setsockopt(s, ZMQ_CURVE_SECRETKEY, secret_key, 41);
  return zmq_connect(s, e->endpoint) ? NULL : s;
}

static int echo_open(struct echo *e) {
  int server = 1, hwm = 0, linger = 0;
  size_t n = sizeof e->endpoint;
  e->context = zmq_ctx_new();
  e->router = e->context ? zmq_socket(e->context, ZMQ_ROUTER) : NULL;
  if (!e->router || zmq_curve_keypair(e->public_key, e->secret_key))
    return -1;
  zmq_setsockopt(e->router, ZMQ_SNDHWM, &hwm, sizeof hwm);
  zmq_setsockopt(e->router, ZMQ_RCVHWM, &hwm, sizeof hwm);
  zmq_setsockopt(e->router, ZMQ_LINGER, &linger, sizeof linger);
  zmq_setsockopt(e->router, ZMQ_CURVE_SERVER, &server, sizeof server);
  zmq_setsockopt(e->router, ZMQ_CURVE_SECRETKEY, e->secret_key, 41);
  return zmq_bind(e->router, "tcp://127.0.0.1:*") || zmq_getsockopt(e->router, ZMQ_LAST_ENDPOINT, e->endpoint, &n) ? -1
                                                                                                                   : 0;
}

/* The window is filled again as soon as there is room for a whole frame. */
static int echo_measure(void *dealer, uint64_t frames, size_t per_frame, int64_t seconds, struct histogram *h) {
  static char bytes[SIZE * MOST_PER_FRAME];
  const int size = (int)(SIZE * per_frame);
  uint64_t sent = 0, back = 0;
  int64_t begin = bench_now_ns(), now = begin, end = begin + seconds * 1000000000;
  while (now < end) {
    int64_t from;
    for (; sent - back < frames; sent++) {
      from = bench_now_ns();
      memcpy(bytes, &from, sizeof from);
      if (zmq_send(dealer, bytes, (size_t)size, 0) != size)
        return 1;
    }
    if (zmq_recv(dealer, bytes, (size_t)size, 0) != size)
      return 1;
    now = bench_now_ns();
    memcpy(&from, bytes, sizeof from);
    histogram_add(h, now - from);
    back++;
  }
  print(back * per_frame, now - begin, h);
  return 0;
}

static int run_echo(uint64_t in_flight, size_t per_frame, int64_t seconds, struct histogram *h) {
  struct echo e = {0};
  pthread_t thread;
  if (per_frame == 0 || per_frame > MOST_PER_FRAME || echo_open(&e) || pthread_create(&thread, NULL, echo_serve, &e))
    return 1;
  void *dealer = dealer_new(&e);
  uint64_t frames = in_flight > per_frame ? in_flight / per_frame : 1;
  int rc = dealer ? echo_measure(dealer, frames, per_frame, seconds, h) : 1;
  if (dealer)
    zmq_close(dealer);
  zmq_ctx_shutdown(e.context);
  pthread_join(thread, NULL);
  zmq_ctx_term(e.context);
  return rc;
}

int main(int argc, char **argv) {
  static struct histogram h;
  if (argc == 5 && strcmp(argv[1], "sync") == 0)
    return run_sync(argv[2], strtoull(argv[3], NULL, 10), strtoll(argv[4], NULL, 10), &h);
  if (argc == 5 && strcmp(argv[1], "echo") == 0)
    return run_echo(strtoull(argv[2], NULL, 10), strtoull(argv[3], NULL, 10), strtoll(argv[4], NULL, 10), &h);
  return 2;
}

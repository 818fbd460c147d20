/* The fake broker's thread and its keys. */
#include "fake_broker.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <zmq.h>

#include "fake_private.h"

enum { FRAME_MAX = 64 * 1024, CURVE_OVERHEAD = 33, BIND_TRIES = 1000, BIND_WAIT_MS = 10 };

/* ---- The thread ---- */

static bool set_int(void *socket, int option, int value) {
  return zmq_setsockopt(socket, option, &value, sizeof value) == 0;
}

static bool open_socket(baton_fake *f, const char *where) {
  int64_t max = FRAME_MAX + CURVE_OVERHEAD;
  f->socket = zmq_socket(f->zmq, ZMQ_ROUTER);
  if (!f->socket || !set_int(f->socket, ZMQ_LINGER, 0) || !set_int(f->socket, ZMQ_CURVE_SERVER, 1) ||
      !set_int(f->socket, ZMQ_ROUTER_MANDATORY, 1) ||
      zmq_setsockopt(f->socket, ZMQ_CURVE_SECRETKEY, f->broker_secret, 41) != 0 ||
      zmq_setsockopt(f->socket, ZMQ_MAXMSGSIZE, &max, sizeof max) != 0)
    return false;
  /* After a restart the I/O thread may still be letting go of the port. */
  for (int i = 0; i < BIND_TRIES; i++) {
    if (zmq_bind(f->socket, where) == 0)
      return true;
    zmq_poll(NULL, 0, BIND_WAIT_MS);
  }
  return false;
}

static void receive(baton_fake *f) {
  uint8_t peer[256], bytes[FRAME_MAX];
  int peer_n, n;
  while ((peer_n = zmq_recv(f->socket, peer, sizeof peer, ZMQ_DONTWAIT)) >= 0) {
    n = zmq_recv(f->socket, bytes, sizeof bytes, ZMQ_DONTWAIT);
    if (n >= 0)
      fake_frame(f, peer, (size_t)peer_n, bytes, (size_t)n);
  }
}

static void obey(baton_fake *f) {
  uint64_t count;
  if (read(f->wake, &count, sizeof count) < 0)
    return;
  if (f->restart) {
    zmq_close(f->socket);
    f->peer_n = 0;
    f->restart = false;
    if (!open_socket(f, f->endpoint))
      abort();
  }
  fake_send_deliveries(f);
  fake_send_raw(f);
}

static void *run(void *context) {
  baton_fake *f = context;
  for (bool stop = false; !stop;) {
    zmq_pollitem_t items[] = {{.socket = f->socket, .events = ZMQ_POLLIN}, {.fd = f->wake, .events = ZMQ_POLLIN}};
    zmq_poll(items, 2, -1);
    pthread_mutex_lock(&f->lock);
    receive(f);
    obey(f);
    stop = f->stop;
    pthread_mutex_unlock(&f->lock);
  }
  zmq_close(f->socket);
  return NULL;
}

void fake_wake(baton_fake *f) {
  uint64_t one = 1;
  ssize_t n = write(f->wake, &one, sizeof one);
  (void)n;
}

/* ---- Keys and beginning ---- */

static bool write_key(const char *file, const char *key) {
  int fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  bool good = fd >= 0 && dprintf(fd, "%s\n", key) > 0;
  if (fd >= 0)
    close(fd);
  return good;
}

static bool make_keys(baton_fake *f) {
  char broker_public[41], adapter_public[41], adapter_secret[41];
  const char *base = getenv("TMPDIR");
  snprintf(f->folder, sizeof f->folder, "%.32s/baton-fake-XXXXXX", base && *base ? base : "/tmp");
  if (!mkdtemp(f->folder) || zmq_curve_keypair(broker_public, f->broker_secret) != 0 ||
      zmq_curve_keypair(adapter_public, adapter_secret) != 0)
    return false;
  snprintf(f->secret_file, sizeof f->secret_file, "%s/adapter.key", f->folder);
  snprintf(f->broker_file, sizeof f->broker_file, "%s/broker.pub", f->folder);
  return write_key(f->secret_file, adapter_secret) && write_key(f->broker_file, broker_public);
}

static bool start(baton_fake *f) {
  size_t size = sizeof f->endpoint;
  f->zmq = zmq_ctx_new();
  f->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  return f->zmq && f->wake >= 0 && make_keys(f) && open_socket(f, "tcp://127.0.0.1:*") &&
         zmq_getsockopt(f->socket, ZMQ_LAST_ENDPOINT, f->endpoint, &size) == 0 &&
         pthread_create(&f->thread, NULL, run, f) == 0;
}

static void clean(baton_fake *f) {
  for (size_t i = 0; i < f->submits.n; i++) {
    free(((struct baton_fake_submit *)f->submits.v[i])->event);
    free(f->submits.v[i]);
  }
  for (size_t i = 0; i < f->settles.n; i++) {
    free(((struct baton_fake_settle *)f->settles.v[i])->json);
    free(f->settles.v[i]);
  }
  for (size_t i = 0; i < f->deliveries.n; i++) {
    baton__v1__delivery_item__free_unpacked(((struct fake_delivery *)f->deliveries.v[i])->item, NULL);
    free(f->deliveries.v[i]);
  }
  if (f->answer)
    baton__v1__answer__free_unpacked(f->answer, NULL);
  for (size_t i = 0; i < f->raw.n; i++)
    free(f->raw.v[i]);
  for (size_t i = 0; i < f->held.n; i++)
    free(f->held.v[i]);
  for (size_t i = 0; i < f->reports.n; i++)
    free(f->reports.v[i]);
  free(f->reports.v);
  free(f->raw.v);
  free(f->held.v);
  free(f->submits.v);
  free(f->accepted.v);
  free(f->settles.v);
  free(f->deliveries.v);
  unlink(f->secret_file);
  unlink(f->broker_file);
  rmdir(f->folder);
  close(f->wake);
  zmq_ctx_term(f->zmq);
  pthread_mutex_destroy(&f->lock);
  free(f);
}

baton_fake *baton_fake_new(void) {
  baton_fake *f = calloc(1, sizeof *f);
  if (!f)
    return NULL;
  pthread_mutex_init(&f->lock, NULL);
  if (start(f))
    return f;
  if (f->socket)
    zmq_close(f->socket);
  clean(f);
  return NULL;
}

void baton_fake_free(baton_fake *f) {
  if (!f)
    return;
  pthread_mutex_lock(&f->lock);
  f->stop = true;
  pthread_mutex_unlock(&f->lock);
  fake_wake(f);
  pthread_join(f->thread, NULL);
  clean(f);
}

const char *baton_fake_endpoint(const baton_fake *f) {
  return f->endpoint;
}

const char *baton_fake_secret_key_file(const baton_fake *f) {
  return f->secret_file;
}

const char *baton_fake_broker_key_file(const baton_fake *f) {
  return f->broker_file;
}

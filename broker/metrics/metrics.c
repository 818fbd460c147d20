/* The server: libmicrohttpd without a thread of its own, driven by the loop through its epoll descriptor. */
#include "metrics/metrics.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "metrics/listen.h"
#include "metrics/server.h"

enum { PLACES = BT_VISITORS + BT_VISITOR_SPARE, CONNECTION_BYTES = 16 * 1024 };

/* ---- visitors ---- */

/* The server sees the end of the stream and closes the connection. */
static void shut(struct bt_visitor *v) {
  shutdown(v->fd, SHUT_RDWR);
  v->shut = true;
}

static bool stays(const struct bt_visitor *v) {
  return v->fd >= 0 && !v->shut;
}

/* NULL: nobody. *ret_n: how many stay. */
static struct bt_visitor *oldest(struct bt_metrics *m, uint32_t *ret_n) {
  struct bt_visitor *first = NULL;
  *ret_n = 0;
  for (int i = 0; i < PLACES; i++) {
    struct bt_visitor *v = &m->visitors[i];
    *ret_n += stays(v);
    if (stays(v) && (!first || v->since_us < first->since_us))
      first = v;
  }
  return first;
}

/* Whoever scrapes comes with a request; whoever only holds connections has older ones. */
static void come(struct bt_metrics *m, struct MHD_Connection *connection, void **place) {
  int i = 0;
  uint32_t n;
  while (i < PLACES && m->visitors[i].fd >= 0)
    i++;
  if (i == PLACES)
    return; /* the server lets in no more than there are places */
  const int fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
  m->visitors[i] = (struct bt_visitor){.fd = fd, .since_us = bt_clock_mono_us()};
  *place = &m->visitors[i];
  struct bt_visitor *first = oldest(m, &n);
  if (n > BT_VISITORS)
    shut(first);
}

static void on_connection(void *metrics, struct MHD_Connection *connection, void **place,
                          enum MHD_ConnectionNotificationCode what) {
  if (what == MHD_CONNECTION_NOTIFY_STARTED)
    come(metrics, connection, place);
  else if (*place)
    ((struct bt_visitor *)*place)->fd = -1;
}

/* ---- listening ---- */

static bool listen_now(struct bt_metrics *m) {
  const int fd = bt_metrics_listen(m->context.config->settings.metrics_listen);
  if (fd < 0)
    return false;
  errno = 0;
  m->daemon = MHD_start_daemon(MHD_USE_EPOLL, 0, NULL, NULL, bt_metrics_answer, m, MHD_OPTION_LISTEN_SOCKET, fd,
                               MHD_OPTION_CONNECTION_LIMIT, (unsigned)PLACES, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
                               (size_t)CONNECTION_BYTES, MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_NOTIFY_CONNECTION,
                               on_connection, m, MHD_OPTION_END);
  if (!m->daemon) {
    errno = errno ? errno : ENOMEM;
    const int saved = errno;
    close(fd);
    errno = saved;
  }
  return m->daemon != NULL;
}

/* The log has it on the edges. */
static void try_to_listen(struct bt_metrics *m) {
  const char *address = m->context.config->settings.metrics_listen;
  if (listen_now(m)) {
    bt_log(BT_LOG_INFO, "metrics-served", BT_L_TEXT("listen", address));
    return;
  }
  if (!m->told)
    bt_log(BT_LOG_ERROR, "metrics-not-served", BT_L_TEXT("listen", address), BT_L_TEXT("text", strerror(errno)),
           BT_L_INT("again_s", BT_LISTEN_AGAIN_MS / 1000));
  m->told = true;
  m->listen_us = bt_clock_mono_us() + BT_LISTEN_AGAIN_MS * INT64_C(1000);
}

int bt_metrics_open(const struct bt_control_context *context, struct bt_metrics **ret) {
  struct bt_metrics *m = NULL;
  if (*context->config->settings.metrics_listen) {
    m = calloc(1, sizeof *m);
    if (!m)
      return -BT_NOMEM;
    m->context = *context;
    m->opened_us = bt_clock_mono_us();
    for (int i = 0; i < PLACES; i++)
      m->visitors[i].fd = -1;
    try_to_listen(m);
  }
  *ret = m;
  return 0;
}

void bt_metrics_close(struct bt_metrics *m) {
  if (!m)
    return;
  if (m->daemon)
    MHD_stop_daemon(m->daemon);
  bt_metrics_forget_answers(m);
  free(m);
}

/* ---- in the loop ---- */

void bt_metrics_adopt(struct bt_metrics *m, const struct bt_config *config) {
  m->context.config = config;
}

uint32_t bt_metrics_pollfd(const struct bt_metrics *m, struct pollfd *ret) {
  if (!m->daemon)
    return 0;
  *ret = (struct pollfd){.fd = MHD_get_daemon_info(m->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd, .events = POLLIN};
  return 1;
}

static long until_ms(int64_t at_us, int64_t now_us) {
  return at_us > now_us ? (long)((at_us - now_us) / 1000) + 1 : 0;
}

static int64_t leaves_us(const struct bt_visitor *v) {
  return v->since_us + BT_VISIT_MS * INT64_C(1000);
}

long bt_metrics_due_ms(const struct bt_metrics *m) {
  const int64_t now_us = bt_clock_mono_us();
  MHD_UNSIGNED_LONG_LONG server_ms;
  if (!m->daemon)
    return until_ms(m->listen_us, now_us);
  if (MHD_get_timeout(m->daemon, &server_ms) == MHD_YES && server_ms == 0)
    return 0;
  uint32_t n;
  const struct bt_visitor *first = oldest((struct bt_metrics *)m, &n);
  return first ? until_ms(leaves_us(first), now_us) : -1;
}

void bt_metrics_serve(struct bt_metrics *m, const struct pollfd *v, uint32_t n) {
  uint32_t staying;
  struct bt_visitor *first;
  if (!(n && v->revents) && bt_metrics_due_ms(m) != 0)
    return;
  if (!m->daemon) {
    try_to_listen(m);
    return;
  }
  while ((first = oldest(m, &staying)) && leaves_us(first) <= bt_clock_mono_us())
    shut(first);
  MHD_run(m->daemon);
}

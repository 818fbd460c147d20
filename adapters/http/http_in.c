#include "http_in.h"

#include <errno.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include "in.h"
#include "listen.h"

enum {
  PEM_MAX = 1 << 20,
  SPARE_CONNECTIONS = 64,
  OTHER_FILES = 64,
  LAST_ROUNDS = 8,
  PATIENT_ROUNDS = 4,
  VAIN_MOST_MS = 20,
  LISTEN_FIRST_MS = 500,
  LISTEN_CAP_MS = 30000
};

/* ---- Settings ---- */

static int bad(char *error, const char *why) {
  snprintf(error, 256, "%s", why);
  return -1;
}

static int read_pem(struct http_in *in, char *error) {
  size_t n;
  const struct http_in_settings *s = &in->set;
  if (!*s->certificate_file != !*s->key_file)
    return bad(error, "certificate_file and key_file go together");
  if (!*s->certificate_file)
    return 0;
  FILE *f = fopen(s->certificate_file, "re");
  in->certificate = f ? calloc(1, PEM_MAX + 1) : NULL;
  if (!in->certificate || fread(in->certificate, 1, PEM_MAX, f) == 0) {
    snprintf(error, 256, "%.200s: cannot be read", s->certificate_file);
    if (f)
      fclose(f);
    return -1;
  }
  fclose(f);
  in->key = baton_secret_read(s->key_file, PEM_MAX, &n, error);
  return in->key ? 0 : -1;
}

static int check_listen(const struct http_in *in, char *error) {
  bool loopback;
  if (!listen_is_valid(in->set.listen, &loopback))
    return bad(error, "listen wants ADDRESS:PORT, such as 127.0.0.1:8080 or [::1]:8080");
  if (!loopback && !in->certificate && !in->set.insecure)
    return bad(error,
               "listen: beyond this machine only with certificate_file and key_file; or say insecure = true where "
               "something before it does TLS");
  return 0;
}

struct http_in *http_in_new(const struct http_in_settings *set, const char *config_file, char *error) {
  struct http_in *in = sodium_init() < 0 ? NULL : calloc(1, sizeof *in);
  if (!in)
    return bad(error, "no memory"), NULL;
  in->set = *set;
  in->ledger.most = (size_t)set->remember;
  in->door = (struct door){.most = (size_t)set->connections,
                           .most_of_one = (size_t)set->connections_per_address,
                           .request_ms = set->request_s * 1000,
                           .idle_ms = set->idle_s * 1000,
                           .next_ms = INT64_MAX};
  failures_init(&in->failures, set->failures_per_minute);
  if (clients_read(&in->clients, config_file, set->tokens_file, error) == 0 &&
      sources_read(&in->sources, config_file, error) == 0 && read_pem(in, error) == 0 && check_listen(in, error) == 0)
    return in;
  http_in_free(in);
  return NULL;
}

void http_in_free(struct http_in *in) {
  if (!in)
    return;
  clients_fini(&in->clients);
  sources_fini(&in->sources);
  ledger_fini(&in->ledger);
  free(in->openapi);
  free(in->certificate);
  if (in->key)
    sodium_memzero(in->key, strlen(in->key));
  free(in->key);
  free(in);
}

/* ---- Listening ---- */

int http_in_start(struct http_in *in, int epoll, uint32_t in_flight, char *error) {
  struct rlimit files;
  rlim_t wanted = (rlim_t)(in->set.connections + SPARE_CONNECTIONS + OTHER_FILES);
  in->epoll = epoll;
  in->in_flight = in_flight ? in_flight : 256;
  if (getrlimit(RLIMIT_NOFILE, &files) < 0)
    return bad(error, strerror(errno));
  if (files.rlim_cur >= wanted)
    return 0;
  files.rlim_cur = wanted;
  if (wanted <= files.rlim_max && setrlimit(RLIMIT_NOFILE, &files) == 0)
    return 0;
  snprintf(error, 256,
           "too few file descriptors: %lld connections want a limit of %llu, and it is %llu: raise it (ulimit -n, "
           "LimitNOFILE), or have fewer connections",
           (long long)in->set.connections, (unsigned long long)wanted, (unsigned long long)files.rlim_max);
  return -1;
}

static struct MHD_Daemon *start_daemon(struct http_in *in, int fd) {
  const struct http_in_settings *s = &in->set;
  unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | (in->certificate ? MHD_USE_TLS : 0);
  struct MHD_OptionItem tls[] = {
      {MHD_OPTION_HTTPS_MEM_CERT, 0, in->certificate},
      {MHD_OPTION_HTTPS_MEM_KEY, 0, in->key},
      {MHD_OPTION_HTTPS_PRIORITIES, 0, "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"},
      {MHD_OPTION_END, 0, NULL},
  };
  /* The door keeps its own count and lets in who is new: the server's own limit lies beyond it. */
  return MHD_start_daemon(
      flags, 0, NULL, NULL, server_request, in, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
      (unsigned)(s->connections + SPARE_CONNECTIONS), MHD_OPTION_CONNECTION_MEMORY_LIMIT,
      (size_t)(2 * s->header_bytes + 8192), MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_URI_LOG_CALLBACK,
      server_address, in, MHD_OPTION_NOTIFY_COMPLETED, server_completed, in, MHD_OPTION_NOTIFY_CONNECTION,
      door_connection, &in->door, MHD_OPTION_ARRAY, in->certificate ? tls : tls + 3, MHD_OPTION_END);
}

static bool open_door(struct http_in *in) {
  int fd = listen_open(in->set.listen);
  if (fd < 0)
    return false;
  errno = 0;
  in->daemon = start_daemon(in, fd);
  if (!in->daemon) {
    errno = errno ? errno : EINVAL;
    close(fd);
    return false;
  }
  int own = MHD_get_daemon_info(in->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
  struct epoll_event event = {.events = EPOLLIN};
  if (epoll_ctl(in->epoll, EPOLL_CTL_ADD, own, &event) < 0) {
    MHD_stop_daemon(in->daemon);
    in->daemon = NULL;
    return false;
  }
  baton_log("info", "listening", "address", in->set.listen, "tls", in->certificate ? "yes" : "no", NULL);
  return true;
}

/* Milliseconds until it is tried again; 0: it listens. */
static int listening(struct http_in *in) {
  int64_t now = baton_now_ms();
  if (in->daemon)
    return 0;
  if (now < in->listen_ms)
    return (int)(in->listen_ms - now);
  if (open_door(in)) {
    in->tries = 0;
    *in->down = '\0';
    return 0;
  }
  snprintf(in->down, sizeof in->down, "cannot listen on %.60s: %.80s", in->set.listen, strerror(errno));
  int wait_ms = baton_backoff_ms(++in->tries, LISTEN_FIRST_MS, LISTEN_CAP_MS);
  in->listen_ms = now + wait_ms;
  return wait_ms > 0 ? wait_ms : 1;
}

/* ---- The loop ---- */

static int sooner(int a, int64_t b) {
  return b < 0 ? a : a < 0 || b < a ? (int)b : a;
}

/* Ends what waited too long; milliseconds until the next does. */
static int overdue(struct http_in *in) {
  int64_t now = baton_now_ms(), next_ms = INT64_MAX;
  struct request *r, *next;
  for (r = in->waiting; r; r = next) {
    next = r->next;
    if (r->until_ms <= now)
      take_overdue(r);
    else if (r->until_ms < next_ms)
      next_ms = r->until_ms;
  }
  return next_ms == INT64_MAX ? -1 : (int)(next_ms - now);
}

/* Milliseconds until the last trouble is over; -1: none. */
static int troubled_ms(struct http_in *in) {
  int64_t left = in->trouble_until_ms - baton_now_ms();
  if (in->trouble_until_ms && left > 0)
    return (int)left;
  in->trouble_until_ms = 0;
  return -1;
}

baton_health_state http_in_health(const struct http_in *in, char why[256]) {
  snprintf(why, 256, "%s", *in->down ? in->down : in->trouble_until_ms ? in->trouble : "");
  return *in->down ? BATON_DOWN : in->trouble_until_ms ? BATON_TROUBLED : BATON_WELL;
}

static void serve(struct http_in *in) {
  in->resumed = false;
  MHD_run(in->daemon);
  if (in->door.turned_away)
    server_trouble(in, "connections are turned away: too many of one address, or of all");
  in->door.turned_away = false;
  take_commit(in);
}

/* The server library has always work for a visitor whose TLS greeting has begun and not ended, and can do none: it is
 * asked less often then. What really comes in wakes the loop. */
static int server_ms(struct http_in *in) {
  MHD_UNSIGNED_LONG_LONG ms;
  in->in_vain = in->done == in->done_before ? in->in_vain + 1 : 0;
  in->done_before = in->done;
  if (MHD_get_timeout(in->daemon, &ms) != MHD_YES)
    return -1;
  if (ms == 0 && in->in_vain > PATIENT_ROUNDS)
    return in->in_vain < VAIN_MOST_MS ? (int)in->in_vain : VAIN_MOST_MS;
  return ms < INT_MAX ? (int)ms : INT_MAX;
}

int http_in_step(struct http_in *in, baton *b) {
  in->b = b;
  int wait_ms = listening(in);
  if (wait_ms)
    return wait_ms;
  serve(in);
  wait_ms = overdue(in);
  if (in->resumed) /* their answers go out at once */
    serve(in);
  wait_ms = sooner(wait_ms, door_sweep(&in->door));
  wait_ms = sooner(wait_ms, troubled_ms(in));
  if (in->resumed || in->uncommitted)
    return 0;
  return sooner(wait_ms, server_ms(in));
}

/* The server must not be stopped while anybody is suspended. */
void http_in_stop(struct http_in *in) {
  if (!in->daemon)
    return;
  in->stopping = true;
  while (in->waiting)
    reply_problem(in->waiting, 503, "STOPPING", "the adapter stops; what was sent may count: a key counts once", NULL);
  for (int i = 0; i < LAST_ROUNDS; i++) /* the answers go out */
    MHD_run(in->daemon);
  MHD_stop_daemon(in->daemon);
  in->daemon = NULL;
}

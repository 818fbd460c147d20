/* baton-http: department systems that speak HTTP. baton-http(1) is its manual. The way in is a server (http_in.h), the
 * way out are calls to other servers (hook.h); either may be left out. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "baton.h"
#include "clients.h"
#include "hook.h"
#include "http_in.h"

struct adapter {
  struct http_in_settings in_settings;
  struct http_in *in; /* NULL: no server */
  struct hooks hooks;
  int epoll; /* what the two wait on */
};

static void on_connected(void *context, const char *adapter, const char *department) {
  struct adapter *a = context;
  hooks_connected(&a->hooks, adapter, department);
}

static void on_receipt(void *context, const baton_receipt *receipt) {
  struct adapter *a = context;
  if (receipt->delivery)
    hooks_receipt(&a->hooks, receipt);
  else if (a->in)
    http_in_receipt(a->in, receipt);
}

static baton_verdict on_delivery(void *context, const baton_delivery *delivery) {
  return hooks_deliver(&((struct adapter *)context)->hooks, delivery);
}

static int refuse(const char *why) {
  baton_log("error", "configuration", "why", why, NULL);
  return -BATON_E_USAGE;
}

static int check(void *context, const char *config_file) {
  struct adapter *a = context;
  char error[256];
  if (!config_file)
    return refuse("clients, sources and hooks can only be set in a configuration file (--config FILE)");
  if (hooks_read(&a->hooks, config_file, error) < 0)
    return refuse(error);
  if (!*a->in_settings.listen && !a->hooks.n_targets)
    return refuse("neither listen (a server) nor hooks.targets (calls to others) is set");
  if (*a->in_settings.listen && !(a->in = http_in_new(&a->in_settings, config_file, error)))
    return refuse(error);
  return 0;
}

static int wait_on(const struct adapter *a, int fd) {
  struct epoll_event event = {.events = EPOLLIN};
  return fd < 0 ? 0 : epoll_ctl(a->epoll, EPOLL_CTL_ADD, fd, &event);
}

static int start(void *context, baton_options *connection, const char *config_file) {
  struct adapter *a = context;
  char error[256];
  (void)config_file;
  connection->on_connected = on_connected;
  connection->on_receipt = on_receipt;
  connection->on_delivery = a->hooks.n_targets ? on_delivery : NULL;
  if (a->hooks.n_targets == 0)
    connection->credit = 0;
  a->epoll = epoll_create1(EPOLL_CLOEXEC);
  bool good = a->epoll >= 0 && hooks_start(&a->hooks, connection) == 0 && wait_on(a, hooks_fd(&a->hooks)) == 0;
  if (!good)
    snprintf(error, sizeof error, "%s", strerror(errno));
  if (good && (!a->in || http_in_start(a->in, a->epoll, connection->max_in_flight, error) == 0))
    return 0;
  baton_log("error", "cannot-start", "why", error, NULL);
  return -BATON_E_IO;
}

static int own_fd(void *context) {
  return ((struct adapter *)context)->epoll;
}

/* The worse of the two ways. */
static void tell_health(const struct adapter *a, baton *b) {
  char out_why[256], in_why[256] = "";
  baton_health_state out = hooks_health(&a->hooks, out_why);
  baton_health_state in = a->in ? http_in_health(a->in, in_why) : BATON_WELL;
  baton_health(b, in > out ? in : out, in > out ? in_why : out_why);
}

static int step(void *context, baton *b) {
  struct adapter *a = context;
  int out_ms = hooks_step(&a->hooks, b);
  int in_ms = a->in ? http_in_step(a->in, b) : -1;
  tell_health(a, b);
  return in_ms < 0 || (out_ms >= 0 && out_ms < in_ms) ? out_ms : in_ms;
}

static void stop(void *context) {
  struct adapter *a = context;
  if (a->in)
    http_in_stop(a->in);
  hooks_stop(&a->hooks);
}

int main(int argc, char **argv) {
  struct adapter a = {.epoll = -1};
  struct http_in_settings *in = &a.in_settings;
  const baton_option options[] = {
      {"listen", BATON_STRING, &in->listen, "", 0, 0, "address and port of the server; empty: none"},
      {"certificate_file", BATON_FILE, &in->certificate_file, "", 0, 0, "TLS: the certificate and its chain, PEM"},
      {"key_file", BATON_FILE, &in->key_file, "", 0, 0, "TLS: its key, PEM, mode 0600"},
      {"insecure", BATON_BOOL, &in->insecure, "false", 0, 0, "listen beyond this machine without TLS"},
      {"clients", BATON_SECTION, NULL, NULL, 0, 0, "who may come in, as which department, to do what"},
      {"tokens_file", BATON_FILE, &in->tokens_file, "", 0, 0, "the hashes of their tokens, mode 0600"},
      {"sources", BATON_SECTION, NULL, NULL, 0, 0, "systems that send webhooks, and their mappings"},
      {"body_bytes", BATON_INT, &in->body_bytes, "262144", 1024, 4194304, "bytes of a body, at most"},
      {"header_bytes", BATON_INT, &in->header_bytes, "16384", 1024, 65536, "bytes of a request's headers, at most"},
      {"json_depth", BATON_INT, &in->json_depth, "32", 4, 512, "how deep JSON may be nested"},
      {"events_per_post", BATON_INT, &in->events_per_post, "100", 1, 1000, "events in one request, at most"},
      {"connections", BATON_INT, &in->connections, "512", 8, 8192, "connections at once"},
      {"connections_per_address", BATON_INT, &in->connections_per_address, "128", 1, 8192,
       "connections of one address at once"},
      {"request_s", BATON_INT, &in->request_s, "10", 1, 600, "seconds to send a whole request, or take an answer"},
      {"idle_s", BATON_INT, &in->idle_s, "30", 1, 3600, "seconds between two requests of a connection"},
      {"answer_s", BATON_INT, &in->answer_s, "10", 1, 300, "seconds that a request waits for the broker, at most"},
      {"failures_per_minute", BATON_INT, &in->failures_per_minute, "20", 1, 10000,
       "wrong tokens and signatures of one address that are told what is wrong"},
      {"remember", BATON_INT, &in->remember, "10000", 0, 1000000, "events whose outcome can be asked for"},
      HOOKS_OPTIONS(&a.hooks),
      {NULL, BATON_STRING, NULL, NULL, 0, 0, NULL},
  };
  const baton_program program = {
      .name = "baton-http",
      .version = BATON_VERSION,
      .summary = "Connects department systems that speak HTTP to Baton: they call it, and it calls them.",
      .options = options,
      .check = check,
      .start = start,
      .step = step,
      .fd = own_fd,
      .stop = stop,
      .spools = true,
      .context = &a,
  };
  if (argc == 3 && strcmp(argv[1], "--new-token") == 0)
    return clients_new_token(argv[2]);
  int code = baton_main(argc, argv, &program);
  http_in_free(a.in); /* the last receipts came while the connection was closed */
  hooks_fini(&a.hooks);
  if (a.epoll >= 0)
    close(a.epoll);
  return code;
}

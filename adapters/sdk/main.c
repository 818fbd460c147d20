/* A whole adapter around one loop. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "options.h"
#include "sdk.h"
#include "service.h"
#include "spool_program.h"
#include "text.h"

enum { EXIT_GOOD = 0, EXIT_FAILED = 1, EXIT_CONFIG = 2, BUILT_IN = 7 };

struct built_in {
  const char *endpoint, *secret_key_file, *broker_key_file, *log_level;
  int64_t credit, max_in_flight, linger_ms;
  struct bt_sdk_spool_settings spool;
};

/* ---- Signals ---- */

/* The process's own: a handler has no context. Handlers, not a blocked mask: programs that the adapter starts then
 * begin with both at their defaults. */
static int stop_pipe[2] = {-1, -1};

static void on_stop(int signal_number) {
  int saved = errno;
  char byte = (char)signal_number;
  ssize_t n = write(stop_pipe[1], &byte, 1);
  (void)n; /* full: a stop is waiting to be read already */
  errno = saved;
}

static void on_failed_write(int signal_number) {
  (void)signal_number; /* to a pipe without reader, beyond a file's limit: told by its result */
}

static bool catch_signals(void) {
  struct sigaction stop = {.sa_handler = on_stop, .sa_flags = SA_RESTART};
  struct sigaction failed = {.sa_handler = on_failed_write, .sa_flags = SA_RESTART};
  sigemptyset(&stop.sa_mask);
  sigemptyset(&failed.sa_mask);
  return pipe2(stop_pipe, O_CLOEXEC | O_NONBLOCK) == 0 && sigaction(SIGTERM, &stop, NULL) == 0 &&
         sigaction(SIGINT, &stop, NULL) == 0 && sigaction(SIGPIPE, &failed, NULL) == 0 &&
         sigaction(SIGXFSZ, &failed, NULL) == 0;
}

static void release_signals(void) {
  struct sigaction standard = {.sa_handler = SIG_DFL};
  sigaction(SIGTERM, &standard, NULL);
  sigaction(SIGINT, &standard, NULL);
  sigaction(SIGPIPE, &standard, NULL);
  sigaction(SIGXFSZ, &standard, NULL);
  close(stop_pipe[0]);
  close(stop_pipe[1]);
}

/* ---- The loop ---- */

static void log_disconnected(void *context, int code, const char *why, bool final) {
  (void)context;
  baton_log(final ? "error" : "warn", "disconnected", "code", baton_code_name(code), "why", why, NULL);
}

/* To the service manager, each time round. */
static void tell_alive(baton *b, const baton_options *connection) {
  char status[256], spooled[48] = "";
  const unsigned long long waiting = baton_has_spool(b) ? (unsigned long long)baton_spooled(b) : 0;
  if (waiting)
    snprintf(spooled, sizeof spooled, ", %llu events in the spool", waiting);
  snprintf(status, sizeof status, "%s %.128s%s", baton_connected(b) ? "connected to" : "waiting for the broker at",
           connection->endpoint, spooled);
  bt_sdk_service_status(status);
  bt_sdk_service_alive();
}

static int shorter(int wait_ms, int most_ms) {
  return most_ms >= 0 && (wait_ms < 0 || wait_ms > most_ms) ? most_ms : wait_ms;
}

static int loop(baton *b, const baton_program *p, const baton_options *connection) {
  for (;;) {
    int wait_ms = -1;
    const char *why;
    tell_alive(b, connection);
    if (baton_poll(b, 0) < 0)
      return EXIT_FAILED;
    if (bt_sdk_spool_broken(b, &why)) { /* going on would be to acknowledge without knowing */
      baton_log("error", "spool-failed", "why", why, NULL);
      return EXIT_FAILED;
    }
    if (p->step) {
      wait_ms = p->step(p->context, b);
      if (wait_ms == BATON_STEP_DONE)
        return EXIT_GOOD;
      if (wait_ms < -1) {
        baton_log("error", "adapter-ended", "code", baton_code_name(wait_ms), "why", baton_error(b), NULL);
        return EXIT_FAILED;
      }
    }
    int own = p->fd ? p->fd(p->context) : -1;
    struct pollfd more[2] = {{.fd = stop_pipe[0], .events = POLLIN}, {.fd = own, .events = POLLIN}};
    bt_sdk_wait(b, shorter(wait_ms, bt_sdk_service_wait_ms()), more, own >= 0 ? 2 : 1);
    if (more[0].revents)
      return EXIT_GOOD;
  }
}

/* Whatever is left has no receipt: its source sends it again after the next start. */
static void say_stopped(baton *b, const baton_program *p, const baton_options *connection) {
  char left[24], spooled[24];
  bt_sdk_spool_stop(b);
  if (baton_connected(b) && baton_flush(b, (int)connection->linger_ms) < 0)
    baton_log("warn", "not-finished", "why", baton_error(b), NULL);
  snprintf(left, sizeof left, "%zu", baton_in_flight(b));
  snprintf(spooled, sizeof spooled, "%llu", (unsigned long long)baton_spooled(b));
  baton_log("info", "stopped", "program", p->name, "without_receipt", left, baton_has_spool(b) ? "spooled" : NULL,
            spooled, NULL);
}

static int run(const baton_program *p, const baton_options *connection, const struct bt_sdk_spool_settings *spooling) {
  char error[BT_SDK_ERROR];
  struct bt_sdk_spool *spool = NULL;
  if (!catch_signals()) {
    baton_log("error", "cannot-start", "why", strerror(errno), NULL);
    return EXIT_FAILED;
  }
  if (p->spools && !bt_sdk_spool_start(spooling, &spool)) {
    release_signals();
    return EXIT_CONFIG;
  }
  baton *b = baton_open(connection, error);
  int code = EXIT_CONFIG;
  if (b) {
    b->is_program = true;
    b->spool = spool;
    baton_log("info", "started", "program", p->name, "version", p->version, "endpoint", connection->endpoint, NULL);
    bt_sdk_service_ready();
    code = loop(b, p, connection);
    bt_sdk_service_stopping();
    if (p->stop)
      p->stop(p->context);
    say_stopped(b, p, connection);
    baton_close(b);
  } else {
    baton_log("error", "cannot-start", "why", error, NULL);
    bt_sdk_spool_close(spool);
  }
  release_signals();
  return code;
}

/* ---- Options ---- */

static baton_option *all_options(const baton_program *p, struct built_in *to) {
  const baton_option own[BUILT_IN] = {
      {"endpoint", BATON_STRING, &to->endpoint, NULL, 0, 0, "the broker's address, such as tcp://127.0.0.1:5570"},
      {"secret_key_file", BATON_FILE, &to->secret_key_file, NULL, 0, 0, "this adapter's secret key, mode 0600"},
      {"broker_key_file", BATON_FILE, &to->broker_key_file, NULL, 0, 0, "the broker's public key"},
      {"credit", BATON_INT, &to->credit, "64", 0, BT_SDK_WINDOW_MAX, "deliveries taken at once; 0 receives nothing"},
      {"max_in_flight", BATON_INT, &to->max_in_flight, "256", 1, 65536, "events sent and not yet receipted"},
      {"linger_ms", BATON_INT, &to->linger_ms, "2000", 1, 600000, "milliseconds to finish sending at the end"},
      {"log_level", BATON_STRING, &to->log_level, "info", 0, 0, "debug, info, warn or error"},
  };
  size_t n = 0;
  while (p->options && p->options[n].key)
    n++;
  size_t built_in = BUILT_IN + (p->spools ? BT_SDK_SPOOL_OPTIONS : 0);
  baton_option *all = calloc(n + built_in + 1, sizeof *all);
  if (!all)
    return NULL;
  memcpy(all, own, sizeof own);
  if (p->spools)
    bt_sdk_spool_option_rows(&to->spool, all + BUILT_IN);
  if (n)
    memcpy(all + built_in, p->options, n * sizeof *all);
  return all;
}

static int check_only(const baton_options *o, const char *config) {
  char key[41], error[BT_SDK_ERROR];
  bool good = bt_sdk_key_read(o->secret_key_file, true, key, error);
  bt_sdk_wipe(key, sizeof key);
  good = good && bt_sdk_key_read(o->broker_key_file, false, key, error);
  if (!good) {
    fprintf(stderr, "%s\n", error);
    return EXIT_CONFIG;
  }
  printf("%s: good\n", config ? config : "command line");
  return EXIT_GOOD;
}

static int start_and_run(const baton_program *p, const struct built_in *from, const char *config, bool check) {
  char software[65];
  snprintf(software, sizeof software, "%s %s", p->name, p->version);
  baton_options connection = {
      .endpoint = from->endpoint,
      .secret_key_file = from->secret_key_file,
      .broker_key_file = from->broker_key_file,
      .software = software,
      .credit = (uint32_t)from->credit,
      .max_in_flight = (uint32_t)from->max_in_flight,
      .linger_ms = (uint32_t)from->linger_ms,
      .on_disconnected = log_disconnected,
      .context = p->context,
  };
  if (p->check && p->check(p->context, config) < 0)
    return EXIT_CONFIG;
  if (check)
    return p->spools && !bt_sdk_spool_try(&from->spool) ? EXIT_CONFIG : check_only(&connection, config);
  int rc = p->start ? p->start(p->context, &connection, config) : 0;
  return rc < 0 ? EXIT_FAILED : run(p, &connection, &from->spool);
}

/* tcp://ADDRESS:PORT, where the address may be a name, an IPv4 address, or an IPv6 address in brackets. */
static bool is_endpoint(const char *text) {
  static const char scheme[] = "tcp://";
  const char *host = text + strlen(scheme), *colon = strrchr(text, ':');
  int64_t port;
  if (strncmp(text, scheme, strlen(scheme)) != 0 || !colon || colon <= host || strpbrk(host, "/ \t;"))
    return false;
  bool bracketed = *host == '[' && colon[-1] == ']';
  if (!bracketed && memchr(host, ':', (size_t)(colon - host)))
    return false;
  return bt_sdk_int_parse(colon + 1, &port) && colon[1] != '+' && port > 0 && port <= UINT16_MAX;
}

/* What the types alone do not say about the library's own options. */
static bool check_built_in(struct bt_sdk_settings *s, const struct built_in *values) {
  if (!is_endpoint(values->endpoint))
    return bt_sdk_settings_fail(s, "endpoint", "wants tcp://ADDRESS:PORT, not \"%.60s\"", values->endpoint);
  if (bt_sdk_log_level(values->log_level) < 0)
    return bt_sdk_settings_fail(s, "log_level", "wants debug, info, warn or error, not \"%.40s\"", values->log_level);
  return true;
}

static int with_settings(struct bt_sdk_settings *s, const baton_program *p, const struct built_in *values, int argc,
                         char **argv) {
  const char *config = NULL;
  enum bt_sdk_asked asked;
  if (!bt_sdk_settings_read(s, argc, argv, &config, &asked))
    return EXIT_CONFIG;
  if (asked == BT_SDK_HELP) {
    bt_sdk_settings_help(s, p);
    return EXIT_GOOD;
  }
  if (asked == BT_SDK_VERSION) {
    printf("%s %s\n", p->name, p->version);
    return EXIT_GOOD;
  }
  if (!check_built_in(s, values) || (p->spools && !bt_sdk_spool_settings_check(s, &values->spool)))
    return EXIT_CONFIG;
  bt_sdk_log_set_level(bt_sdk_log_level(values->log_level));
  if (asked >= BT_SDK_SPOOLED)
    return bt_sdk_spool_command(&values->spool, asked, s->reject_key);
  return start_and_run(p, values, config, asked == BT_SDK_CHECK);
}

int baton_main(int argc, char **argv, const baton_program *program) {
  struct built_in values = {.endpoint = NULL};
  struct bt_sdk_settings s;
  bt_sdk_service_open();
  baton_option *options = all_options(program, &values);
  if (!options) {
    fprintf(stderr, "%s: out of memory\n", program->name);
    return EXIT_FAILED;
  }
  int code = EXIT_CONFIG;
  if (bt_sdk_settings_init(&s, options)) {
    s.spools = program->spools;
    code = with_settings(&s, program, &values, argc, argv);
  }
  if (*s.error)
    fprintf(stderr, "%s: %s\n", program->name, s.error);
  bt_sdk_settings_fini(&s);
  free(options);
  return code;
}

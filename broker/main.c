/* batond: argv, wire the parts, run, exit code. */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "backup/backup.h"
#include "base/clock.h"
#include "base/log.h"
#include "loop/data.h"
#include "loop/loop.h"
#include "loop/retain.h"
#include "service/service.h"

/* Exit codes: 0 stopped as asked, 1 failed while running, 2 usage or configuration, 3 the data could not be opened. */
enum { FAILED = 1, USAGE = 2, NO_DATA = 3 };

static const char help[] =
    "usage: batond [--config FILE]\n"
    "       batond --check FILE [--against FILE] | --dump FILE | --describe | --help | --version\n"
    "\n"
    "  --config FILE   run with this configuration (default: /etc/baton/broker.conf)\n"
    "  --check FILE    say what is wrong with a configuration, and exit\n"
    "  --against FILE  and what it has other than this one\n"
    "  --dump FILE     print its canonical form, which parses back to the same\n"
    "  --describe      list every key with type, unit, range and default\n";

struct parts {
  struct bt_config *config;
  struct bt_journal *journal;
  struct bt_store *store;
  struct bt_wire *wire;
  struct bt_loop *loop;
  struct bt_control *control;
  struct bt_metrics *metrics;
  struct bt_counters counters;
};

/* at: the folder or address that it is about; NULL: none. */
static int fail_at(const char *what, int rc, const char *text, const char *at, int exit_code) {
  const char *why = rc == -BT_IO && errno ? strerror(errno) : bt_code_text(rc);
  bt_log(BT_LOG_ERROR, "not-started", BT_L_TEXT("part", what), BT_L_TEXT("code", bt_code_name(rc)),
         BT_L_TEXT("text", text ? text : bt_code_text(rc)), BT_L_TEXT("at", at ? at : ""), BT_L_TEXT("why", why));
  return exit_code;
}

static int fail(const char *what, int rc, const char *text, int exit_code) {
  return fail_at(what, rc, text, NULL, exit_code);
}

static int open_data(struct parts *p) {
  struct bt_data_fault fault;
  int rc = bt_data_open(&p->config->settings, &p->journal, &p->store, &fault);
  return rc ? fail_at(fault.part, rc, *fault.text ? fault.text : NULL, fault.at, NO_DATA) : 0;
}

static int open_wire(struct parts *p, const char *config_file) {
  const struct bt_settings *s = &p->config->settings;
  const char *text = NULL;
  const struct bt_wire_options options = {
      .endpoint = s->listen,
      .secret_key_file = s->secret_key_file,
      .max_in_flight = s->max_in_flight,
      .takeover_after_us = 6 * BT_SECOND_US,
      .io_threads = (int)s->io_threads,
  };
  errno = 0;
  int rc = bt_wire_open(&options, &p->config->rules, &p->counters, &p->wire, &text);
  if (rc)
    return fail_at("wire", rc, text, s->listen, FAILED);
  const struct bt_loop_parts loop = {p->config, p->store, p->journal, p->wire, &p->counters, config_file};
  if ((rc = bt_loop_new(&loop, &p->loop)) || (rc = bt_loop_resume(p->loop)) || (rc = bt_loop_adopt(p->loop)))
    return fail("loop", rc, NULL, FAILED);
  const struct bt_control_context control = {
      .config = p->config,
      .config_file = config_file,
      .store = p->store,
      .journal = p->journal,
      .wire = p->wire,
      .counters = &p->counters,
      .started_us = bt_clock_wall_us(),
      .version = BATON_VERSION,
      .loop = p->loop,
      .hold = bt_loop_hold,
      .in_flight = bt_loop_in_flight,
      .clock = bt_loop_clock,
      .clock_accept = bt_loop_clock_accept,
      .operate = bt_loop_operate,
      .requeue = bt_loop_requeue,
      .dead_drop = bt_loop_dead_drop,
      .item = bt_loop_item,
      .did = bt_loop_did,
      .snapshots = bt_loop_snapshots,
      .reload = bt_loop_reload,
      .facts = bt_loop_facts,
      .alerts = bt_loop_alerts(p->loop),
      .alert_test = bt_loop_alert_test,
      .alert_tested = bt_loop_alert_tested,
      .drain = bt_loop_drain,
      .drained = bt_loop_drained,
      .chore_start = bt_loop_chore_start,
      .chore = bt_loop_chore,
  };
  errno = 0;
  if ((rc = bt_control_open(s->control_dir, &control, &p->control, &text)))
    return fail_at("control", rc, text, s->control_dir, FAILED);
  if ((rc = bt_metrics_open(&control, &p->metrics)))
    return fail("metrics", rc, NULL, FAILED);
  bt_loop_serve_metrics(p->loop, p->metrics);
  return 0;
}

static int block_signals(void) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGHUP);
  sigprocmask(SIG_BLOCK, &set, NULL);
  signal(SIGPIPE, SIG_IGN);
  signal(SIGCHLD, SIG_DFL); /* whoever started it may have ignored it: children could not be waited for */
  return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int run(const char *file) {
  struct parts p = {0};
  char path[PATH_MAX];
  bt_service_open();
  if (bt_config_load(file, bt_clock_wall_us(), stderr, &p.config))
    return USAGE;
  bt_log_set_level((enum bt_log_level)p.config->settings.log_level);
  int signal_fd = block_signals(); /* before any thread is made */
  int code = open_data(&p);
  if (!code)
    code = open_wire(&p, realpath(file, path) ? path : file);
  if (!code) {
    bt_log(BT_LOG_INFO, "ready", BT_L_TEXT("listen", p.config->settings.listen), BT_L_TEXT("version", BATON_VERSION));
    bt_service_ready("ready");
    code = bt_loop_run(p.loop, p.control, signal_fd) ? FAILED : 0;
  }
  bt_metrics_close(p.metrics);
  bt_control_close(p.control);
  bt_wire_close(p.wire); /* tells the loop of each session that ends */
  if (p.loop)
    p.config = bt_loop_config(p.loop); /* the one of the last reload */
  bt_loop_free(p.loop);
  bt_store_close(p.store);
  bt_journal_close(p.journal);
  bt_config_free(p.config);
  close(signal_fd);
  bt_log(BT_LOG_INFO, "stopped", BT_L_INT("exit", code));
  return code;
}

/* What a broker that runs with `before` would make of it. */
static int print_diff(const struct bt_config *before, const struct bt_config *after) {
  struct bt_arena arena;
  struct bt_changes changes;
  bt_arena_init(&arena, 64 * 1024 * 1024);
  int rc = bt_config_diff(before, after, &arena, &changes);
  for (uint32_t i = 0; !rc && i < changes.n; i++)
    printf("%.*s\n", BT_STR_ARG(bt_change_line(&changes.v[i], &arena)));
  bt_arena_fini(&arena);
  return rc ? FAILED : 0;
}

static int check(const char *file, const char *against) {
  struct bt_config *config, *before = NULL;
  int code = 0;
  if (bt_config_load(file, bt_clock_wall_us(), stderr, &config))
    return USAGE;
  printf("%s: fine: %u departments, %u adapters\n", file, config->rules.departments.n, config->rules.adapters.n);
  if (against && bt_config_load(against, bt_clock_wall_us(), stderr, &before))
    code = USAGE;
  else if (against)
    code = print_diff(before, config);
  bt_config_free(before);
  bt_config_free(config);
  return code;
}

static int dump(const char *file) {
  struct bt_config *config;
  if (bt_config_load(file, bt_clock_wall_us(), stderr, &config))
    return USAGE;
  bt_config_dump(config, stdout);
  bt_config_free(config);
  return 0;
}

int main(int argc, char **argv) {
  static const struct option options[] = {
      {"config", required_argument, NULL, 'c'},  {"check", required_argument, NULL, 'k'},
      {"against", required_argument, NULL, 'a'}, {"dump", required_argument, NULL, 'd'},
      {"describe", no_argument, NULL, 's'},      {"help", no_argument, NULL, 'h'},
      {"version", no_argument, NULL, 'v'},       {NULL, 0, NULL, 0},
  };
  const char *file = "/etc/baton/broker.conf", *checked = NULL, *against = NULL;
  if (argc > 1 && strcmp(argv[1], "--retain") == 0) /* started by the broker itself */
    return bt_retain_child(argc - 2, argv + 2);
  if (argc > 1 && strcmp(argv[1], "--chore") == 0) /* likewise */
    return bt_chore_child(argc - 2, argv + 2);
  for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
    switch (option) {
    case 'c':
      file = optarg;
      break;
    case 'k':
      checked = optarg;
      break;
    case 'a':
      against = optarg;
      break;
    case 'd':
      return dump(optarg);
    case 's':
      bt_config_describe(stdout);
      return 0;
    case 'h':
      fputs(help, stdout);
      return 0;
    case 'v':
      puts("batond " BATON_VERSION);
      return 0;
    default:
      fputs(help, stderr);
      return USAGE;
    }
  }
  if (optind < argc || (against && !checked)) {
    fputs(help, stderr);
    return USAGE;
  }
  return checked ? check(checked, against) : run(file);
}

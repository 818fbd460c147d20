/* batond: argv, wire the parts, run, exit code. */
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "loop/loop.h"
#include "loop/replay.h"

/* Exit codes: 0 stopped as asked, 1 failed while running, 2 usage or configuration, 3 the data could not be opened. */
enum { FAILED = 1, USAGE = 2, NO_DATA = 3 };

static const char help[] = "usage: batond [--config FILE]\n"
                           "       batond --check FILE | --dump FILE | --describe | --help | --version\n"
                           "\n"
                           "  --config FILE   run with this configuration (default: /etc/baton/broker.conf)\n"
                           "  --check FILE    say what is wrong with a configuration, and exit\n"
                           "  --dump FILE     print its canonical form, which parses back to the same\n"
                           "  --describe      list every key with type, unit, range and default\n";

struct parts {
  struct bt_config *config;
  struct bt_journal *journal;
  struct bt_store *store;
  struct bt_wire *wire;
  struct bt_loop *loop;
  struct bt_control *control;
  struct bt_counters counters;
};

static int fail(const char *what, int rc, const char *text, int exit_code) {
  bt_log(BT_LOG_ERROR, "not-started", BT_L_TEXT("part", what), BT_L_TEXT("code", bt_code_name(rc)),
         BT_L_TEXT("text", text ? text : bt_code_text(rc)));
  return exit_code;
}

static void show_replay(void *context, uint64_t done, uint64_t all) {
  (void)context;
  if (isatty(STDERR_FILENO))
    fprintf(stderr, "\rreplaying the journal: %llu of %llu%s", (unsigned long long)done, (unsigned long long)all,
            done == all ? "\n" : "");
}

static int open_data(struct parts *p) {
  const struct bt_settings *s = &p->config->settings;
  char dir[4096];
  const char *text = NULL;
  uint64_t epoch;
  snprintf(dir, sizeof dir, "%s/journal", s->data_dir);
  const struct bt_journal_options journal = {.dir = dir, .map_size = s->journal_map_bytes};
  int rc = bt_journal_open(&journal, &p->journal, &text);
  if (!rc)
    rc = bt_journal_lead(p->journal, &epoch);
  if (rc)
    return fail("journal", rc, text, NO_DATA);
  snprintf(dir, sizeof dir, "%s/record", s->data_dir);
  const struct bt_store_options store = {
      .dir = dir, .map_size = s->record_map_bytes, .expect_key = bt_journal_durable(p->journal) > 0};
  if ((rc = bt_store_open(&store, &p->store, &text)))
    return fail("record", rc, text, NO_DATA);
  uint64_t durable = bt_journal_durable(p->journal), from = bt_store_position(p->store, BT_NOW);
  if (from > durable)
    return fail("record", -BT_CORRUPT, "the record is ahead of the journal", NO_DATA);
  if ((rc = bt_replay(p->journal, p->store, durable, s->checkpoint_events, show_replay, NULL)))
    return fail("replay", rc, NULL, NO_DATA);
  bt_log(BT_LOG_INFO, "data-open", BT_L_UINT("epoch", epoch), BT_L_UINT("position", durable),
         BT_L_UINT("replayed", durable - from));
  return 0;
}

static int open_wire(struct parts *p) {
  const struct bt_settings *s = &p->config->settings;
  const char *text = NULL;
  const struct bt_wire_options options = {
      .endpoint = s->listen,
      .secret_key_file = s->secret_key_file,
      .max_in_flight = s->max_in_flight,
      .takeover_after_us = 6 * BT_SECOND_US,
      .io_threads = (int)s->io_threads,
  };
  int rc = bt_wire_open(&options, &p->config->rules, &p->counters, &p->wire, &text);
  if (rc)
    return fail("wire", rc, text, FAILED);
  const struct bt_loop_parts loop = {p->config, p->store, p->journal, p->wire, &p->counters};
  if ((rc = bt_loop_new(&loop, &p->loop)) || (rc = bt_loop_resume(p->loop)) || (rc = bt_loop_adopt(p->loop)))
    return fail("loop", rc, NULL, FAILED);
  const struct bt_control_context control = {
      .config = p->config,
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
  };
  if ((rc = bt_control_open(s->control_dir, &control, &p->control, &text)))
    return fail("control", rc, text, FAILED);
  return 0;
}

static int block_signals(void) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  sigprocmask(SIG_BLOCK, &set, NULL);
  signal(SIGPIPE, SIG_IGN);
  return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int run(const char *file) {
  struct parts p = {0};
  if (bt_config_load(file, bt_clock_wall_us(), stderr, &p.config))
    return USAGE;
  bt_log_set_level((enum bt_log_level)p.config->settings.log_level);
  int signal_fd = block_signals(); /* before any thread is made */
  int code = open_data(&p);
  if (!code)
    code = open_wire(&p);
  if (!code) {
    bt_log(BT_LOG_INFO, "ready", BT_L_TEXT("listen", p.config->settings.listen), BT_L_TEXT("version", BATON_VERSION));
    code = bt_loop_run(p.loop, p.control, signal_fd) ? FAILED : 0;
  }
  bt_control_close(p.control);
  bt_wire_close(p.wire); /* tells the loop of each session that ends */
  bt_loop_free(p.loop);
  bt_store_close(p.store);
  bt_journal_close(p.journal);
  bt_config_free(p.config);
  close(signal_fd);
  bt_log(BT_LOG_INFO, "stopped", BT_L_INT("exit", code));
  return code;
}

static int check(const char *file, bool dump) {
  struct bt_config *config;
  if (bt_config_load(file, bt_clock_wall_us(), stderr, &config))
    return USAGE;
  if (dump)
    bt_config_dump(config, stdout);
  else
    printf("%s: fine: %u departments, %u adapters\n", file, config->rules.departments.n, config->rules.adapters.n);
  bt_config_free(config);
  return 0;
}

int main(int argc, char **argv) {
  static const struct option options[] = {
      {"config", required_argument, NULL, 'c'},
      {"check", required_argument, NULL, 'k'},
      {"dump", required_argument, NULL, 'd'},
      {"describe", no_argument, NULL, 's'},
      {"help", no_argument, NULL, 'h'},
      {"version", no_argument, NULL, 'v'},
      {NULL, 0, NULL, 0},
  };
  const char *file = "/etc/baton/broker.conf";
  for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
    switch (option) {
    case 'c':
      file = optarg;
      break;
    case 'k':
      return check(optarg, false);
    case 'd':
      return check(optarg, true);
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
  if (optind < argc) {
    fputs(help, stderr);
    return USAGE;
  }
  return run(file);
}

/* baton-exec: connects a program in any language that speaks JSON lines. baton-exec(1) is its manual. */
#include <string.h>

#include "each.h"
#include "exec.h"

struct adapter {
  const char *mode;
  bool is_each;
  struct exec lines;
  struct each each;
};

static int check(void *context, const char *config_file) {
  struct adapter *a = context;
  a->is_each = strcmp(a->mode, "each") == 0;
  if (a->is_each || strcmp(a->mode, "lines") == 0)
    return exec_check(&a->lines, config_file);
  baton_log("error", "configuration", "why", "mode is lines or each", NULL);
  return -BATON_E_USAGE;
}

static int start(void *context, baton_options *connection, const char *config_file) {
  struct adapter *a = context;
  connection->context = &a->lines;
  return a->is_each ? each_start(&a->each, &a->lines, connection) : exec_start(&a->lines, connection, config_file);
}

static int step(void *context, baton *b) {
  struct adapter *a = context;
  return a->is_each ? each_step(&a->each, b) : exec_step(&a->lines, b);
}

static int own_fd(void *context) {
  struct adapter *a = context;
  return a->is_each ? a->each.epoll : exec_fd(&a->lines);
}

static void stop(void *context) {
  struct adapter *a = context;
  if (a->is_each)
    each_stop(&a->each);
  else
    exec_stop(&a->lines);
}

int main(int argc, char **argv) {
  struct adapter a = {.lines.child = {.epoll = -1, .pidfd = -1, .in = -1, .out = -1, .err = -1}, .each.epoll = -1};
  struct exec *x = &a.lines;
  const baton_option options[] = {
      {"command", BATON_STRING, &x->command, NULL, 0, 0,
       "the program and its arguments; quotes as in a shell, no shell"},
      {"directory", BATON_FILE, &x->directory, "", 0, 0, "where it runs"},
      {"mode", BATON_STRING, &a.mode, "lines", 0, 0, "lines: one program that keeps running; each: one per delivery"},
      {"listens", BATON_BOOL, &x->listens, "true", 0, 0, "whether it reads its standard input; else it gets nothing"},
      {"restart", BATON_BOOL, &x->restart, "true", 0, 0, "start it again when it ends; else the adapter ends with it"},
      {"restart_first_ms", BATON_INT, &x->restart_first_ms, "200", 1, 600000,
       "milliseconds before the first restart or retry"},
      {"restart_most_ms", BATON_INT, &x->restart_most_ms, "30000", 1, 600000,
       "milliseconds before any later one, at most"},
      {"stop_ms", BATON_INT, &x->stop_ms, "5000", 0, 600000, "milliseconds it has to end after its input was closed"},
      {"each.parallel", BATON_INT, &a.each.parallel, "4", 1, 64, "with mode each: programs at once"},
      {"each.timeout_ms", BATON_INT, &a.each.timeout_ms, "60000", 10, 86400000,
       "with mode each: milliseconds that one may run"},
      {"each.tries", BATON_INT, &a.each.tries, "3", 0, 1000,
       "with mode each: deliveries before a failure rejects; 0: never"},
      {"each.later_first_ms", BATON_INT, &a.each.later_first_ms, "1000", 1, 86400000,
       "with mode each: milliseconds before what was put off (exit 75) comes again, at most"},
      {"each.later_most_ms", BATON_INT, &a.each.later_most_ms, "14400000", 1, 86400000,
       "with mode each: the same for later times"},
      {NULL, BATON_STRING, NULL, NULL, 0, 0, NULL},
  };
  const baton_program program = {
      .name = "baton-exec",
      .version = BATON_VERSION,
      .summary = "Connects a program that speaks JSON lines on its standard input and output to Baton.",
      .options = options,
      .check = check,
      .start = start,
      .step = step,
      .fd = own_fd,
      .stop = stop,
      .spools = true,
      .context = &a,
  };
  int code = baton_main(argc, argv, &program);
  each_fini(&a.each);
  exec_fini(x); /* the last receipts came while the connection was closed */
  return code;
}

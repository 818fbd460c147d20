/* baton-exec: connects a program in any language that speaks JSON lines. baton-exec(1) is its manual. */
#include "exec.h"

int main(int argc, char **argv) {
  struct exec x = {.child = {.epoll = -1, .pidfd = -1, .in = -1, .out = -1, .err = -1}};
  const baton_option options[] = {
      {"command", BATON_STRING, &x.command, NULL, 0, 0,
       "the program and its arguments; quotes as in a shell, no shell"},
      {"directory", BATON_FILE, &x.directory, "", 0, 0, "where it runs"},
      {"listens", BATON_BOOL, &x.listens, "true", 0, 0, "whether it reads its standard input; else it gets nothing"},
      {"restart", BATON_BOOL, &x.restart, "true", 0, 0, "start it again when it ends; else the adapter ends with it"},
      {"restart_first_ms", BATON_INT, &x.restart_first_ms, "200", 1, 600000, "milliseconds before the first restart"},
      {"restart_most_ms", BATON_INT, &x.restart_most_ms, "30000", 1, 600000,
       "milliseconds before any later one, at most"},
      {"stop_ms", BATON_INT, &x.stop_ms, "5000", 0, 600000, "milliseconds it has to end after its input was closed"},
      {NULL, BATON_STRING, NULL, NULL, 0, 0, NULL},
  };
  const baton_program program = {
      .name = "baton-exec",
      .version = BATON_VERSION,
      .summary = "Connects a program that speaks JSON lines on its standard input and output to Baton.",
      .options = options,
      .check = exec_check,
      .start = exec_start,
      .step = exec_step,
      .fd = exec_fd,
      .stop = exec_stop,
      .context = &x,
  };
  int code = baton_main(argc, argv, &program);
  exec_fini(&x); /* the last receipts came while the connection was closed */
  return code;
}

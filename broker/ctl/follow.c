/* follow: prints what comes, at once, and says where to go on from when it ends. */
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/ctl.h"

static volatile sig_atomic_t interrupted;

static void note_signal(int number) {
  (void)number;
  interrupted = 1;
}

/* Without SA_RESTART: a read that waits comes back. */
static void catch_signals(void) {
  struct sigaction action = {.sa_handler = note_signal};
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, NULL);
  sigaction(SIGTERM, &action, NULL);
}

/* "#17  ..." or {"event": 17, ...}: the line of an event. */
static void note_event(const char *line, uint64_t *event) {
  uint64_t n;
  if (sscanf(line, "#%" SCNu64 "  ", &n) == 1 || sscanf(line, "{\"event\": %" SCNu64, &n) == 1)
    *event = n;
}

static void say_where(const char *why, uint64_t event) {
  if (event)
    bt_ctl_complain("%s at #%" PRIu64 "; from=%" PRIu64 " goes on there", why, event, event + 1);
  else
    bt_ctl_complain("%s before the first event", why);
}

/* 0: the broker has ended it. */
static int print_stream(FILE *from, const struct bt_ctl_options *o, uint64_t *ret_event, bool *ret_whole) {
  char *line = NULL;
  size_t room = 0;
  int code = BT_EXIT_OK;
  bool first = true;
  ssize_t n;
  *ret_whole = false;
  while (!interrupted && (n = getline(&line, &room, from)) > 0 && !*ret_whole) {
    const bool error = strncmp(line, "error ", 6) == 0;
    *ret_whole = strcmp(line, ".\n") == 0;
    if (error) {
      code = strncmp(line + 6, "USAGE ", 6) == 0 ? BT_EXIT_USAGE : BT_EXIT_REFUSED;
      if (!o->json)
        bt_ctl_complain("%.*s", (int)strcspn(line + 6, "\n"), line + 6);
    } else if (!*ret_whole && !(first && strcmp(line, "ok\n") == 0)) {
      const bool stuffed = line[0] == '.';
      note_event(line, ret_event);
      fwrite(line + stuffed, 1, (size_t)n - stuffed, stdout);
      if (fflush(stdout) != 0)
        break;
    }
    first = false;
    if (*ret_whole)
      break;
  }
  free(line);
  return code;
}

int bt_ctl_follow(const struct bt_ctl_options *o, char *const *words, int n) {
  char line[BT_CTL_LINE];
  size_t length;
  uint64_t event = 0;
  bool whole;
  int code = bt_ctl_line(o, words, n, line, &length);
  if (code != BT_EXIT_OK)
    return code;
  catch_signals();
  FILE *f = bt_ctl_dial(o->control_dir, "read.sock", false);
  if (!f)
    return BT_EXIT_NO_BROKER;
  (void)!bt_ctl_send(fileno(f), line, length); /* a broker that turns us away says why */
  code = print_stream(f, o, &event, &whole);
  fclose(f);
  if (whole)
    return code;
  say_where(interrupted ? "stopped" : "the broker ended the connection", event);
  return interrupted ? BT_EXIT_OK : BT_EXIT_NO_BROKER;
}

/* The process that the broker starts for a chore. */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "backup/backup.h"
#include "base/clock.h"

enum { NICE = 19, IDLE = 3 << 13, OF_PROCESS = 1, CONFIGURATION_MAX = 16 << 20, TELL_EVERY_US = 200 * 1000 };

static void tell(void *context, const char *what, uint64_t done, uint64_t of) {
  int64_t *told_us = context;
  const int64_t now_us = bt_clock_mono_us();
  if (now_us - *told_us < TELL_EVERY_US)
    return;
  *told_us = now_us;
  printf("%s: %" PRIu64 " of %" PRIu64 "\n", what, done, of);
  fflush(stdout);
}

static void say(const char *key, uint64_t value) {
  printf("= %s %" PRIu64 "\n", key, value);
}

static int say_wrong(int code, const char *text) {
  printf("! %d %s\n", code, *text ? text : bt_code_text(code));
  return 1;
}

/* From standard input. */
static struct bt_str read_configuration(char **bytes) {
  size_t n = 0;
  *bytes = malloc(CONFIGURATION_MAX);
  while (*bytes && n < CONFIGURATION_MAX) {
    size_t got = fread(*bytes + n, 1, CONFIGURATION_MAX - n, stdin);
    if (!got)
      break;
    n += got;
  }
  return (struct bt_str){*bytes, *bytes ? n : 0};
}

static int backup(const char *data_dir, const char *dir, bool snapshot) {
  int64_t told_us = 0;
  char *bytes;
  struct bt_task w = {.tell = tell, .context = &told_us};
  struct bt_backup_report r;
  struct bt_backup_order o = {.data_dir = data_dir, .dir = dir, .snapshot = snapshot};
  o.configuration = read_configuration(&bytes);
  int rc = bt_backup_make(&w, &o, &r);
  free(bytes);
  if (rc < 0)
    return say_wrong(rc, w.text);
  say("position", r.position);
  say("from_entry", r.from);
  say("entries", r.entries);
  say("segments", r.segments);
  say("bytes", r.bytes);
  say("snapshot", r.snapshot);
  return 0;
}

static int verify(const char *data_dir) {
  static struct bt_verify_report r;
  int rc = bt_verify(data_dir, stdout, &r);
  if (rc < 0)
    return say_wrong(rc, r.text);
  say("position", r.position);
  say("entries", r.entries);
  say("segments", r.segments);
  say("segments_away", r.away);
  say("snapshots", r.snapshots);
  if (r.sequence)
    say("entry_to_blame", r.sequence);
  return r.ok ? 0 : say_wrong(r.code, r.text);
}

int bt_chore_child(int n, char **words) {
  const pid_t broker = getppid();
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (broker == 1 || getppid() != broker)
    return 1;
  setpriority(PRIO_PROCESS, 0, NICE);
  (void)syscall(SYS_ioprio_set, OF_PROCESS, 0, IDLE);
  umask(077);
  int code = 1;
  if (n >= 3 && strcmp(words[0], "backup") == 0)
    code = backup(words[1], words[2], n > 3);
  else if (n == 2 && strcmp(words[0], "verify") == 0)
    code = verify(words[1]);
  else
    fprintf(stderr, "batond --chore is for the broker alone\n");
  return fflush(stdout) == 0 ? code : 1;
}

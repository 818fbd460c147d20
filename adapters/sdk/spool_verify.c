/* Every entry of the spool is opened once before anything is taken from it.
 *
 * LMDB has no checksums, and a damaged page can end the process that follows it: so a child looks first. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "baton.h"
#include "spool_store.h"

enum { GOOD = 0, TOLD = 1, CRASHED = 2 };

static void on_crash(int signal_number) {
  (void)signal_number;
  _exit(CRASHED);
}

static void on_assert(MDB_env *env, const char *what) {
  (void)env;
  (void)what;
  _exit(CRASHED);
}

static void catch_crashes(void (*handler)(int signal_number)) {
  static const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
  struct sigaction a = {.sa_handler = handler};
  sigemptyset(&a.sa_mask);
  for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
    sigaction(signals[i], &a, NULL);
}

/* The process's own: a handler has no context. */
static char sentence[BT_SDK_SPOOL_ERROR + 1];

static void on_crash_tell(int signal_number) {
  (void)signal_number;
  ssize_t n = write(STDERR_FILENO, sentence, strlen(sentence));
  (void)n;
  _exit(TOLD);
}

void bt_sdk_spool_tell_crashes(struct bt_sdk_spool_store *s) {
  bt_sdk_spool_damaged(s, "its pages cannot be followed");
  snprintf(sentence, sizeof sentence, "%s\n", s->error);
  s->broken = false;
  catch_crashes(on_crash_tell);
}

static int all_entries(struct bt_sdk_spool_store *s) {
  uint8_t buffer[BT_SDK_SPOOL_RECORD_MAX];
  struct bt_sdk_spool_record r;
  uint64_t position = 0, place, n = 0;
  int rc;
  while ((rc = bt_sdk_spool_next(s, BT_SDK_SPOOL_QUEUE, position, buffer, &position, &r)) == 1) {
    rc = bt_sdk_spool_find(s, r.key, &place);
    if (rc < 0)
      return rc;
    if (rc == 0 || place != position)
      return bt_sdk_spool_damaged(s, "an event is not where its key says");
    n++;
  }
  for (position = 0; rc == 0 && (rc = bt_sdk_spool_next(s, BT_SDK_SPOOL_REJECTS, position, buffer, &position, &r)) == 1;
       rc = 0)
    n++;
  MDB_stat places;
  if (rc == 0 && mdb_stat(s->view, s->tables[BT_SDK_SPOOL_PLACES], &places) == 0 && places.ms_entries != n)
    return bt_sdk_spool_damaged(s, "an entry is missing");
  return rc == 0 && n != s->events + s->rejects ? bt_sdk_spool_damaged(s, "an entry is missing") : rc;
}

/* A file shorter than its pages says it by a signal, which the child turns into its exit code. */
static void look(struct bt_sdk_spool_store *s, int to) {
  catch_crashes(on_crash);
  close(s->claim); /* it must not outlive the process that claimed */
  int rc = bt_sdk_spool_env(s, MDB_RDONLY | MDB_NOLOCK, 0);
  if (rc == 0) {
    mdb_env_set_assert(s->env, on_assert);
    rc = bt_sdk_spool_view(s);
  }
  rc = rc ? rc : all_entries(s);
  if (rc == 0)
    _exit(GOOD);
  ssize_t n = write(to, s->error, strlen(s->error));
  (void)n;
  _exit(TOLD);
}

int bt_sdk_spool_verify(struct bt_sdk_spool_store *s) {
  int ends[2], status = 0;
  if (pipe2(ends, O_CLOEXEC) != 0)
    return bt_sdk_spool_lmdb(s, errno, "cannot be looked through");
  pid_t child = fork();
  if (child == 0) {
    s->owner = getpid();
    look(s, ends[1]);
  }
  close(ends[1]);
  if (child < 0) {
    close(ends[0]);
    return bt_sdk_spool_lmdb(s, errno, "cannot be looked through");
  }
  ssize_t n = read(ends[0], s->error, sizeof s->error - 1);
  s->error[n > 0 ? n : 0] = '\0';
  close(ends[0]);
  while (waitpid(child, &status, 0) < 0 && errno == EINTR)
    ;
  if (WIFEXITED(status) && WEXITSTATUS(status) == GOOD)
    return 0;
  if (WIFSIGNALED(status)) { /* crashes have a code: somebody, or a lack of memory, ended it */
    snprintf(s->error, sizeof s->error,
             "the spool in %.200s was not looked through: signal %d ended that (was memory short?). Start again",
             s->folder, WTERMSIG(status));
    return -BATON_E_IO;
  }
  if (n > 0)
    return -BATON_E_INVALID;
  return bt_sdk_spool_damaged(s, "its pages cannot be followed");
}

/* The process around the verification: a temporary folder, a child, its report. */
#include "loop/verify.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/dir.h"
#include "base/io.h"

static int wait_for(pid_t child) {
  int status;
  while (waitpid(child, &status, 0) < 0)
    if (errno != EINTR)
      return -1;
  return status;
}

static void run_child(const char *data_dir, const char *temporary, FILE *progress, int fd) {
  static struct bt_verify_report report;
  prctl(PR_SET_PDEATHSIG, SIGKILL); /* nobody would wait for it */
  /* Whatever the parent does about these: here they are an answer. */
  signal(SIGBUS, SIG_DFL);
  signal(SIGSEGV, SIG_DFL);
  bt_verify_check(data_dir, temporary, progress, &report);
  if (progress)
    fflush(progress);
  _exit(bt_io_write(fd, &report, sizeof(report)) ? 0 : 1);
}

static int run(const char *data_dir, const char *temporary, FILE *progress, struct bt_verify_report *ret) {
  struct bt_verify_report report = {.table = -1};
  int ends[2];
  if (pipe(ends) != 0)
    return -BT_IO;
  fflush(NULL); /* or the child would write what is buffered once more */
  pid_t child = fork();
  if (child == 0) {
    close(ends[0]);
    run_child(data_dir, temporary, progress, ends[1]);
  }
  close(ends[1]);
  bool told = child > 0 && bt_io_read(ends[0], &report, sizeof(report));
  close(ends[0]);
  if (child < 0)
    return -BT_IO;
  int status = wait_for(child);
  if (!told) {
    report = (struct bt_verify_report){.code = -BT_CORRUPT, .table = -1};
    snprintf(report.text, sizeof(report.text),
             "reading killed the checking process (signal %d): a file is truncated or damaged",
             WIFSIGNALED(status) ? WTERMSIG(status) : 0);
  }
  *ret = report;
  return 0;
}

int bt_verify(const char *data_dir, FILE *progress, struct bt_verify_report *ret) {
  char temporary[BT_PATH_SIZE];
  int rc = bt_dir_temporary(temporary, data_dir, "verify");
  if (rc < 0)
    return rc;
  rc = run(data_dir, temporary, progress, ret);
  int removed = bt_dir_remove(temporary);
  return rc < 0 ? rc : removed;
}

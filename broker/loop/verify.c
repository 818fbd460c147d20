/* The process around the verification: a temporary folder, a child, its report. */
#include "loop/verify.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/dir.h"

static int make_temporary(const char *data_dir, char path[BT_PATH_SIZE]) {
  const char *other = getenv("TMPDIR");
  int rc = bt_path_join(path, data_dir, "verify-XXXXXX");
  if (rc < 0)
    return rc;
  if (mkdtemp(path))
    return 0;
  rc = bt_path_join(path, other && *other ? other : "/tmp", "baton-verify-XXXXXX");
  if (rc < 0)
    return rc;
  return mkdtemp(path) ? 0 : -BT_IO;
}

static bool write_all(int fd, const void *from, size_t n) {
  for (const char *p = from; n > 0;) {
    ssize_t done = write(fd, p, n);
    if (done < 0 && errno == EINTR)
      continue;
    if (done <= 0)
      return false;
    p += done;
    n -= (size_t)done;
  }
  return true;
}

static bool read_all(int fd, void *to, size_t n) {
  for (char *p = to; n > 0;) {
    ssize_t done = read(fd, p, n);
    if (done < 0 && errno == EINTR)
      continue;
    if (done <= 0)
      return false;
    p += done;
    n -= (size_t)done;
  }
  return true;
}

static int wait_for(pid_t child) {
  int status;
  while (waitpid(child, &status, 0) < 0)
    if (errno != EINTR)
      return -1;
  return status;
}

static void run_child(const char *data_dir, const char *temporary, FILE *progress, int fd) {
  static struct bt_verify_report report;
  /* Whatever the parent does about these: here they are an answer. */
  signal(SIGBUS, SIG_DFL);
  signal(SIGSEGV, SIG_DFL);
  bt_verify_check(data_dir, temporary, progress, &report);
  if (progress)
    fflush(progress);
  _exit(write_all(fd, &report, sizeof(report)) ? 0 : 1);
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
  bool told = child > 0 && read_all(ends[0], &report, sizeof(report));
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
  int rc = make_temporary(data_dir, temporary);
  if (rc < 0)
    return rc;
  rc = run(data_dir, temporary, progress, ret);
  int removed = bt_dir_remove(temporary);
  return rc < 0 ? rc : removed;
}

/* Preloaded into a process: kills it at the Nth sync to disk, before that sync happens.
 *
 * BATON_FAULT_SYNC: which sync (1: the first after BATON_FAULT_ARM appeared); 0 or unset: none.
 * BATON_FAULT_ARM: a path; syncs count from the moment that file exists, so that a test can start the process in peace.
 * BATON_FAULT_LET_MS: how long other threads may go on before the kill (default 100): whatever was handed to the
 * network before the sync then reaches the peer. A broker that acknowledges before it commits is caught in the act
 * every time.
 *
 * BATON_FAULT_RENAME: likewise, which rename.
 * BATON_FAULT_WHO: a word; only processes that were started with it among their arguments count and are killed.
 * BATON_FAULT_ARM_AFTER: a word; when a process that was started with it ends by itself, it makes the file
 * BATON_FAULT_ARM.
 *
 * BATON_FAULT_HANG: a path; while that file exists a sync does not come back, as on a disk that has stopped answering.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static atomic_long syncs, renames;

static int was_started_with(const char *word) {
  char line[4096];
  int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
  ssize_t n = fd >= 0 ? read(fd, line, sizeof line - 1) : 0;
  if (fd >= 0)
    close(fd);
  line[n > 0 ? n : 0] = '\0';
  for (const char *p = line; p < line + n; p += strlen(p) + 1)
    if (strcmp(p, word) == 0)
      return 1;
  return 0;
}

__attribute__((destructor)) static void arm(void) {
  const char *path = getenv("BATON_FAULT_ARM"), *word = getenv("BATON_FAULT_ARM_AFTER");
  int fd = path && word && *word && was_started_with(word) ? open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600) : -1;
  if (fd >= 0)
    close(fd);
}

static void hang(void) {
  const char *path = getenv("BATON_FAULT_HANG");
  const struct timespec moment = {0, 10 * 1000000};
  while (path && access(path, F_OK) == 0)
    nanosleep(&moment, NULL);
}

/* Dies at the one that the variable names. */
static void count(atomic_long *so_far, const char *variable) {
  const char *which = getenv(variable), *who = getenv("BATON_FAULT_WHO"), *armed = getenv("BATON_FAULT_ARM"),
             *let = getenv("BATON_FAULT_LET_MS");
  long wanted = which ? strtol(which, NULL, 10) : 0;
  if (wanted <= 0 || (armed && access(armed, F_OK) != 0) || (who && !was_started_with(who)) ||
      atomic_fetch_add(so_far, 1) + 1 != wanted)
    return;
  long ms = let ? strtol(let, NULL, 10) : 100;
  struct timespec left = {ms / 1000, ms % 1000 * 1000000};
  while (nanosleep(&left, &left) != 0)
    ;
  kill(getpid(), SIGKILL);
}

static void count_sync(void) {
  hang();
  count(&syncs, "BATON_FAULT_SYNC");
}

int rename(const char *from, const char *to) {
  count(&renames, "BATON_FAULT_RENAME");
  int (*next)(const char *, const char *) = (int (*)(const char *, const char *))dlsym(RTLD_NEXT, "rename");
  return next(from, to);
}

int fdatasync(int fd) {
  count_sync();
  int (*next)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
  return next(fd);
}

int fsync(int fd) {
  count_sync();
  int (*next)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
  return next(fd);
}

int msync(void *address, size_t length, int flags) {
  count_sync();
  int (*next)(void *, size_t, int) = (int (*)(void *, size_t, int))dlsym(RTLD_NEXT, "msync");
  return next(address, length, flags);
}

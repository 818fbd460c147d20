/* Preloaded into a process: kills it at the Nth sync to disk, before that sync happens.
 *
 * BATON_FAULT_SYNC: which sync (1: the first after BATON_FAULT_ARM appeared); 0 or unset: none.
 * BATON_FAULT_ARM: a path; syncs count from the moment that file exists, so that a test can start the process in peace.
 * BATON_FAULT_LET_MS: how long other threads may go on before the kill (default 100): whatever was handed to the network
 * before the sync then reaches the peer. A broker that acknowledges before it commits is caught in the act every time.
 */
#include <dlfcn.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static atomic_long syncs;

static void count_sync(void) {
  const char *which = getenv("BATON_FAULT_SYNC"), *arm = getenv("BATON_FAULT_ARM"), *let = getenv("BATON_FAULT_LET_MS");
  long wanted = which ? strtol(which, NULL, 10) : 0;
  if (wanted <= 0 || (arm && access(arm, F_OK) != 0) || atomic_fetch_add(&syncs, 1) + 1 != wanted)
    return;
  long ms = let ? strtol(let, NULL, 10) : 100;
  struct timespec left = {ms / 1000, ms % 1000 * 1000000};
  while (nanosleep(&left, &left) != 0)
    ;
  kill(getpid(), SIGKILL);
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

/* Preloaded into a process: its wall clock is BATON_FAULT_CLOCK_S seconds ahead.
 */
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t clock, struct timespec *ret) {
  const char *ahead = getenv("BATON_FAULT_CLOCK_S");
  int rc = (int)syscall(SYS_clock_gettime, clock, ret);
  if (rc == 0 && clock == CLOCK_REALTIME && ahead)
    ret->tv_sec += strtol(ahead, NULL, 10);
  return rc;
}

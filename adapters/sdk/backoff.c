#include <errno.h>
#include <stdint.h>
#include <sys/random.h>
#include <time.h>

#include "baton.h"

static uint32_t random_u32(void) {
  uint32_t v;
  while (getrandom(&v, sizeof v, 0) != (ssize_t)sizeof v) {
    if (errno == EINTR)
      continue;
    /* No random source: the clock's low digits still keep adapters apart. */
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint32_t)t.tv_nsec;
  }
  return v;
}

/* Full jitter: the whole span from 1 to the bound, so that many adapters that lost the same broker spread out. */
int baton_backoff_ms(unsigned attempt, int first_ms, int cap_ms) {
  int64_t bound = first_ms > 0 ? first_ms : 1;
  int64_t cap = cap_ms > 0 ? cap_ms : 1;
  for (unsigned i = 1; i < attempt && bound < cap; i++)
    bound *= 2;
  if (bound > cap)
    bound = cap;
  return 1 + (int)(random_u32() % (uint64_t)bound);
}

#include "histogram.h"

#include <time.h>

int64_t bench_now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* Below 128: as it is. Above: the highest seven bits, and how far they were shifted. */
static unsigned bucket_of(uint64_t v) {
  unsigned shift = 0;
  while (v >> shift >= 2 * HISTOGRAM_STEPS)
    shift++;
  unsigned at = shift * HISTOGRAM_STEPS + (unsigned)(v >> shift);
  return at < HISTOGRAM_BUCKETS ? at : HISTOGRAM_BUCKETS - 1;
}

static uint64_t end_of(unsigned bucket) {
  if (bucket < 2 * HISTOGRAM_STEPS)
    return bucket;
  unsigned shift = bucket / HISTOGRAM_STEPS - 1;
  return ((uint64_t)(bucket - shift * HISTOGRAM_STEPS) + 1) << shift;
}

void histogram_add(struct histogram *h, int64_t ns) {
  h->bucket[bucket_of(ns > 0 ? (uint64_t)ns : 0)]++;
  h->n++;
}

double histogram_us(const struct histogram *h, double share) {
  uint64_t wanted = (uint64_t)(share * (double)h->n), seen = 0;
  for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++)
    if ((seen += h->bucket[i]) > wanted)
      return (double)end_of(i) / 1000;
  return 0;
}

/* Latencies in nanoseconds, in buckets that are never wider than 1/64 of their value. */
#ifndef BENCH_HISTOGRAM_H
#define BENCH_HISTOGRAM_H

#include <stdint.h>

enum { HISTOGRAM_STEPS = 64, HISTOGRAM_BUCKETS = 58 * HISTOGRAM_STEPS };

struct histogram {
  uint64_t n, bucket[HISTOGRAM_BUCKETS];
};

int64_t bench_now_ns(void);
void histogram_add(struct histogram *h, int64_t ns);
/* The upper end of the bucket that holds the given share (0.99) of all. */
double histogram_us(const struct histogram *h, double share);

#endif

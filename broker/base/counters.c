#include "base/counters.h"

/* Microseconds: 0.1 ms to 10 s. */
static const uint64_t times[BT_BOUNDS] = {100,   250,    500,    1000,   2500,    5000,    10000,   25000,
                                          50000, 100000, 250000, 500000, 1000000, 2500000, 5000000, 10000000};
static const uint64_t sizes[BT_BOUNDS] = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768};

const struct bt_figure_info bt_figures[BT_FIGURE_COUNT] = {
#define BT_COUNTER_ROW(name, help)                                                                                     \
  {#name, help, BT_FIGURE_COUNTER, "", {"", ""}, NULL, offsetof(struct bt_counters, name)},
#define BT_HISTOGRAM_ROW(name, unit, bounds, help)                                                                     \
  {#name, help, BT_FIGURE_HISTOGRAM, unit, {"", ""}, bounds, offsetof(struct bt_counters, name)},
#define BT_GATHERED_ROW(name, type, unit, label, other, help)                                                          \
  {#name, help, BT_FIGURE_##type, unit, {label, other}, NULL, BT_NOT_COUNTED},
    BT_COUNTERS(BT_COUNTER_ROW) BT_HISTOGRAMS(BT_HISTOGRAM_ROW) BT_GATHERED(BT_GATHERED_ROW)
#undef BT_COUNTER_ROW
#undef BT_HISTOGRAM_ROW
#undef BT_GATHERED_ROW
};

_Static_assert(sizeof(struct bt_counters) % sizeof(uint64_t) == 0, "it is added up as so many numbers");

void bt_histogram_add(struct bt_histogram *h, const uint64_t bounds[BT_BOUNDS], uint64_t value) {
  unsigned i = 0;
  while (i < BT_BOUNDS && value > bounds[i])
    i++;
  h->bucket[i]++;
  h->sum += value;
}

uint64_t bt_histogram_count(const struct bt_histogram *h) {
  uint64_t n = 0;
  for (unsigned i = 0; i <= BT_BOUNDS; i++)
    n += h->bucket[i];
  return n;
}

uint64_t bt_histogram_under(const struct bt_histogram *h, const uint64_t bounds[BT_BOUNDS], unsigned percent) {
  const uint64_t all = bt_histogram_count(h);
  uint64_t n = 0;
  for (unsigned i = 0; all && i < BT_BOUNDS; i++) {
    n += h->bucket[i];
    if (n * 100 >= all * percent)
      return bounds[i];
  }
  return all ? UINT64_MAX : 0;
}

void bt_count_code(uint64_t by_code[BT_COUNTED_CODES], int code) {
  const int number = code < 0 ? -code : code;
  by_code[number < BT_COUNTED_CODES ? number : BT_COUNTED_CODES - 1]++;
}

#include "base/progress.h"

#include <inttypes.h>

#include "base/clock.h"

#define QUIET_US BT_SECOND_US
#define EVERY_US (BT_SECOND_US / 5)

static void begin(struct bt_progress *p, const char *what, uint64_t done, int64_t now_us) {
  p->what = what;
  p->first = done;
  p->began_us = now_us;
}

static void put(struct bt_progress *p, uint64_t done, uint64_t all, int64_t for_us) {
  const double rate = done > p->first ? (double)(done - p->first) * 1e6 / (double)for_us : 0;
  fprintf(p->to, "\r\033[K%s: %" PRIu64, p->what, done);
  if (all)
    fprintf(p->to, " of %" PRIu64, all);
  fprintf(p->to, ", %.0f/s", rate);
  if (all > done && rate > 0)
    fprintf(p->to, ", %.0f s left", (double)(all - done) / rate);
  fflush(p->to);
  p->shown = true;
}

void bt_progress_say(struct bt_progress *p, const char *what, uint64_t done, uint64_t all) {
  const int64_t now_us = bt_clock_mono_us();
  if (!p->to)
    return;
  if (p->what != what)
    begin(p, what, done, now_us);
  const int64_t for_us = now_us - p->began_us;
  if (for_us < QUIET_US || now_us - p->told_us < EVERY_US)
    return;
  p->told_us = now_us;
  put(p, done, all, for_us);
}

void bt_progress_end(struct bt_progress *p) {
  if (p->to && p->shown) {
    fputs("\r\033[K", p->to);
    fflush(p->to);
  }
  p->shown = false;
  p->what = NULL;
}

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "play.h"

void play_show(struct play *p, bool last) {
  int64_t now = baton_now_ms();
  if (!p->began_ms)
    p->began_ms = now;
  if (!isatty(STDERR_FILENO) || (!last && now < p->shown_ms + 250) || (last && !p->shown_ms))
    return;
  p->shown_ms = now;
  int64_t size = rows_size(p->rows), at = p->row.at + (int64_t)p->row.size, spent = now - p->began_ms;
  fprintf(stderr, "\r%.60s  %3d %%  %" PRIu64 " rows  %" PRIu64 " rows/s  %" PRIu64 " rejected \033[K%s", p->name,
          last || size == 0 ? 100 : (int)(at * 100 / size), p->row.number,
          spent > 0 ? p->row.number * 1000 / (uint64_t)spent : 0, p->rejected, last ? "\n" : "");
}

void play_report(const struct play *p) {
  char rows[24], accepted[24], duplicates[24], rejected[24], unwritten[24], skipped[24], ms[24];
  snprintf(rows, sizeof rows, "%" PRIu64, p->row.number);
  snprintf(accepted, sizeof accepted, "%" PRIu64, p->accepted);
  snprintf(duplicates, sizeof duplicates, "%" PRIu64, p->duplicates);
  snprintf(rejected, sizeof rejected, "%" PRIu64, p->rejected);
  snprintf(unwritten, sizeof unwritten, "%" PRIu64, p->unwritten);
  snprintf(skipped, sizeof skipped, "%" PRIu64, p->skipped);
  snprintf(ms, sizeof ms, "%" PRId64, p->began_ms ? baton_now_ms() - p->began_ms : 0);
  baton_log(p->rejected ? "warn" : "info", "file-done", "file", p->name, "rows", rows, "accepted", accepted,
            "duplicates", duplicates, "rejected", rejected, "unwritten", unwritten, "skipped", skipped, "ms", ms, NULL);
}

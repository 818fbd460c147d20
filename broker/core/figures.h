/* The journeys of all cases, summed up: kept as events come in, so that asking costs nothing however many cases there
 * are.
 *
 * Mirrors baton.v1.FiguresRecord. A case counts as it stands: when its journey goes on, its old part is taken out and
 * the new one put in. Handoffs are kept by how many cases had so many, for the median; means and maxima are exact. */
#ifndef BT_CORE_FIGURES_H
#define BT_CORE_FIGURES_H

#include "core/case.h"

enum { BT_FIGURES_BINS = 256 }; /* the last one: that many handoffs or more */

struct bt_figures {
  uint64_t cases, events;
  uint64_t custody_handoffs, sent_handoffs, custody_bounces, sent_bounces; /* sums */
  uint64_t custody_max, sent_max;
  uint64_t custody_bounced_cases, sent_bounced_cases;
  uint64_t resolved_cases, resolved_reopened, worked_cases, worked_reopened;
  int64_t waiting_customer_us, waiting_vendor_us, waiting_other_us;
  uint64_t clamped_gaps;
  struct bt_u64s custody, sent; /* cases by number of handoffs; n is BT_FIGURES_BINS once initialised */
};

/* Zeroed, with its bins in the caller's storage. */
void bt_figures_init(struct bt_figures *f, uint64_t bins[2 * BT_FIGURES_BINS]);
/* *to keeps its own bins. */
void bt_figures_copy(struct bt_figures *to, const struct bt_figures *from);
/* A case's journey went from `before` (NULL: it was opened) to `after`. */
void bt_figures_follow(struct bt_figures *f, const struct bt_journey *before, const struct bt_journey *after);
/* Over `cases` cases, by number of handoffs. */
double bt_figures_median(const struct bt_u64s *bins, uint64_t cases);

#endif

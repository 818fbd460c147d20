#include "core/figures.h"

void bt_figures_init(struct bt_figures *f, uint64_t bins[2 * BT_FIGURES_BINS]) {
  memset(bins, 0, 2 * BT_FIGURES_BINS * sizeof *bins);
  *f = (struct bt_figures){
      .custody = {BT_FIGURES_BINS, bins},
      .sent = {BT_FIGURES_BINS, bins + BT_FIGURES_BINS},
  };
}

static void copy_bins(struct bt_u64s *to, const struct bt_u64s *from) {
  for (uint32_t i = 0; i < BT_FIGURES_BINS; i++)
    to->v[i] = i < from->n ? from->v[i] : 0;
}

void bt_figures_copy(struct bt_figures *to, const struct bt_figures *from) {
  const struct bt_u64s custody = to->custody, sent = to->sent;
  *to = *from;
  to->custody = custody;
  to->sent = sent;
  copy_bins(&to->custody, &from->custody);
  copy_bins(&to->sent, &from->sent);
}

static uint64_t *bin(struct bt_u64s *bins, uint32_t handoffs) {
  return &bins->v[handoffs < BT_FIGURES_BINS ? handoffs : BT_FIGURES_BINS - 1];
}

/* sign: 1 puts the journey in, -1 takes it out. */
static void count(struct bt_figures *f, const struct bt_journey *j, int sign) {
  const uint64_t one = (uint64_t)(int64_t)sign; /* adding it wraps around to subtraction */
  f->cases += one;
  f->events += one * j->events;
  f->custody_handoffs += one * j->custody_handoffs;
  f->sent_handoffs += one * j->sent_handoffs;
  f->custody_bounces += one * j->custody_bounces;
  f->sent_bounces += one * j->sent_bounces;
  f->custody_bounced_cases += one * (j->custody_bounces > 0);
  f->sent_bounced_cases += one * (j->sent_bounces > 0);
  f->resolved_cases += one * (j->resolved > 0);
  f->resolved_reopened += one * (j->resolved > 0 && j->reopened > 0);
  f->worked_cases += one * (j->worked > 0);
  f->worked_reopened += one * (j->worked_reopened > 0);
  f->waiting_customer_us += sign * j->waiting_customer_us;
  f->waiting_vendor_us += sign * j->waiting_vendor_us;
  f->waiting_other_us += sign * j->waiting_other_us;
  f->clamped_gaps += one * j->clamped_gaps;
  *bin(&f->custody, j->custody_handoffs) += one;
  *bin(&f->sent, j->sent_handoffs) += one;
}

void bt_figures_follow(struct bt_figures *f, const struct bt_journey *before, const struct bt_journey *after) {
  if (before)
    count(f, before, -1);
  count(f, after, 1);
  if (after->custody_handoffs > f->custody_max) /* a case's own count never goes down */
    f->custody_max = after->custody_handoffs;
  if (after->sent_handoffs > f->sent_max)
    f->sent_max = after->sent_handoffs;
}

/* The number of handoffs of the case at this place, counted from 0, when all are sorted by it. */
static uint32_t value_at(const struct bt_u64s *bins, uint64_t place) {
  uint64_t before = 0;
  for (uint32_t v = 0; v < bins->n; v++) {
    before += bins->v[v];
    if (before > place)
      return v;
  }
  return bins->n - 1;
}

double bt_figures_median(const struct bt_u64s *bins, uint64_t cases) {
  if (!cases)
    return 0;
  return ((double)value_at(bins, (cases - 1) / 2) + (double)value_at(bins, cases / 2)) / 2;
}

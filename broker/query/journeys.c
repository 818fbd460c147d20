/* How customers travelled through the departments: figures over all cases that the asker may see, from one instant.
 *
 * A case that is pending when the record ends has waited without an end: that stretch is not counted. */
#include "query/ask.h"

#include <stdlib.h>

/* Counts up to here are kept apart for the median; larger ones count as this. Means and maxima are exact. */
enum { HIGHEST = 65535 };

struct histogram {
  uint32_t *bins; /* HIGHEST + 1 */
  uint64_t n, sum, max;
};

static void count(struct histogram *h, uint32_t value) {
  h->bins[value < HIGHEST ? value : HIGHEST]++;
  h->n++;
  h->sum += value;
  if (value > h->max)
    h->max = value;
}

/* The value at a place in sorted order, from 0. */
static uint32_t value_at(const struct histogram *h, uint64_t place) {
  uint64_t before = 0;
  for (uint32_t v = 0; v < HIGHEST; v++) {
    before += h->bins[v];
    if (before > place)
      return v;
  }
  return HIGHEST;
}

static struct bt_spread spread(const struct histogram *h) {
  if (!h->n)
    return (struct bt_spread){0};
  return (struct bt_spread){
      .mean = (double)h->sum / (double)h->n,
      .median = ((double)value_at(h, (h->n - 1) / 2) + (double)value_at(h, h->n / 2)) / 2,
      .max = h->max,
  };
}

struct tally {
  struct histogram custody, sent;
  struct bt_journeys j;
};

static int add(void *context, const struct bt_case *c) {
  struct tally *t = context;
  struct bt_journeys *j = &t->j;
  const struct bt_journey *of = &c->journey;
  count(&t->custody, of->custody_handoffs);
  count(&t->sent, of->sent_handoffs);
  j->cases++;
  j->events += of->events;
  j->custody_never += of->custody_handoffs == 0;
  j->sent_never += of->sent_handoffs == 0;
  j->custody_bounced_cases += of->custody_bounces > 0;
  j->sent_bounced_cases += of->sent_bounces > 0;
  j->custody_bounces += of->custody_bounces;
  j->sent_bounces += of->sent_bounces;
  j->resolved_cases += of->resolved > 0;
  j->resolved_reopened += of->resolved > 0 && of->reopened > 0;
  j->worked_cases += of->worked > 0;
  j->worked_reopened += of->worked_reopened > 0;
  j->waiting_customer_us += of->waiting_customer_us;
  j->waiting_vendor_us += of->waiting_vendor_us;
  j->waiting_other_us += of->waiting_other_us;
  j->clamped_gaps += of->clamped_gaps;
  return 0;
}

static int tally(const struct bt_ask *ask, struct tally *t, struct bt_answer *ret) {
  struct bt_ask_scan scan;
  int rc = bt_ask_scan_cases(ask, 1, add, t, &scan);
  if (rc < 0)
    return rc;
  if (scan.next || scan.moved) /* half the cases would be the wrong figures, not fewer of them */
    return -BT_BUSY;
  t->j.custody_handoffs = spread(&t->custody);
  t->j.sent_handoffs = spread(&t->sent);
  ret->journeys = t->j;
  return 0;
}

int bt_ask_journeys(const struct bt_ask *ask, struct bt_answer *ret) {
  uint32_t *bins = calloc(2 * (HIGHEST + 1), sizeof *bins);
  if (!bins)
    return -BT_NOMEM;
  struct tally t = {.custody.bins = bins, .sent.bins = bins + HIGHEST + 1};
  int rc = tally(ask, &t, ret);
  if (rc == -BT_BUSY)
    ret->text = BT_LIT("more cases than fit into the time for one answer: ask an operator for journeys");
  free(bins);
  return rc;
}

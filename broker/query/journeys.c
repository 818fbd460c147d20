/* How customers travelled through the departments: figures over all cases that the asker may see.
 *
 * For an operator that is every case, and the record keeps the sum. For a department the cases it may see are added up
 * here, within the time for one answer. A case that is pending when the record ends has waited without an end: that
 * stretch is not counted. */
#include "query/ask.h"

static struct bt_spread spread(uint64_t cases, uint64_t sum, uint64_t max, const struct bt_u64s *bins) {
  if (!cases)
    return (struct bt_spread){0};
  return (struct bt_spread){.mean = (double)sum / (double)cases, .median = bt_figures_median(bins, cases), .max = max};
}

static struct bt_journeys journeys_of(const struct bt_figures *f) {
  return (struct bt_journeys){
      .cases = f->cases,
      .events = f->events,
      .custody_handoffs = spread(f->cases, f->custody_handoffs, f->custody_max, &f->custody),
      .sent_handoffs = spread(f->cases, f->sent_handoffs, f->sent_max, &f->sent),
      .custody_never = f->custody.v[0],
      .sent_never = f->sent.v[0],
      .custody_bounced_cases = f->custody_bounced_cases,
      .sent_bounced_cases = f->sent_bounced_cases,
      .custody_bounces = f->custody_bounces,
      .sent_bounces = f->sent_bounces,
      .resolved_cases = f->resolved_cases,
      .resolved_reopened = f->resolved_reopened,
      .worked_cases = f->worked_cases,
      .worked_reopened = f->worked_reopened,
      .waiting_customer_us = f->waiting_customer_us,
      .waiting_vendor_us = f->waiting_vendor_us,
      .waiting_other_us = f->waiting_other_us,
      .clamped_gaps = f->clamped_gaps,
  };
}

static int add(void *context, const struct bt_case *c) {
  bt_figures_follow(context, NULL, &c->journey);
  return 0;
}

int bt_ask_journeys(const struct bt_ask *ask, struct bt_answer *ret) {
  if (ask->asker->all) {
    ret->journeys = journeys_of(bt_store_figures(ask->context->store));
    ret->as_of_us = bt_store_recorded_us(ask->context->store, BT_NOW);
    ret->as_of_sequence = bt_store_position(ask->context->store, BT_NOW);
    return 0;
  }
  struct bt_figures f;
  struct bt_ask_scan scan;
  uint64_t *bins = BT_NEW_ARRAY(ask->arena, uint64_t, 2 * BT_FIGURES_BINS);
  if (!bins)
    return -BT_NOMEM;
  bt_figures_init(&f, bins);
  int rc = bt_ask_scan_cases(ask, 1, add, &f, &scan);
  if (rc < 0)
    return rc;
  if (scan.next || scan.moved) { /* half the cases would be the wrong figures, not fewer of them */
    ret->text = BT_LIT("more cases than fit into the time for one answer: ask an operator for journeys");
    return -BT_BUSY;
  }
  ret->journeys = journeys_of(&f);
  return 0;
}

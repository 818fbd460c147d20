/* The companies that are searched: as few departments as there can be trouble between. */
#include "search.h"

enum { DAYS = 60 }; /* that a search may reach */

static struct bt_str of_order[] = {{"order", 5}};
static struct bt_str of_bill[] = {{"bill", 4}, {"order", 5}};
static struct bt_str of_rest[] = {{"rest", 4}};

static const struct bt_department two[] = {
    {.name = {"billing", 7}, .topics = {2, of_bill}, .front = true},
    {.name = {"sales", 5}, .topics = {1, of_order}, .front = true},
};

/* Nine to five, every day. */
static struct bt_span nine_to_five[DAYS];
static const struct bt_department three[] = {
    {.name = {"billing", 7},
     .topics = {2, of_bill},
     .front = true,
     .fallback = {"care", 4},
     .escalates_to = {"care", 4}},
    {.name = {"care", 4}, .topics = {1, of_rest}, .front = true, .must_take = true},
    {.name = {"sales", 5},
     .topics = {1, of_order},
     .front = true,
     .fallback = {"care", 4},
     .escalates_to = {"billing", 7},
     .calendar = {.limited = true, .n = DAYS, .v = nine_to_five}},
};

const struct search_company search_companies[] = {
    {"two departments", 2, two, 0},
    {"three, one of which must take and one of which closes", 3, three, INT64_C(3) * 86400 * 1000000},
};

const size_t search_n_companies = sizeof search_companies / sizeof search_companies[0];

void search_rules(const struct search_company *k, struct bt_arena *arena, struct bt_rules *ret) {
  static struct bt_domain mail = {.name = {"mail", 4}};
  static struct bt_contradiction refund_or_charge = {{"refund", 6}, {"charge", 6}};
  const int64_t hour_us = 60 * SEARCH_MINUTE_US;
  struct bt_rules *r = ret;
  *r = (struct bt_rules){
      .last_owner = k->departments[k->n > 2 ? 1 : 0].name,
      .ola_us = 4 * hour_us,
      .reopen_within_us = 14 * 24 * hour_us,
      .idempotency_us = 14 * 24 * hour_us,
      .max_attempts = 5,
      .max_future_us = 10 * SEARCH_MINUTE_US,
      .question_us = 8 * hour_us,
      .lease_us = hour_us,
      .callback_us = 4 * hour_us,
      .risk_us = hour_us / 2,
      .raise_us = 2 * hour_us,
      .remind_us = 24 * hour_us,
      .repeats = 2,
      .bounces = 2,
      .handoffs = 3,
      .feedback_threshold = 2,
      .idle_us = k->idle_us,
      .glass_us = hour_us,
  };
  for (int i = 0; i < DAYS; i++)
    nine_to_five[i] = (struct bt_span){trace_day_us(i) + 9 * hour_us, trace_day_us(i) + 17 * hour_us};
  r->domains.n = 1, r->domains.v = &mail;
  r->contradictions.n = 1, r->contradictions.v = &refund_or_charge;
  for (int i = BT_PENDING_CUSTOMER; i <= BT_PENDING_OTHER; i++)
    r->pending_stops[i] = 1u << BT_TIMER_PROMISE | 1u << BT_TIMER_QUESTION | 1u << BT_TIMER_CUSTOMER_DEADLINE;
  r->departments.n = r->adapters.n = k->n;
  r->departments.v = BT_NEW_ARRAY(arena, struct bt_department, k->n);
  r->adapters.v = BT_NEW_ARRAY(arena, struct bt_adapter, k->n);
  for (uint32_t i = 0; i < k->n; i++) {
    struct bt_department *d = &r->departments.v[i];
    *d = k->departments[i];
    d->calendar.from_us = trace_day_us(0), d->calendar.until_us = trace_day_us(DAYS);
    r->adapters.v[i] =
        (struct bt_adapter){.name = d->name, .department = d->name, .acts_for = {1, &d->name}, .receives = true};
  }
}

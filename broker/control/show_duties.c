/* What each department has to see to: what it holds, is to answer and has promised, and for how long it waits. */
#include "base/clock.h"
#include "control/standing.h"

#define TEXT BT_OUT_TEXT
#define NUMBER BT_OUT_NUMBER
#define SPAN BT_OUT_SPAN
#define PLAIN BT_OUT_PLAIN

enum { LOOK_AT_MOST = 20000, LOOK_US = 20 * 1000 }; /* of one kind: this runs on the loop */

static const enum bt_standing_kind aged[] = {BT_STANDING_OFFER, BT_STANDING_PROMISE_BROKEN,
                                             BT_STANDING_QUESTION_OVERDUE};
enum { AGED = sizeof aged / sizeof *aged };

struct duty {
  const struct bt_department *department;
  const struct bt_standing_count *count; /* NULL: nothing stands open */
  int64_t oldest_us[AGED];               /* 0: none, or not found in time */
};

static uint32_t count_of(const struct duty *d, enum bt_standing_kind kind) {
  return d->count ? d->count->n[kind] : 0;
}

static struct duty *duty_of(struct duty *v, uint32_t n, struct bt_str department) {
  for (uint32_t i = 0; i < n; i++)
    if (bt_str_eq(v[i].department->name, department))
      return &v[i];
  return NULL;
}

/* The oldest come first: the first of a department is its oldest. */
static int find_oldest(struct bt_call *call, uint32_t which, struct duty *v, uint32_t n) {
  const int64_t until_us = bt_clock_mono_us() + LOOK_US;
  struct bt_standing at;
  uint32_t missing = 0, looked = 0;
  for (uint32_t i = 0; i < n; i++)
    missing += count_of(&v[i], aged[which]) > 0;
  for (; missing && looked < LOOK_AT_MOST && bt_clock_mono_us() < until_us; looked++) {
    int rc = bt_store_next_standing(call->context->store, BT_NOW, aged[which], looked ? &at : NULL, &at);
    if (rc < 0)
      return rc == -BT_ABSENT ? 0 : rc;
    struct duty *d = duty_of(v, n, at.department);
    if (d && !d->oldest_us[which] && at.at_us != BT_STANDING_STOPPED) {
      d->oldest_us[which] = at.at_us;
      missing--;
    }
  }
  return 0;
}

static void put(struct bt_call *call, const struct duty *d, const struct bt_loads *loads, int64_t now_us) {
  uint32_t cases = 0;
  struct bt_out_value age[AGED];
  for (uint32_t i = 0; i < loads->n; i++)
    if (bt_str_eq(loads->v[i].department, d->department->name))
      cases = loads->v[i].cases;
  for (uint32_t i = 0; i < AGED; i++)
    age[i] = d->oldest_us[i] ? bt_out_span(now_us > d->oldest_us[i] ? now_us - d->oldest_us[i] : 0) : bt_out_none();
  BT_OUT_ROW(
      call->out, bt_out_text(d->department->name), bt_out_flag(bt_calendar_is_open(&d->department->calendar, now_us)),
      bt_out_number(cases), bt_out_number(count_of(d, BT_STANDING_OFFER)), age[0],
      bt_out_number(count_of(d, BT_STANDING_OFFER_WAITING)), bt_out_number(count_of(d, BT_STANDING_PROMISE)),
      bt_out_number(count_of(d, BT_STANDING_PROMISE_AT_RISK)), bt_out_number(count_of(d, BT_STANDING_PROMISE_BROKEN)),
      age[1], bt_out_number(count_of(d, BT_STANDING_QUESTION)),
      bt_out_number(count_of(d, BT_STANDING_QUESTION_OVERDUE)), age[2], bt_out_number(count_of(d, BT_STANDING_WORK)),
      bt_out_number(count_of(d, BT_STANDING_CONCERN) + count_of(d, BT_STANDING_CONCERN_TOP)));
}

int bt_cmd_standing(struct bt_call *call) {
  static const struct bt_out_column columns[] = {
      {"department", TEXT, BT_OUT_WIDE},  {"open", BT_OUT_FLAG, PLAIN},    {"cases", NUMBER, PLAIN},
      {"offers", NUMBER, PLAIN},          {"oldest", SPAN, PLAIN},         {"wait", NUMBER, PLAIN},
      {"promises", NUMBER, PLAIN},        {"at_risk", NUMBER, PLAIN},      {"broken", NUMBER, PLAIN},
      {"since", SPAN, BT_OUT_RARE},       {"asked", NUMBER, PLAIN},        {"overdue", NUMBER, PLAIN},
      {"overdue_for", SPAN, BT_OUT_RARE}, {"work", NUMBER, BT_OUT_DETAIL}, {"concerns", NUMBER, PLAIN}};
  const struct bt_rules *rules = &call->context->config->rules;
  const struct bt_loads loads = bt_store_loads(call->context->store);
  const uint32_t n = rules->departments.n;
  const int64_t now_us = bt_call_now_us(call);
  struct bt_standing_counts counts;
  struct duty *v = BT_NEW_ARRAY(call->arena, struct duty, n);
  int rc = 0;
  if (!v)
    return -BT_NOMEM;
  bt_store_standing(call->context->store, &counts);
  for (uint32_t i = 0; i < n; i++) {
    v[i].department = &rules->departments.v[i];
    for (uint32_t k = 0; k < counts.n; k++)
      if (bt_str_eq(counts.v[k].department, v[i].department->name))
        v[i].count = &counts.v[k];
  }
  for (uint32_t k = 0; k < AGED && rc == 0; k++)
    rc = find_oldest(call, k, v, n);
  BT_OUT_TABLE(call->out, "departments", columns);
  for (uint32_t i = 0; i < n && rc == 0; i++)
    put(call, &v[i], &loads, now_us);
  return rc;
}

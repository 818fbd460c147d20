/* Deadlines in the open hours of a department. */
#include "core/deciding.h"

const struct bt_calendar *bt_calendar_of(const struct bt_deciding *d, struct bt_str department) {
  static const struct bt_calendar always;
  const struct bt_department *dep = bt_rules_department(d->rules, department);
  return dep ? &dep->calendar : &always;
}

int bt_open_deadline(struct bt_deciding *d, struct bt_str department, int64_t span_us, const char *field,
                     int64_t *ret_us) {
  if (bt_calendar_add(bt_calendar_of(d, department), d->now_us, span_us, ret_us))
    return bt_refuse(d, BT_HORIZON, field, "%.*s is not open for so long within it", BT_STR_ARG(department));
  return 0;
}

int64_t bt_open_or_plain_us(const struct bt_deciding *d, struct bt_str department, int64_t span_us) {
  int64_t at_us;
  if (bt_calendar_add(bt_calendar_of(d, department), d->now_us, span_us, &at_us))
    return d->now_us + span_us;
  return at_us;
}

int bt_check_within(struct bt_deciding *d, struct bt_str department, int64_t at_us, const char *field) {
  const struct bt_calendar *calendar = bt_calendar_of(d, department);
  if (calendar->limited && at_us > calendar->until_us)
    return bt_refuse(d, BT_HORIZON, field, "nobody knows yet when %.*s is open then", BT_STR_ARG(department));
  return 0;
}

/* Promises that the broker makes in the custodian's name, and from when one is at risk. */
#include "core/deciding.h"

int64_t bt_risk_us(const struct bt_deciding *d, struct bt_str holder, int64_t due_us) {
  int64_t risk_us = bt_calendar_before(bt_calendar_of(d, holder), due_us, d->rules->risk_us);
  return risk_us < d->now_us || risk_us >= due_us ? 0 : risk_us;
}

int bt_promise(struct bt_deciding *d, uint32_t type, int64_t due_us, struct bt_str text, uint32_t cause,
               uint64_t object) {
  if (d->c.promises.n >= BT_MAX_PROMISES)
    return bt_refuse(d, BT_LIMIT, NULL, "a case has %d open promises at most, and this would make another",
                     BT_MAX_PROMISES);
  if (text.n > BT_MAX_PROMISE)
    return bt_refuse(d, BT_LIMIT, NULL, "the text of a promise has %d bytes at most", BT_MAX_PROMISE);
  struct bt_entry *e = bt_emit(d, BT_PROMISE_MADE, d->c.custodian);
  if (!e)
    return -BT_LIMIT;
  e->event.promise_made = (struct bt_promise_made){
      .type = type,
      .text = text,
      .due_us = due_us,
      .risk_us = bt_risk_us(d, d->c.custodian, due_us),
      .cause = cause,
      .object = object,
  };
  e->event.labels = bt_rules_default_labels(d->rules, BT_PROMISE_MADE);
  return bt_record(d, e);
}

/* A promised callback that is still to come, and comes in time. One that was broken is no answer to who waits now. */
static bool stands(const struct bt_case *c, int64_t due_us) {
  for (uint32_t i = 0; i < c->promises.n; i++) {
    const struct bt_promise *p = &c->promises.v[i];
    if (p->type == BT_PROMISE_CALLBACK && p->state != BT_PROMISE_IS_BROKEN && p->due_us && p->due_us <= due_us)
      return true;
  }
  return false;
}

int bt_callback(struct bt_deciding *d, int64_t from_us, uint32_t cause, uint64_t object) {
  int64_t due_us;
  if (bt_calendar_add(bt_calendar_of(d, d->c.custodian), from_us, d->rules->callback_us, &due_us))
    due_us = from_us + d->rules->callback_us; /* beyond the calendar: better a plain time than none */
  if (stands(&d->c, due_us) || d->c.promises.n >= BT_MAX_PROMISES)
    return 0;
  return bt_promise(d, BT_PROMISE_CALLBACK, due_us, (struct bt_str){0}, cause, object);
}

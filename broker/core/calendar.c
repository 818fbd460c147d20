#include "core/calendar.h"

/* The first interval that closes after the instant; n where there is none. */
static uint32_t find(const struct bt_calendar *c, int64_t at_us) {
  uint32_t from = 0, to = c->n;
  while (from < to) {
    uint32_t middle = from + (to - from) / 2;
    if (c->v[middle].close_us <= at_us)
      from = middle + 1;
    else
      to = middle;
  }
  return from;
}

bool bt_calendar_is_open(const struct bt_calendar *c, int64_t at_us) {
  if (!c->limited)
    return true;
  uint32_t i = find(c, at_us);
  return i < c->n && c->v[i].open_us <= at_us;
}

int bt_calendar_opens(const struct bt_calendar *c, int64_t at_us, int64_t *ret_us) {
  if (c->limited && at_us < c->from_us)
    return -BT_HORIZON;
  uint32_t i = c->limited ? find(c, at_us) : 0;
  if (c->limited && i == c->n)
    return -BT_HORIZON;
  *ret_us = !c->limited || c->v[i].open_us <= at_us ? at_us : c->v[i].open_us;
  return 0;
}

int bt_calendar_add(const struct bt_calendar *c, int64_t at_us, int64_t span_us, int64_t *ret_us) {
  if (!c->limited || span_us <= 0) {
    *ret_us = at_us + span_us;
    return 0;
  }
  if (at_us < c->from_us)
    return -BT_HORIZON;
  for (uint32_t i = find(c, at_us); i < c->n; i++) {
    int64_t from_us = c->v[i].open_us > at_us ? c->v[i].open_us : at_us;
    int64_t here_us = c->v[i].close_us - from_us;
    if (span_us <= here_us) {
      *ret_us = from_us + span_us;
      return 0;
    }
    span_us -= here_us;
  }
  return -BT_HORIZON;
}

int64_t bt_calendar_before(const struct bt_calendar *c, int64_t at_us, int64_t span_us) {
  if (!c->limited || span_us <= 0)
    return at_us - span_us;
  uint32_t i = find(c, at_us);
  if (i < c->n && c->v[i].open_us < at_us)
    i++; /* the one that it lies in counts up to it */
  while (i-- > 0) {
    int64_t to_us = c->v[i].close_us < at_us ? c->v[i].close_us : at_us;
    int64_t here_us = to_us - c->v[i].open_us;
    if (span_us <= here_us)
      return to_us - span_us;
    span_us -= here_us;
  }
  return c->from_us < at_us ? c->from_us : at_us;
}

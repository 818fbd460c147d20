/* Alerts: conditions that have held for a while, told once when they begin and once when they are over.
 *
 * Pure: time and conditions are arguments, what is to be told is the result. A condition is raised when it was there
 * each time that somebody looked over `raise_us`, and cleared when it was gone over `clear_us`; a shorter one is never
 * told, and one that comes and goes is told once. The table is bounded; beyond it nothing is raised, and `left_out`
 * says so. It does not survive a restart: what still holds is then raised once more. */
#ifndef BT_WATCH_ALERTS_H
#define BT_WATCH_ALERTS_H

#include "watch/condition.h"

enum { BT_MAX_ALERTS = 256, BT_ALERT_OBJECT = 64, BT_ALERT_TEXT = 256 };

struct bt_alert {
  enum bt_condition_kind kind;
  char object[BT_ALERT_OBJECT]; /* empty: the broker as a whole */
  char text[BT_ALERT_TEXT], see[BT_ALERT_TEXT];
  uint64_t n;
  int64_t since_us;                   /* recorded time: when it began, as far as is known */
  int64_t raised_us;                  /* recorded time; 0: it has not held long enough */
  int64_t first_us, gone_us, told_us; /* monotonic; gone 0: it is there */
  bool seen;                          /* this time */
};

struct bt_alerts {
  uint32_t n;
  struct bt_alert v[BT_MAX_ALERTS];
  uint64_t left_out; /* conditions for which there was no room the last time */
};

struct bt_alert_rules {
  int64_t raise_us, clear_us;
  int64_t repeat_us; /* 0: told once */
};

enum bt_alert_change { BT_ALERT_RAISED, BT_ALERT_REPEATED, BT_ALERT_CLEARED };
typedef void bt_alert_tell_fn(void *context, enum bt_alert_change change, const struct bt_alert *alert);

/* What is so now, at mono_us and now_us, which is recorded time. `tell` is called for each change; the alert is
 * borrowed. */
void bt_alerts_step(struct bt_alerts *a, const struct bt_conditions *there, const struct bt_alert_rules *rules,
                    int64_t mono_us, int64_t now_us, bt_alert_tell_fn *tell, void *context);

#endif

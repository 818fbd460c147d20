/* What can be wrong with a running broker: the one list of conditions, from which the status, the alerts and the manual
 * are made.
 *
 * A condition is a kind, the object that it is about (an adapter, a department, or nothing), since when, and words.
 * Whoever asks collects them anew from what stands open, from the sessions and from what the loop knows: nothing is
 * kept here, and nothing is searched for beyond fixed bounds. Words hold names, numbers and refs, never what a customer
 * said.
 *
 * Texts lie in the caller's arena, or are static. Times are recorded time, in microseconds. */
#ifndef BT_WATCH_CONDITION_H
#define BT_WATCH_CONDITION_H

#include "watch/backlog.h"

enum bt_severity {
  BT_SEVERITY_NOTE, /* stands in the status, and is never an alert: somebody did it, or another condition says more */
  BT_SEVERITY_WARN,
  BT_SEVERITY_ERROR,
};

/* In the order of the status: what is to be seen to first. */
enum bt_condition_kind {
  BT_COND_RECORD_DAMAGED,
  BT_COND_VERIFY_FAILED,
  BT_COND_DISK_FULL,
  BT_COND_DISK_LOW,
  BT_COND_CLOCK,
  BT_COND_CLOCK_BEHIND,
  BT_COND_TIMERS_STUCK,
  BT_COND_WORK_REFUSED,
  BT_COND_PROMISES_BROKEN,
  BT_COND_OFFERS_LATE,
  BT_COND_OFFERS_OLD,
  BT_COND_CONCERNS_TOP,
  BT_COND_QUESTIONS_OVERDUE,
  BT_COND_PROMISES_AT_RISK,
  BT_COND_DEAD_LETTERS,
  BT_COND_ADAPTER_DOWN,
  BT_COND_ADAPTER_TROUBLED,
  BT_COND_ADAPTER_SILENT,
  BT_COND_ADAPTER_MISSING,
  BT_COND_SPOOL_REJECTS,
  BT_COND_INBOX_OLD,
  BT_COND_ADAPTER_HELD,
  BT_COND_INBOX_UNCONNECTED,
  BT_COND_DRAINED,
  BT_COND_BACKUP_FAILED,
  BT_COND_RETENTION_FAILED,
  BT_COND_CONFIG_REFUSED,
  BT_COND_CONFIG_DIFFERS,
  BT_COND_ALERT_COMMAND,
  BT_COND_COUNT
};

struct bt_condition_row {
  const char *name; /* as alerts are called, never used again */
  enum bt_severity severity;
  const char *what; /* in the status, over all objects */
  const char *text; /* of one alert: %o stands for the object, %n for how many */
  const char *see;  /* a command of batonctl */
};
extern const struct bt_condition_row bt_condition_table[BT_COND_COUNT];

struct bt_condition {
  enum bt_condition_kind kind;
  struct bt_str object;
  uint64_t n;         /* 0: not counted */
  int64_t since_us;   /* 0: not known */
  struct bt_str more; /* a sentence that replaces the table's `what` in the status; NULL: none */
  struct bt_str text; /* the alert's */
  struct bt_str see;
};

struct bt_conditions {
  struct bt_arena *arena;
  uint32_t n, room;
  struct bt_condition *v; /* in the order of their kinds */
  uint64_t total[BT_COND_COUNT];
  uint64_t looked_to; /* cases up to this one were looked at for damage; 0: to the last */
  bool more;          /* there were too many: some adapters' are left out */
};

/* Collects what is so at the moment: bounded, a few milliseconds. 0 also where a row could not be read: then
 * RECORD_DAMAGED is among them. -BT_NOMEM. */
int bt_conditions_collect(const struct bt_watch_view *view, const struct bt_backlogs *all, struct bt_arena *arena,
                          struct bt_conditions *ret) BT_MUST_CHECK;

/* For those who collect. The text is made from the table; see NULL: the table's. */
enum { BT_MAX_CONDITIONS = 1024 };
struct bt_condition *bt_condition_add(struct bt_conditions *c, enum bt_condition_kind kind, struct bt_str object,
                                      uint64_t n, int64_t since_us);
int bt_collect_standing(const struct bt_watch_view *view, struct bt_conditions *c) BT_MUST_CHECK;
int bt_collect_adapters(const struct bt_watch_view *view, const struct bt_backlogs *all,
                        struct bt_conditions *c) BT_MUST_CHECK;
const char *bt_severity_name(enum bt_severity severity); /* "error" */

#endif

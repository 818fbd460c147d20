/* What is looked at, and what waits for each adapter. */
#ifndef BT_WATCH_BACKLOG_H
#define BT_WATCH_BACKLOG_H

#include "config/config.h"
#include "store/store.h"
#include "wire/wire.h"

/* What only the loop knows. Times are recorded time. */
struct bt_watch_facts {
  bool clock_trouble;
  const char *clock_why;   /* a sentence */
  int64_t clock_behind_us; /* recorded time, which then stands still; 0 or less: it is not */
  int64_t clock_since_us;
  int64_t up_us;         /* since the broker started, by a clock that does not jump; 0: not known */
  uint32_t timers_stuck; /* due, and nothing could be decided; tried again once a minute */
  int64_t stuck_since_us;
  int64_t damaged_since_us; /* bytes that did not hold together were met; 0: none so far */
  bool disk_low, disk_full;
  int64_t disk_since_us;
  uint64_t disk_free;         /* bytes */
  const char *config_differs; /* the file on disk that is not what runs; NULL: none is */
  int64_t config_since_us;    /* since it was refused, else changed */
  uint32_t config_problems;   /* why it cannot be taken; 0: it was not tried yet */
  const char *config_problem; /* the first of them */
  bool draining, leaving;     /* no new work is taken; and the broker is about to leave */
  int64_t drain_since_us;
  uint64_t turned_away;        /* events since */
  int64_t verify_failed_us;    /* the last verification beside the broker found damage; 0: it did not */
  int64_t backup_failed_us;    /* likewise the last backup */
  int64_t retention_failed_us; /* snapshots or segments cannot be written; 0: they can */
  int64_t command_failed_us;   /* the last run of the alert command failed; 0: it did not */
};

/* Everything borrowed. */
struct bt_watch_view {
  const struct bt_config *config;
  struct bt_store *store;
  struct bt_wire *wire;
  int64_t started_us; /* wall */
  int64_t now_us;     /* recorded time: ages do not jump with the wall clock */
  int64_t mono_us;
  struct bt_watch_facts facts;
  void *loop;
  uint32_t (*in_flight)(void *loop, struct bt_str adapter); /* NULL: nothing is */
  uint64_t look_from;                                       /* cases are looked at for damage from this one on */
};

struct bt_backlog {
  const struct bt_adapter *adapter;
  struct bt_adapter_row row;
  const struct bt_session *session; /* NULL: not connected */
  const struct bt_known *known;     /* never NULL */
  int64_t silent_us;                /* connected, but for so long not heard of; 0: it was */
  bool lost;                        /* not connected, and it never said Goodbye */
  bool connected, waits;            /* waits: its inbox is not empty */
  int64_t oldest_us;                /* age of the oldest undelivered event */
  uint32_t in_flight;               /* of these, out with the adapter now */
};
struct bt_backlogs {
  uint32_t n;
  struct bt_backlog *v; /* the oldest first, then by name */
};

/* Of all configured adapters, in `arena`. */
int bt_backlogs_of(const struct bt_watch_view *view, struct bt_arena *arena, struct bt_backlogs *ret) BT_MUST_CHECK;

#endif

/* What the broker counts since it started. One row here is a counter, its name in `show stats` and its help text. */
#ifndef BT_BASE_COUNTERS_H
#define BT_BASE_COUNTERS_H

#include <stdint.h>

#define BT_COUNTERS(X)                                                                     \
  X(frames_in, "frames received in a session")                                             \
  X(frames_out, "frames sent")                                                             \
  X(frames_dropped, "messages dropped: no authenticated key, or more than one part")        \
  X(frames_refused, "frames answered with a Fault")                                        \
  X(handshakes_refused, "connections refused by ZAP")                                      \
  X(sends_deferred, "sends that found the peer's queue full or the peer gone")             \
  X(sessions_opened, "sessions opened")                                                    \
  X(sessions_taken_over, "sessions taken over by the same instance")                       \
  X(sessions_closed, "sessions ended")                                                     \
  X(events_accepted, "events accepted")                                                    \
  X(events_duplicate, "events answered with a stored receipt")                             \
  X(events_refused, "events refused")                                                      \
  X(events_busy, "events answered BUSY")                                                   \
  X(entries, "journal entries written")                                                    \
  X(commits, "journal commits")                                                            \
  X(commit_us, "time spent in journal commits, microseconds")                              \
  X(checkpoints, "record checkpoints")                                                     \
  X(checkpoint_us, "time spent in record checkpoints, microseconds")                       \
  X(deliveries_sent, "deliveries sent, each attempt counted")                              \
  X(deliveries_settled, "deliveries acknowledged")                                         \
  X(deliveries_retried, "deliveries put off by the adapter")                               \
  X(deliveries_dead, "deliveries that became dead letters")                                \
  X(stubs_sent, "deliveries cut to a stub by policy")                                      \
  X(queries, "queries answered")                                                           \
  X(timers_fired, "timers that came due and were decided")                                 \
  X(timers_stuck, "timers that stayed after they had fired: each is tried again later")    \
  X(cases_swept, "cases that a wide effect reached")                                       \
  X(map_grown, "times a store's map was grown")

struct bt_counters {
#define BT_COUNTER_FIELD(name, help) uint64_t name;
  BT_COUNTERS(BT_COUNTER_FIELD)
#undef BT_COUNTER_FIELD
};

struct bt_counter_info {
  const char *name, *help;
  unsigned offset; /* into struct bt_counters */
};

extern const struct bt_counter_info bt_counter_table[]; /* ends with name == NULL */

#endif

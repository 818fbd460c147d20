/* The one table of figures: what the broker counts since it started, and what it can tell about itself when it is
 * asked.
 *
 * A row is a figure: its name, type, unit, labels and help. It feeds `show counters`, the metrics endpoint and the test
 * of baton-metrics(7); no figure exists outside it. In an exposition the name is "baton_", the name here, and the unit;
 * a counter whose name ends in _us is told in seconds. Labels are names of departments and adapters, codes and words of
 * this source: never anything that came with an event. */
#ifndef BT_BASE_COUNTERS_H
#define BT_BASE_COUNTERS_H

#include <stddef.h>
#include <stdint.h>

#define BT_COUNTERS(X)                                                                                                 \
  X(frames_in, "frames received in a session")                                                                         \
  X(frames_out, "frames sent")                                                                                         \
  X(frames_dropped, "messages dropped: no authenticated key, or more than one part")                                   \
  X(frames_refused, "frames answered with a Fault")                                                                    \
  X(handshakes_refused, "connections refused by ZAP")                                                                  \
  X(sends_deferred, "sends that found the peer's queue full or the peer gone")                                         \
  X(sessions_opened, "sessions opened")                                                                                \
  X(sessions_taken_over, "sessions taken over by the same instance")                                                   \
  X(sessions_closed, "sessions ended")                                                                                 \
  X(events_accepted, "events accepted")                                                                                \
  X(events_duplicate, "events answered with a stored receipt")                                                         \
  X(events_refused, "events refused")                                                                                  \
  X(events_busy, "events answered BUSY")                                                                               \
  X(entries, "journal entries written")                                                                                \
  X(commits, "journal commits")                                                                                        \
  X(commit_us, "time spent in journal commits")                                                                        \
  X(checkpoints, "record checkpoints")                                                                                 \
  X(checkpoint_us, "time spent in record checkpoints")                                                                 \
  X(deliveries_sent, "deliveries sent, each attempt counted")                                                          \
  X(deliveries_settled, "deliveries acknowledged")                                                                     \
  X(deliveries_retried, "deliveries put off by the adapter")                                                           \
  X(deliveries_dead, "deliveries that became dead letters")                                                            \
  X(deliveries_requeued, "deliveries that operators had made again")                                                   \
  X(dead_dropped, "dead letters that operators dropped")                                                               \
  X(interventions, "events that operators sent in a department's name")                                                \
  X(stubs_sent, "deliveries cut to a stub by policy")                                                                  \
  X(queries, "queries answered")                                                                                       \
  X(timers_fired, "timers that came due and were decided")                                                             \
  X(timers_stuck, "timers that stayed after they had fired: each is tried again later")                                \
  X(cases_swept, "cases that a wide effect reached")                                                                   \
  X(resyncs, "Resyncs put into inboxes")                                                                               \
  X(rows_resynced, "deliveries too old, or for an adapter gone, that a Resync stands for")                             \
  X(snapshots, "snapshots of the record")                                                                              \
  X(segments, "archive segments written")                                                                              \
  X(retention_failed, "snapshots and segments that could not be written")                                              \
  X(reloads, "configurations adopted while running")                                                                   \
  X(reloads_refused, "configurations refused while running")                                                           \
  X(map_grown, "times a store's map was grown")

/* How often something fell under each of BT_BOUNDS bounds: name, unit, bounds, help. What is timed is added in
 * microseconds. */
#define BT_HISTOGRAMS(X)                                                                                               \
  X(receipt_latency, "seconds", times, "from a frame with events being received to its receipts being sent")           \
  X(commit_duration, "seconds", times, "how long a journal commit took, with its sync")                                \
  X(commit_entries, "", sizes, "journal entries in one commit")                                                        \
  X(checkpoint_duration, "seconds", times, "how long a checkpoint of the record took")

/* Put together when somebody asks, with a sample for each set of labels: name, type, unit, label, other label, help. */
#define BT_GATHERED(X)                                                                                                 \
  X(build, INFO, "", "version", "", "the version that runs")                                                           \
  X(start_time, GAUGE, "seconds", "", "", "when the broker was started, since 1970")                                   \
  X(clock_trouble, GAUGE, "", "", "", "1: the wall clock is not believed, and nothing is decided by time")             \
  X(last_recorded_time, GAUGE, "seconds", "", "", "recorded time of the last journal entry, since 1970")               \
  X(refusals, COUNTER, "", "code", "", "events, or settles with events, that were refused")                            \
  X(faults, COUNTER, "", "code", "", "frames or sessions that were answered with a Fault")                             \
  X(sessions, GAUGE, "", "", "", "adapters that are connected")                                                        \
  X(cases, GAUGE, "", "", "", "cases in the record")                                                                   \
  X(customers, GAUGE, "", "", "", "customers in the record")                                                           \
  X(undelivered, GAUGE, "", "", "", "deliveries that wait in inboxes, or are out and not settled")                     \
  X(dead_letters, GAUGE, "", "", "", "deliveries given up that nobody has moved or dropped yet")                       \
  X(journal_position, GAUGE, "", "", "", "sequence of the last journal entry that is durable")                         \
  X(journal_lag_entries, GAUGE, "", "", "", "durable journal entries that the record on disk does not have yet")       \
  X(journal, GAUGE, "bytes", "", "", "disk space in use by the journal")                                               \
  X(record, GAUGE, "bytes", "", "", "disk space in use by the record")                                                 \
  X(data_free, GAUGE, "bytes", "", "", "free space on the file system of the data folder")                             \
  X(adapter_connected, GAUGE, "", "adapter", "", "1: the adapter has a session")                                       \
  X(adapter_missing, GAUGE, "seconds", "adapter", "",                                                                  \
    "how long the adapter has not been heard of though it should be; 0: it was, or it need not be there")              \
  X(adapter_held, GAUGE, "", "adapter", "", "1: an operator holds the adapter's deliveries")                           \
  X(adapter_health, GAUGE, "", "adapter", "state",                                                                     \
    "1: the adapter reported its system in this state last: well, troubled or down")                                   \
  X(inbox_oldest, GAUGE, "seconds", "adapter", "",                                                                     \
    "age of the oldest delivery that the adapter has not settled; 0: none")                                            \
  X(in_flight, GAUGE, "", "adapter", "", "unsettled deliveries that are out with the adapter now")                     \
  X(spool_oldest, GAUGE, "seconds", "adapter", "",                                                                     \
    "age of the oldest event in the adapter's spool, as it reported; 0: none")                                         \
  X(spool_events, GAUGE, "", "adapter", "", "events in the adapter's spool, as it reported")                           \
  X(spool, GAUGE, "bytes", "adapter", "", "size of the adapter's spool, as it reported")                               \
  X(spool_limit, GAUGE, "bytes", "adapter", "", "what the adapter's spool may grow to")                                \
  X(spool_rejects, GAUGE, "", "adapter", "", "events refused for good that lie in the rejects of the adapter's spool") \
  X(offer_oldest, GAUGE, "seconds", "department", "",                                                                  \
    "age of the oldest offer that the department is to answer; 0: none")                                               \
  X(waiting_offer_oldest, GAUGE, "seconds", "department", "",                                                          \
    "age of the oldest offer of the department's that waits for somebody to open; 0: none")                            \
  X(offers_open, GAUGE, "", "department", "", "offers that the department is to answer")                               \
  X(offers_waiting, GAUGE, "", "department", "", "offers of the department's that wait for somebody to open")          \
  X(promises_open, GAUGE, "", "department", "",                                                                        \
    "promises to customers that the department holds, neither at risk nor broken")                                     \
  X(promises_at_risk, GAUGE, "", "department", "",                                                                     \
    "promises to customers that the department holds and that are due soon")                                           \
  X(promises_broken, GAUGE, "", "department", "",                                                                      \
    "promises to customers that the department holds, broken and not made good")                                       \
  X(promise_broken_oldest, GAUGE, "seconds", "", "", "how long the oldest broken promise is overdue; 0: none")         \
  X(questions_open, GAUGE, "", "department", "", "questions to the department that are not due yet")                   \
  X(questions_overdue, GAUGE, "", "department", "", "questions to the department that it has not answered in time")    \
  X(question_overdue_oldest, GAUGE, "seconds", "", "", "how long the oldest question is overdue; 0: none")             \
  X(work_open, GAUGE, "", "department", "", "work that the department has under way")                                  \
  X(concerns_open, GAUGE, "", "department", "", "concerns raised to the department that nobody has acted on")          \
  X(concerns_at_top, GAUGE, "", "department", "", "of the open concerns, those above which nobody is left")            \
  X(concern_oldest, GAUGE, "seconds", "", "", "age of the oldest open concern; 0: none")                               \
  X(unreadable, GAUGE, "", "", "", "rows that could not be read for these figures: the record is damaged, verify it")  \
  X(scrape_duration, GAUGE, "seconds", "", "", "how long the loop was held up by the answer before this one")

enum { BT_BOUNDS = 16, BT_COUNTED_CODES = 100 };

struct bt_histogram {
  uint64_t bucket[BT_BOUNDS + 1]; /* the last: beyond every bound */
  uint64_t sum;
};

/* Nothing but uint64_t: what a batch counted is added up field by field. */
struct bt_counters {
#define BT_COUNTER_FIELD(name, help) uint64_t name;
  BT_COUNTERS(BT_COUNTER_FIELD)
#undef BT_COUNTER_FIELD
  uint64_t refused[BT_COUNTED_CODES], faulted[BT_COUNTED_CODES]; /* by code; see bt_count_code */
#define BT_HISTOGRAM_FIELD(name, unit, bounds, help) struct bt_histogram name;
  BT_HISTOGRAMS(BT_HISTOGRAM_FIELD)
#undef BT_HISTOGRAM_FIELD
};

enum bt_figure_type { BT_FIGURE_COUNTER, BT_FIGURE_GAUGE, BT_FIGURE_INFO, BT_FIGURE_HISTOGRAM };

/* The rows of bt_figures, in the order of the table. */
enum bt_figure {
#define BT_COUNTER_ID(name, help) BT_F_##name,
#define BT_HISTOGRAM_ID(name, unit, bounds, help) BT_F_##name,
#define BT_GATHERED_ID(name, type, unit, label, other, help) BT_F_##name,
  BT_COUNTERS(BT_COUNTER_ID) BT_HISTOGRAMS(BT_HISTOGRAM_ID) BT_GATHERED(BT_GATHERED_ID)
#undef BT_COUNTER_ID
#undef BT_HISTOGRAM_ID
#undef BT_GATHERED_ID
      BT_FIGURE_COUNT
};

enum { BT_FIGURE_LABELS = 2, BT_NOT_COUNTED = -1 };

struct bt_figure_info {
  const char *name, *help;
  enum bt_figure_type type;
  const char *unit;                     /* "" where there is none */
  const char *labels[BT_FIGURE_LABELS]; /* "" after the last */
  const uint64_t *bounds;               /* of a histogram: BT_BOUNDS, in what is added */
  int offset;                           /* into struct bt_counters; BT_NOT_COUNTED: gathered */
};

extern const struct bt_figure_info bt_figures[BT_FIGURE_COUNT];

/* The bounds are looked for one after the other: most of what is added falls under the first few. */
void bt_histogram_add(struct bt_histogram *h, const uint64_t bounds[BT_BOUNDS], uint64_t value);
#define BT_TIMED(counters, name, us)                                                                                   \
  bt_histogram_add(&(counters)->name, bt_figures[BT_F_##name].bounds, (us) > 0 ? (uint64_t)(us) : 0)
uint64_t bt_histogram_count(const struct bt_histogram *h);
/* The bound that at least `percent` of all lie under; UINT64_MAX: beyond every bound. 0 where there are none. */
uint64_t bt_histogram_under(const struct bt_histogram *h, const uint64_t bounds[BT_BOUNDS], unsigned percent);
/* `code` of either sign; codes that are not of the wire count as INTERNAL, the last one. */
void bt_count_code(uint64_t by_code[BT_COUNTED_CODES], int code);

#endif

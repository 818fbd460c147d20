/* The loop: one thread that does everything in order.
 *
 *   collect   wait, drain (bounded), decode: a batch
 *   decide    each request: scene, decide, evolve into the record's open changes; then what is due by now
 *   commit    the batch's entries appended to the journal: one durable commit
 *   release   receipts, deliveries, answers; nothing goes out before the commit
 *   checkpoint  at least every second: the record, with its position
 *
 * A journal commit that fails in any way but a full map ends the process without releasing anything. */
#ifndef BT_LOOP_LOOP_H
#define BT_LOOP_LOOP_H

#include "base/counters.h"
#include "config/config.h"
#include "control/control.h"
#include "journal/journal.h"
#include "metrics/metrics.h"
#include "store/store.h"
#include "wire/wire.h"

struct bt_loop;

struct bt_loop_parts {      /* borrowed; they outlive the loop */
  struct bt_config *config; /* its calendars are extended as time goes on; a reload takes it and frees it */
  struct bt_store *store;
  struct bt_journal *journal;
  struct bt_wire *wire;
  struct bt_counters *counters;
  const char *config_file; /* NULL: nothing to reload */
};

int bt_loop_new(const struct bt_loop_parts *parts, struct bt_loop **ret) BT_MUST_CHECK;
void bt_loop_free(struct bt_loop *l); /* NULL is fine */

/* Compares the clock with the last entry and notes a downtime in the journal, before anything else is decided. */
int bt_loop_resume(struct bt_loop *l) BT_MUST_CHECK;
/* Notes the configuration in the journal where it differs from the last one adopted. Before bt_loop_run. */
int bt_loop_adopt(struct bt_loop *l) BT_MUST_CHECK;
/* The generation that runs. Whoever made the loop frees it after the loop. */
struct bt_config *bt_loop_config(struct bt_loop *l);
/* Runs until a signal arrives on signal_fd (a signalfd), then stops cleanly: no new work, commit, checkpoint. SIGHUP
 * reloads the configuration. 0, or what failed. control may be NULL. */
int bt_loop_run(struct bt_loop *l, struct bt_control *control, int signal_fd) BT_MUST_CHECK;

/* Metrics are served between batches; borrowed, until the loop has ended. NULL: none. */
void bt_loop_serve_metrics(struct bt_loop *l, struct bt_metrics *metrics);

/* For the control socket; see struct bt_control_context. */
int bt_loop_hold(void *loop, struct bt_str adapter, bool held, struct bt_str operator_name, struct bt_str reason);
uint32_t bt_loop_in_flight(void *loop, struct bt_str adapter);
void bt_loop_clock(void *loop, struct bt_clock_state *ret);
uint32_t bt_loop_snapshots(void *loop, struct bt_snapshot_state *v, uint32_t max);
int bt_loop_clock_accept(void *loop, struct bt_str operator_name, struct bt_str reason);
int bt_loop_operate(void *loop, const struct bt_operation *what, struct bt_arena *arena, struct bt_operated *ret);
int bt_loop_requeue(void *loop, const struct bt_deliveries_named *what, uint32_t *ret_done);
int bt_loop_dead_drop(void *loop, const struct bt_deliveries_named *what, uint32_t *ret_done);
int bt_loop_item(void *loop, struct bt_str adapter, uint64_t sequence, uint64_t case_id, struct bt_arena *arena,
                 struct bt_delivery_item *ret);
void bt_loop_facts(void *loop, struct bt_watch_facts *ret);
int bt_loop_alert_test(void *loop);
bool bt_loop_alert_tested(void *loop, const char **ret_why);
const struct bt_alerts *bt_loop_alerts(const struct bt_loop *l);
void bt_loop_drain(void *loop, const struct bt_drain *what);
void bt_loop_drained(void *loop, struct bt_drain *ret);
int bt_loop_chore_start(void *loop, enum bt_chore which, const char *dir, const char *word);
void bt_loop_chore(void *loop, enum bt_chore which, struct bt_chore_state *ret);
int bt_loop_did(void *loop, const struct bt_operator_did *did);
int bt_loop_reload(void *loop, bool dry_run, struct bt_str operator_name, struct bt_arena *arena,
                   struct bt_reload *ret);

#endif

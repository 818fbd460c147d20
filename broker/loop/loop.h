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
#include "store/store.h"
#include "wire/wire.h"

struct bt_loop;

struct bt_loop_parts {      /* borrowed; they outlive the loop */
  struct bt_config *config; /* its calendars are extended as time goes on */
  struct bt_store *store;
  struct bt_journal *journal;
  struct bt_wire *wire;
  struct bt_counters *counters;
};

int bt_loop_new(const struct bt_loop_parts *parts, struct bt_loop **ret) BT_MUST_CHECK;
void bt_loop_free(struct bt_loop *l); /* NULL is fine */

/* Compares the clock with the last entry and notes a downtime in the journal, before anything else is decided. */
int bt_loop_resume(struct bt_loop *l) BT_MUST_CHECK;
/* Notes the configuration in the journal where it differs from the last one adopted. Before bt_loop_run. */
int bt_loop_adopt(struct bt_loop *l) BT_MUST_CHECK;
/* Runs until a signal arrives on signal_fd (a signalfd), then stops cleanly: no new work, commit, checkpoint. 0, or
 * what failed. control may be NULL. */
int bt_loop_run(struct bt_loop *l, struct bt_control *control, int signal_fd) BT_MUST_CHECK;

/* For the control socket; see struct bt_control_context. */
int bt_loop_hold(void *loop, struct bt_str adapter, bool held, struct bt_str operator_name, struct bt_str reason);
uint32_t bt_loop_in_flight(void *loop, struct bt_str adapter);
void bt_loop_clock(void *loop, struct bt_clock_state *ret);
int bt_loop_clock_accept(void *loop, struct bt_str operator_name, struct bt_str reason);

#endif

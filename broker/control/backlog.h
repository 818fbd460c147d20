/* What waits for each adapter. Private to this room. */
#ifndef BT_CONTROL_BACKLOG_H
#define BT_CONTROL_BACKLOG_H

#include "control/command.h"
#include "watch/condition.h"

/* What the running broker is looked at through. */
struct bt_watch_view bt_call_view(const struct bt_call *call, int64_t now_us);
/* The time that ages are counted to: recorded time, so that they do not jump with the wall clock. */
int64_t bt_backlog_now_us(const struct bt_call *call);
int bt_backlog_all(struct bt_call *call, int64_t now_us, struct bt_backlogs *ret) BT_MUST_CHECK;
/* Rows in an adapter's inbox: counted up to `max`. */
int bt_backlog_count(struct bt_call *call, struct bt_str adapter, uint64_t max, uint64_t *ret) BT_MUST_CHECK;
/* The table "trouble": what an operator should see to, empty where there is nothing. */
int bt_show_trouble(struct bt_call *call, int64_t now_us, const struct bt_backlogs *all) BT_MUST_CHECK;

#endif

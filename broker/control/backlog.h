/* What waits for each adapter. Private to this room. */
#ifndef BT_CONTROL_BACKLOG_H
#define BT_CONTROL_BACKLOG_H

#include "control/command.h"

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

int bt_backlog_all(struct bt_call *call, int64_t now_us, struct bt_backlogs *ret) BT_MUST_CHECK;
/* Rows in an adapter's inbox: counted up to `max`. */
int bt_backlog_count(struct bt_call *call, struct bt_str adapter, uint64_t max, uint64_t *ret) BT_MUST_CHECK;
/* The table "trouble": what an operator should see to, empty where there is nothing. */
int bt_show_trouble(struct bt_call *call, int64_t now_us, const struct bt_backlogs *all) BT_MUST_CHECK;

#endif

/* Which dead letters a command means, and going through them a little at a time. Private to this room. */
#ifndef BT_CONTROL_DEAD_FILTER_H
#define BT_CONTROL_DEAD_FILTER_H

#include "control/command.h"

struct bt_dead_filter {
  struct bt_str adapter;     /* empty: any, also one that is configured no longer */
  uint64_t case_id;          /* 0: any */
  uint64_t sequence;         /* 0: any */
  struct bt_str reason;      /* is part of the reason that the adapter gave, whatever the case of its letters */
  int64_t given_up_until_us; /* recorded time: not later than this */
  bool one;                  /* the operator named a single one */
};

/* From the words of the command: ADAPTER EVENT, or options, or "all"; *ret_reason_at is the argument at which the rest
 * begins. -BT_USAGE with call->text: without any of them nothing is meant. */
int bt_dead_filter_take(struct bt_call *call, struct bt_dead_filter *ret, uint32_t *ret_reason_at) BT_MUST_CHECK;

/* A place between rows. Zeroed: before the first. */
struct bt_dead_place {
  char adapter[64];
  size_t adapter_n;
  uint64_t case_id, sequence; /* the row that was looked at last */
  bool inside;                /* of the adapter, there is such a row */
};
/* The next row that is meant, in `arena`. BT_CALL_MORE: enough for this round, go on from here. -BT_ABSENT: the end. */
int bt_dead_next(struct bt_call *call, const struct bt_dead_filter *f, struct bt_dead_place *at, int64_t until_us,
                 struct bt_arena *arena, struct bt_dead_row *ret) BT_MUST_CHECK;

#endif

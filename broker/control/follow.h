/* Which entries a follower wants, and how one looks. Private to this room. */
#ifndef BT_CONTROL_FOLLOW_H
#define BT_CONTROL_FOLLOW_H

#include "control/command.h"
#include "core/entry.h"

struct bt_follow_filter {
  uint64_t case_id; /* 0: any */
  uint32_t kind;    /* 0: any but settles, cursors and sweeps, unless an adapter is named */
  struct bt_str department, adapter, topic;
};

/* From the words of the command; in the call's arena. A refusal names what is not known. */
int bt_follow_filter_take(struct bt_call *call, struct bt_follow_filter *ret) BT_MUST_CHECK;
/* `scratch`: for the case, where its topic is asked for. */
bool bt_follow_filter_meets(const struct bt_follow_filter *f, const struct bt_control_context *x,
                            const struct bt_entry *e, struct bt_arena *scratch);
/* One line: of text, or one JSON document. */
int bt_follow_put(struct bt_call *call, const struct bt_entry *e, struct bt_arena *scratch, FILE *to) BT_MUST_CHECK;

#endif

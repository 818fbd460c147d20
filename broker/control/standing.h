/* Lists of what stands open, read from the record's index. Private to this room. */
#ifndef BT_CONTROL_STANDING_H
#define BT_CONTROL_STANDING_H

#include "control/command.h"

/* A place in a list, as `more_from` prints it and `from=` takes it: four numbers joined by "-". */
struct bt_place {
  uint64_t v[4];
};
/* False where from= was not given. -BT_USAGE with call->text. */
int bt_call_place(struct bt_call *call, bool *ret_given, struct bt_place *ret) BT_MUST_CHECK;
void bt_put_place(struct bt_call *call, const struct bt_place *place);
/* department=, which must be configured; p is NULL where it was not given. */
int bt_call_department(struct bt_call *call, struct bt_str *ret) BT_MUST_CHECK;
/* A copy in the call's arena, where what is shown must lie. */
struct bt_str bt_call_keep(struct bt_call *call, struct bt_str s);

#endif

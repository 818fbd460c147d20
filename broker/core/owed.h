/* What promises, questions and work have in common: a department owes something, maybe until a certain time. Inside
 * decide; not for other rooms.
 *
 * What is open in a case that was merged stays there under its number, but the rights and duties of that case's
 * custodian and owner are those of the survivor now. */
#ifndef BT_CORE_OWED_H
#define BT_CORE_OWED_H

#include "core/deciding.h"

/* WRONG_STATUS where nothing new can be owed in this case. or_resolved: it may have been resolved. */
int bt_owed_status(struct bt_deciding *d, bool or_resolved);
/* A time that was asked for: INVALID unless in the future, HORIZON beyond the compiled calendar of who is to act by
 * then. History has no such bounds. */
int bt_owed_due(struct bt_deciding *d, struct bt_str department, int64_t due_us, const char *field);

/* The case whose custodian and owner answer for the one at hand: itself, or its survivor. */
const struct bt_case *bt_owed_case(const struct bt_deciding *d);
/* Who is to act on what `holder` owes: what the custodian of a merged case owed binds the survivor's. */
struct bt_str bt_owed_by(const struct bt_deciding *d, struct bt_str holder);
/* The department that acts owes it. */
bool bt_owed_is_mine(const struct bt_deciding *d, struct bt_str holder);
/* NOT_YOURS, and the receipt says whose it is. What the department may not read of is not given away by this: it gets
 * the same NOT_OPEN as for something that is not there. field: what named it. */
int bt_owed_not_yours(struct bt_deciding *d, struct bt_str holder, struct bt_str label, const char *field);

/* Records an entry about something that `holder` owes. Without a label of its own it bears that of the thing: who may
 * not read of a promise does not read that it was kept. On a merged case who is to act takes part from then on, unless
 * no more departments can. */
int bt_owed_record(struct bt_deciding *d, struct bt_entry *e, struct bt_str holder, struct bt_str label);

#endif

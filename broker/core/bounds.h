/* How large a case may become. Inside decide, and for the tests; not for other rooms. */
#ifndef BT_CORE_BOUNDS_H
#define BT_CORE_BOUNDS_H

#include "core/deciding.h"

/* Kept free of what is said about a case, for what moves it on: custody, escalations, ends. */
enum { BT_CASE_RESERVE = 4 * 1024 };

/* An upper bound of the encoded record, in bytes. What an open promise or question may still come to, a concern, is
 * counted with it: the room for the exit is taken at the entrance. */
size_t bt_case_size(const struct bt_case *c);
/* LIMIT where this entry has made the case pass a bound. One that takes away, or leaves a list as long as it was, never
 * does; nor does what moves the case on, by whomever. */
int bt_check_bounds(struct bt_deciding *d, const struct bt_entry *e, const struct bt_case *before,
                    const struct bt_case *after) BT_MUST_CHECK;

#endif

/* `ref`: the short number of a case that people can say on the telephone.
 *
 * The case counter in Crockford base32, dashed in fours from the right, with the scheme's check symbol (modulo 37) at
 * the end: 1 -> "0001-1". Source: Douglas Crockford, "Base 32". */
#ifndef BT_CORE_REF_H
#define BT_CORE_REF_H

#include <stdint.h>

#include "base/arena.h"
#include "base/code.h"

enum { BT_REF_SIZE = 24 };

/* Writes NUL-terminated text; returns its slice. */
struct bt_str bt_ref_format(uint64_t number, char buf[BT_REF_SIZE]);
struct bt_str bt_ref_new(struct bt_arena *arena, uint64_t number);
/* Any case, dashes and blanks anywhere, O for 0, I and L for 1. -BT_INVALID when the check symbol does not fit. */
int bt_ref_parse(struct bt_str text, uint64_t *ret_number) BT_MUST_CHECK;

#endif

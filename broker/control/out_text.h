/* What pairs and tables share when they are shown as text. Private to this room. */
#ifndef BT_CONTROL_OUT_TEXT_H
#define BT_CONTROL_OUT_TEXT_H

#include "control/out.h"

enum { BT_OUT_INDENT = 2 }; /* of the lines on which a cell goes on */

/* A value as it stands in a line; never empty. In the arena. */
struct bt_str bt_out_value_text(struct bt_arena *a, const struct bt_out_value *v);
/* The bytes of the character that begins there, and the columns of a terminal that it takes: 0 to 2. */
size_t bt_out_char(struct bt_str s, size_t at, size_t *ret_columns);
/* How much of it, in bytes, goes into so many columns. */
size_t bt_out_fitting(struct bt_str s, size_t room);
/* Columns, not bytes. */
size_t bt_out_width(struct bt_str s);
/* Takes from *rest what fits into `room` columns (at least one character): up to a blank where there is one. */
struct bt_str bt_out_break(struct bt_str *rest, size_t room);
void bt_out_put_spaces(size_t n, FILE *to);
/* width as for bt_out_render_text. -BT_LIMIT: the arena is exhausted. */
int bt_out_put_table(const struct bt_out_item *t, struct bt_arena *a, uint32_t width, FILE *to) BT_MUST_CHECK;

#endif

/* A line of words and the command table. Private to this room. */
#ifndef BT_CONTROL_LINE_H
#define BT_CONTROL_LINE_H

#include "control/command.h"

/* The words borrow from the line. -BT_LIMIT: there are too many. */
int bt_line_split(struct bt_arena *a, struct bt_str line, struct bt_strs *ret) BT_MUST_CHECK;
/* *ret_own: how many of the words are the command's own. NULL: there is no such command. */
const struct bt_command *bt_line_command(const struct bt_strs *words, uint32_t *ret_own);
/* Sets the call's arguments and options. -BT_USAGE with call->text: too few arguments, or too many. */
int bt_line_arguments(struct bt_call *call, const struct bt_command *c, const struct bt_strs *words,
                      uint32_t own) BT_MUST_CHECK;

#endif

/* Interventions: what the commands for them share. Private to this room. */
#ifndef BT_CONTROL_OPERATE_H
#define BT_CONTROL_OPERATE_H

#include "control/command.h"

/* Begins an event about the case that the first argument names; the reason begins at argument `from`. */
int bt_intervene_on_case(struct bt_call *call, uint32_t kind, uint32_t from, struct bt_case *ret_case,
                         struct bt_event *ret, struct bt_str *ret_reason) BT_MUST_CHECK;
/* The same about a promise, a question or work: the first argument is the number of the event that began it, which
 * says of which case it is. */
int bt_intervene_on_object(struct bt_call *call, uint32_t kind, uint32_t from, struct bt_event *ret, uint64_t *ret_id,
                           struct bt_str *ret_reason) BT_MUST_CHECK;
/* Has it decided, and answers with what came of it. A refusal of the rules becomes the command's, with what an operator
 * may do about it. */
int bt_intervene(struct bt_call *call, struct bt_event *e, struct bt_str reason) BT_MUST_CHECK;

#endif

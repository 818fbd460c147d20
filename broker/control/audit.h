/* What operators did. Private to this room. */
#ifndef BT_CONTROL_AUDIT_H
#define BT_CONTROL_AUDIT_H

#include "control/command.h"

enum { BT_AUDIT_COMMAND = 512, BT_AUDIT_OUTCOME = 256 }; /* bytes */

/* The command that was run becomes an entry, with call->outcome. */
int bt_audit_note(struct bt_call *call) BT_MUST_CHECK;
/* Likewise, for what must go on a full disk, too: then the log alone has it. */
int bt_audit_note_or_log(struct bt_call *call) BT_MUST_CHECK;

#endif

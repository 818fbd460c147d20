/* What cannot be undone is asked for twice.
 *
 * The first time a command says what it would do, and answers with a code; nothing is done. The second time it is
 * repeated, word for word, with confirm=CODE. A code belongs to one operator and one command, is good for 60 seconds
 * and once, and carries the moment at which it was given, so that what came up in between is not met by it. Codes are
 * a keyed digest; the key is drawn when the broker starts. Private to this room. */
#ifndef BT_CONTROL_CONFIRM_H
#define BT_CONTROL_CONFIRM_H

#include "control/command.h"

enum { BT_CONFIRM_CODE = 6, BT_CONFIRM_SLOTS = 32, BT_CONFIRM_S = 60 };

struct bt_confirmations {
  uint8_t secret[32];
  uint32_t next;
  struct {
    char code[BT_CONFIRM_CODE + 1];
    int64_t until_us;        /* monotonic; 0: free */
    int64_t asked_us;        /* see bt_confirm_ask */
    uint8_t command[16];     /* digest of who asked for what */
  } slots[BT_CONFIRM_SLOTS]; /* the oldest gives way */
};

int bt_confirm_init(struct bt_confirmations *c) BT_MUST_CHECK; /* -BT_IO: no randomness to be had */

/* For a command with [confirm=CODE] among its arguments. 0: it was given, and *ret_asked_us is the as_of_us of then.
 * BT_CONFIRM_ASK: not yet: say what would happen, then call bt_confirm_ask. -BT_INVALID: a wrong or old one. */
enum { BT_CONFIRM_ASK = 1 };
int bt_confirm_given(struct bt_call *call, int64_t *ret_asked_us) BT_MUST_CHECK;
/* as_of_us: the time up to which what would be met was looked at, by the command's own clock. Ends the first time: the
 * answer carries the code, and nothing goes into the audit. */
int bt_confirm_ask(struct bt_call *call, int64_t as_of_us) BT_MUST_CHECK;

#endif

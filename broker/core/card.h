/* The handoff card: the bounded digest of a case that travels with an offer, so that the context arrives first. */
#ifndef BT_CORE_CARD_H
#define BT_CORE_CARD_H

#include "base/arena.h"
#include "base/code.h"
#include "core/case.h"
#include "core/decide.h"

/* At most BT_MAX_CARD_BYTES encoded: what does not fit is left out, oldest first, and counted on the card. An empty
 * next_step is that of the open offer, with its label; one that is given has a label that the caller puts on. */
int bt_card_make(const struct bt_case *c, struct bt_str next_step, struct bt_arena *arena,
                 struct bt_card **ret) BT_MUST_CHECK;
/* Over a canonical form of every field. */
int bt_card_digest(const struct bt_card *card, bt_digest_fn *digest, struct bt_arena *arena,
                   uint8_t ret_digest[16]) BT_MUST_CHECK;

#endif

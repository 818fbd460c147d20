/* evolve: what an entry makes of the state.
 *
 *   evolve(state, decided event) -> next state
 *
 * Knows nothing but its two arguments: the same log gives the same record, whatever the configuration says by then.
 * Never refuses: what decide wrote down happened. Where the body of an entry is sealed away, its texts are empty and
 * the structure still follows from the head. */
#ifndef BT_CORE_EVOLVE_H
#define BT_CORE_EVOLVE_H

#include "base/arena.h"
#include "base/code.h"
#include "core/case.h"
#include "core/entry.h"

/* entry->stream is BT_STREAM_CASE. For CaseOpened *c is zeroed by the caller. New arrays come from `arena`; slices
 * borrow from the entry. -BT_NOMEM past the arena's limit, and then *c is unusable. */
int bt_evolve_case(struct bt_case *c, const struct bt_entry *entry, struct bt_arena *arena) BT_MUST_CHECK;
/* entry->stream is BT_STREAM_CUSTOMER; a customer's first entry finds *c zeroed. */
int bt_evolve_customer(struct bt_customer *c, const struct bt_entry *entry, struct bt_arena *arena) BT_MUST_CHECK;

#endif

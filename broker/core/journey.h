/* What a case's journey through the company is measured by, kept up with every event.
 *
 * Measured in occurred time, following the sequence: a gap that runs backwards counts as zero and is itself counted.
 * Two ways of counting a handoff stand side by side: "custody", when the next department has taken the case, and
 * "sent", when the case was sent there, taken or not. A bounce is A, B, A. */
#ifndef BT_CORE_JOURNEY_H
#define BT_CORE_JOURNEY_H

#include "core/case.h"
#include "core/entry.h"

/* before: the case as it was before this entry (zeroed when the entry opens it). */
void bt_journey_follow(struct bt_journey *j, const struct bt_case *before, const struct bt_entry *entry);

#endif

/* What would be lost with the end of a log: told by the heads that can still be read. Private to repair. */
#ifndef BT_BACKUP_LOST_H
#define BT_BACKUP_LOST_H

#include "backup/backup.h"
#include "backup/walk.h"

/* Entries from..upto. */
int bt_lost_tell(struct bt_walk *k, uint64_t from, uint64_t upto, struct bt_repair_report *r) BT_MUST_CHECK;

#endif

/* What can still be read of a damaged journal file, without the engine that wrote it: every page is looked at by
 * itself, also those that nothing points to any more. What it finds are candidates; the chain of hashes says which are
 * true.
 *
 * Entries never change, so an old copy in a page given up is as good as any. Memory: 24 bytes for each copy. */
#ifndef BT_BACKUP_SALVAGE_H
#define BT_BACKUP_SALVAGE_H

#include "backup/task.h"
#include "journal/journal.h"

struct bt_salvage;

/* The file `data.mdb`. -BT_ABSENT: there is none. */
int bt_salvage_open(struct bt_task *w, const char *path, struct bt_salvage **ret) BT_MUST_CHECK;
void bt_salvage_close(struct bt_salvage *s); /* NULL is fine */

/* Copy number n of an entry: head, body and the chain hash stored with them, borrowed until the next call. -BT_ABSENT:
 * there are no more. */
struct bt_salvaged {
  struct bt_str head, body;
  const uint8_t *chain;
};
int bt_salvage_get(struct bt_salvage *s, uint64_t sequence, uint32_t n, struct bt_salvaged *ret) BT_MUST_CHECK;
uint64_t bt_salvage_highest(const struct bt_salvage *s); /* of all sequences found; 0: none */
uint64_t bt_salvage_epoch(const struct bt_salvage *s);
/* The journal's own row about the segment that begins with this entry. */
bool bt_salvage_segment(const struct bt_salvage *s, uint64_t first, struct bt_journal_segment *ret);

#endif

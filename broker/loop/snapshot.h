/* Snapshots of the record: data_dir/snapshots/POSITION/, each a compacted copy and the page `snapshot` that says what
 * it is. Its digest becomes a journal entry (Snapshotted); one without that entry counts for nothing. Two are kept.
 *
 * A record that is lost is the newest one that holds together, and the journal from there. */
#ifndef BT_LOOP_SNAPSHOT_H
#define BT_LOOP_SNAPSHOT_H

#include "journal/journal.h"
#include "store/store.h"

enum { BT_SNAPSHOTS_KEPT = 2, BT_SNAPSHOTS_MAX = 8 };

struct bt_snapshot {
  uint64_t position, bytes;
  int64_t recorded_us; /* of the entry at its position */
  uint32_t format;     /* of the record in it; 0: not said */
  uint8_t digest[BT_SUM_SIZE];
};

/* Those that say what they are, the newest first; how many. Reads no record. */
uint32_t bt_snapshot_list(const char *data_dir, struct bt_snapshot v[BT_SNAPSHOTS_MAX]);
/* Copies the record's last checkpoint, as a snapshot in `into` (data_dir itself, or a backup). For a process beside the
 * broker: blocks for as long as the copy takes. -BT_AGAIN: there is one of this position. */
int bt_snapshot_make(const char *data_dir, const char *into, struct bt_snapshot *ret) BT_MUST_CHECK;
/* Removes what a process that died has left, and all but the newest two. */
int bt_snapshot_prune(const char *data_dir) BT_MUST_CHECK;
/* Removes those that no entry knows: the process died between the two. */
int bt_snapshot_forget_unknown(const char *data_dir, struct bt_journal *journal) BT_MUST_CHECK;
/* Its digest is in the journal. -BT_ABSENT: it is not; -BT_CORRUPT: another one is. */
int bt_snapshot_known(struct bt_journal *journal, const struct bt_snapshot *s) BT_MUST_CHECK;
/* Copies one to a new folder `record` and computes its digest there. -BT_CORRUPT: its bytes are not those of which it
 * was taken; -BT_OLDER, -BT_NEWER: another version's; then there is no such folder. */
int bt_snapshot_copy(const char *data_dir, const struct bt_snapshot *s, const char *record) BT_MUST_CHECK;

/* Whether a record that stands at `position` (0: an empty one) lacks entries to go on with: those of a segment that is
 * not here, the first one. */
bool bt_snapshot_needs(struct bt_journal *journal, uint64_t position, struct bt_journal_segment *ret);
/* Makes the folder `record` from the newest snapshot that is whole, known, of this version's format, and behind which
 * all of the log is here. *ret_position: 0 where there is none. Logs those that it passes by. */
int bt_snapshot_restore(const char *data_dir, struct bt_journal *journal, const char *record,
                        uint64_t *ret_position) BT_MUST_CHECK;

#endif

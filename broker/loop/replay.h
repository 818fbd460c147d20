/* Replay: the record catches up with the journal.
 *
 * At start, whatever moment the last run died at; after a full map; and for verification, into a fresh record. Blocks
 * for as long as it takes. Grows the record's map as needed. */
#ifndef BT_LOOP_REPLAY_H
#define BT_LOOP_REPLAY_H

#include "journal/journal.h"
#include "store/store.h"

/* Called after each checkpoint of a replay. */
typedef void bt_replay_progress_fn(void *context, uint64_t sequence, uint64_t upto);

/* Applies the entries after the record's position up to `upto`, with a checkpoint every so many (0: 8,192) and at the
 * end. Checks the chain of the entries it reads. progress may be NULL. -BT_CORRUPT: an entry's bytes or its chain; on
 * any error bt_store_position(store, BT_NOW) + 1 is the sequence it is about. */
int bt_replay(struct bt_journal *journal, struct bt_store *store, uint64_t upto, uint32_t checkpoint_every,
              bt_replay_progress_fn *progress, void *context) BT_MUST_CHECK;

/* The same without a checkpoint: nothing is written to the disk where the changes stay small. */
int bt_replay_open(struct bt_journal *journal, struct bt_store *store, uint64_t upto) BT_MUST_CHECK;

#endif

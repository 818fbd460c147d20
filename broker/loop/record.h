/* The record of a data folder: opened, or made anew where there is none that this version can use. */
#ifndef BT_LOOP_RECORD_H
#define BT_LOOP_RECORD_H

#include "journal/journal.h"
#include "store/store.h"

enum { BT_RECORD_TEXT = 512 };

/* Opens data_dir/record, for the journal to be replayed into from its position on. One that is lost, or of an older
 * version (it is kept, set aside), begins as the newest snapshot that serves, or else empty: the log then has to be
 * here from entry 1 on, in the journal or in archive segments.
 *
 * -BT_AWAY: it is not; the record, or what there is of it, was left as it is. Others as bt_store_open. `text` then has
 * the sentence for the log, way forward included. Blocks for as long as copying a snapshot takes. */
int bt_record_open(const char *data_dir, struct bt_journal *journal, const struct bt_store_options *options,
                   struct bt_store **ret, char text[BT_RECORD_TEXT]) BT_MUST_CHECK;

#endif

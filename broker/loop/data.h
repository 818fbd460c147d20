/* The data folder of a broker that starts: the journal led, and the record there and as far as the journal is.
 *
 * A record that is lost or of an older version is made again (loop/record.h). Says what it does in the log, to the
 * service manager, and on a terminal. Blocks for as long as the replay takes. */
#ifndef BT_LOOP_DATA_H
#define BT_LOOP_DATA_H

#include "base/dir.h"
#include "config/config.h"
#include "journal/journal.h"
#include "store/store.h"

struct bt_data_fault {
  const char *part;      /* "journal", "record" or "replay" */
  char text[512];        /* a sentence; empty: the code says it all */
  char at[BT_PATH_SIZE]; /* the folder that it is about; empty: none */
};

/* Both are the caller's, also where only one was opened: NULL, or to be closed. On failure ret_fault is filled, errno
 * is the system's where the code is -BT_IO, and nothing is logged of it. */
int bt_data_open(const struct bt_settings *s, struct bt_journal **ret_journal, struct bt_store **ret_store,
                 struct bt_data_fault *ret_fault) BT_MUST_CHECK;

#endif

/* Verification of a data folder, also beside the broker that runs on it.
 *
 * Checks every chain hash of the journal, that every head and body decodes, and every row of the record's last
 * checkpoint; then rebuilds a record from the journal's entries up to that checkpoint and compares all tables, keys and
 * values, in key order. The archive's segments count as the journal; where some are not here, what is behind them is
 * checked, and the record rebuilt from the oldest snapshot that is behind them too. The rebuilt record and the copy of
 * the stored one lie in a temporary folder in the data folder (or $TMPDIR, where that cannot be written), removed at
 * the end: it takes about twice the record's size. The work is done in a child process, because reading a truncated
 * file kills the process that does it. */
#ifndef BT_LOOP_VERIFY_H
#define BT_LOOP_VERIFY_H

#include <stdio.h>

#include "store/store.h"

struct bt_verify_report {
  bool ok;
  bool journal_ok;             /* where ok is false: the journal is whole, and a record can be made of it */
  int code;                    /* 0, or what went wrong (negative) */
  char text[160];              /* the sentence to it */
  uint64_t entries;            /* of the journal that held together */
  uint64_t sequence;           /* the entry to blame; 0: none */
  uint64_t position;           /* of the record's checkpoint */
  uint64_t from;               /* the first entry that was looked at: those before are in segments that are not here */
  uint64_t snapshot;           /* what the record was rebuilt from; 0: from nothing */
  uint32_t segments, away;     /* of the archive; of these, not here */
  uint32_t snapshots;          /* that are what the journal makes of the record at their position */
  uint64_t rows[BT_T_COUNT];   /* of the stored record that held together and were as rebuilt */
  uint8_t digest[BT_SUM_SIZE]; /* of the record as the journal makes it; PROTOCOL.md */
  int table;                   /* of the first row to blame; -1: none */
  char key[2 * 511 + 1];       /* its key in hexadecimal */
};

/* progress: lines for people while it runs; may be NULL. 0: it ran, and *ret says what it found; a negative code: it
 * could not run. */
int bt_verify(const char *data_dir, FILE *progress, struct bt_verify_report *ret) BT_MUST_CHECK;

/* The child's part, without a child: temporary is an empty folder that the caller removes. */
void bt_verify_check(const char *data_dir, const char *temporary, FILE *progress, struct bt_verify_report *ret);

#endif

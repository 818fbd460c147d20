/* Backup and restore, export and import, repair: the whole of a broker's data as files, and back.
 *
 * A backup is a folder: archive/ with all of the log as segments, snapshots/ with copies of the record,
 * identifiers.key, the configuration in its canonical form, and the manifest. It grows by position: each run adds what
 * came since. It may be made while a broker runs on the data, by a process of its own, which only reads.
 *
 * Everything here is for processes beside the broker: it blocks, and takes memory that does not grow with the data (but
 * for a manifest's lines, and what repair remembers of a damaged file). Failures return a code and leave a sentence in
 * the work. */
#ifndef BT_BACKUP_BACKUP_H
#define BT_BACKUP_BACKUP_H

#include <stdio.h>

#include "backup/task.h"
#include "loop/verify.h"

struct bt_backup_report {
  uint64_t from, position;           /* of all that the backup now holds */
  uint64_t entries, segments, bytes; /* that this run added */
  uint64_t snapshot;                 /* the newest: its position */
  bool snapshot_new;
  int64_t recorded_us; /* of the last entry */
};

struct bt_backup_order {
  const char *data_dir, *dir;
  struct bt_str configuration; /* its canonical form; empty: the one that is there stays */
  bool snapshot;               /* a new one, also where the last would do */
};

int bt_backup_make(struct bt_task *w, const struct bt_backup_order *o, struct bt_backup_report *ret) BT_MUST_CHECK;

/* Reads every byte of a backup, and follows the chain through it. */
int bt_backup_check(struct bt_task *w, const char *dir, struct bt_backup_report *ret) BT_MUST_CHECK;

struct bt_restore_order {
  const char *dir, *data_dir; /* data_dir: empty, or not there; its parent is */
  uint64_t upto;              /* 0: to its end */
  int64_t upto_us;            /* 0, or: the last entry that was recorded by then */
};
struct bt_restore_report {
  uint64_t position; /* of the restored journal, and record */
  int64_t recorded_us;
  uint64_t snapshot;          /* that the record was made from; 0: from the entries alone */
  uint64_t segments, entries; /* in the archive; in the journal itself */
  uint64_t left_out;          /* entries of the backup behind the position */
};
int bt_restore(struct bt_task *w, const struct bt_restore_order *o, struct bt_restore_report *ret) BT_MUST_CHECK;

/* ---- as JSON lines ---- */

struct bt_export_order {
  const char *data_dir;
  uint64_t from, to; /* 0: the first, the last that is there */
  bool with_key;
};
int bt_export(struct bt_task *w, const struct bt_export_order *o, FILE *to, uint64_t *ret_entries) BT_MUST_CHECK;

struct bt_import_report {
  uint64_t position;
  bool key; /* came with it */
};
int bt_import(struct bt_task *w, FILE *from, const char *data_dir, struct bt_import_report *ret) BT_MUST_CHECK;

/* ---- repair of a damaged data folder ---- */

enum { BT_REPAIR_LISTED = 1000 };

struct bt_repair_order {
  const char *data_dir;
  const char *backup; /* NULL: none. What is damaged here may be whole there */
  const char *into;   /* a new folder; NULL: the repaired one takes the place of data_dir, which is kept beside it */
  bool apply;         /* false: only says what would be */
};
struct bt_repair_report {
  struct bt_verify_report found; /* what is wrong */
  uint64_t last;                 /* the last entry that would be left */
  uint64_t highest;              /* the newest of which anything is known */
  uint64_t lost, unreadable;     /* entries behind `last`; of these, nothing can be said about so many */
  uint64_t filled;               /* entries that come from the backup */
  uint64_t segments, away, bad;  /* of the archive: whole, known but not here, damaged and set aside */
  uint64_t bad_first, bad_last;  /* of the damaged ones */
  uint64_t snapshot;             /* the record was made from; 0: from the entries alone */
  struct {
    uint64_t id, entries; /* id 0: entries that are of no case */
  } cases[BT_REPAIR_LISTED];
  uint32_t n_cases;
  struct {
    char name[40];
    uint64_t entries, receipts; /* lost; of these, answered with a receipt: the adapter believes them taken */
  } adapters[BT_REPAIR_LISTED];
  uint32_t n_adapters;
  bool more; /* there are more than could be listed */
  char kept[BT_PATH_SIZE], repaired[BT_PATH_SIZE];
};

/* -BT_LOCKED: a broker runs on it. The report is large: static, or on the heap. */
int bt_repair(struct bt_task *w, const struct bt_repair_order *o, struct bt_repair_report *ret) BT_MUST_CHECK;

/* ---- processes that the broker starts: batond --chore WORDS ---- */

int bt_chore_child(int n, char **words);

#endif

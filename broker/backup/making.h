/* A backup in the making: what its files share. Private to make.c and make_log.c. */
#ifndef BT_BACKUP_MAKING_H
#define BT_BACKUP_MAKING_H

#include "archive/archive.h"
#include "backup/backup.h"
#include "backup/manifest.h"

struct making {
  struct bt_task *w;
  const struct bt_backup_order *o;
  struct bt_journal *journal;
  struct bt_manifest m;
  struct bt_backup_report *report;
  struct bt_archive *archive; /* of the backup */
  char archive_dir[BT_PATH_SIZE], own_archive[BT_PATH_SIZE];
  struct bt_segment_writer *writer;
  uint64_t upto, next; /* the last entry of this run; the first that is in no segment yet */
};

/* Where a first run begins, and a later one. */
int bt_making_begin(struct making *k) BT_MUST_CHECK;
int bt_making_go_on(struct making *k) BT_MUST_CHECK;
/* All entries from there up to `upto`, as segments. */
int bt_making_write_log(struct making *k) BT_MUST_CHECK;

#endif

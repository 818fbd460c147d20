/* The page `manifest` of a backup: what is in it. Whatever the page does not name is no part of the backup.
 *
 *   baton backup 1
 *   made TIME            wall clock
 *   from N               the first entry that is here; those before lie in segments that were away
 *   position N           the last one
 *   recorded TIME        of the last one
 *   before HEX           chain hash before the first entry that is here
 *   chain HEX            of the last one
 *   epoch N              of whoever led the journal
 *   segment FIRST LAST BYTES CHAIN DIGEST   archive/FIRST-LAST.segment; its last chain hash; BLAKE2b-256 of the file
 *   away FIRST LAST BYTES CHAIN             of the journal, not here
 *   snapshot POSITION RECORDED_US RECORD BYTES DIGEST   snapshots/POSITION; digest of the record, and of its file
 *   file NAME BYTES DIGEST                  identifiers.key, broker.conf
 *   end DIGEST           BLAKE2b-256 of all lines before
 *
 * It is put in place last, so a backup that was broken off is the one before it. */
#ifndef BT_BACKUP_MANIFEST_H
#define BT_BACKUP_MANIFEST_H

#include "backup/task.h"
#include "journal/journal.h"
#include "loop/snapshot.h"

enum { BT_BACKUP_FORMAT = 1, BT_CHAIN = 32 };
#define BT_BACKUP_KEY "identifiers.key"
#define BT_BACKUP_CONF "broker.conf"

struct bt_backup_segment {
  struct bt_journal_segment s; /* here: in this backup */
  uint8_t digest[BT_FILE_DIGEST];
};
struct bt_backup_snapshot {
  struct bt_snapshot s; /* bytes: of its file */
  uint8_t digest[BT_FILE_DIGEST];
};
struct bt_backup_file {
  bool there;
  uint64_t bytes;
  uint8_t digest[BT_FILE_DIGEST];
};

struct bt_manifest {
  int64_t made_us, recorded_us;
  uint64_t from, position, epoch; /* position 0: nothing is in it yet */
  uint8_t before[BT_CHAIN], chain[BT_CHAIN];
  struct bt_backup_segment *v; /* in their order, one behind the other */
  uint32_t n, room;
  struct bt_backup_snapshot snapshots[BT_SNAPSHOTS_MAX]; /* the newest first */
  uint32_t n_snapshots;
  struct bt_backup_file key, conf;
};

/* Zeroed before. -BT_ABSENT: there is no manifest; -BT_CORRUPT, -BT_NEWER with the sentence. */
int bt_manifest_read(struct bt_task *w, const char *dir, struct bt_manifest *ret) BT_MUST_CHECK;
int bt_manifest_write(struct bt_task *w, const char *dir, const struct bt_manifest *m) BT_MUST_CHECK;
void bt_manifest_fini(struct bt_manifest *m);
int bt_manifest_add(struct bt_manifest *m, const struct bt_backup_segment *s) BT_MUST_CHECK;
/* Makes it the first of the snapshots; the oldest go. */
void bt_manifest_add_snapshot(struct bt_manifest *m, const struct bt_backup_snapshot *s);
/* Index of the segment that holds an entry; m->n: none does. */
uint32_t bt_manifest_segment_of(const struct bt_manifest *m, uint64_t sequence);

#endif

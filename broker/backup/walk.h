/* The way through what is left of a log: from its beginning, as far as the chain of hashes goes, each entry from the
 * first place that still has it: a segment of the archive, the journal's pages, a backup. */
#ifndef BT_BACKUP_WALK_H
#define BT_BACKUP_WALK_H

#include "archive/archive.h"
#include "backup/manifest.h"
#include "backup/salvage.h"

enum bt_piece_kind {
  BT_PIECE_SEGMENT, /* a whole file of the archive */
  BT_PIECE_AWAY,    /* a segment of which only the end is known: it was moved away before */
  BT_PIECE_BAD,     /* the same: its file is damaged, and nothing else has what it held */
  BT_PIECE_ENTRY,
};
struct bt_piece {
  enum bt_piece_kind kind;
  struct bt_journal_segment segment;
  uint64_t sequence; /* an entry */
  struct bt_str head, body;
  bool from_backup;
};
typedef int bt_walk_fn(void *context, const struct bt_piece *piece);

struct bt_walk {
  struct bt_task *w;
  char archive_dir[BT_PATH_SIZE], backup_dir[BT_PATH_SIZE];
  struct bt_archive *archive, *backup; /* backup: NULL: none was named */
  struct bt_salvage *salvage;          /* NULL: there is no file of the journal */
  struct bt_manifest manifest;
};

int bt_walk_open(struct bt_walk *k, struct bt_task *w, const char *data_dir, const char *backup_dir) BT_MUST_CHECK;
void bt_walk_close(struct bt_walk *k);
/* Calls `each` for the pieces in order; segments come before entries. *ret_last: the last entry of all. */
int bt_walk(struct bt_walk *k, bt_walk_fn *each, void *context, uint64_t *ret_last) BT_MUST_CHECK;

#endif

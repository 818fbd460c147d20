/* A data folder in the making, from wherever: its archive, its journal, its record, its key.
 *
 * In this order: begin, segments, journal, entries, record, key, end. The folder `journal` gets its name last, so what
 * was broken off is no data folder; a broker that finds a record and no journal does not start. After any error: drop,
 * which removes what was made. */
#ifndef BT_BACKUP_BUILD_H
#define BT_BACKUP_BUILD_H

#include "backup/manifest.h"
#include "loop/replay.h"

struct bt_build {
  struct bt_task *w;
  char dir[BT_PATH_SIZE], archive[BT_PATH_SIZE], journal_dir[BT_PATH_SIZE], record[BT_PATH_SIZE];
  struct bt_journal_segment *v;
  uint32_t n, room;
  struct bt_journal *journal;
  struct bt_journal_record *batch;
  char *bytes;
  size_t used;
  uint32_t n_batch;
  bool made_dir, begun;
};

/* The folder is empty, or not there. */
int bt_build_begin(struct bt_build *b, struct bt_task *w, const char *dir) BT_MUST_CHECK;
/* A segment's file, copied from another archive and read through; it must follow the one before. */
int bt_build_segment(struct bt_build *b, const char *archive_dir, const struct bt_journal_segment *s) BT_MUST_CHECK;
/* One that is known, and not here. */
int bt_build_away(struct bt_build *b, const struct bt_journal_segment *s) BT_MUST_CHECK;
/* The journal behind the segments. */
int bt_build_journal(struct bt_build *b, uint64_t epoch) BT_MUST_CHECK;
int bt_build_add(struct bt_build *b, uint64_t sequence, struct bt_str head, struct bt_str body) BT_MUST_CHECK;
/* Of all entries so far, or from a snapshot (its data_dir, or a backup's folder) and those behind it. */
int bt_build_record(struct bt_build *b, const char *snapshot_dir, const struct bt_snapshot *s,
                    uint64_t *ret_position) BT_MUST_CHECK;
int bt_build_key(struct bt_build *b, const void *bytes, size_t n) BT_MUST_CHECK;
int bt_build_end(struct bt_build *b) BT_MUST_CHECK;
void bt_build_drop(struct bt_build *b); /* after end: frees only */

#endif

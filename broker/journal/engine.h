/* What the files of the LMDB engine share. Private to this room. */
#ifndef BT_JOURNAL_ENGINE_H
#define BT_JOURNAL_ENGINE_H

#include <lmdb.h>
#include <stdbool.h>

#include "archive/archive.h"
#include "base/ahead.h"
#include "base/dir.h"
#include "journal/journal.h"

enum {
  BT_JOURNAL_FORMAT = 1,
  BT_ENTRY_OVERHEAD = 1 + 4 + BT_CHAIN_SIZE,
  BT_MAX_PART = BT_ENTRY_PART_MAX, /* bytes of a head, of a body: far above what the codec makes */
};

struct bt_journal {
  MDB_env *env;
  MDB_dbi entries, meta;
  struct bt_claim claim;
  bool read_only;
  uint64_t epoch; /* 0: not leading */
  uint64_t first, durable;
  uint8_t chain[BT_CHAIN_SIZE]; /* of the durable entry */
  MDB_txn *read;                /* kept for its slot, reset between uses */
  /* The outstanding batch. */
  uint32_t outstanding;
  MDB_txn *write;
  MDB_cursor *cursor;
  uint8_t pending_chain[BT_CHAIN_SIZE];
  int put_error;
  int broken; /* sticks: nothing may be appended any more */
  uint64_t commits;
  struct bt_ahead ahead;
  bool disk_full; /* the last -BT_FULL was the disk's: a larger map does not help */
  /* Cutting; see cut.c. */
  struct bt_archive *archive; /* NULL: no folder was named */
  char archive_dir[BT_PATH_SIZE];
  uint64_t sealed;        /* up to here all is in segments, and may go */
  uint64_t pending_first; /* first, once the open transaction is committed */
  bool no_trim;           /* the next append leaves it be: there was no room for it */
};

struct bt_engine_entry {
  struct bt_str head, body;
  const uint8_t *chain;
};

/* A row of `meta` for each segment: segment 0x00 first (8) -> last (8), chain hash after it (32), bytes of the file
 * (8). */
struct bt_engine_segment {
  uint64_t first, last, bytes;
  uint8_t after[BT_CHAIN_SIZE];
};

/* open.c: an environment in a folder that is there. map_size 0: the default. */
int bt_engine_open(const char *dir, size_t map_size, unsigned flags, MDB_env **ret) BT_MUST_CHECK;

/* read.c. */
int bt_engine_entry_parse(struct bt_str value, struct bt_engine_entry *ret) BT_MUST_CHECK;
int bt_engine_begin_read(struct bt_journal *j) BT_MUST_CHECK;
void bt_engine_end_read(struct bt_journal *j, bool forget);
/* Between begin_read and end_read: borrowed until then. */
int bt_engine_get(struct bt_journal *j, uint64_t sequence, struct bt_engine_entry *ret) BT_MUST_CHECK;
/* The same, also from the archive: then borrowed until the next find. -BT_AWAY. */
int bt_engine_find(struct bt_journal *j, uint64_t sequence, struct bt_engine_entry *ret) BT_MUST_CHECK;
/* The chain hash of an entry, wherever it is, and of the last one of a segment even where that is away. */
int bt_engine_chain_of(struct bt_journal *j, uint64_t sequence, uint8_t ret[BT_CHAIN_SIZE]) BT_MUST_CHECK;

/* cut.c: between begin_read and end_read too. The segment that holds an entry, -BT_ABSENT: none does. */
int bt_engine_segment_of(struct bt_journal *j, uint64_t sequence, struct bt_engine_segment *ret) BT_MUST_CHECK;
/* Up to where there are segments. */
int bt_engine_find_sealed(struct bt_journal *j) BT_MUST_CHECK;
/* The last entry that was deleted. -BT_ABSENT. */
int bt_engine_cut(struct bt_journal *j, uint64_t *ret_sequence, uint8_t ret_chain[BT_CHAIN_SIZE]) BT_MUST_CHECK;
/* In a write transaction: notes a segment, and what was cut. LMDB errors. */
int bt_engine_put_segment(MDB_txn *txn, MDB_dbi meta, const struct bt_engine_segment *s) BT_MUST_CHECK;
int bt_engine_put_cut(MDB_txn *txn, MDB_dbi meta, uint64_t sequence, const uint8_t chain[BT_CHAIN_SIZE]) BT_MUST_CHECK;
/* In the open write transaction: deletes up to n of the entries that are in segments. An LMDB error. */
int bt_engine_trim(struct bt_journal *j, uint32_t n) BT_MUST_CHECK;

#endif

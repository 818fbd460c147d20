/* What the files of the LMDB engine share. Private to this room. */
#ifndef BT_JOURNAL_ENGINE_H
#define BT_JOURNAL_ENGINE_H

#include <lmdb.h>
#include <stdbool.h>

#include "base/dir.h"
#include "journal/journal.h"

enum {
  BT_JOURNAL_FORMAT = 1,
  BT_CHAIN_SIZE = 32,
  BT_ENTRY_OVERHEAD = 1 + 4 + BT_CHAIN_SIZE,
  BT_MAX_PART = 1 << 20, /* bytes of a head, of a body: far above what the codec makes */
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
  bool disk_full; /* the last -BT_FULL was the disk's: a larger map does not help */
};

struct bt_engine_entry {
  struct bt_str head, body;
  const uint8_t *chain;
};

int bt_engine_entry_parse(struct bt_str value, struct bt_engine_entry *ret) BT_MUST_CHECK;
void bt_engine_chain(const uint8_t before[BT_CHAIN_SIZE], uint64_t sequence, struct bt_str head, struct bt_str body,
                     uint8_t ret_chain[BT_CHAIN_SIZE]);
int bt_engine_begin_read(struct bt_journal *j) BT_MUST_CHECK;
void bt_engine_end_read(struct bt_journal *j, bool forget);
/* Between begin_read and end_read: borrowed until then. */
int bt_engine_get(struct bt_journal *j, uint64_t sequence, struct bt_engine_entry *ret) BT_MUST_CHECK;

#endif

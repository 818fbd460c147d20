/* The spool's tables in LMDB: what waits, what was refused, and where each source key is.
 *
 *   queue    position → sealed record of an event that waits; positions only ever grow
 *   rejects  position → sealed record of one that was refused for good
 *   places   'q' keyed hash of the source key, or 'r' of key and event → position and its check
 *   meta     the spool's id and a check of its key
 *
 * Default durability; one environment; one process writes. A change is begin … commit: after a failure each step does
 * nothing and commit tells it. Codes: -BATON_E_FULL (limit of the map, disk full), -BATON_E_IO (disk, or damaged: then
 * `broken`), -BATON_E_NOMEM. `error` has the sentence. */
#ifndef BATON_SDK_SPOOL_STORE_H
#define BATON_SDK_SPOOL_STORE_H

#include <lmdb.h>
#include <sys/types.h>

#include "spool_seal.h"

enum bt_sdk_spool_table { BT_SDK_SPOOL_QUEUE, BT_SDK_SPOOL_REJECTS, BT_SDK_SPOOL_PLACES, BT_SDK_SPOOL_META };
enum { BT_SDK_SPOOL_TABLES = 4, BT_SDK_SPOOL_PLACE = 1 + BT_SDK_SPOOL_HASH + 8 + 8 };

struct bt_sdk_spool_store {
  char folder[512], error[BT_SDK_SPOOL_ERROR];
  struct bt_sdk_spool_seal seal;
  MDB_env *env;
  MDB_dbi tables[BT_SDK_SPOOL_TABLES];
  MDB_txn *txn, *view; /* a change under way; what is read */
  int rc;              /* of that change */
  bool broken;         /* nothing is to be trusted any more */
  bool map_full;       /* so the last error was */
  int claim;           /* descriptor; -1: only read */
  pid_t owner;
  uint64_t page;                  /* bytes */
  uint64_t reserved;              /* bytes of the file that are there for certain */
  uint64_t last;                  /* position given last */
  uint64_t events, rejects, used; /* entries, and bytes of live pages, as committed */
};

struct bt_sdk_spool_options {
  const char *folder, *key_file;
  uint64_t limit; /* bytes; 0: as it is, for reading */
};

/* Opens, or makes, the spool. read_only: beside the process that has it. 0 or a negative code with the sentence in
 * s->error; close it in either case. */
int bt_sdk_spool_store_open(struct bt_sdk_spool_store *s, const struct bt_sdk_spool_options *o, bool read_only);
void bt_sdk_spool_store_close(struct bt_sdk_spool_store *s);
/* Looks at every record, in a process of its own, which damaged pages may end. 0, or a negative code as above. */
int bt_sdk_spool_verify(struct bt_sdk_spool_store *s);
/* For a command that only reads, beside the process that has it: a damaged page ends the command with the sentence. */
void bt_sdk_spool_tell_crashes(struct bt_sdk_spool_store *s);

/* ---- Reading: between view and leave, and shortly: pages that are looked at cannot be used again ---- */
int bt_sdk_spool_view(struct bt_sdk_spool_store *s);
void bt_sdk_spool_leave(struct bt_sdk_spool_store *s);
/* The first record after a position; `buffer` (BT_SDK_SPOOL_RECORD_MAX bytes) holds it. 1: *ret and *ret_position; 0:
 * none; or a negative code: *ret_position has moved where there is a record that does not open. */
int bt_sdk_spool_next(struct bt_sdk_spool_store *s, enum bt_sdk_spool_table table, uint64_t after, uint8_t *buffer,
                      uint64_t *ret_position, struct bt_sdk_spool_record *ret);
/* Where this key waits, within a change also one that it added. 1, 0 or a negative code. */
int bt_sdk_spool_find(struct bt_sdk_spool_store *s, struct bt_sdk_bytes key, uint64_t *ret_position);

/* ---- Changing ---- */
void bt_sdk_spool_begin(struct bt_sdk_spool_store *s);
void bt_sdk_spool_add(struct bt_sdk_spool_store *s, const struct bt_sdk_spool_record *r);
/* Takes what waits at the position out; it may be gone. With a refusal it becomes a reject (of the same key and content
 * there is one, the newest); without, such a reject goes too, for the event was taken after all. */
void bt_sdk_spool_take_out(struct bt_sdk_spool_store *s, uint64_t position, const struct bt_sdk_spool_record *refusal);
void bt_sdk_spool_drop_reject(struct bt_sdk_spool_store *s, uint64_t position);
int bt_sdk_spool_commit_change(struct bt_sdk_spool_store *s);
void bt_sdk_spool_abort_change(struct bt_sdk_spool_store *s);
/* Makes sure that the disk has room for a change that adds so many bytes, and for the changes that take out what is in.
 * 0 or -BATON_E_FULL. */
int bt_sdk_spool_reserve(struct bt_sdk_spool_store *s, uint64_t bytes);
/* Where a change found the map full with what is really in (refused, an event takes more than it did): lets the file
 * grow beyond its usual bound, outside of any change. false: that was not it. */
bool bt_sdk_spool_widen(struct bt_sdk_spool_store *s);
/* Bytes on disk that a record of this size costs, at most. */
uint64_t bt_sdk_spool_cost(const struct bt_sdk_spool_store *s, size_t record);
/* Slots of readers that ended without a word are freed. Call it now and then. */
void bt_sdk_spool_readers(struct bt_sdk_spool_store *s);

/* ---- for the parts of the store ---- */
int bt_sdk_spool_lmdb(struct bt_sdk_spool_store *s, int e, const char *what); /* code and sentence for LMDB's error */
int bt_sdk_spool_damaged(struct bt_sdk_spool_store *s, const char *what);
int bt_sdk_spool_env(struct bt_sdk_spool_store *s, unsigned flags, uint64_t limit);
uint64_t bt_sdk_spool_map_size(uint64_t limit);
int bt_sdk_spool_count(struct bt_sdk_spool_store *s, MDB_txn *txn);

#endif

/* The journal: the ordered log of decided events. The truth, and the only thing that must be atomic and durable.
 *
 * One batch is outstanding at a time: append starts it, poll drives it and tells up to where the log is durable.
 * Nothing may be released before its sequence is durable. The embedded engine is LMDB (lmdb.c): poll commits with a
 * sync, and blocks for as long as that takes.
 *
 * An entry's chain hash is BLAKE2b-256 over the hash before it, the sequence (8 bytes, big-endian), the head's length
 * (4), the head and the body. The first entry follows 32 zero bytes. Sequences start at 1 and have no holes. */
#ifndef BT_JOURNAL_JOURNAL_H
#define BT_JOURNAL_JOURNAL_H

#include "base/arena.h"
#include "base/code.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

struct bt_journal;

struct bt_journal_options {
  const char *dir;         /* made (0700) where it is not there */
  size_t map_size;         /* bytes of address space to begin with; grown when full */
  bool read_only;          /* for verify and export beside a running broker */
  const char *archive_dir; /* where segments are; may be missing. NULL: what was cut is away */
};

struct bt_journal_record {
  uint64_t sequence;
  struct bt_str head, body;
};

/* -BT_LOCKED: another process leads it. -BT_CORRUPT, -BT_NEWER, -BT_IO. *ret_text (may be NULL): a sentence for the
 * log, static. */
int bt_journal_open(const struct bt_journal_options *options, struct bt_journal **ret,
                    const char **ret_text) BT_MUST_CHECK;
void bt_journal_close(struct bt_journal *j); /* NULL is fine */

/* Takes the lead: epoch + 1, after everything before it is durable. -BT_FENCED, -BT_IO. */
int bt_journal_lead(struct bt_journal *j, uint64_t *ret_epoch) BT_MUST_CHECK;
/* Starts a batch; v[0].sequence is the durable position + 1. The bytes are borrowed until poll said it is durable.
 * -BT_USAGE while another batch is outstanding or when not leading. */
int bt_journal_append(struct bt_journal *j, const struct bt_journal_record *v, uint32_t n) BT_MUST_CHECK;
/* Drives the outstanding batch. 0 and *ret_durable when it is durable or none is outstanding; -BT_AGAIN: not yet.
 * -BT_FULL: nothing of the batch was written; grow and append again. Any other error: the outcome is unknown (-BT_LOST)
 * or the engine failed (-BT_IO): stop acknowledging, exit, verify. */
int bt_journal_poll(struct bt_journal *j, uint64_t *ret_durable) BT_MUST_CHECK;
/* Doubles the map; nothing outstanding. -BT_FULL: the disk is. */
int bt_journal_grow(struct bt_journal *j) BT_MUST_CHECK;
/* Keeps so many bytes allocated on the disk behind what is in use; see bt_ahead_keep. */
int bt_journal_reserve(struct bt_journal *j, uint64_t bytes) BT_MUST_CHECK;
/* What there is of it. */
uint64_t bt_journal_ahead(struct bt_journal *j);

uint64_t bt_journal_durable(const struct bt_journal *j);
/* The first sequence that is still in the journal itself; 1 until something was cut. What is before is read from the
 * archive. */
uint64_t bt_journal_first(const struct bt_journal *j);

/* One entry, copied into `arena`, after its chain hash was computed anew: bytes that changed on disk are never handed
 * out. -BT_ABSENT beyond the durable position; -BT_AWAY where it is in a segment that is not here; -BT_CORRUPT where
 * the stored bytes do not hold together. */
int bt_journal_read(struct bt_journal *j, uint64_t sequence, struct bt_arena *arena,
                    struct bt_journal_record *ret) BT_MUST_CHECK;
/* Calls `each` for entries from..to in order (borrowed bytes, valid during the call), in short read transactions.
 * Checks the chain where check_chain. Stops at the first non-zero result and returns it. */
typedef int bt_journal_each_fn(void *context, const struct bt_journal_record *record, const uint8_t chain[32]);
int bt_journal_scan(struct bt_journal *j, uint64_t from, uint64_t to, bool check_chain, bt_journal_each_fn *each,
                    void *context) BT_MUST_CHECK;
/* The chain hash of an entry, also of the last one of a segment that is not here; 0: of none, 32 zero bytes. */
int bt_journal_chain(struct bt_journal *j, uint64_t sequence, uint8_t ret[32]) BT_MUST_CHECK;
/* The epoch of whoever led it last; 0: nobody did. */
int bt_journal_epoch(struct bt_journal *j, uint64_t *ret) BT_MUST_CHECK;
/* Bytes on disk in use, and of these, what the entries take: the rest is reused. */
uint64_t bt_journal_bytes(struct bt_journal *j);
uint64_t bt_journal_entry_bytes(struct bt_journal *j);

/* ---- cutting. The log is only ever cut at its beginning, and only what is in segments (archive/archive.h) is deleted.
 *
 * A process beside the broker writes the next segment (seal, from a read-only journal); the broker notes it (cut), and
 * from then on each commit deletes some of its entries, and trim some more. ---- */

struct bt_journal_segment {
  uint64_t first, last, bytes;
  bool here;
  uint8_t after[32]; /* chain hash of the last entry */
};
enum { BT_JOURNAL_NAME_SIZE = 64 };
/* The first segment from entry `from` on. -BT_ABSENT. */
int bt_journal_segment(struct bt_journal *j, uint64_t from, struct bt_journal_segment *ret) BT_MUST_CHECK;
/* The name of the file that an entry is in; empty where it is in none. */
void bt_journal_segment_name(struct bt_journal *j, uint64_t sequence, char ret[BT_JOURNAL_NAME_SIZE]);
/* Up to this sequence all is in segments. */
uint64_t bt_journal_sealed(const struct bt_journal *j);
/* Writes the next segment, of so many bytes of entries or a little more, none of them behind `upto`. A file that is
 * there already, and whole, is taken as it is. -BT_AGAIN: there are not so many. -BT_USAGE: no archive_dir. Blocks. */
int bt_journal_seal(struct bt_journal *j, uint64_t upto, uint64_t raw_bytes, uint64_t *ret_last) BT_MUST_CHECK;
/* Notes that entries are in the next segment, which is here and goes no further than `upto`, so that they may go.
 * Durable when it returns. -BT_AWAY, -BT_CORRUPT: the file is not here, not whole, or not of this log; -BT_FULL as with
 * poll. */
int bt_journal_cut(struct bt_journal *j, uint64_t upto, struct bt_journal_segment *ret) BT_MUST_CHECK;
/* Deletes up to n entries that may go, in a commit of its own. 0, also where there are none. */
int bt_journal_trim(struct bt_journal *j, uint32_t n) BT_MUST_CHECK;
bool bt_journal_has_to_trim(const struct bt_journal *j);

/* ---- a journal made from elsewhere: a backup, an export, what is left of a damaged one ---- */

/* Makes the folder (absent so far): an empty journal that goes on behind the last of these segments, which lie one
 * behind the other (n 0: with entry 1). Whoever leads it next has a later epoch than `epoch`. */
int bt_journal_found(const char *dir, size_t map_size, uint64_t epoch, const struct bt_journal_segment *v,
                     uint32_t n) BT_MUST_CHECK;

#endif

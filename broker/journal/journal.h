/* The journal: the ordered log of decided events. The truth, and the only thing that must be atomic and durable.
 *
 * One batch is outstanding at a time: append starts it, poll drives it and tells up to where the log is durable. Nothing may
 * be released before its sequence is durable. The embedded engine is LMDB (lmdb.c): poll commits with a sync, and blocks for
 * as long as that takes.
 *
 * An entry's chain hash is BLAKE2b-256 over the hash before it, the sequence (8 bytes, big-endian), the head's length (4),
 * the head and the body. The first entry follows 32 zero bytes. Sequences start at 1 and have no holes. */
#ifndef BT_JOURNAL_JOURNAL_H
#define BT_JOURNAL_JOURNAL_H

#include "base/arena.h"
#include "base/code.h"
#include "base/str.h"

#include <stdint.h>

struct bt_journal;

struct bt_journal_options {
  const char *dir;     /* made (0700) where it is not there */
  size_t map_size;     /* bytes of address space to begin with; grown when full */
  bool read_only;      /* for verify and export beside a running broker */
};

struct bt_journal_record {
  uint64_t sequence;
  struct bt_str head, body;
};

/* -BT_LOCKED: another process leads it. -BT_CORRUPT, -BT_NEWER, -BT_IO. *ret_text (may be NULL): a sentence for the log, static. */
int bt_journal_open(const struct bt_journal_options *options, struct bt_journal **ret, const char **ret_text) BT_MUST_CHECK;
void bt_journal_close(struct bt_journal *j); /* NULL is fine */

/* Takes the lead: epoch + 1, after everything before it is durable. -BT_FENCED, -BT_IO. */
int bt_journal_lead(struct bt_journal *j, uint64_t *ret_epoch) BT_MUST_CHECK;
/* Starts a batch; v[0].sequence is the durable position + 1. The bytes are borrowed until poll said it is durable.
 * -BT_USAGE while another batch is outstanding or when not leading. */
int bt_journal_append(struct bt_journal *j, const struct bt_journal_record *v, uint32_t n) BT_MUST_CHECK;
/* Drives the outstanding batch. 0 and *ret_durable when it is durable or none is outstanding; -BT_AGAIN: not yet.
 * -BT_FULL: nothing of the batch was written; grow and append again. Any other error: the outcome is unknown (-BT_LOST) or the
 * engine failed (-BT_IO): stop acknowledging, exit, verify. */
int bt_journal_poll(struct bt_journal *j, uint64_t *ret_durable) BT_MUST_CHECK;
int bt_journal_grow(struct bt_journal *j) BT_MUST_CHECK; /* doubles the map; nothing outstanding */

uint64_t bt_journal_durable(const struct bt_journal *j);
/* The first sequence that is still here; 1 until something was trimmed. */
uint64_t bt_journal_first(const struct bt_journal *j);

/* One entry, copied into `arena`, after its chain hash was computed anew: bytes that changed on disk are never handed out.
 * -BT_ABSENT beyond the durable position or before the first; -BT_CORRUPT where the stored
 * bytes do not hold together. */
int bt_journal_read(struct bt_journal *j, uint64_t sequence, struct bt_arena *arena, struct bt_journal_record *ret)
    BT_MUST_CHECK;
/* Calls `each` for entries from..to in order (borrowed bytes, valid during the call), in short read transactions. Checks the
 * chain where check_chain. Stops at the first non-zero result and returns it. */
typedef int bt_journal_each_fn(void *context, const struct bt_journal_record *record, const uint8_t chain[32]);
int bt_journal_scan(struct bt_journal *j, uint64_t from, uint64_t to, bool check_chain, bt_journal_each_fn *each,
                    void *context) BT_MUST_CHECK;
/* Bytes on disk in use. */
uint64_t bt_journal_bytes(struct bt_journal *j);

#endif

/* Archive segments: stretches of the log that were cut from the journal, one file each.
 *
 * A file holds entries first..last, compressed (Zstandard) in frames that stand by themselves, so that one entry is
 * read without the others:
 *
 *   header   magic and format, first and last sequence, chain hash before the first and after the last entry
 *   frames   about 256 KiB of entries each: length of the head (4), of the body (4), head, body
 *   index    a row for each frame: where it lies, its first sequence, the chain hash before it, XXH3-64 of its bytes
 *   footer   where the index lies, how many rows, XXH3-64 of the header and the index
 *
 * Chain hashes of the entries are not stored: they follow from those in the index, and a frame whose last one is not
 * what the next begins with is not read. A segment is written under another name, read back, synced and renamed:
 * whoever finds the file finds it whole. PROTOCOL.md has the bytes. Blocks on the disk. */
#ifndef BT_ARCHIVE_ARCHIVE_H
#define BT_ARCHIVE_ARCHIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/code.h"
#include "base/str.h"

enum { BT_CHAIN_SIZE = 32, BT_SEGMENT_NAME_SIZE = 48, BT_SEGMENT_FORMAT = 1, BT_ENTRY_PART_MAX = 1 << 20 };

/* The hash of an entry, from that of the one before: BLAKE2b-256 over it, the sequence, the length of the head, the
 * head and the body. ret may be `before`. */
void bt_chain_next(const uint8_t before[BT_CHAIN_SIZE], uint64_t sequence, struct bt_str head, struct bt_str body,
                   uint8_t ret[BT_CHAIN_SIZE]);

struct bt_segment {
  uint64_t first, last;
  uint8_t before[BT_CHAIN_SIZE], after[BT_CHAIN_SIZE];
  uint64_t bytes; /* of its file */
};

/* "00000000000000000001-00000000000000004096.segment" */
void bt_segment_name(uint64_t first, uint64_t last, char ret[BT_SEGMENT_NAME_SIZE + 8]);

/* ---- writing: one segment at a time. After an error only bt_segment_drop may be called. ---- */

struct bt_segment_writer;

/* The folder is made where it is missing. before: the chain hash that entry `first` follows. */
int bt_segment_begin(const char *dir, uint64_t first, const uint8_t before[BT_CHAIN_SIZE],
                     struct bt_segment_writer **ret) BT_MUST_CHECK;
/* The next entry. */
int bt_segment_add(struct bt_segment_writer *w, struct bt_str head, struct bt_str body) BT_MUST_CHECK;
uint64_t bt_segment_raw_bytes(const struct bt_segment_writer *w); /* of the entries so far, not compressed */
/* Writes what is left, reads all of it back, syncs, gives it its name. Frees w, whatever it returns. */
int bt_segment_end(struct bt_segment_writer *w, struct bt_segment *ret) BT_MUST_CHECK;
void bt_segment_drop(struct bt_segment_writer *w); /* NULL is fine */

/* ---- reading ---- */

struct bt_archived {
  struct bt_str head, body;
  const uint8_t *before, *chain; /* the hash before this entry, and its own */
};

struct bt_archive;

/* dir need not be there. */
struct bt_archive *bt_archive_new(const char *dir); /* NULL: no memory */
void bt_archive_free(struct bt_archive *a);         /* NULL is fine */

/* An entry of the segment first..last, whose chain ends with `after`; borrowed until the next call. The last frames
 * that were read are kept (16, and no more than 16 MiB). -BT_AWAY: the file is not here. -BT_CORRUPT; -BT_NEWER: of a
 * newer format. */
int bt_archive_read(struct bt_archive *a, uint64_t first, uint64_t last, const uint8_t after[BT_CHAIN_SIZE],
                    uint64_t sequence, struct bt_archived *ret) BT_MUST_CHECK;
/* Reads header, index and footer; whole: every frame too, and follows the chain through them. -BT_AWAY, -BT_CORRUPT,
 * -BT_NEWER, -BT_IO; *ret_text (static; may be NULL) says what is wrong, *ret_sequence (may be NULL) the first entry of
 * the bad frame. */
int bt_archive_check(struct bt_archive *a, uint64_t first, uint64_t last, bool whole, struct bt_segment *ret,
                     const char **ret_text, uint64_t *ret_sequence) BT_MUST_CHECK;
/* The segment that begins with this entry, whatever its last is, if there is a file of that name: its last. 0: none. */
uint64_t bt_archive_find(const char *dir, uint64_t first);
/* Removes what a writer that died has left. */
void bt_archive_sweep(const char *dir);

#endif

/* What the long jobs of this room share: a place for the sentence when something fails, a listener for progress, and
 * files that are copied, digested and put in place whole.
 *
 * Paths are NUL-terminated and shorter than BT_PATH_SIZE. Everything here blocks on the disk; it is for processes
 * beside the broker. Digests are BLAKE2b of 32 bytes, as `b2sum -l 256` prints them. */
#ifndef BT_BACKUP_TASK_H
#define BT_BACKUP_TASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/code.h"
#include "base/dir.h"
#include "base/str.h"

enum { BT_FILE_DIGEST = 32, BT_TASK_TEXT = 512 };

struct bt_task {
  /* May be NULL. Called often; whoever listens picks. */
  void (*tell)(void *context, const char *what, uint64_t done, uint64_t of);
  void *context;
  char text[BT_TASK_TEXT]; /* what failed, and the way forward */
};

/* Sets the sentence, unless there is one already; returns code. */
int bt_task_fail(struct bt_task *w, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));
void bt_task_tell(struct bt_task *w, const char *what, uint64_t done, uint64_t of);

/* Both: size and digest of what was read. -BT_ABSENT; -BT_INVALID: no plain file; -BT_LIMIT: larger than max. */
int bt_file_digest(const char *path, uint64_t max, uint64_t *ret_bytes, uint8_t ret[BT_FILE_DIGEST]) BT_MUST_CHECK;
/* To a new name beside `to`, synced, in place. The disk is not given more than a few MiB at a time, so that somebody
 * else's sync does not wait for all of it. */
int bt_file_copy(const char *from, const char *to, uint64_t max, uint64_t *ret_bytes,
                 uint8_t ret[BT_FILE_DIGEST]) BT_MUST_CHECK;
/* Likewise, from memory, with mode 0600. */
int bt_file_put(const char *path, const void *bytes, size_t n) BT_MUST_CHECK;
/* malloc'd, with a NUL behind it. Codes likewise. */
int bt_file_get(const char *path, size_t max, char **ret, size_t *ret_n) BT_MUST_CHECK;
void bt_file_digest_of(const void *bytes, size_t n, uint8_t ret[BT_FILE_DIGEST]);
/* A folder that may hold customers' data: made (0700) where its parent is there, else checked: ours or root's, and
 * nobody else's to read. */
int bt_dir_private(struct bt_task *w, const char *path) BT_MUST_CHECK;
/* Nothing in it, or it is not there; what a file system puts there does not count. */
bool bt_dir_is_empty(const char *path);
bool bt_unhex(const char *text, uint8_t *to, size_t n);

#endif

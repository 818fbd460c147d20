/* Folders that hold an engine's files: made whole or not at all, used by one process at a time.
 *
 * A folder that is to appear is filled under another name first; its files and itself are synced, it is renamed, its
 * parent synced. Whoever then finds the folder finds it complete, whatever moment the machine stopped at.
 *
 * A claim keeps other processes out by a lock on a file `pid` in the folder, which names the holder, and keeps this
 * process from opening the folder twice: an engine that locks with fcntl loses its locks when a second descriptor is
 * closed. Claims do not survive fork: bt_claim_is_ours says so. Paths are NUL-terminated and shorter than BT_PATH_SIZE.
 */
#ifndef BT_BASE_DIR_H
#define BT_BASE_DIR_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/code.h"

enum { BT_PATH_SIZE = 4096 };

/* Joins into buf (BT_PATH_SIZE bytes). -BT_LIMIT when it does not fit. */
int bt_path_join(char *buf, const char *dir, const char *name) BT_MUST_CHECK;
/* The folder that `path` lies in: "a/b/" -> "a", "b" -> ".". */
int bt_path_parent(char *buf, const char *path) BT_MUST_CHECK;
bool bt_path_exists(const char *path);
/* 1: it is there. 0: it is not. -BT_IO: that cannot be told, and errno says why. */
int bt_path_look(const char *path) BT_MUST_CHECK;

/* Makes the missing folders of the path, 0700, and syncs where it made one. */
int bt_dir_make(const char *path) BT_MUST_CHECK;
int bt_dir_sync(const char *path) BT_MUST_CHECK;
/* Syncs the plain files of a folder, and itself. */
int bt_dir_sync_all(const char *path) BT_MUST_CHECK;
/* Writes the plain files of a new folder; 0 or a negative code. */
typedef int bt_dir_fill_fn(const char *dir, const void *context);
/* Makes the folder `path`, absent or empty so far, whole. -BT_LOCKED: another process was first, it is there and not
 * empty; what `fill` returned; -BT_LIMIT, -BT_IO. Nothing is left behind where it fails. */
int bt_dir_build(const char *path, bt_dir_fill_fn *fill, const void *context) BT_MUST_CHECK;
/* A new empty folder "WORD-PID-XXXXXX" in `dir`, or "baton-WORD-PID-XXXXXX" in $TMPDIR where that cannot be written.
 * Its path goes into buf. Those of the same word that processes which are no more have left in `dir` are removed first.
 */
int bt_dir_temporary(char *buf, const char *dir, const char *word) BT_MUST_CHECK;
/* Removes a folder with the plain files and folders in it. Absent is fine. */
int bt_dir_remove(const char *path) BT_MUST_CHECK;

struct bt_claim {
  dev_t device;
  ino_t inode;
  int fd; /* of the lock file; -1: shared */
  pid_t owner;
};

/* exclusive: locks out other processes that claim exclusively. -BT_LOCKED: another process, or this one already;
 * *ret_pid (may be NULL) is the holder's, 0 where unknown. -BT_IO. */
int bt_claim_take(struct bt_claim *c, const char *dir, bool exclusive, pid_t *ret_pid) BT_MUST_CHECK;
/* Who has the folder exclusively, as far as its lock file says; 0: nobody, or not known. */
pid_t bt_claim_holder(const char *dir);
void bt_claim_release(struct bt_claim *c);
bool bt_claim_is_ours(const struct bt_claim *c); /* false in a child of the process that took it */

#endif

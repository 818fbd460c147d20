/* Files that others may have put where they lie: what is opened here has an end, and opening it does not wait.
 *
 * A name in a folder that came from elsewhere may be a pipe or a device. Links are followed: a file may have been moved
 * to another disk. */
#ifndef BT_BASE_FILE_H
#define BT_BASE_FILE_H

#include <stdint.h>

#include "base/code.h"

/* For reading; *ret_bytes (may be NULL): its size. -BT_ABSENT; -BT_INVALID: it is no plain file; -BT_IO, with errno. */
int bt_file_open(const char *path, int *ret_fd, uint64_t *ret_bytes) BT_MUST_CHECK;
/* What a code of this function, or of one that opens so, means of a file. */
const char *bt_file_text(int code);

#endif

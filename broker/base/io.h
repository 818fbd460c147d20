/* Whole reads and writes on descriptors that block, going on where a signal or the system cut one short.
 *
 * Where they fail, errno says why. */
#ifndef BT_BASE_IO_H
#define BT_BASE_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/code.h"

bool bt_io_write(int fd, const void *from, size_t n) BT_MUST_CHECK;
/* At a place of the file, in bytes; the descriptor's own place stays. */
bool bt_io_write_at(int fd, const void *from, size_t n, uint64_t at) BT_MUST_CHECK;
/* False also where the end comes first. */
bool bt_io_read(int fd, void *to, size_t n) BT_MUST_CHECK;
/* An errno of a disk, or of somebody's share of it, that is full: the one trouble that ends by itself. */
bool bt_io_is_full(int error);
/* What errno says of a write that failed: -BT_FULL or -BT_IO. */
int bt_io_code(void) BT_MUST_CHECK;

#endif

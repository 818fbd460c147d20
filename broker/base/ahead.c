#include "base/ahead.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"

uint64_t bt_ahead_of(const struct bt_ahead *a, uint64_t used) {
  return a->until > used ? a->until - used : 0;
}

/* A file that is cut to the size that it has loses what is allocated behind its end. */
static int give_back(struct bt_ahead *a, int fd) {
  struct stat st;
  if (fstat(fd, &st) != 0 || ftruncate(fd, st.st_size) != 0)
    return -BT_IO;
  a->until = 0;
  return 0;
}

int bt_ahead_keep(struct bt_ahead *a, int fd, uint64_t used, uint64_t bytes) {
  if (a->never)
    return -BT_ABSENT;
  const bool same = bytes == a->wanted;
  int rc = !same && bt_ahead_of(a, used) > bytes ? give_back(a, fd) : 0;
  if (rc < 0)
    return rc;
  if (bytes == 0 || (same && a->until && bt_ahead_of(a, used) >= bytes / 2)) {
    a->wanted = bytes;
    return 0;
  }
  if (fallocate(fd, FALLOC_FL_KEEP_SIZE, (off_t)used, (off_t)bytes) == 0) {
    a->until = used + bytes;
    a->wanted = bytes;
    return 0;
  }
  a->never = errno == EOPNOTSUPP || errno == ENOSYS;
  return a->never ? -BT_ABSENT : bt_io_is_full(errno) || errno == EFBIG ? -BT_FULL : -BT_IO;
}

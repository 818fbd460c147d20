#include "base/io.h"

#include <errno.h>
#include <unistd.h>

bool bt_io_write(int fd, const void *from, size_t n) {
  for (const char *p = from; n > 0;) {
    ssize_t done = write(fd, p, n);
    if (done < 0 && errno == EINTR)
      continue;
    if (done <= 0)
      return false;
    p += done;
    n -= (size_t)done;
  }
  return true;
}

bool bt_io_write_at(int fd, const void *from, size_t n, uint64_t at) {
  for (const char *p = from; n > 0;) {
    ssize_t done = pwrite(fd, p, n, (off_t)at);
    if (done < 0 && errno == EINTR)
      continue;
    if (done <= 0)
      return false;
    p += done;
    at += (uint64_t)done;
    n -= (size_t)done;
  }
  return true;
}

bool bt_io_read(int fd, void *to, size_t n) {
  for (char *p = to; n > 0;) {
    ssize_t done = read(fd, p, n);
    if (done < 0 && errno == EINTR)
      continue;
    if (done <= 0)
      return false;
    p += done;
    n -= (size_t)done;
  }
  return true;
}

bool bt_io_is_full(int error) {
  return error == ENOSPC || error == EDQUOT;
}

int bt_io_code(void) {
  return bt_io_is_full(errno) ? -BT_FULL : -BT_IO;
}

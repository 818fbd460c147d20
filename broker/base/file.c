#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

int bt_file_open(const char *path, int *ret_fd, uint64_t *ret_bytes) {
  struct stat st;
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (fd < 0)
    return errno == ENOENT || errno == ENOTDIR ? -BT_ABSENT : errno == ENXIO ? -BT_INVALID : -BT_IO;
  int rc = fstat(fd, &st) != 0 ? -BT_IO : !S_ISREG(st.st_mode) ? -BT_INVALID : 0;
  if (rc < 0) {
    close(fd);
    return rc;
  }
  *ret_fd = fd;
  if (ret_bytes)
    *ret_bytes = (uint64_t)st.st_size;
  return 0;
}

const char *bt_file_text(int code) {
  return code == -BT_ABSENT ? "it is not there" : code == -BT_INVALID ? "it is no plain file" : bt_code_text(code);
}

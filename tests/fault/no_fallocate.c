/* Preloaded into a process: with BATON_FAULT_NO_FALLOCATE set, its files lie on a file system that has no fallocate. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

int fallocate(int fd, int mode, off_t offset, off_t length) {
  if (getenv("BATON_FAULT_NO_FALLOCATE")) {
    errno = EOPNOTSUPP;
    return -1;
  }
  int (*next)(int, int, off_t, off_t) = (int (*)(int, int, off_t, off_t))dlsym(RTLD_NEXT, "fallocate");
  return next(fd, mode, offset, length);
}

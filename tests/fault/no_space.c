/* Preloaded into a process: while the file BATON_FAULT_NO_SPACE exists, nothing is written at a place of a file: the
 * disk is full (ENOSPC), whatever statvfs says, as with a quota. BATON_FAULT_ERRNO: another number, as of a disk that
 * breaks. BATON_FAULT_FULL_AFTER: a word; once a process that was started with it as its second argument has ended, the
 * file is there, once. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

/* The second word it was started with. */
static int is_started_for(const char *word) {
  char line[4096] = "";
  int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
  ssize_t n = fd >= 0 ? read(fd, line, sizeof line - 4) : -1;
  if (fd >= 0)
    close(fd);
  const char *second = line;
  for (int i = 0; n > 0 && i < 2; i++)
    second += strlen(second) + 1;
  return n > 0 && strcmp(second, word) == 0;
}

__attribute__((destructor)) static void fill_once(void) {
  const char *full = getenv("BATON_FAULT_NO_SPACE"), *word = getenv("BATON_FAULT_FULL_AFTER");
  char once[4096];
  if (!full || !word || !is_started_for(word))
    return;
  snprintf(once, sizeof once, "%s.once", full);
  int fd = open(once, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0)
    return;
  close(fd);
  fd = open(full, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (fd >= 0)
    close(fd);
}

static int is_full(void) {
  const char *full = getenv("BATON_FAULT_NO_SPACE"), *other = getenv("BATON_FAULT_ERRNO");
  if (!full || access(full, F_OK) != 0)
    return 0;
  errno = other ? atoi(other) : ENOSPC;
  return 1;
}

/* The engine's two first pages have their room since the file was made: writing them anew takes none. */
static int has_room_already(off_t at, size_t n) {
  return at + (off_t)n <= 2 * 4096 && !getenv("BATON_FAULT_ERRNO");
}

ssize_t pwrite(int fd, const void *bytes, size_t n, off_t at) {
  if (!has_room_already(at, n) && is_full())
    return -1;
  ssize_t (*next)(int, const void *, size_t, off_t) =
      (ssize_t(*)(int, const void *, size_t, off_t))dlsym(RTLD_NEXT, "pwrite");
  return next(fd, bytes, n, at);
}

ssize_t pwritev(int fd, const struct iovec *v, int n, off_t at) {
  if (is_full())
    return -1;
  ssize_t (*next)(int, const struct iovec *, int, off_t) =
      (ssize_t(*)(int, const struct iovec *, int, off_t))dlsym(RTLD_NEXT, "pwritev");
  return next(fd, v, n, at);
}

/* The engine's way with pages that lie side by side. */
ssize_t writev(int fd, const struct iovec *v, int n) {
  struct stat st;
  if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && is_full())
    return -1;
  ssize_t (*next)(int, const struct iovec *, int) =
      (ssize_t(*)(int, const struct iovec *, int))dlsym(RTLD_NEXT, "writev");
  return next(fd, v, n);
}

/* Preloaded into a process: while the file BATON_FAULT_FULL exists, every second message that is to go out finds its
 * peer's queue full (EAGAIN), as happens when a peer reads slowly. */
#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

int zmq_send(void *socket, const void *bytes, size_t n, int flags);

int zmq_send(void *socket, const void *bytes, size_t n, int flags) {
  static atomic_ulong messages;
  const int more = 2; /* the part that names the peer: where a message begins, and where it is refused */
  const char *full = getenv("BATON_FAULT_FULL");
  if ((flags & more) && full && access(full, F_OK) == 0 && atomic_fetch_add(&messages, 1) % 2) {
    errno = EAGAIN;
    return -1;
  }
  int (*next)(void *, const void *, size_t, int) =
      (int (*)(void *, const void *, size_t, int))dlsym(RTLD_NEXT, "zmq_send");
  return next(socket, bytes, n, flags);
}

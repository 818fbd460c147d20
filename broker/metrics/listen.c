#include "metrics/listen.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 16 };

/* Numbers only: no name server is asked for where to listen. */
static struct addrinfo *resolve(const char *address) {
  char host[64];
  struct addrinfo *found = NULL;
  const struct addrinfo hints = {
      .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE};
  const char *colon = strrchr(address, ':');
  const size_t n = colon ? (size_t)(colon - address) : 0;
  if (n == 0 || n >= sizeof host)
    return NULL;
  const int v6 = address[0] == '[' && colon[-1] == ']';
  snprintf(host, sizeof host, "%.*s", (int)(v6 ? n - 2 : n), address + v6);
  const char *numeric = strcmp(host, "localhost") == 0 ? "127.0.0.1" : host;
  return getaddrinfo(numeric, colon + 1, &hints, &found) == 0 ? found : NULL;
}

int bt_metrics_listen(const char *address) {
  const int on = 1;
  struct addrinfo *a = resolve(address);
  if (!a) {
    errno = EINVAL;
    return -1;
  }
  int fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd >= 0 && (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) || bind(fd, a->ai_addr, a->ai_addrlen) ||
                  listen(fd, BACKLOG))) {
    const int saved = errno;
    close(fd);
    errno = saved;
    fd = -1;
  }
  freeaddrinfo(a);
  return fd;
}

#include "listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

union address {
  struct sockaddr any;
  struct sockaddr_in v4;
  struct sockaddr_in6 v6;
};

static bool parse(const char *text, union address *ret, socklen_t *ret_n) {
  char host[64];
  const char *colon = strrchr(text, ':');
  size_t n = colon ? (size_t)(colon - text) : 0;
  char *end;
  long port = colon ? strtol(colon + 1, &end, 10) : 0;
  if (!colon || n < 2 || n >= sizeof host || port < 1 || port > 65535 || *end || colon[1] < '0' || colon[1] > '9')
    return false;
  bool v6 = text[0] == '[' && colon[-1] == ']';
  snprintf(host, sizeof host, "%.*s", (int)(v6 ? n - 2 : n), text + v6);
  memset(ret, 0, sizeof *ret);
  ret->any.sa_family = v6 ? AF_INET6 : AF_INET;
  if (v6)
    ret->v6.sin6_port = htons((uint16_t)port);
  else
    ret->v4.sin_port = htons((uint16_t)port);
  *ret_n = v6 ? sizeof ret->v6 : sizeof ret->v4;
  return inet_pton(ret->any.sa_family, host, v6 ? (void *)&ret->v6.sin6_addr : (void *)&ret->v4.sin_addr) == 1;
}

bool listen_is_valid(const char *text, bool *ret_loopback) {
  union address a;
  socklen_t n;
  if (!parse(text, &a, &n))
    return false;
  *ret_loopback =
      a.any.sa_family == AF_INET6 ? IN6_IS_ADDR_LOOPBACK(&a.v6.sin6_addr) : (ntohl(a.v4.sin_addr.s_addr) >> 24) == 127;
  return true;
}

int listen_open(const char *text) {
  union address a;
  socklen_t n;
  int on = 1;
  if (!parse(text, &a, &n))
    return errno = EINVAL, -1;
  int fd = socket(a.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0)
    return -1;
  if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0 || bind(fd, &a.any, n) < 0 || listen(fd, 511) < 0) {
    int saved = errno;
    close(fd);
    errno = saved;
    return -1;
  }
  return fd;
}

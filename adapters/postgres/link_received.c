/* libpq takes in whatever a server sends: how much that is can only be seen below it. Alone, because <linux/tcp.h> and
 * <netinet/tcp.h> exclude each other. */
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stddef.h>
#include <sys/socket.h>

#include "link.h"

uint64_t link_received(const struct link *l) {
  struct tcp_info info = {0};
  socklen_t n = sizeof info;
  int fd = l->conn ? PQsocket(l->conn) : -1;
  if (fd < 0 || getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &n) < 0 ||
      n < offsetof(struct tcp_info, tcpi_bytes_received) + sizeof info.tcpi_bytes_received)
    return 0;
  return info.tcpi_bytes_received;
}

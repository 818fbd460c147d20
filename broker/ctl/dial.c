/* The way to the broker: a line of words, a socket. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "ctl/ctl.h"

int bt_ctl_line(const struct bt_ctl_options *o, char *const *words, int n, char line[BT_CTL_LINE], size_t *ret_n) {
  size_t at = 0;
  if (o->as && (!*o->as || strlen(o->as) > 64 || strpbrk(o->as, " \t\r\n"))) {
    bt_ctl_complain("--as takes a name of one word");
    return BT_EXIT_USAGE;
  }
  if (o->as)
    at += (size_t)snprintf(line + at, BT_CTL_LINE - at, "as %s ", o->as);
  if (o->progress)
    at += (size_t)snprintf(line + at, BT_CTL_LINE - at, "progress ");
  if (o->json)
    at += (size_t)snprintf(line + at, BT_CTL_LINE - at, "json ");
  if (o->width)
    at += (size_t)snprintf(line + at, BT_CTL_LINE - at, "width %u ", o->width);
  at += (size_t)snprintf(line + at, BT_CTL_LINE - at, "%s%s", o->ascii ? "ascii " : "", o->colour ? "colour " : "");
  for (int i = 0; i < n; i++) {
    size_t length = strlen(words[i]);
    if (strpbrk(words[i], "\r\n")) { /* it would be a second command */
      bt_ctl_complain("a word must not hold a line break");
      return BT_EXIT_USAGE;
    }
    if (length + 2 > BT_CTL_LINE - at) {
      bt_ctl_complain("the command is too long: at most %d bytes", BT_CTL_LINE - 1);
      return BT_EXIT_USAGE;
    }
    memcpy(line + at, words[i], length);
    at += length;
    line[at++] = i + 1 < n ? ' ' : '\n';
  }
  *ret_n = at;
  return BT_EXIT_OK;
}

FILE *bt_ctl_dial(const char *dir, const char *name, bool quiet) {
  struct sockaddr_un at = {.sun_family = AF_UNIX};
  int n = snprintf(at.sun_path, sizeof at.sun_path, "%s/%s", dir, name);
  if (n < 0 || (size_t)n >= sizeof at.sun_path) {
    if (!quiet)
      bt_ctl_complain("%s/%s: the path is too long for a socket", dir, name);
    return NULL;
  }
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  FILE *f = fd >= 0 && connect(fd, (const struct sockaddr *)&at, sizeof at) == 0 ? fdopen(fd, "r+") : NULL;
  if (f)
    return f;
  if (!quiet)
    bt_ctl_complain("%s: %s%s", at.sun_path, strerror(errno),
                    errno == ENOENT || errno == ECONNREFUSED ? " (does the broker run? --control names its folder)"
                                                             : "");
  if (fd >= 0)
    close(fd);
  return NULL;
}

bool bt_ctl_send(int fd, const char *p, size_t n) {
  while (n) {
    ssize_t sent = send(fd, p, n, MSG_NOSIGNAL);
    if (sent < 0 && errno != EINTR)
      return false;
    p += sent > 0 ? sent : 0;
    n -= sent > 0 ? (size_t)sent : 0;
  }
  return true;
}

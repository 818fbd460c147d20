#include "control/listen.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/dir.h"

static int refuse(int code, const char *text, const char **ret_text) {
  if (ret_text)
    *ret_text = text;
  return -code;
}

int bt_listen_dir(const char *dir, const char **ret_text) {
  struct stat st;
  if (lstat(dir, &st) < 0 && errno == ENOENT && bt_dir_make(dir) < 0)
    return refuse(BT_IO, "the control folder cannot be made", ret_text);
  if (lstat(dir, &st) < 0 || !S_ISDIR(st.st_mode))
    return refuse(BT_IO, "the control folder is no folder", ret_text);
  if (st.st_uid != geteuid())
    return refuse(BT_USAGE, "the control folder belongs to another user", ret_text);
  if (st.st_mode & 077)
    return refuse(BT_USAGE, "the control folder is open to others: its mode must be 0700", ret_text);
  return 0;
}

/* Does anybody answer? Only a refusal says that nobody does; whatever else is taken as a yes. *ret_pid: who, 0 where
 * that cannot be told. */
static bool is_alive(const struct sockaddr_un *at, long *ret_pid) {
  struct ucred peer = {.pid = 0};
  socklen_t n = sizeof peer;
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0)
    return true;
  bool refused = connect(fd, (const struct sockaddr *)at, sizeof *at) < 0 && errno == ECONNREFUSED;
  *ret_pid = !refused && getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &n) == 0 ? (long)peer.pid : 0;
  close(fd);
  return !refused;
}

/* Removes what a dead broker left; never anything that is no socket. */
static int clear_place(const struct sockaddr_un *at, const char **ret_text) {
  static char taken[96]; /* one broker opens its sockets once */
  struct stat st;
  long pid = 0;
  if (lstat(at->sun_path, &st) < 0)
    return errno == ENOENT ? 0 : refuse(BT_IO, "the control folder cannot be read", ret_text);
  if (!S_ISSOCK(st.st_mode))
    return refuse(BT_USAGE, "a file that is no socket stands where a control socket should be", ret_text);
  if (is_alive(at, &pid)) {
    snprintf(taken, sizeof taken, "another broker listens in this control folder: process %ld", pid);
    return refuse(BT_LOCKED, pid ? taken : "another broker listens in this control folder", ret_text);
  }
  return unlink(at->sun_path) == 0 ? 0 : refuse(BT_IO, "a dead control socket cannot be removed", ret_text);
}

static int bind_at(int fd, const struct sockaddr_un *at, const char **ret_text) {
  if (bind(fd, (const struct sockaddr *)at, sizeof *at) < 0 || chmod(at->sun_path, 0600) < 0 || listen(fd, 16) < 0)
    return refuse(BT_IO, "a control socket cannot be bound", ret_text);
  return 0;
}

int bt_listen_open(const char *dir, const char *name, char ret_path[BT_SOCKET_PATH], int *ret_fd,
                   const char **ret_text) {
  struct sockaddr_un at = {.sun_family = AF_UNIX};
  int n = snprintf(at.sun_path, sizeof at.sun_path, "%s/%s", dir, name);
  if (n < 0 || (size_t)n >= sizeof at.sun_path)
    return refuse(BT_LIMIT, "the control folder's path is too long for a socket (107 bytes)", ret_text);
  int rc = clear_place(&at, ret_text);
  if (rc < 0)
    return rc;
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0)
    return refuse(BT_IO, "no socket to be had", ret_text);
  rc = bind_at(fd, &at, ret_text);
  if (rc < 0) {
    close(fd);
    return rc;
  }
  memcpy(ret_path, at.sun_path, sizeof at.sun_path);
  *ret_fd = fd;
  return 0;
}

int bt_listen_accept(int listener, int *ret_fd, uid_t *ret_uid) {
  int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (fd < 0)
    return -BT_AGAIN;
  struct ucred peer;
  socklen_t n = sizeof peer;
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &n) < 0) {
    close(fd);
    return -BT_IO;
  }
  *ret_fd = fd;
  *ret_uid = peer.uid;
  return 0;
}

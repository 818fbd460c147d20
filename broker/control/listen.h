/* The two sockets in their folder. Private to this room. */
#ifndef BT_CONTROL_LISTEN_H
#define BT_CONTROL_LISTEN_H

#include <sys/types.h>

#include "base/code.h"

enum { BT_SOCKET_PATH = 108 }; /* sockaddr_un's */

/* Makes the folder where it is not there; refuses one that others could enter or that is somebody else's. */
int bt_listen_dir(const char *dir, const char **ret_text) BT_MUST_CHECK;
/* A listening socket that does not block. One that a dead broker left is replaced; -BT_LOCKED: a living one listens
 * there. */
int bt_listen_open(const char *dir, const char *name, char ret_path[BT_SOCKET_PATH], int *ret_fd,
                   const char **ret_text) BT_MUST_CHECK;
/* -BT_AGAIN: nobody waits. The peer's user by its credentials. */
int bt_listen_accept(int listener, int *ret_fd, uid_t *ret_uid) BT_MUST_CHECK;

#endif

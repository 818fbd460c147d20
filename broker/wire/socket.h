/* The broker's two sockets, with every option that safety hangs on. */
#ifndef BT_WIRE_SOCKET_H
#define BT_WIRE_SOCKET_H

#include <stdint.h>

#include "base/code.h"
#include "codec/frame_codec.h"

/* Not empty: with an empty domain libzmq lets everybody in without asking ZAP. */
#define BT_ZAP_DOMAIN "baton"

/* Option 93 is marked draft, so the header of a stable build hides it; the library honours it all the same. Without it
 * a missing ZAP handler admits everybody. */
enum { BT_ZMQ_ZAP_ENFORCE_DOMAIN = 93 };

/* What CURVE puts around each frame (command name, nonce, authenticator, flags) and ZMQ_MAXMSGSIZE counts with it:
 * without this room a frame of exactly BT_MAX_FRAME would disconnect its sender. */
enum { BT_CURVE_OVERHEAD = 33 };

enum { BT_WIRE_SEND_FRAMES = 1000, BT_WIRE_RECEIVE_FRAMES = 256 }; /* high-water marks, per peer */

/* A ROUTER with CURVE and all options set; not bound. NULL and *ret_text on failure. */
void *bt_socket_router(void *context, const char secret[41], const char **ret_text);
/* The REP socket that libzmq asks about each new connection. Bound before any other, in the same context. */
void *bt_socket_zap(void *context, const char **ret_text);
/* Binds; `size` bytes at ret_bound get the endpoint as bound ("*" resolved). -BT_USAGE: the endpoint cannot be bound.
 */
int bt_socket_bind(void *socket, const char *endpoint, char *ret_bound, size_t size,
                   const char **ret_text) BT_MUST_CHECK;

/* Out of descriptors, libzmq's accept spins at full load: room for `peers` connections is made (up to the hard limit),
 * or the start is refused. */
int bt_socket_room(uint32_t peers, const char **ret_text) BT_MUST_CHECK;

#endif

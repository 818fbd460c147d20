/* The proof that strangers stay out, made before the broker serves anybody. */
#ifndef BT_WIRE_PROBE_H
#define BT_WIRE_PROBE_H

#include "base/code.h"

/* Answers whatever waits at the ZAP handler, without blocking. */
typedef void bt_probe_pump_fn(void *argument);

/* Binds `router` to a port of its own on loopback, knocks there with a fresh random key, and unbinds it again. 0: the
 * stranger was refused in so many words (400), and nothing of it came through. -BT_USAGE: it was let in, or nobody
 * answered within 2 s; *ret_text says which. `zap` (may be NULL) is polled and `pump` called when it is readable. */
int bt_probe_stranger(void *context, void *router, const char server_public[41], void *zap, bt_probe_pump_fn *pump,
                      void *argument, const char **ret_text) BT_MUST_CHECK;

#endif

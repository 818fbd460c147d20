/* The table of sessions: who is there, by number, by connection and by adapter.
 *
 * At most one session per adapter and one per connection. A session that ends leaves the table at once; its memory
 * stays until bt_sessions_sweep, so that a pointer taken earlier in the same round is stale but never wild. */
#ifndef BT_WIRE_SESSION_H
#define BT_WIRE_SESSION_H

#include "wire/wire.h"

/* A connection, by the routing id that the ROUTER made up for it: 0x00 and 32 bits. Ids that a peer chose are never
 * taken. */
enum { BT_ROUTING_ID_SIZE = 5 };

struct bt_seat {
  struct bt_session session; /* first: the wire's users hold pointers to it */
  uint32_t peer;
  uint8_t key[32]; /* the authenticated one, at Hello */
  bool gone;       /* said Goodbye, or the ROUTER knows no such peer any more */
  bool parted;     /* said Goodbye */
  char adapter[33], software[65];
  struct bt_seat *next_ended;
};

struct bt_seats {
  struct bt_seat **v;
  uint32_t n, room;
};

struct bt_sessions {
  struct bt_seats by_id, by_peer, by_adapter; /* the same seats, each sorted */
  struct bt_seat *ended;
  uint64_t last_id;
};

void bt_sessions_fini(struct bt_sessions *t);

/* Adds a session for `adapter` (no other of it, nor of `peer`, is in the table). Copies what it is given. NULL: no
 * memory. */
struct bt_seat *bt_sessions_add(struct bt_sessions *t, uint32_t peer, const uint8_t key[32], struct bt_str adapter,
                                const struct bt_hello *hello);
void bt_sessions_remove(struct bt_sessions *t, struct bt_seat *seat);
void bt_sessions_sweep(struct bt_sessions *t); /* frees those that were removed */

struct bt_seat *bt_sessions_by_id(const struct bt_sessions *t, uint64_t id);
struct bt_seat *bt_sessions_by_peer(const struct bt_sessions *t, uint32_t peer);
struct bt_seat *bt_sessions_by_adapter(const struct bt_sessions *t, struct bt_str adapter);
/* The one with the least number above `id`; NULL: none. */
struct bt_seat *bt_sessions_after(const struct bt_sessions *t, uint64_t id);

#endif

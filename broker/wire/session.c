#include "wire/session.h"

#include <assert.h>
#include <stdlib.h>

typedef int order_fn(const struct bt_seat *seat, const void *key);

static int order_id(const struct bt_seat *seat, const void *key) {
  uint64_t id = *(const uint64_t *)key;
  return (seat->session.id > id) - (seat->session.id < id);
}

static int order_peer(const struct bt_seat *seat, const void *key) {
  uint32_t peer = *(const uint32_t *)key;
  return (seat->peer > peer) - (seat->peer < peer);
}

static int order_adapter(const struct bt_seat *seat, const void *key) {
  return bt_str_cmp(seat->session.adapter, *(const struct bt_str *)key);
}

/* Where the first seat not before `key` is. */
static uint32_t seats_place(const struct bt_seats *seats, order_fn *order, const void *key) {
  uint32_t low = 0, high = seats->n;
  while (low < high) {
    uint32_t mid = low + (high - low) / 2;
    if (order(seats->v[mid], key) < 0)
      low = mid + 1;
    else
      high = mid;
  }
  return low;
}

static struct bt_seat *seats_find(const struct bt_seats *seats, order_fn *order, const void *key) {
  uint32_t at = seats_place(seats, order, key);
  return at < seats->n && order(seats->v[at], key) == 0 ? seats->v[at] : NULL;
}

static bool seats_reserve(struct bt_seats *seats) {
  if (seats->n < seats->room)
    return true;
  uint32_t room = seats->room ? 2 * seats->room : 16;
  struct bt_seat **v = realloc(seats->v, room * sizeof *v);
  if (!v)
    return false;
  seats->v = v;
  seats->room = room;
  return true;
}

static void seats_insert(struct bt_seats *seats, order_fn *order, const void *key, struct bt_seat *seat) {
  uint32_t at = seats_place(seats, order, key);
  memmove(seats->v + at + 1, seats->v + at, (seats->n - at) * sizeof *seats->v);
  seats->v[at] = seat;
  seats->n++;
}

static void seats_remove(struct bt_seats *seats, order_fn *order, const void *key) {
  uint32_t at = seats_place(seats, order, key);
  assert(at < seats->n);
  seats->n--;
  memmove(seats->v + at, seats->v + at + 1, (seats->n - at) * sizeof *seats->v);
}

void bt_sessions_fini(struct bt_sessions *t) {
  bt_sessions_sweep(t);
  for (uint32_t i = 0; i < t->by_id.n; i++)
    free(t->by_id.v[i]);
  free(t->by_id.v);
  free(t->by_peer.v);
  free(t->by_adapter.v);
  *t = (struct bt_sessions){0};
}

static struct bt_str text_keep(char *to, size_t size, struct bt_str s) {
  size_t n = s.n < size - 1 ? s.n : size - 1;
  if (n)
    memcpy(to, s.p, n);
  return (struct bt_str){to, n};
}

struct bt_seat *bt_sessions_add(struct bt_sessions *t, uint32_t peer, const uint8_t key[32], struct bt_str adapter,
                                const struct bt_hello *hello) {
  assert(!bt_sessions_by_peer(t, peer) && !bt_sessions_by_adapter(t, adapter));
  assert(hello->instance.n == sizeof((struct bt_session *)0)->instance);
  bool room = seats_reserve(&t->by_id) && seats_reserve(&t->by_peer) && seats_reserve(&t->by_adapter);
  struct bt_seat *seat = room ? calloc(1, sizeof *seat) : NULL;
  if (!seat)
    return NULL;
  struct bt_session *s = &seat->session;
  s->id = ++t->last_id;
  s->adapter = text_keep(seat->adapter, sizeof seat->adapter, adapter);
  s->software = text_keep(seat->software, sizeof seat->software, hello->software);
  memcpy(s->instance, hello->instance.p, sizeof s->instance);
  seat->peer = peer;
  memcpy(seat->key, key, sizeof seat->key);
  seats_insert(&t->by_id, order_id, &s->id, seat);
  seats_insert(&t->by_peer, order_peer, &seat->peer, seat);
  seats_insert(&t->by_adapter, order_adapter, &s->adapter, seat);
  return seat;
}

void bt_sessions_remove(struct bt_sessions *t, struct bt_seat *seat) {
  seats_remove(&t->by_id, order_id, &seat->session.id);
  seats_remove(&t->by_peer, order_peer, &seat->peer);
  seats_remove(&t->by_adapter, order_adapter, &seat->session.adapter);
  seat->next_ended = t->ended;
  t->ended = seat;
}

void bt_sessions_sweep(struct bt_sessions *t) {
  while (t->ended) {
    struct bt_seat *seat = t->ended;
    t->ended = seat->next_ended;
    free(seat);
  }
}

struct bt_seat *bt_sessions_by_id(const struct bt_sessions *t, uint64_t id) {
  return seats_find(&t->by_id, order_id, &id);
}

struct bt_seat *bt_sessions_by_peer(const struct bt_sessions *t, uint32_t peer) {
  return seats_find(&t->by_peer, order_peer, &peer);
}

struct bt_seat *bt_sessions_by_adapter(const struct bt_sessions *t, struct bt_str adapter) {
  return seats_find(&t->by_adapter, order_adapter, &adapter);
}

struct bt_seat *bt_sessions_after(const struct bt_sessions *t, uint64_t id) {
  uint64_t from = id + 1;
  uint32_t at = seats_place(&t->by_id, order_id, &from);
  return at < t->by_id.n ? t->by_id.v[at] : NULL;
}

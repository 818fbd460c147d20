/* Memory that lives exactly as long as one piece of work: a batch, a request, a query.
 *
 * Allocation is a pointer bump; nothing is freed alone. An arena has a limit, so that nothing a peer sends can make the
 * process grow without bound: past it bt_arena_alloc returns NULL and `exhausted` stays true until the next reset.
 * init/fini: the caller's storage. Not thread-safe. */
#ifndef BT_BASE_ARENA_H
#define BT_BASE_ARENA_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

struct bt_arena_block;

struct bt_arena {
  struct bt_arena_block *first, *current;
  size_t used, limit;
  bool exhausted;
};

/* limit: bytes it may hold at most. Allocates nothing yet. */
void bt_arena_init(struct bt_arena *a, size_t limit);
void bt_arena_fini(struct bt_arena *a);
/* Forgets everything that was allocated; keeps the first blocks for the next round. */
void bt_arena_reset(struct bt_arena *a);

/* Zeroed, aligned for any type; NULL past the limit. size 0 gives a valid pointer. */
void *bt_arena_alloc(struct bt_arena *a, size_t size);
/* A copy, with a NUL behind it that is not counted. p is NULL past the limit. */
struct bt_str bt_arena_copy(struct bt_arena *a, struct bt_str s);
struct bt_str bt_arena_vprintf(struct bt_arena *a, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));
/* printf into the arena. p is NULL past the limit. */
struct bt_str bt_arena_printf(struct bt_arena *a, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The strings with the separator between them; empty for none. p is NULL past the limit. */
struct bt_str bt_arena_join(struct bt_arena *a, const struct bt_str *v, size_t n, struct bt_str separator);

#define BT_NEW(arena, type) ((type *)bt_arena_alloc((arena), sizeof(type)))
#define BT_NEW_ARRAY(arena, type, count) ((type *)bt_arena_alloc((arena), sizeof(type) * (count)))

#endif

#include "base/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* The limit counts the bytes handed out, not the blocks behind them: whether a piece of work fits then depends on the
 * work alone, and not on what the arena was used for before. */

enum { ALIGN = 16, FIRST_BLOCK = 16 * 1024, LARGEST_STEP = 1024 * 1024, KEEP = 4 * 1024 * 1024 };

struct bt_arena_block {
  struct bt_arena_block *next;
  size_t size, used;
  _Alignas(ALIGN) unsigned char bytes[];
};

void bt_arena_init(struct bt_arena *a, size_t limit) {
  *a = (struct bt_arena){.limit = limit};
}

static void free_from(struct bt_arena_block *b) {
  while (b) {
    struct bt_arena_block *next = b->next;
    free(b);
    b = next;
  }
}

void bt_arena_fini(struct bt_arena *a) {
  free_from(a->first);
  *a = (struct bt_arena){.limit = a->limit};
}

void bt_arena_reset(struct bt_arena *a) {
  size_t kept = 0;
  for (struct bt_arena_block *b = a->first; b; b = b->next) {
    b->used = 0;
    kept += b->size;
    if (b->next && kept + b->next->size > KEEP) {
      free_from(b->next);
      b->next = NULL;
    }
  }
  a->current = a->first;
  a->used = 0;
  a->exhausted = false;
}

/* Moves on to the next kept block that fits, or puts a new one behind the current. */
static struct bt_arena_block *block_for(struct bt_arena *a, size_t size) {
  while (a->current && a->current->next) {
    a->current = a->current->next;
    if (size <= a->current->size - a->current->used)
      return a->current;
  }
  size_t room = a->current ? a->current->size * 2 : FIRST_BLOCK;
  if (room > LARGEST_STEP)
    room = LARGEST_STEP;
  if (room < size)
    room = size;
  struct bt_arena_block *b = malloc(sizeof(*b) + room);
  if (!b)
    return NULL;
  *b = (struct bt_arena_block){.size = room};
  if (a->current)
    a->current->next = b;
  else
    a->first = b;
  return a->current = b;
}

/* Uninitialised memory; size is a multiple of ALIGN. */
static void *take(struct bt_arena *a, size_t size) {
  struct bt_arena_block *b = a->current;
  if (!b || size > b->size - b->used)
    b = block_for(a, size);
  if (!b)
    return NULL;
  void *p = b->bytes + b->used;
  b->used += size;
  a->used += size;
  return p;
}

static void *reserve(struct bt_arena *a, size_t size) {
  if (size == 0)
    size = 1;
  void *p = NULL;
  if (size <= SIZE_MAX - ALIGN && a->used <= a->limit) {
    size_t rounded = (size + ALIGN - 1) / ALIGN * ALIGN;
    if (rounded <= a->limit - a->used)
      p = take(a, rounded);
  }
  if (!p)
    a->exhausted = true;
  return p;
}

void *bt_arena_alloc(struct bt_arena *a, size_t size) {
  void *p = reserve(a, size);
  return p ? memset(p, 0, size) : NULL;
}

struct bt_str bt_arena_copy(struct bt_arena *a, struct bt_str s) {
  char *p = s.n < SIZE_MAX ? reserve(a, s.n + 1) : NULL;
  if (!p)
    return (struct bt_str){NULL, 0};
  if (s.n)
    memcpy(p, s.p, s.n);
  p[s.n] = '\0';
  return (struct bt_str){p, s.n};
}

struct bt_str bt_arena_vprintf(struct bt_arena *a, const char *format, va_list args) {
  va_list again;
  va_copy(again, args);
  int n = vsnprintf(NULL, 0, format, args);
  char *p = n >= 0 ? reserve(a, (size_t)n + 1) : NULL;
  if (p)
    vsnprintf(p, (size_t)n + 1, format, again);
  va_end(again);
  return (struct bt_str){p, p ? (size_t)n : 0};
}

struct bt_str bt_arena_printf(struct bt_arena *a, const char *format, ...) {
  va_list args;
  va_start(args, format);
  struct bt_str s = bt_arena_vprintf(a, format, args);
  va_end(args);
  return s;
}

static void append(char *all, size_t *n, struct bt_str s) {
  if (s.n)
    memcpy(all + *n, s.p, s.n);
  *n += s.n;
}

struct bt_str bt_arena_join(struct bt_arena *a, const struct bt_str *v, size_t n, struct bt_str separator) {
  size_t size = 0, used = 0;
  for (size_t i = 0; i < n; i++)
    size += v[i].n + separator.n;
  char *all = bt_arena_alloc(a, size);
  for (size_t i = 0; all && i < n; i++) {
    append(all, &used, i ? separator : (struct bt_str){0});
    append(all, &used, v[i]);
  }
  return (struct bt_str){all, used};
}

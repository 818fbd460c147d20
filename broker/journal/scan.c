/* Reading a stretch of the log in short transactions: entries are copied out a chunk at a time, so that neither a slow
 * callback nor a long log keeps old pages from being reused. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/bytes.h"
#include "journal/engine.h"

enum { CHUNK_ENTRIES = 256, CHUNK_BYTES = 256 * 1024 };

/* What the system is asked to have ready, of the file. */
enum { AHEAD_BYTES = 4 << 20, PAGE_BYTES = 4096 };

struct chunk {
  uint32_t n;
  size_t used;
  uint8_t *bytes; /* the stored values, one behind the other */
  size_t size;
  uintptr_t ahead; /* from here on was asked for */
  struct {
    size_t at, n;
  } v[CHUNK_ENTRIES];
};

static int make_room(struct chunk *c, size_t n) {
  if (n <= c->size - c->used)
    return 0;
  size_t size = c->used + n > CHUNK_BYTES ? c->used + n : CHUNK_BYTES;
  uint8_t *bytes = realloc(c->bytes, size);
  if (!bytes)
    return -BT_NOMEM;
  c->bytes = bytes;
  c->size = size;
  return 0;
}

static int add(struct chunk *c, const struct bt_engine_entry *e) {
  size_t n = e->head.n + e->body.n + BT_ENTRY_OVERHEAD;
  int rc = make_room(c, n);
  if (rc < 0)
    return rc;
  uint8_t *to = c->bytes + c->used;
  to[0] = BT_JOURNAL_FORMAT;
  bt_put_u32(to + 1, (uint32_t)e->head.n);
  if (e->head.n)
    memcpy(to + 5, e->head.p, e->head.n);
  if (e->body.n)
    memcpy(to + 5 + e->head.n, e->body.p, e->body.n);
  memcpy(to + n - BT_CHAIN_SIZE, e->chain, BT_CHAIN_SIZE);
  c->v[c->n].at = c->used;
  c->v[c->n++].n = n;
  c->used += n;
  return 0;
}

/* Entries lie in the file as they came, but for pages that were used before: a guess, and only the speed depends on it.
 * Nothing is read or written through the address. */
static void read_ahead(struct chunk *c, const struct bt_engine_entry *e) {
  const uintptr_t at = (uintptr_t)e->head.p / PAGE_BYTES * PAGE_BYTES;
  if (at - c->ahead < AHEAD_BYTES / 2)
    return;
  (void)!madvise((void *)at, AHEAD_BYTES, MADV_WILLNEED);
  c->ahead = at;
}

static int load(struct bt_journal *j, struct chunk *c, uint64_t from, uint64_t to) {
  struct bt_engine_entry e;
  c->n = 0;
  c->used = 0;
  int rc = bt_engine_begin_read(j);
  if (rc < 0)
    return rc;
  for (uint64_t s = from; rc == 0 && s <= to && c->n < CHUNK_ENTRIES && c->used < CHUNK_BYTES; s++) {
    rc = bt_engine_find(j, s, &e);
    if (rc == 0 && s == from && to - from >= CHUNK_ENTRIES)
      read_ahead(c, &e);
    if (rc == 0)
      rc = add(c, &e);
  }
  bt_engine_end_read(j, false);
  /* What came before a bad entry is visited first: the caller then knows where the bad one is. */
  return c->n > 0 ? 0 : rc;
}

struct walk {
  bool check;
  uint8_t chain[BT_CHAIN_SIZE];
  bt_journal_each_fn *each;
  void *context;
};

static int visit(struct walk *w, uint64_t sequence, const struct chunk *c, uint32_t i) {
  struct bt_engine_entry e;
  uint8_t expected[BT_CHAIN_SIZE];
  int rc = bt_engine_entry_parse((struct bt_str){(const char *)c->bytes + c->v[i].at, c->v[i].n}, &e);
  if (rc < 0)
    return rc;
#ifdef BT_FLAW_NO_CHAIN
  w->check = false;
#endif
  if (w->check) {
    bt_chain_next(w->chain, sequence, e.head, e.body, expected);
    if (memcmp(expected, e.chain, BT_CHAIN_SIZE) != 0)
      return -BT_CORRUPT;
  }
  memcpy(w->chain, e.chain, BT_CHAIN_SIZE);
  struct bt_journal_record record = {sequence, e.head, e.body};
  return w->each(w->context, &record, e.chain);
}

int bt_journal_scan(struct bt_journal *j, uint64_t from, uint64_t to, bool check_chain, bt_journal_each_fn *each,
                    void *context) {
  struct walk w = {.check = check_chain, .each = each, .context = context};
  if (from == 0 || to > j->durable)
    return -BT_ABSENT;
  struct chunk *c = calloc(1, sizeof(*c));
  if (!c)
    return -BT_NOMEM;
  int rc = check_chain ? bt_journal_chain(j, from - 1, w.chain) : 0;
  while (rc == 0 && from <= to) {
    rc = load(j, c, from, to);
    for (uint32_t i = 0; rc == 0 && i < c->n; i++)
      rc = visit(&w, from + i, c, i);
    from += c->n;
  }
  free(c->bytes);
  free(c);
  return rc;
}

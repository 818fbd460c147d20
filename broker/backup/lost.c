#include "backup/lost.h"

#include <stdio.h>
#include <string.h>

#include "codec/event_codec.h"

enum { ENTRY_ARENA = 4 << 20 };

static void add_case(struct bt_repair_report *r, uint64_t id) {
  for (uint32_t i = 0; i < r->n_cases; i++)
    if (r->cases[i].id == id) {
      r->cases[i].entries++;
      return;
    }
  if (r->n_cases == BT_REPAIR_LISTED) {
    r->more = true;
    return;
  }
  r->cases[r->n_cases].id = id;
  r->cases[r->n_cases++].entries = 1;
}

static void add_adapter(struct bt_repair_report *r, struct bt_str name, bool receipt) {
  uint32_t i = 0;
  if (!name.n || name.n >= sizeof r->adapters[0].name)
    return;
  while (i < r->n_adapters && !bt_str_eq(bt_str(r->adapters[i].name), name))
    i++;
  if (i == BT_REPAIR_LISTED) {
    r->more = true;
    return;
  }
  if (i == r->n_adapters) {
    memcpy(r->adapters[i].name, name.p, name.n);
    r->n_adapters++;
  }
  r->adapters[i].entries++;
  r->adapters[i].receipts += receipt;
}

/* Its bytes need not fit the chain: whatever head still decodes says what it was about. */
static bool read_head(struct bt_walk *k, uint64_t sequence, struct bt_arena *arena, struct bt_entry *ret) {
  struct bt_salvaged e;
  int rc;
  for (uint32_t n = 0; k->salvage && (rc = bt_salvage_get(k->salvage, sequence, n, &e)) != -BT_ABSENT; n++) {
    bt_arena_reset(arena);
    if (rc == 0 && bt_entry_decode(e.head, (struct bt_str){0}, arena, ret) == 0)
      return true;
  }
  return false;
}

int bt_lost_tell(struct bt_walk *k, uint64_t from, uint64_t upto, struct bt_repair_report *r) {
  struct bt_arena arena;
  bt_arena_init(&arena, ENTRY_ARENA);
  for (uint64_t s = from; s <= upto; s++) {
    struct bt_entry e;
    r->lost++;
    if (!read_head(k, s, &arena, &e)) {
      r->unreadable++;
      continue;
    }
    if (e.case_id)
      add_case(r, e.case_id);
    add_adapter(r, e.adapter, e.source_key.n > 0);
  }
  bt_arena_fini(&arena);
  return 0;
}

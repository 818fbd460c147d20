/* A pass over all cases that neither stalls the loop past its budget nor keeps old pages alive. */
#include "query/ask.h"

enum { CLOCK_EVERY = 64, CHUNK_US = 50 * 1000 };

struct pass {
  uint32_t rows;
  int64_t chunk_until_us;
  uint64_t position;
};

/* False: the budget is used up. */
static bool go_on(const struct bt_ask *ask, struct pass *p, struct bt_ask_scan *scan) {
  if (++p->rows % CLOCK_EVERY != 0)
    return true;
  int64_t now_us = ask->context->mono_us();
  if (now_us >= ask->until_us)
    return false;
  if (now_us >= p->chunk_until_us) {
    bt_store_refresh(ask->context->store);
    p->chunk_until_us = now_us + CHUNK_US;
    scan->moved |= bt_store_position(ask->context->store, BT_AS_OF) != p->position;
  }
  return true;
}

int bt_ask_scan_cases(const struct bt_ask *ask, uint64_t from, bt_ask_each_fn *each, void *each_context,
                      struct bt_ask_scan *ret) {
  struct bt_store *store = ask->context->store;
  struct pass p = {
      .chunk_until_us = ask->context->mono_us() + CHUNK_US,
      .position = bt_store_position(store, BT_AS_OF),
  };
  struct bt_ask_scan scan = {.next = from};
  do {
    struct bt_case c;
    bt_arena_reset(ask->scratch);
    int rc = bt_store_next_case(store, BT_AS_OF, scan.next, ask->scratch, &c);
    if (rc == 0 && bt_ask_sees(ask, &c))
      rc = each(each_context, &c);
    if (rc == -BT_ABSENT)
      scan.next = 0;
    else if (rc == 1)
      scan.next = c.id;
    else if (rc < 0)
      return rc;
    else
      scan.next = c.id + 1;
    if (rc != 0)
      break;
  } while (go_on(ask, &p, &scan));
  *ret = scan;
  return 0;
}

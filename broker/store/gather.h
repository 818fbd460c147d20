/* Inside scene.c and scene_customer.c: one scene in the making. A row that is not there is a NULL, never an error. */
#ifndef BT_STORE_GATHER_H
#define BT_STORE_GATHER_H

#include "store/private.h"

/* Pointers are followed so far: rules keep lines much shorter, a damaged record could make a ring. */
enum { BT_LONGEST_LINE = 64 };

struct bt_gather {
  struct bt_store *s;
  const struct bt_request *request; /* NULL: of a timer or a sweep */
  struct bt_arena *arena;
  struct bt_scene *scene;
};

/* -BT_ABSENT becomes success with nothing found. */
static inline int bt_gather_or_nothing(int rc) {
  return rc == -BT_ABSENT ? 0 : rc;
}

int bt_gather_case(struct bt_gather *g, uint64_t id, const struct bt_case **ret) BT_MUST_CHECK;
/* scene_customer.c: customer, holder, into, merged. */
int bt_gather_customer(struct bt_gather *g) BT_MUST_CHECK;
/* And the cases of those. */
int bt_gather_cases(struct bt_gather *g) BT_MUST_CHECK;

#endif

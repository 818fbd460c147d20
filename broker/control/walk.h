/* Going through a table of the record, whatever is in it. Private to this room. */
#ifndef BT_CONTROL_WALK_H
#define BT_CONTROL_WALK_H

#include "control/command.h"

enum { BT_WALK_KEY = 512 };

/* Zeroed but for store and table: before the first row. */
struct bt_walk {
  struct bt_store *store;
  enum bt_table table;
  char key[BT_WALK_KEY]; /* of the last row */
  size_t n;
};

/* The next row's key, borrowed until the walk goes on. -BT_ABSENT at the end. */
int bt_walk_next(struct bt_walk *w, struct bt_str *ret_key) BT_MUST_CHECK;
/* Goes on with the rows of a name, in a table whose keys are "name 0x00 rest"; or with those of the next name. */
void bt_walk_to(struct bt_walk *w, struct bt_str name);
void bt_walk_past(struct bt_walk *w, struct bt_str name);
/* Such a key. */
bool bt_walk_cut(struct bt_str key, struct bt_str *ret_name, struct bt_str *ret_rest);

#endif

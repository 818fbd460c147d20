#include "control/walk.h"

int bt_walk_next(struct bt_walk *w, struct bt_str *ret_key) {
  struct bt_str key, value;
  int rc = bt_store_next_row(w->store, BT_NOW, w->table, (struct bt_str){w->key, w->n}, &key, &value);
  if (rc < 0)
    return rc;
  if (key.n > BT_WALK_KEY)
    return -BT_CORRUPT;
  memcpy(w->key, key.p, w->n = key.n);
  *ret_key = (struct bt_str){w->key, w->n};
  return 0;
}

static void stand_at(struct bt_walk *w, struct bt_str name, char last) {
  w->n = name.n < BT_WALK_KEY ? name.n + 1 : 0;
  if (!w->n)
    return;
  memmove(w->key, name.p, name.n);
  w->key[name.n] = last;
}

void bt_walk_to(struct bt_walk *w, struct bt_str name) {
  stand_at(w, name, '\0');
}

/* Before every longer name: no byte of one is that small. */
void bt_walk_past(struct bt_walk *w, struct bt_str name) {
  stand_at(w, name, '\1');
}

bool bt_walk_cut(struct bt_str key, struct bt_str *ret_name, struct bt_str *ret_rest) {
  const char *zero = memchr(key.p, '\0', key.n);
  if (!zero)
    return false;
  *ret_name = (struct bt_str){key.p, (size_t)(zero - key.p)};
  *ret_rest = (struct bt_str){zero + 1, key.n - ret_name->n - 1};
  return true;
}

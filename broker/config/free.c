#include <stdlib.h>

#include "config/config.h"

void bt_config_free(struct bt_config *c) {
  if (!c)
    return;
  bt_arena_fini(&c->calendars);
  bt_arena_fini(&c->arena);
  free(c);
}

/* How far an adapter's own source was read. */
#include "query/ask.h"

int bt_ask_cursor(const struct bt_ask *ask, struct bt_answer *ret) {
  if (!ask->asker->adapter)
    return -BT_NOT_GRANTED; /* a cursor is its adapter's own */
  int rc = bt_store_cursor(ask->context->store, BT_NOW, ask->asker->adapter->name, ask->query->source, ask->arena,
                           &ret->position);
  ret->source = ask->query->source;
  ret->known = rc == 0;
  return rc == -BT_ABSENT ? 0 : rc;
}

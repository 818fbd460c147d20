/* A case as it stands now, without what the asker's labels do not allow. */
#include "core/policy.h"
#include "core/ref.h"
#include "query/ask.h"

int bt_ask_case(const struct bt_ask *ask, struct bt_answer *ret) {
  struct bt_case *c = BT_NEW(ask->arena, struct bt_case);
  if (!c)
    return -BT_NOMEM;
  int rc = bt_ask_located(ask, ret, c);
  if (rc == 0)
    rc = bt_policy_cut_case(ask->context->rules, c, ask->asker->department, bt_ask_sees_whole(ask, c), ask->arena, c,
                            &ret->hidden);
  if (rc < 0)
    return rc;
  ret->case_ = c;
  ret->ref = bt_ref_new(ask->arena, c->number);
  return 0;
}

/* Where a list goes on, and what lists are asked by. */
#include <inttypes.h>

#include "base/clock.h"
#include "control/standing.h"

int bt_call_place(struct bt_call *call, bool *ret_given, struct bt_place *ret) {
  struct bt_str rest = bt_call_option(call, "from");
  struct bt_place place = {{0}};
  *ret_given = rest.p != NULL;
  for (int i = 0; *ret_given && i < 4; i++) {
    const char *end = i < 3 ? memchr(rest.p, '-', rest.n) : rest.p + rest.n;
    struct bt_str word = {rest.p, end ? (size_t)(end - rest.p) : 0};
    if (!end || bt_parse_u64(word, &place.v[i]) < 0)
      return bt_call_refuse(call, BT_USAGE, "from= takes what an earlier list printed as more from");
    rest = (struct bt_str){end + (i < 3), rest.n - word.n - (i < 3)};
  }
  *ret = place;
  return 0;
}

void bt_put_place(struct bt_call *call, const struct bt_place *place) {
  const uint64_t *v = place->v;
  bt_out_pair(call->out, "more_from",
              bt_out_text(bt_arena_printf(call->arena, "%" PRIu64 "-%" PRIu64 "-%" PRIu64 "-%" PRIu64, v[0], v[1], v[2],
                                          v[3])));
}

/* A misspelt department would look like one that nothing waits for. */
int bt_call_department(struct bt_call *call, struct bt_str *ret) {
  struct bt_str name = bt_call_option(call, "department");
  if (name.p && !bt_rules_department(&call->context->config->rules, name))
    return bt_call_refuse(call, BT_UNKNOWN_DEPARTMENT,
                          "no department of this name is configured: show departments lists them");
  *ret = name;
  return 0;
}

struct bt_str bt_call_keep(struct bt_call *call, struct bt_str s) {
  return s.n ? bt_arena_copy(call->arena, s) : s;
}

/* Whether a stored row holds together, by table. */
#include "store/private.h"

#define CHECK_DEFINE(name, type)                                                                                       \
  static int check_##name(struct bt_str value, struct bt_arena *arena) {                                               \
    type row;                                                                                                          \
    return bt_record_##name##_decode(value, arena, &row);                                                              \
  }
BT_RECORD_TYPES(CHECK_DEFINE)

typedef int check_fn(struct bt_str value, struct bt_arena *arena);

/* NULL: a raw row. */
static check_fn *const checks[BT_T_COUNT] = {
    [BT_T_CASES] = check_case,  [BT_T_CUSTOMERS] = check_customer,  [BT_T_INBOX] = check_inbox,
    [BT_T_DEAD] = check_dead,   [BT_T_SEEN] = check_seen,           [BT_T_ADAPTERS] = check_adapter,
    [BT_T_STATS] = check_stats, [BT_T_ADVISORIES] = check_advisory, [BT_T_SWEEPS] = check_sweep,
};

int bt_store_check_row(enum bt_table table, struct bt_str key, struct bt_str value, struct bt_arena *arena) {
  struct bt_str raw;
  if (table == BT_T_META && bt_str_eq(key, BT_LIT("figures")))
    return check_figures(value, arena);
  return checks[table] ? checks[table](value, arena) : bt_raw_open(table, key, value, &raw);
}

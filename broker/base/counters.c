#include "base/counters.h"

#include <stddef.h>

const struct bt_counter_info bt_counter_table[] = {
#define BT_COUNTER_ROW(name, help) {#name, help, offsetof(struct bt_counters, name)},
    BT_COUNTERS(BT_COUNTER_ROW)
#undef BT_COUNTER_ROW
        {NULL, NULL, 0},
};

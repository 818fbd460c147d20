/* Inside value.c and series.c: the readers of single types. */
#ifndef BT_CONFIG_VALUE_H
#define BT_CONFIG_VALUE_H

#include "config/loading.h"

typedef void bt_value_read_fn(struct bt_loading *l, const struct bt_key_row *key, const config_setting_t *s,
                              void *base);

bt_value_read_fn bt_value_read_names, bt_value_read_names_or_all, bt_value_read_kinds;

/* Says that the setting has another type than its key's. */
void bt_value_wrong_type(struct bt_loading *l, const struct bt_key_row *key, const config_setting_t *s);
/* A name, or a topic where the key has topics; says so where it is none. */
bool bt_value_word_ok(struct bt_loading *l, const struct bt_key_row *key, const config_setting_t *s,
                      struct bt_str text);

#endif

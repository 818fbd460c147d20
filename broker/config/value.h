/* Inside value.c and series.c: the readers of single types. */
#ifndef BT_CONFIG_VALUE_H
#define BT_CONFIG_VALUE_H

#include "config/loading.h"

typedef void bt_value_read_fn(struct bt_loading *l, const struct bt_key_row *key, const config_setting_t *s,
                              void *base);

bt_value_read_fn bt_value_read_names, bt_value_read_names_or_all, bt_value_read_kind, bt_value_read_kinds,
    bt_value_read_dates, bt_value_read_hours, bt_value_read_words;

/* The setting's text; false, said, where it is none. */
bool bt_value_take_text(struct bt_loading *l, const struct bt_key_row *key, const config_setting_t *s,
                        struct bt_str *ret);
/* The i-th text of a series; NULL, said, where it is none. */
const char *bt_value_element(struct bt_loading *l, const struct bt_key_row *key, const config_setting_t *s, int i);
/* The position of a word among the key's; -1: none of them. */
int bt_value_word_position(const struct bt_key_row *key, const char *word);

/* Says that the setting has another type than its key's. */
void bt_value_wrong_type(struct bt_loading *l, const struct bt_key_row *key, const config_setting_t *s);
/* A name, or a topic where the key has topics; says so where it is none. */
bool bt_value_word_ok(struct bt_loading *l, const struct bt_key_row *key, const config_setting_t *s,
                      struct bt_str text);

#endif

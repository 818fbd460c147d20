/* What a single value from a peer must look like. Internal to the codec. */
#ifndef BT_CODEC_MAP_CHECK_H
#define BT_CODEC_MAP_CHECK_H

#include "codec/map.h"

/* value: where the field lies in its message. Returns 0 or the code, and then *ret_text is what is wrong, static text
 * or in `arena`. Sub-messages are only checked for being there. */
int bt_map_check(const struct bt_map_row *row, const ProtobufCFieldDescriptor *field, const void *value,
                 struct bt_arena *arena, struct bt_str *ret_text) BT_MUST_CHECK;
/* Only: a field of the broker's must not be set, a required one must be. */
int bt_map_check_presence(const struct bt_map_row *row, bool set, struct bt_str *ret_text) BT_MUST_CHECK;
/* The same as bt_map_check for one string of a repeated field. */
int bt_map_check_text(const struct bt_map_row *row, struct bt_str text, size_t max, struct bt_arena *arena,
                      struct bt_str *ret_text) BT_MUST_CHECK;

#endif

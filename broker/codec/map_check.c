#include "codec/map_check.h"

#include <inttypes.h>

#include "codec/utf8.h"
#include "core/rules.h"

/* The end of 9999: spans are added to times, and no sum may overflow. */
#define LAST_US UINT64_C(253402300799999999)

static bool is_key(struct bt_str s) {
  for (size_t i = 0; i < s.n; i++) {
    char c = s.p[i];
    if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-'))
      return false;
  }
  return true;
}

int bt_map_check_text(const struct bt_map_row *row, struct bt_str text, size_t max, struct bt_arena *arena,
                      struct bt_str *ret_text) {
  if ((row->flags & BT_MAP_EXACT) && text.n != 0 && text.n != max) {
    *ret_text = bt_arena_printf(arena, "must be exactly %zu bytes", max);
    return -BT_INVALID;
  }
  if (max != 0 && text.n > max) {
    *ret_text = bt_arena_printf(arena, "at most %zu bytes", max);
    return -BT_LIMIT;
  }
  const char *wrong = NULL;
  if (row->class == BT_MAP_NAME && !bt_name_valid(text))
    wrong = "must be a name: 1 to 32 of a-z, 0-9 and -";
  else if (row->class == BT_MAP_TOPIC && !bt_topic_valid(text))
    wrong = "must be a topic: dotted names, at most 64 bytes";
  else if (row->class == BT_MAP_KEY && !is_key(text))
    wrong = "must be of a-z, 0-9, '.', '_' and '-'";
  else if (row->class == BT_MAP_TEXT && !bt_utf8_valid(text))
    wrong = "must be valid UTF-8";
  if (!wrong)
    return 0;
  *ret_text = bt_str(wrong);
  return -BT_INVALID;
}

static struct bt_str slice(const ProtobufCFieldDescriptor *field, const void *value) {
  if (field->type == PROTOBUF_C_TYPE_STRING)
    return bt_str(bt_map_get_pointer(value, 0));
  ProtobufCBinaryData data;
  memcpy(&data, value, sizeof data);
  return (struct bt_str){(const char *)data.data, data.len};
}

static int check_number(const struct bt_map_row *row, uint64_t number, struct bt_arena *arena,
                        struct bt_str *ret_text) {
  if ((row->class == BT_MAP_TIME || row->class == BT_MAP_SENT) && (int64_t)number < 0) {
    *ret_text = BT_LIT("must not be before 1970");
    return -BT_INVALID;
  }
  if (row->class == BT_MAP_TIME && number > LAST_US) {
    *ret_text = BT_LIT("must not be after the year 9999");
    return -BT_INVALID;
  }
  if (row->max != 0 && number > row->max) {
    *ret_text = bt_arena_printf(arena, "at most %" PRIu32, row->max);
    return -BT_LIMIT;
  }
  return 0;
}

int bt_map_check_presence(const struct bt_map_row *row, bool set, struct bt_str *ret_text) {
  if (set && (row->flags & BT_MAP_BROKER)) {
    *ret_text = BT_LIT("only the broker fills this in");
    return -BT_INVALID;
  }
  if (!set && (row->flags & BT_MAP_REQUIRED)) {
    *ret_text = BT_LIT("is required");
    return -BT_INVALID;
  }
  return 0;
}

int bt_map_check(const struct bt_map_row *row, const ProtobufCFieldDescriptor *field, const void *value,
                 struct bt_arena *arena, struct bt_str *ret_text) {
  struct bt_str text;
  uint64_t number;
  int rc;
  switch (field->type) {
  case PROTOBUF_C_TYPE_STRING:
  case PROTOBUF_C_TYPE_BYTES:
    text = slice(field, value);
    rc = bt_map_check_presence(row, text.n != 0, ret_text);
    return rc || text.n == 0 ? rc : bt_map_check_text(row, text, row->max, arena, ret_text);
  case PROTOBUF_C_TYPE_MESSAGE:
    return bt_map_check_presence(row, bt_map_get_pointer(value, 0) != NULL, ret_text);
  case PROTOBUF_C_TYPE_INT64:
  case PROTOBUF_C_TYPE_UINT64:
  case PROTOBUF_C_TYPE_DOUBLE:
    number = bt_map_get_u64(value, 0);
    break;
  default:
    number = bt_map_get_u32(value, 0);
    break;
  }
  rc = bt_map_check_presence(row, number != 0, ret_text);
  if (rc || number == 0)
    return rc;
  if (field->type == PROTOBUF_C_TYPE_ENUM &&
      !protobuf_c_enum_descriptor_get_value(field->descriptor, (int)(uint32_t)number)) {
    *ret_text = BT_LIT("is not one of the values of this enum");
    return -BT_INVALID;
  }
  return check_number(row, number, arena, ret_text);
}

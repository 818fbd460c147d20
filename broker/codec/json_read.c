/* The JSON mapping of proto3 -> protobuf-c messages, by their descriptors. Everything lives in the arena. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "codec/json_private.h"

bool bt_json_same_name(const char *snake, const char *camel) {
  bool upper = false;
  for (; *snake; snake++) {
    if (*snake == '_') {
      upper = true;
      continue;
    }
    if (*camel++ != (upper && *snake >= 'a' && *snake <= 'z' ? *snake - 'a' + 'A' : *snake))
      return false;
    upper = false;
  }
  return *camel == '\0';
}

static int digit(char c) {
  if (c >= 'A' && c <= 'Z')
    return c - 'A';
  if (c >= 'a' && c <= 'z')
    return c - 'a' + 26;
  if (c >= '0' && c <= '9')
    return c - '0' + 52;
  return c == '+' ? 62 : c == '/' ? 63 : -1;
}

int bt_json_read_base64(const char *text, struct bt_arena *arena, uint8_t **ret, size_t *ret_n) {
  size_t n = strlen(text), used = 0;
  uint8_t *bytes = bt_arena_alloc(arena, n / 4 * 3);
  if (!bytes)
    return -BT_NOMEM;
  if (n % 4 != 0)
    return -BT_INVALID;
  for (size_t i = 0; i < n; i += 4) {
    const bool last = i + 4 == n;
    const int pad = last && text[i + 3] == '=' ? (text[i + 2] == '=' ? 2 : 1) : 0;
    uint32_t v = 0;
    for (int k = 0; k < 4; k++) {
      int d = k >= 4 - pad ? 0 : digit(text[i + (size_t)k]);
      if (d < 0)
        return -BT_INVALID;
      v = v << 6 | (uint32_t)d;
    }
    for (int k = 0; k < 3 - pad; k++)
      bytes[used++] = (uint8_t)(v >> (16 - 8 * k));
  }
  *ret = bytes;
  *ret_n = used;
  return 0;
}

int bt_json_read_u64(const json_t *v, uint64_t *ret) {
  char *end;
  if (json_is_integer(v) && json_integer_value(v) >= 0) {
    *ret = (uint64_t)json_integer_value(v);
    return 0;
  }
  const char *text = json_string_value(v);
  if (!text || *text < '0' || *text > '9')
    return -BT_INVALID;
  errno = 0;
  *ret = strtoull(text, &end, 10);
  return *end == '\0' && errno == 0 ? 0 : -BT_INVALID;
}

static int read_i64(const json_t *v, int64_t *ret) {
  char *end;
  const char *text = json_string_value(v);
  if (json_is_integer(v)) {
    *ret = json_integer_value(v);
    return 0;
  }
  if (!text || !*text)
    return -BT_INVALID;
  errno = 0;
  *ret = strtoll(text, &end, 10);
  return *end == '\0' && errno == 0 ? 0 : -BT_INVALID;
}

static int read_enum(const json_t *v, const ProtobufCFieldDescriptor *field, int32_t *ret) {
  const char *name = json_string_value(v);
  const ProtobufCEnumValue *known = name ? protobuf_c_enum_descriptor_get_value_by_name(field->descriptor, name) : NULL;
  if (!known && !json_is_integer(v))
    return -BT_INVALID;
  *ret = known ? known->value : (int32_t)json_integer_value(v);
  return 0;
}

static int read_text(const json_t *v, struct bt_arena *arena, char **ret) {
  if (!json_is_string(v))
    return -BT_INVALID;
  struct bt_str copy = bt_arena_copy(arena, (struct bt_str){json_string_value(v), json_string_length(v)});
  *ret = (char *)(uintptr_t)copy.p;
  return copy.p ? 0 : -BT_NOMEM;
}

static int read_value(const json_t *v, const ProtobufCFieldDescriptor *field, struct bt_arena *arena, void *at) {
  ProtobufCBinaryData *bytes = at;
  uint64_t u;
  int64_t i;
  int rc;
  switch (field->type) {
  case PROTOBUF_C_TYPE_STRING:
    return read_text(v, arena, at);
  case PROTOBUF_C_TYPE_BYTES:
    return json_is_string(v) ? bt_json_read_base64(json_string_value(v), arena, &bytes->data, &bytes->len)
                             : -BT_INVALID;
  case PROTOBUF_C_TYPE_BOOL:
    *(protobuf_c_boolean *)at = json_is_true(v);
    return json_is_boolean(v) ? 0 : -BT_INVALID;
  case PROTOBUF_C_TYPE_ENUM:
    return read_enum(v, field, at);
  case PROTOBUF_C_TYPE_UINT32:
    rc = bt_json_read_u64(v, &u);
    if (rc == 0)
      *(uint32_t *)at = (uint32_t)u;
    return rc == 0 && u > UINT32_MAX ? -BT_INVALID : rc;
  case PROTOBUF_C_TYPE_INT32:
    rc = read_i64(v, &i);
    if (rc == 0)
      *(int32_t *)at = (int32_t)i;
    return rc == 0 && (i > INT32_MAX || i < INT32_MIN) ? -BT_INVALID : rc;
  case PROTOBUF_C_TYPE_UINT64:
    return bt_json_read_u64(v, at);
  case PROTOBUF_C_TYPE_INT64:
    return read_i64(v, at);
  case PROTOBUF_C_TYPE_DOUBLE:
    *(double *)at = json_number_value(v);
    return json_is_number(v) ? 0 : -BT_INVALID;
  case PROTOBUF_C_TYPE_MESSAGE:
    return bt_json_read(v, field->descriptor, arena, at);
  default:
    return -BT_INVALID;
  }
}

static int read_list(const json_t *list, const ProtobufCFieldDescriptor *field, struct bt_arena *arena, char *base) {
  const size_t n = json_array_size(list);
  char *items = json_is_array(list) ? bt_arena_alloc(arena, n * bt_json_item_size(field)) : NULL;
  int rc = items ? 0 : json_is_array(list) ? -BT_NOMEM : -BT_INVALID;
  for (size_t i = 0; rc == 0 && i < n; i++)
    rc = read_value(json_array_get(list, i), field, arena, items + i * bt_json_item_size(field));
  if (rc == 0) {
    *(char **)(base + field->offset) = items;
    *(size_t *)(base + field->quantifier_offset) = n;
  }
  return rc;
}

static const ProtobufCFieldDescriptor *field_of(const ProtobufCMessageDescriptor *d, const char *name) {
  for (unsigned i = 0; i < d->n_fields; i++)
    if (bt_json_same_name(d->fields[i].name, name))
      return &d->fields[i];
  return NULL;
}

static int read_field(const json_t *v, const ProtobufCFieldDescriptor *field, struct bt_arena *arena, char *base) {
  if (field->label == PROTOBUF_C_LABEL_REPEATED)
    return read_list(v, field, arena, base);
  if (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF)
    *(uint32_t *)(base + field->quantifier_offset) = field->id;
  return read_value(v, field, arena, base + field->offset);
}

int bt_json_read(const json_t *object, const ProtobufCMessageDescriptor *d, struct bt_arena *arena,
                 ProtobufCMessage **ret) {
  const char *name;
  json_t *v;
  ProtobufCMessage *m = json_is_object(object) ? bt_arena_alloc(arena, d->sizeof_message) : NULL;
  if (!m)
    return json_is_object(object) ? -BT_NOMEM : -BT_INVALID;
  protobuf_c_message_init(d, m);
  json_object_foreach((json_t *)(uintptr_t)object, name, v) {
    const ProtobufCFieldDescriptor *field = field_of(d, name);
    int rc = field ? read_field(v, field, arena, (char *)m) : -BT_NEWER;
    if (rc < 0)
      return rc;
  }
  *ret = m;
  return 0;
}

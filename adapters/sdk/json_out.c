/* Messages to JSON. */
#include "json.h"

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

static const void *at(const ProtobufCMessage *m, unsigned offset) {
  return (const char *)m + offset;
}

size_t bt_sdk_type_size(ProtobufCType type) {
  switch (type) {
  case PROTOBUF_C_TYPE_INT32:
  case PROTOBUF_C_TYPE_SINT32:
  case PROTOBUF_C_TYPE_SFIXED32:
  case PROTOBUF_C_TYPE_UINT32:
  case PROTOBUF_C_TYPE_FIXED32:
  case PROTOBUF_C_TYPE_FLOAT:
  case PROTOBUF_C_TYPE_ENUM:
    return 4;
  case PROTOBUF_C_TYPE_BOOL:
    return sizeof(protobuf_c_boolean);
  case PROTOBUF_C_TYPE_STRING:
  case PROTOBUF_C_TYPE_MESSAGE:
    return sizeof(void *);
  case PROTOBUF_C_TYPE_BYTES:
    return sizeof(ProtobufCBinaryData);
  default:
    return 8;
  }
}

static bool is_zero(const ProtobufCFieldDescriptor *f, const void *member) {
  static const char zeros[8];
  switch (f->type) {
  case PROTOBUF_C_TYPE_STRING: {
    const char *text = *(char *const *)member;
    return !text || !*text;
  }
  case PROTOBUF_C_TYPE_BYTES:
    return ((const ProtobufCBinaryData *)member)->len == 0;
  case PROTOBUF_C_TYPE_MESSAGE:
    return *(void *const *)member == NULL;
  default:
    return memcmp(member, zeros, bt_sdk_type_size(f->type)) == 0;
  }
}

bool bt_sdk_field_is_set(const ProtobufCMessage *m, const ProtobufCFieldDescriptor *f) {
  if (f->label == PROTOBUF_C_LABEL_REPEATED)
    return *(const size_t *)at(m, f->quantifier_offset) > 0;
  if (f->flags & PROTOBUF_C_FIELD_FLAG_ONEOF)
    return *(const uint32_t *)at(m, f->quantifier_offset) == f->id;
  return !is_zero(f, at(m, f->offset));
}

/* What the peer sent is checked for UTF-8 by the broker; should bytes slip through all the same, they are shown as '?'.
 */
static json_t *string_json(const char *text) {
  json_t *json = json_string(text ? text : "");
  if (json)
    return json;
  char *copy = strdup(text);
  for (char *c = copy; c && *c; c++)
    if ((unsigned char)*c >= 0x80)
      *c = '?';
  json = copy ? json_string(copy) : NULL;
  free(copy);
  return json;
}

static json_t *bytes_json(const ProtobufCBinaryData *bytes) {
  char *text = bt_sdk_base64_encode(bytes->data, bytes->len);
  json_t *json = text ? json_string(text) : NULL;
  free(text);
  return json;
}

static json_t *enum_json(const ProtobufCEnumDescriptor *type, int number) {
  const ProtobufCEnumValue *value = protobuf_c_enum_descriptor_get_value(type, number);
  return value ? json_string(value->name) : json_integer(number);
}

json_t *bt_sdk_value_json(const ProtobufCFieldDescriptor *f, const void *member) {
  char digits[24];
  switch (f->type) {
  case PROTOBUF_C_TYPE_STRING:
    return string_json(*(char *const *)member);
  case PROTOBUF_C_TYPE_BYTES:
    return bytes_json(member);
  case PROTOBUF_C_TYPE_MESSAGE:
    return bt_sdk_json_of(*(ProtobufCMessage *const *)member);
  case PROTOBUF_C_TYPE_ENUM:
    return enum_json(f->descriptor, *(const int *)member);
  case PROTOBUF_C_TYPE_BOOL:
    return json_boolean(*(const protobuf_c_boolean *)member);
  case PROTOBUF_C_TYPE_DOUBLE:
    return json_real(*(const double *)member);
  case PROTOBUF_C_TYPE_FLOAT:
    return json_real((double)*(const float *)member);
  case PROTOBUF_C_TYPE_UINT32:
  case PROTOBUF_C_TYPE_FIXED32:
    return json_integer(*(const uint32_t *)member);
  case PROTOBUF_C_TYPE_INT32:
  case PROTOBUF_C_TYPE_SINT32:
  case PROTOBUF_C_TYPE_SFIXED32:
    return json_integer(*(const int32_t *)member);
  case PROTOBUF_C_TYPE_UINT64:
  case PROTOBUF_C_TYPE_FIXED64:
    snprintf(digits, sizeof digits, "%llu", (unsigned long long)*(const uint64_t *)member);
    return json_string(digits);
  default:
    snprintf(digits, sizeof digits, "%lld", (long long)*(const int64_t *)member);
    return json_string(digits);
  }
}

static json_t *list_json(const ProtobufCMessage *m, const ProtobufCFieldDescriptor *f) {
  size_t n = *(const size_t *)at(m, f->quantifier_offset), size = bt_sdk_type_size(f->type);
  const char *values = *(char *const *)at(m, f->offset);
  json_t *list = json_array();
  for (size_t i = 0; list && i < n; i++) {
    if (json_array_append_new(list, bt_sdk_value_json(f, values + i * size)) != 0) {
      json_decref(list);
      return NULL;
    }
  }
  return list;
}

/* "created_at_us" -> "createdAtUs". */
static void camel(const char *name, char *to, size_t size) {
  bool up = false;
  size_t n = 0;
  for (; *name && n + 1 < size; name++) {
    if (*name == '_') {
      up = true;
      continue;
    }
    to[n++] = up ? (char)toupper((unsigned char)*name) : *name;
    up = false;
  }
  to[n] = '\0';
}

json_t *bt_sdk_json_of(const ProtobufCMessage *m) {
  json_t *object = json_object();
  for (unsigned i = 0; object && i < m->descriptor->n_fields; i++) {
    const ProtobufCFieldDescriptor *f = &m->descriptor->fields[i];
    char name[64];
    if (!bt_sdk_field_is_set(m, f))
      continue;
    camel(f->name, name, sizeof name);
    json_t *value = f->label == PROTOBUF_C_LABEL_REPEATED ? list_json(m, f) : bt_sdk_value_json(f, at(m, f->offset));
    if (json_object_set_new(object, name, value) != 0) {
      json_decref(object);
      return NULL;
    }
  }
  return object;
}

char *bt_sdk_json_text(const ProtobufCMessage *m) {
  json_t *json = bt_sdk_json_of(m);
  char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
  json_decref(json);
  return text;
}

/* JSON to messages. */
#include "json.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

static void *at(ProtobufCMessage *m, unsigned offset) {
  return (char *)m + offset;
}

static bool fail(char *error, const char *where, const char *what) {
  snprintf(error, BT_SDK_ERROR, "%s: %s", *where ? where : "the event", what);
  return false;
}

ProtobufCMessage *bt_sdk_message_new(const ProtobufCMessageDescriptor *type) {
  ProtobufCMessage *m = calloc(1, type->sizeof_message);
  if (m)
    protobuf_c_message_init(type, m);
  return m;
}

/* Equal without underscores and, after one, without case: "createdAtUs" and "created_at_us". */
static bool same_name(const char *field, const char *name, size_t n) {
  if (strlen(field) == n && memcmp(field, name, n) == 0)
    return true;
  for (; *field; field++, name++, n--) {
    char c = *field;
    if (c == '_')
      c = (char)toupper((unsigned char)*++field);
    if (n == 0 || *name != c)
      return false;
  }
  return n == 0;
}

const ProtobufCFieldDescriptor *bt_sdk_field(const ProtobufCMessageDescriptor *type, const char *name, size_t n) {
  for (unsigned i = 0; i < type->n_fields; i++)
    if (same_name(type->fields[i].name, name, n))
      return &type->fields[i];
  return NULL;
}

static bool signed_of(const json_t *v, const char *name, int64_t low, int64_t high, int64_t *ret) {
  size_t n = strlen(name);
  int64_t number;
  if (json_is_integer(v))
    number = json_integer_value(v);
  else if (!json_is_string(v))
    return false;
  else if (!bt_sdk_int_parse(json_string_value(v), &number) &&
           !(n > 3 && strcmp(name + n - 3, "_us") == 0 &&
             bt_sdk_time_parse(json_string_value(v), json_string_length(v), &number)))
    return false;
  if (number < low || number > high)
    return false;
  *ret = number;
  return true;
}

static bool unsigned_of(const json_t *v, uint64_t high, uint64_t *ret) {
  uint64_t number;
  if (json_is_integer(v) && json_integer_value(v) >= 0)
    number = (uint64_t)json_integer_value(v);
  else if (!json_is_string(v) || !bt_sdk_uint_parse(json_string_value(v), &number))
    return false;
  if (number > high)
    return false;
  *ret = number;
  return true;
}

static bool enum_of(const ProtobufCEnumDescriptor *type, const json_t *v, int *ret) {
  const char *name = json_string_value(v);
  int64_t number = 0;
  bool by_number = json_is_integer(v) || (name && bt_sdk_int_parse(name, &number));
  if (json_is_integer(v))
    number = json_integer_value(v);
  for (unsigned i = 0; i < type->n_values; i++) {
    const ProtobufCEnumValue *value = &type->values[i];
    size_t prefix = bt_sdk_enum_prefix(type);
    if (by_number ? value->value == number
                  : name && (strcmp(name, value->name) == 0 ||
                             (strlen(value->name) > prefix && strcmp(name, value->name + prefix) == 0))) {
      *ret = value->value;
      return true;
    }
  }
  return false;
}

static bool put_string(char **member, const json_t *v, const char *where, char *error) {
  if (!json_is_string(v))
    return fail(error, where, "wants a text");
  char *copy = strdup(json_string_value(v));
  if (!copy)
    return fail(error, where, "out of memory");
  if (*member != (char *)protobuf_c_empty_string)
    free(*member);
  *member = copy;
  return true;
}

static bool put_bytes(ProtobufCBinaryData *member, const json_t *v, const char *where, char *error) {
  uint8_t *bytes;
  size_t n;
  if (!json_is_string(v) || !bt_sdk_base64_decode(json_string_value(v), json_string_length(v), &bytes, &n))
    return fail(error, where, "wants bytes in base64");
  free(member->data);
  *member = (ProtobufCBinaryData){.len = n, .data = bytes};
  return true;
}

static bool fill(ProtobufCMessage *m, const json_t *json, const char *where, char *error);

static bool put_message(ProtobufCMessage **member, const ProtobufCMessageDescriptor *type, const json_t *v,
                        const char *where, char *error) {
  ProtobufCMessage *m = bt_sdk_message_new(type);
  if (!m)
    return fail(error, where, "out of memory");
  if (!fill(m, v, where, error)) {
    protobuf_c_message_free_unpacked(m, NULL);
    return false;
  }
  if (*member)
    protobuf_c_message_free_unpacked(*member, NULL);
  *member = m;
  return true;
}

static bool put_value(const ProtobufCFieldDescriptor *f, void *member, const json_t *v, const char *where,
                      char *error) {
  int64_t i;
  uint64_t u;
  switch (f->type) {
  case PROTOBUF_C_TYPE_STRING:
    return put_string(member, v, where, error);
  case PROTOBUF_C_TYPE_BYTES:
    return put_bytes(member, v, where, error);
  case PROTOBUF_C_TYPE_MESSAGE:
    return put_message(member, f->descriptor, v, where, error);
  case PROTOBUF_C_TYPE_ENUM:
    return enum_of(f->descriptor, v, member) || bt_sdk_no_name(f->descriptor, where, error);
  case PROTOBUF_C_TYPE_BOOL:
    if (!json_is_boolean(v))
      return fail(error, where, "wants true or false");
    *(protobuf_c_boolean *)member = json_is_true(v);
    return true;
  case PROTOBUF_C_TYPE_DOUBLE:
    if (!json_is_number(v))
      return fail(error, where, "wants a number");
    *(double *)member = json_number_value(v);
    return true;
  case PROTOBUF_C_TYPE_UINT32:
    if (!unsigned_of(v, UINT32_MAX, &u))
      return fail(error, where, "wants a whole number from 0 to 4294967295");
    *(uint32_t *)member = (uint32_t)u;
    return true;
  case PROTOBUF_C_TYPE_UINT64:
    return unsigned_of(v, UINT64_MAX, member) || fail(error, where, "wants a whole number from 0");
  case PROTOBUF_C_TYPE_INT32:
    if (!signed_of(v, f->name, INT32_MIN, INT32_MAX, &i))
      return fail(error, where, "wants a whole number");
    *(int32_t *)member = (int32_t)i;
    return true;
  case PROTOBUF_C_TYPE_INT64:
    return signed_of(v, f->name, INT64_MIN, INT64_MAX, member) ||
           fail(error, where, "wants a whole number, or a time such as 2026-03-01T09:30:00Z");
  default:
    return fail(error, where, "has a type that has no JSON form here");
  }
}

/* A repeated field grows by one; protobuf-c keeps count and array apart. */
static bool append(ProtobufCMessage *m, const ProtobufCFieldDescriptor *f, const json_t *v, const char *where,
                   char *error) {
  size_t *n = at(m, f->quantifier_offset), size = bt_sdk_type_size(f->type);
  char **values = at(m, f->offset);
  char *grown = realloc(*values, (*n + 1) * size);
  if (!grown)
    return fail(error, where, "out of memory");
  *values = grown;
  memset(grown + *n * size, 0, size);
  if (!put_value(f, grown + *n * size, v, where, error))
    return false;
  ++*n;
  return true;
}

bool bt_sdk_field_put(ProtobufCMessage *m, const ProtobufCFieldDescriptor *f, const json_t *value, const char *where,
                      char *error) {
  if (f->label == PROTOBUF_C_LABEL_REPEATED)
    return append(m, f, value, where, error);
  if (!(f->flags & PROTOBUF_C_FIELD_FLAG_ONEOF))
    return put_value(f, at(m, f->offset), value, where, error);
  uint32_t *which = at(m, f->quantifier_offset);
  if (*which)
    return fail(error, where, "only one of its kind may be set");
  if (!put_value(f, at(m, f->offset), value, where, error))
    return false;
  *which = f->id;
  return true;
}

/* Where we are, for the error; a path too long for that is cut. */
__attribute__((format(printf, 2, 3))) static void join(char path[BT_SDK_ERROR / 2], const char *format, ...) {
  va_list args;
  va_start(args, format);
  vsnprintf(path, BT_SDK_ERROR / 2, format, args);
  va_end(args);
}

static bool put_list(ProtobufCMessage *m, const ProtobufCFieldDescriptor *f, const json_t *list, const char *where,
                     char *error) {
  size_t i;
  json_t *v;
  if (!json_is_array(list))
    return fail(error, where, "wants a list");
  json_array_foreach(list, i, v) {
    char path[BT_SDK_ERROR / 2];
    join(path, "%s[%zu]", where, i);
    if (!bt_sdk_field_put(m, f, v, path, error))
      return false;
  }
  return true;
}

static bool fill(ProtobufCMessage *m, const json_t *json, const char *where, char *error) {
  const char *key;
  json_t *v;
  if (!json_is_object(json))
    return fail(error, where, "wants an object");
  json_object_foreach((json_t *)json, key, v) {
    char path[BT_SDK_ERROR / 2];
    join(path, "%s%s%.60s", where, *where ? "." : "", key);
    const ProtobufCFieldDescriptor *f = bt_sdk_field(m->descriptor, key, strlen(key));
    if (!f)
      return bt_sdk_no_field(m->descriptor, NULL, key, strlen(key), path, error);
    if (json_is_null(v))
      continue;
    /* Both spellings of one name in one object would be a silent overwrite. */
    if (f->label != PROTOBUF_C_LABEL_REPEATED && bt_sdk_field_is_set(m, f))
      return fail(error, path, "is given twice");
    if (f->label == PROTOBUF_C_LABEL_REPEATED ? !put_list(m, f, v, path, error)
                                              : !bt_sdk_field_put(m, f, v, path, error))
      return false;
  }
  return true;
}

ProtobufCMessage *bt_sdk_json_to(const ProtobufCMessageDescriptor *type, const json_t *json, char *error) {
  ProtobufCMessage *m = bt_sdk_message_new(type);
  if (!m) {
    fail(error, "", "out of memory");
    return NULL;
  }
  if (fill(m, json, "", error))
    return m;
  protobuf_c_message_free_unpacked(m, NULL);
  return NULL;
}

ProtobufCMessage *bt_sdk_json_parse(const ProtobufCMessageDescriptor *type, const char *text, size_t n, char *error) {
  json_error_t why;
  json_t *json = json_loadb(text, n, JSON_REJECT_DUPLICATES, &why);
  if (!json) {
    snprintf(error, BT_SDK_ERROR, "no JSON: %.150s at byte %d", why.text, why.position);
    return NULL;
  }
  ProtobufCMessage *m = bt_sdk_json_to(type, json, error);
  json_decref(json);
  return m;
}

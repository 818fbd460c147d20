/* Single values by dotted path. */
#include "json.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

static bool fail(char *error, const char *path, const char *what) {
  snprintf(error, BT_SDK_ERROR, "%.120s: %s", path, what);
  return false;
}

static json_t *value_of(const ProtobufCFieldDescriptor *f, const char *value) {
  if (f->type == PROTOBUF_C_TYPE_BOOL && (strcmp(value, "true") == 0 || strcmp(value, "false") == 0))
    return json_boolean(*value == 't');
  return json_string(value);
}

/* The message that a field holds, made where there is none yet. */
static ProtobufCMessage *enter(ProtobufCMessage *m, const ProtobufCFieldDescriptor *f) {
  ProtobufCMessage **member = (ProtobufCMessage **)((char *)m + f->offset);
  uint32_t *which = (uint32_t *)((char *)m + f->quantifier_offset);
  bool one_of = f->flags & PROTOBUF_C_FIELD_FLAG_ONEOF;
  if (one_of && *which != 0 && *which != f->id)
    return NULL;
  if (one_of && *which == 0)
    *member = NULL;
  if (!*member)
    *member = bt_sdk_message_new(f->descriptor);
  if (*member && one_of)
    *which = f->id;
  return *member;
}

static bool put_text(ProtobufCMessage *m, const ProtobufCFieldDescriptor *f, const char *path, const char *value,
                     char *error) {
  json_t *json = value_of(f, value);
  if (!json)
    return fail(error, path, "the value is not UTF-8");
  bool put = bt_sdk_field_put(m, f, json, path, error);
  json_decref(json);
  return put;
}

bool bt_sdk_path_set(ProtobufCMessage *m, ProtobufCMessage *inside, const char *path, const char *value, char *error) {
  const char *rest = path;
  const ProtobufCMessageDescriptor *outer = inside ? m->descriptor : NULL;
  for (;;) {
    size_t n = strcspn(rest, ".");
    const ProtobufCFieldDescriptor *f = bt_sdk_field(m->descriptor, rest, n);
    if (!f && inside) {
      m = inside;
      f = bt_sdk_field(m->descriptor, rest, n);
    }
    inside = NULL;
    if (!f)
      return bt_sdk_no_field(m->descriptor, outer, rest, n, path, error);
    bool message = f->type == PROTOBUF_C_TYPE_MESSAGE;
    if (!rest[n])
      return message ? fail(error, path, "is a group of fields: name one of them") : put_text(m, f, path, value, error);
    if (!message || f->label == PROTOBUF_C_LABEL_REPEATED)
      return fail(error, path, "has no fields inside that can be set by path");
    m = enter(m, f);
    if (!m)
      return fail(error, path, "the event is of another kind");
    outer = NULL;
    rest += n + 1;
  }
}

bool bt_sdk_path_check(const ProtobufCMessageDescriptor *type, const ProtobufCFieldDescriptor *kind, const char *path,
                       char *error) {
  const ProtobufCMessageDescriptor *outer = type, *inside = kind->descriptor;
  const char *rest = path;
  for (;;) {
    size_t n = strcspn(rest, ".");
    const ProtobufCFieldDescriptor *f = bt_sdk_field(type, rest, n);
    if (!f && inside)
      f = bt_sdk_field(type = inside, rest, n);
    if (!f)
      return bt_sdk_no_field(type, inside ? outer : NULL, rest, n, path, error);
    bool message = f->type == PROTOBUF_C_TYPE_MESSAGE;
    if (inside && type != inside && (f->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) && f != kind)
      return fail(error, path, "the event is of another kind");
    if (!rest[n])
      return message ? fail(error, path, "is a group of fields: name one of them") : true;
    if (!message || f->label == PROTOBUF_C_LABEL_REPEATED)
      return fail(error, path, "has no fields inside that can be set by path");
    inside = NULL;
    type = f->descriptor;
    rest += n + 1;
  }
}

static char *text_of(json_t *json) {
  char *text = NULL;
  if (json_is_string(json))
    text = strdup(json_string_value(json));
  else if (json)
    text = json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY);
  json_decref(json);
  return text;
}

static char *list_get(const ProtobufCMessage *m, const ProtobufCFieldDescriptor *f, const char *rest) {
  size_t n = *(const size_t *)(const void *)((const char *)m + f->quantifier_offset);
  const char *values = *(char *const *)(const void *)((const char *)m + f->offset);
  char *end;
  unsigned long i = strtoul(rest, &end, 10);
  if (end == rest || i >= n || (*end && *end != '.'))
    return NULL;
  const char *member = values + i * bt_sdk_type_size(f->type);
  if (!*end)
    return text_of(bt_sdk_value_json(f, member));
  if (f->type != PROTOBUF_C_TYPE_MESSAGE)
    return NULL;
  return bt_sdk_path_get(*(ProtobufCMessage *const *)(const void *)member, end + 1);
}

static char *whole_list(const ProtobufCMessage *m, const ProtobufCFieldDescriptor *f) {
  size_t n = *(const size_t *)(const void *)((const char *)m + f->quantifier_offset);
  const char *values = *(char *const *)(const void *)((const char *)m + f->offset);
  json_t *list = json_array();
  for (size_t i = 0; i < n; i++)
    json_array_append_new(list, bt_sdk_value_json(f, values + i * bt_sdk_type_size(f->type)));
  return text_of(list);
}

char *bt_sdk_path_get(const ProtobufCMessage *m, const char *path) {
  for (;;) {
    size_t n = strcspn(path, ".");
    const ProtobufCFieldDescriptor *f = bt_sdk_field(m->descriptor, path, n);
    if (!f || !bt_sdk_field_is_set(m, f))
      return NULL;
    const void *member = (const char *)m + f->offset;
    if (f->label == PROTOBUF_C_LABEL_REPEATED)
      return path[n] ? list_get(m, f, path + n + 1) : whole_list(m, f);
    if (!path[n])
      return text_of(bt_sdk_value_json(f, member));
    if (f->type != PROTOBUF_C_TYPE_MESSAGE)
      return NULL;
    m = *(ProtobufCMessage *const *)member;
    path += n + 1;
  }
}

bool bt_sdk_path_exists(const ProtobufCMessageDescriptor *type, const char *path, char *error) {
  for (const char *rest = path;;) {
    size_t n = strcspn(rest, ".");
    const ProtobufCFieldDescriptor *f = bt_sdk_field(type, rest, n);
    if (!f)
      return bt_sdk_no_field(type, NULL, rest, n, path, error);
    rest += n;
    if (*rest && f->label == PROTOBUF_C_LABEL_REPEATED) {
      n = strspn(rest + 1, "0123456789");
      if (n == 0 || (rest[1 + n] && rest[1 + n] != '.'))
        return fail(error, path, "is a list: a number, from 0, says which of it");
      rest += 1 + n;
    }
    if (!*rest)
      return true;
    if (f->type != PROTOBUF_C_TYPE_MESSAGE)
      return fail(error, path, "has no fields inside");
    type = f->descriptor;
    rest++;
  }
}

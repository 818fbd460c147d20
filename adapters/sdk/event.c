/* Events, built by path or from JSON. A baton_event is the generated message under another name. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sdk.h"

static Baton__V1__Event *message_of(baton_event *e) {
  return (Baton__V1__Event *)e;
}

static const ProtobufCFieldDescriptor *kind_field(const char *kind) {
  const ProtobufCMessageDescriptor *type = &baton__v1__event__descriptor;
  const ProtobufCFieldDescriptor *f = bt_sdk_field(type, kind, strlen(kind));
  for (unsigned i = 0; !f && i < type->n_fields; i++) {
    const ProtobufCMessageDescriptor *inside = type->fields[i].descriptor;
    if ((type->fields[i].flags & PROTOBUF_C_FIELD_FLAG_ONEOF) && strcmp(inside->short_name, kind) == 0)
      f = &type->fields[i];
  }
  return f && (f->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) ? f : NULL;
}

baton_event *baton_event_new(const char *kind) {
  const ProtobufCFieldDescriptor *f = kind ? kind_field(kind) : NULL;
  ProtobufCMessage *m = f ? bt_sdk_message_new(&baton__v1__event__descriptor) : NULL;
  ProtobufCMessage *inside = m ? bt_sdk_message_new(f->descriptor) : NULL;
  if (!inside) {
    free(m);
    return NULL;
  }
  Baton__V1__Event *e = (Baton__V1__Event *)m;
  e->kind_case = (Baton__V1__Event__KindCase)f->id;
  e->case_opened = (Baton__V1__CaseOpened *)inside; /* every kind is a pointer to its message in the same union */
  return (baton_event *)e;
}

void baton_event_free(baton_event *e) {
  if (e)
    baton__v1__event__free_unpacked(message_of(e), NULL);
}

int baton_event_put(baton_event *e, const char *path, const char *value, char *error) {
  char ignored[BT_SDK_ERROR];
  if (!error)
    error = ignored;
  snprintf(error, BT_SDK_ERROR, "no event, path or value");
  if (!e || !path || !value)
    return -BATON_E_INVALID;
  ProtobufCMessage *inside = (ProtobufCMessage *)message_of(e)->case_opened;
  return bt_sdk_path_set((ProtobufCMessage *)e, inside, path, value, error) ? 0 : -BATON_E_INVALID;
}

int baton_event_set(baton_event *e, const char *path, const char *value) {
  return baton_event_put(e, path, value, NULL);
}

int baton_event_check(const char *kind, const char *path, char *error) {
  char ignored[BT_SDK_ERROR];
  const ProtobufCFieldDescriptor *f = kind ? kind_field(kind) : NULL;
  if (!error)
    error = ignored;
  snprintf(error, BT_SDK_ERROR, "no such kind of event: %.64s", kind ? kind : "");
  return f && path && bt_sdk_path_check(&baton__v1__event__descriptor, f, path, error) ? 0 : -BATON_E_INVALID;
}

const char *baton_event_kind(size_t i) {
  const ProtobufCMessageDescriptor *type = &baton__v1__event__descriptor;
  for (unsigned k = 0; k < type->n_fields; k++)
    if ((type->fields[k].flags & PROTOBUF_C_FIELD_FLAG_ONEOF) && i-- == 0)
      return type->fields[k].name;
  return NULL;
}

baton_event *baton_event_from_json(const char *json, size_t n, char *error) {
  char ignored[BT_SDK_ERROR];
  if (!error)
    error = ignored;
  ProtobufCMessage *m = bt_sdk_json_parse(&baton__v1__event__descriptor, json, n, error);
  if (m && ((Baton__V1__Event *)m)->kind_case == BATON__V1__EVENT__KIND__NOT_SET) {
    snprintf(error, BT_SDK_ERROR, "the event has no kind: give one, such as \"noteAdded\": {\"text\": \"...\"}");
    protobuf_c_message_free_unpacked(m, NULL);
    return NULL;
  }
  return (baton_event *)m;
}

int bt_sdk_event_pack(baton *b, const baton_event *e, uint8_t **ret, size_t *ret_n) {
  const ProtobufCMessage *m = (const ProtobufCMessage *)e;
  size_t n = protobuf_c_message_get_packed_size(m);
  if (n > BT_SDK_EVENT_MAX)
    return bt_sdk_fail(b, BATON_E_LIMIT, "the event has %zu bytes, more than %d", n, BT_SDK_EVENT_MAX);
  uint8_t *bytes = malloc(n ? n : 1);
  if (!bytes)
    return bt_sdk_fail(b, BATON_E_NOMEM, "out of memory");
  *ret_n = protobuf_c_message_pack(m, bytes);
  *ret = bytes;
  return 0;
}

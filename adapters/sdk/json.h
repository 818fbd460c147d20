/* Messages and JSON: one mapper over protobuf-c's descriptors, the proto3 JSON mapping.
 *
 * Out: lowerCamelCase names, 64-bit integers as strings, bytes in base64, enums by name, defaults left out. In: both
 * spellings of a name, integers as strings or numbers, either base64 alphabet, enums by name, by name without the
 * prefix
 * ("PHONE") or by number, RFC 3339 for times (fields ending in _us). An unknown name, a value of another type and a
 * number outside its range are errors that name the path. Messages made here are freed with
 * protobuf_c_message_free_unpacked(m, NULL).
 *
 * Errors: false, and a sentence in `error` (BT_SDK_ERROR bytes). */
#ifndef BATON_SDK_JSON_H
#define BATON_SDK_JSON_H

#include <jansson.h>
#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>

enum { BT_SDK_ERROR = 256 };

/* New; NULL: no memory. */
json_t *bt_sdk_json_of(const ProtobufCMessage *m);
char *bt_sdk_json_text(const ProtobufCMessage *m);

/* A new message of this type. NULL and the sentence where the JSON does not fit. */
ProtobufCMessage *bt_sdk_json_to(const ProtobufCMessageDescriptor *type, const json_t *json, char *error);
ProtobufCMessage *bt_sdk_json_parse(const ProtobufCMessageDescriptor *type, const char *text, size_t n, char *error);

/* One place in a message by dotted path. `inside` is a further message whose fields may be named directly (the event's
 * kind); NULL: none. Messages on the way are made; a repeated field gets one value more. */
bool bt_sdk_path_set(ProtobufCMessage *m, ProtobufCMessage *inside, const char *path, const char *value, char *error);
/* The value as text: new, or NULL where there is none. Messages and lists come as JSON; "facts.0.key" goes into a list.
 */
char *bt_sdk_path_get(const ProtobufCMessage *m, const char *path);

/* Whether an event of the kind that this field of `type` holds has such a path. */
bool bt_sdk_path_check(const ProtobufCMessageDescriptor *type, const ProtobufCFieldDescriptor *kind, const char *path,
                       char *error);

/* Whether messages of the type can have a value at this path of bt_sdk_path_get. */
bool bt_sdk_path_exists(const ProtobufCMessageDescriptor *type, const char *path, char *error);

/* ---- json_names.c: sentences that say what would be right; all return false ---- */
/* other: a further message that was looked in; may be NULL. */
bool bt_sdk_no_field(const ProtobufCMessageDescriptor *type, const ProtobufCMessageDescriptor *other, const char *name,
                     size_t n, const char *where, char *error);
bool bt_sdk_no_name(const ProtobufCEnumDescriptor *type, const char *where, char *error);
/* "PendingOn" -> length of the prefix "PENDING_ON_" that all of its names carry. */
size_t bt_sdk_enum_prefix(const ProtobufCEnumDescriptor *type);

/* A field by name in either spelling (n bytes); NULL: none. */
const ProtobufCFieldDescriptor *bt_sdk_field(const ProtobufCMessageDescriptor *type, const char *name, size_t n);
/* A zeroed message; NULL: no memory. */
ProtobufCMessage *bt_sdk_message_new(const ProtobufCMessageDescriptor *type);
/* Whether a field is set: present and not its default. */
bool bt_sdk_field_is_set(const ProtobufCMessage *m, const ProtobufCFieldDescriptor *f);
/* Shared by whole JSON and single paths: puts a value into a field, or adds it to a repeated one. `where` is the path
 * for the error. */
bool bt_sdk_field_put(ProtobufCMessage *m, const ProtobufCFieldDescriptor *f, const json_t *value, const char *where,
                      char *error);
/* One value (of a repeated field: the one at `member`) as JSON. */
json_t *bt_sdk_value_json(const ProtobufCFieldDescriptor *f, const void *member);
size_t bt_sdk_type_size(ProtobufCType type);

#endif

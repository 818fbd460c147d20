/* What the files about JSON share. Internal to the codec. */
#ifndef BT_CODEC_JSON_PRIVATE_H
#define BT_CODEC_JSON_PRIVATE_H

#include <jansson.h>
#include <protobuf-c/protobuf-c.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/code.h"

/* json_field.c. The bytes of one value of the field, as protobuf-c holds it in an array. */
size_t bt_json_item_size(const ProtobufCFieldDescriptor *field);
/* json_write.c. False: it holds what JSON would not bring back (fields of a newer version, no number). */
bool bt_json_write(const ProtobufCMessage *m, FILE *to);
void bt_json_write_base64(const uint8_t *bytes, size_t n, FILE *to);
/* json_read.c. */
int bt_json_read(const json_t *object, const ProtobufCMessageDescriptor *d, struct bt_arena *arena,
                 ProtobufCMessage **ret) BT_MUST_CHECK;
int bt_json_read_base64(const char *text, struct bt_arena *arena, uint8_t **ret, size_t *ret_n) BT_MUST_CHECK;
int bt_json_read_u64(const json_t *v, uint64_t *ret) BT_MUST_CHECK; /* a number, or a string of one */
/* "recorded_at_us" and "recordedAtUs" are the same. */
bool bt_json_same_name(const char *snake, const char *camel);

#endif

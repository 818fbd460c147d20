/* protobuf-c messages -> the JSON mapping of proto3, by their descriptors. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "codec/json_private.h"
#include "codec/utf8.h"

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void bt_json_write_base64(const uint8_t *bytes, size_t n, FILE *to) {
  putc('"', to);
  for (size_t i = 0; i < n; i += 3) {
    const size_t left = n - i;
    const uint32_t v =
        (uint32_t)bytes[i] << 16 | (left > 1 ? (uint32_t)bytes[i + 1] << 8 : 0) | (left > 2 ? bytes[i + 2] : 0);
    putc(digits[v >> 18], to);
    putc(digits[v >> 12 & 63], to);
    putc(left > 1 ? digits[v >> 6 & 63] : '=', to);
    putc(left > 2 ? digits[v & 63] : '=', to);
  }
  putc('"', to);
}

/* A character of two or three bytes that is not to be seen as it is: controls, ends of lines, and those that turn the
 * direction of writing or show nothing. 0: another one. */
static uint32_t unseen(const unsigned char *p) {
  const uint32_t c = (*p & 0xe0) == 0xc0 ? (uint32_t)(p[0] & 0x1f) << 6 | (p[1] & 0x3f)
                     : (*p & 0xf0) == 0xe0
                         ? (uint32_t)(p[0] & 0x0f) << 12 | (uint32_t)(p[1] & 0x3f) << 6 | (p[2] & 0x3f)
                         : 0;
  const bool hidden = (c >= 0x80 && c < 0xa0) || c == 0x61c || (c >= 0x200b && c <= 0x200f) ||
                      (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x2069) || c == 0xfeff;
  return hidden ? c : 0;
}

/* False: it is no UTF-8, which our codec lets nobody send, and JSON cannot say. */
static bool put_text(const char *s, FILE *to) {
  if (!bt_utf8_valid(bt_str(s)))
    return false;
  uint32_t c;
  putc('"', to);
  for (const unsigned char *p = (const unsigned char *)s; *p; p++) {
    if (*p == '"' || *p == '\\')
      fprintf(to, "\\%c", *p);
    else if (*p < 0x20 || *p == 0x7f)
      fprintf(to, "\\u%04x", *p);
    else if ((c = unseen(p))) {
      fprintf(to, "\\u%04x", c);
      p += c < 0x800 ? 1 : 2;
    } else
      putc(*p, to);
  }
  putc('"', to);
  return true;
}

static void put_name(const char *snake, FILE *to) {
  bool upper = false;
  putc('"', to);
  for (; *snake; snake++) {
    if (*snake == '_')
      upper = true;
    else
      putc(upper && *snake >= 'a' && *snake <= 'z' ? *snake - 'a' + 'A' : *snake, to);
    upper = *snake == '_';
  }
  fputs("\":", to);
}

static void put_enum(const ProtobufCFieldDescriptor *field, int32_t value, FILE *to) {
  const ProtobufCEnumValue *known = protobuf_c_enum_descriptor_get_value(field->descriptor, value);
  if (known)
    fprintf(to, "\"%s\"", known->name);
  else
    fprintf(to, "%" PRId32, value);
}

static bool put_double(double v, FILE *to) {
  if (!isfinite(v))
    return false;
  fprintf(to, "%.17g", v);
  return true;
}

/* One value at `at`. */
static bool put_value(const ProtobufCFieldDescriptor *field, const void *at, FILE *to) {
  const ProtobufCBinaryData *bytes = at;
  switch (field->type) {
  case PROTOBUF_C_TYPE_STRING:
    return put_text(*(const char *const *)at ? *(const char *const *)at : "", to);
  case PROTOBUF_C_TYPE_BYTES:
    bt_json_write_base64(bytes->data, bytes->len, to);
    return true;
  case PROTOBUF_C_TYPE_BOOL:
    fputs(*(const protobuf_c_boolean *)at ? "true" : "false", to);
    return true;
  case PROTOBUF_C_TYPE_ENUM:
    put_enum(field, *(const int32_t *)at, to);
    return true;
  case PROTOBUF_C_TYPE_UINT32:
    fprintf(to, "%" PRIu32, *(const uint32_t *)at);
    return true;
  case PROTOBUF_C_TYPE_INT32:
    fprintf(to, "%" PRId32, *(const int32_t *)at);
    return true;
  case PROTOBUF_C_TYPE_UINT64:
    fprintf(to, "\"%" PRIu64 "\"", *(const uint64_t *)at);
    return true;
  case PROTOBUF_C_TYPE_INT64:
    fprintf(to, "\"%" PRId64 "\"", *(const int64_t *)at);
    return true;
  case PROTOBUF_C_TYPE_DOUBLE:
    return put_double(*(const double *)at, to);
  case PROTOBUF_C_TYPE_MESSAGE:
    return bt_json_write(*(const ProtobufCMessage *const *)at, to);
  default:
    return false; /* the protocol has no other */
  }
}

static bool is_nothing(const ProtobufCFieldDescriptor *field, const void *at) {
  static const uint8_t zero[8];
  if (field->type == PROTOBUF_C_TYPE_BYTES)
    return ((const ProtobufCBinaryData *)at)->len == 0;
  if (field->type == PROTOBUF_C_TYPE_STRING)
    return !*(const char *const *)at || !**(const char *const *)at;
  if (field->type == PROTOBUF_C_TYPE_MESSAGE)
    return !*(const void *const *)at;
  return memcmp(at, zero, bt_json_item_size(field)) == 0;
}

static bool is_there(const ProtobufCMessage *m, const ProtobufCFieldDescriptor *field) {
  const char *base = (const char *)m;
  if (field->label == PROTOBUF_C_LABEL_REPEATED)
    return *(const size_t *)(base + field->quantifier_offset) > 0;
  if (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF)
    return *(const uint32_t *)(base + field->quantifier_offset) == field->id;
  return !is_nothing(field, base + field->offset);
}

static bool put_list(const ProtobufCMessage *m, const ProtobufCFieldDescriptor *field, FILE *to) {
  const char *base = (const char *)m, *items = *(const char *const *)(base + field->offset);
  const size_t n = *(const size_t *)(base + field->quantifier_offset);
  bool fine = true;
  putc('[', to);
  for (size_t i = 0; i < n; i++) {
    if (i)
      putc(',', to);
    fine &= put_value(field, items + i * bt_json_item_size(field), to);
  }
  putc(']', to);
  return fine;
}

bool bt_json_write(const ProtobufCMessage *m, FILE *to) {
  bool fine = m->n_unknown_fields == 0, first = true;
  putc('{', to);
  for (unsigned i = 0; i < m->descriptor->n_fields; i++) {
    const ProtobufCFieldDescriptor *field = &m->descriptor->fields[i];
    if (!is_there(m, field))
      continue;
    if (!first)
      putc(',', to);
    first = false;
    put_name(field->name, to);
    fine &= field->label == PROTOBUF_C_LABEL_REPEATED ? put_list(m, field, to)
                                                      : put_value(field, (const char *)m + field->offset, to);
  }
  putc('}', to);
  return fine;
}

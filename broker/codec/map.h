/* One mapper for every message: protobuf-c messages <-> the core's structs, by tables that lie over the descriptors.
 *
 * A map has one row for each field of its message, in the descriptor's order, so that row i speaks of field i and a
 * field that nobody thought of cannot exist (a test compares every table with its descriptor). The core's side follows
 * one convention: string and bytes are struct bt_str, enum and uint32 are uint32_t, repeated is {uint32_t n; T *v;}, a
 * sub-message is an embedded struct or, with BT_MAP_POINTER, a pointer to one; a oneof is a uint32_t with the field
 * number and members that may share memory.
 *
 * Everything read or written lives in the caller's arena. Internal to the codec and its tests. */
#ifndef BT_CODEC_MAP_H
#define BT_CODEC_MAP_H

#include <protobuf-c/protobuf-c.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/code.h"

/* What a value must look like when a peer sends it. */
enum bt_map_class {
  BT_MAP_SKIP,  /* no member in the core's struct */
  BT_MAP_PLAIN, /* number, bool, enum (within its values), sub-message */
  BT_MAP_TIME,  /* microseconds, not negative, not after the year 9999 */
  BT_MAP_SENT,  /* microseconds of the sender's clock, not negative: the core looks at it */
  BT_MAP_NAME,  /* bt_name_valid */
  BT_MAP_TOPIC, /* bt_topic_valid */
  BT_MAP_KEY,   /* [a-z0-9._-] */
  BT_MAP_TEXT,  /* UTF-8 */
  BT_MAP_BYTES, /* anything */
};

enum bt_map_flag {
  BT_MAP_HEAD = 1,      /* rests in the clear head of an entry */
  BT_MAP_BODY = 2,      /* rests in its body. Fields with neither flag go where their message goes. */
  BT_MAP_WIRE_ONLY = 4, /* sent, never stored nor relayed */
  BT_MAP_BROKER = 8,    /* filled in by the broker alone; on a row without a member: a kind only the broker makes */
  BT_MAP_REQUIRED = 16, /* a peer must set it, wherever its message is present */
  BT_MAP_EXACT = 32,    /* the length is `max`, or 0 */
  BT_MAP_POINTER = 64,  /* the member is a pointer */
  BT_MAP_OPTIONAL = 128 /* `has` is the offset of a bool */
};
/* Which rows to write or read. */
enum { BT_MAP_STORED = BT_MAP_HEAD | BT_MAP_BODY, BT_MAP_ALL = BT_MAP_STORED | BT_MAP_WIRE_ONLY };

struct bt_map_row {
  uint16_t number; /* of the field in its message */
  uint8_t class;
  uint8_t flags;
  uint16_t offset, size; /* of the member in the core's struct */
  uint16_t has;
  uint32_t max; /* bytes of a string, items of a repeated field, highest number; 0: any */
  const struct bt_map *sub;
  const char *called; /* the member's name; a test compares it with the field's */
};

struct bt_map {
  const ProtobufCMessageDescriptor *descriptor;
  const struct bt_map_row *rows;
  size_t n, size; /* rows; bytes of the core's struct */
  size_t kind;    /* offset of the oneof's uint32_t, where the message has a oneof */
  bool keeps_unknown;
};

#define BT_ROW(type, field_number, member, class_, max_, flags_)                                                       \
  {                                                                                                                    \
    .number = (field_number), .class = BT_MAP_##class_, .flags = (flags_), .offset = offsetof(type, member),           \
    .size = sizeof(((type *)0)->member), .max = (max_), .called = #member                                              \
  }
/* A sub-message (with BT_MAP_POINTER: behind a pointer) or a list of them. */
#define BT_ROW_SUB(type, field_number, member, map, max_, flags_)                                                      \
  {                                                                                                                    \
    .number = (field_number), .class = BT_MAP_PLAIN, .flags = (flags_), .offset = offsetof(type, member),              \
    .size = sizeof(((type *)0)->member), .max = (max_), .sub = &(map), .called = #member                               \
  }
/* An embedded sub-message with a bool of its own. */
#define BT_ROW_HAS(type, field_number, member, has_, map)                                                              \
  {                                                                                                                    \
    .number = (field_number), .class = BT_MAP_PLAIN, .flags = BT_MAP_OPTIONAL, .offset = offsetof(type, member),       \
    .size = sizeof(((type *)0)->member), .has = offsetof(type, has_), .sub = &(map), .called = #member                 \
  }
/* A sub-message whose fields lie in the same struct as those around it. */
#define BT_ROW_SAME(type, field_number, map)                                                                           \
  { .number = (field_number), .class = BT_MAP_PLAIN, .size = sizeof(type), .sub = &(map) }
#define BT_ROW_SKIP(field_number, flags_)                                                                              \
  { .number = (field_number), .class = BT_MAP_SKIP, .flags = (flags_) }
/* The rest of a struct bt_map's initialiser, after which more members may follow. */
#define BT_MAP_OF(type, descriptor_, rows_)                                                                            \
  .descriptor = &(descriptor_), .rows = (rows_), .n = sizeof(rows_) / sizeof *(rows_), .size = sizeof(type)

struct bt_map_refusal {
  struct bt_str field, text; /* dotted name; what is wrong */
};

/* Parses. -BT_INVALID: no message of this type; -BT_LIMIT: it would take more memory than 16 times its size and 64 KiB;
 * -BT_NOMEM: past the arena's limit. */
int bt_map_unpack(const struct bt_map *map, struct bt_str bytes, struct bt_arena *arena,
                  ProtobufCMessage **ret) BT_MUST_CHECK;
/* What to tell a peer about a failed bt_map_unpack. */
struct bt_str bt_map_unpack_text(int code);

/* From a peer: checks everything, and that the message is nothing but its `wire_size` bytes say. *core must be zeroed.
 * -BT_INVALID, -BT_UNKNOWN_FIELD, -BT_LIMIT with *ret_refusal filled in; -BT_NOMEM. On failure *core is half full. */
int bt_map_read_wire(const struct bt_map *map, const ProtobufCMessage *message, size_t wire_size,
                     struct bt_arena *arena, void *core, struct bt_map_refusal *ret_refusal) BT_MUST_CHECK;
/* From our own disk: no checks of content, only rows with one of the flags in `part`; members of other rows are left as
 * they are, so that a head and a body can be read into one struct. -BT_NEWER where there is a field this broker does
 * not know, -BT_NOMEM. */
int bt_map_read_stored(const struct bt_map *map, const ProtobufCMessage *message, unsigned part, struct bt_arena *arena,
                       void *core) BT_MUST_CHECK;

/* Encodes the rows with one of the flags in `part`; a member that is zero is left out. Leaves `before` bytes before and
 * `after` bytes after the message for the caller to fill; *ret_bytes has them all. -BT_NOMEM; -BT_INVALID where a text
 * has a NUL in it. */
int bt_map_write(const struct bt_map *map, const void *core, unsigned part, size_t before, size_t after,
                 struct bt_arena *arena, struct bt_str *ret_bytes) BT_MUST_CHECK;
/* An upper bound of what bt_map_write makes of it as one item inside another message. Allocates nothing. */
size_t bt_map_bound(const struct bt_map *map, const void *core, unsigned part);

/* Does a row with these flags belong to this part? */
static inline bool bt_map_takes(const struct bt_map_row *row, unsigned part) {
  unsigned where = row->flags & BT_MAP_ALL;
  return where == 0 || (where & part) != 0;
}

/* The fields of a oneof are a message's last (a test sees to it), so that the one that is set is looked up instead of
 * walking past fifty that are not. */
static inline bool bt_map_in_oneof(const struct bt_map *map, size_t i) {
  return map->descriptor->fields[i].flags & PROTOBUF_C_FIELD_FLAG_ONEOF;
}
/* Index of the row of this number; map->n where there is none. */
static inline size_t bt_map_row_of(const struct bt_map *map, uint32_t number) {
  const ProtobufCFieldDescriptor *field = protobuf_c_message_descriptor_get_field(map->descriptor, number);
  return field ? (size_t)(field - map->descriptor->fields) : map->n;
}

/* Members are reached by offset; memcpy keeps that within the aliasing rules and compiles to one instruction. */
static inline uint32_t bt_map_get_u32(const void *base, size_t offset) {
  uint32_t v;
  memcpy(&v, (const char *)base + offset, sizeof v);
  return v;
}
static inline uint64_t bt_map_get_u64(const void *base, size_t offset) {
  uint64_t v;
  memcpy(&v, (const char *)base + offset, sizeof v);
  return v;
}
static inline const void *bt_map_get_pointer(const void *base, size_t offset) {
  const void *v;
  memcpy(&v, (const char *)base + offset, sizeof v);
  return v;
}
static inline struct bt_str bt_map_get_str(const void *base, size_t offset) {
  struct bt_str v;
  memcpy(&v, (const char *)base + offset, sizeof v);
  return v;
}
static inline bool bt_map_get_bool(const void *base, size_t offset) {
  bool v;
  memcpy(&v, (const char *)base + offset, sizeof v);
  return v;
}
static inline void bt_map_put(void *base, size_t offset, const void *value, size_t size) {
  memcpy((char *)base + offset, value, size);
}

/* The convention for repeated fields. */
struct bt_map_list {
  uint32_t n;
  void *v;
};
static inline struct bt_map_list bt_map_get_list(const void *base, size_t offset) {
  struct bt_map_list l;
  memcpy(&l.n, (const char *)base + offset, sizeof l.n);
  memcpy(&l.v, (const char *)base + offset + offsetof(struct bt_map_list, v), sizeof l.v);
  return l;
}

#endif

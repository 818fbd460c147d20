/* The core's structs -> protobuf-c messages -> bytes. */
#include "codec/map.h"

struct writer {
  struct bt_arena *arena;
  unsigned part;
  int error; /* sticky */
};

static void *writer_alloc(struct writer *w, size_t size) {
  void *p = bt_arena_alloc(w->arena, size);
  if (!p)
    w->error = -BT_NOMEM;
  return p;
}

static ProtobufCMessage *new_message(struct writer *w, const struct bt_map *map) {
  ProtobufCMessage *m = writer_alloc(w, map->descriptor->sizeof_message);
  if (m)
    map->descriptor->message_init(m);
  return m;
}

/* The library wants a NUL behind a text, and stops at one inside. */
static char *text(struct writer *w, struct bt_str s) {
  if (s.n != 0 && memchr(s.p, 0, s.n)) {
    w->error = -BT_INVALID;
    return NULL;
  }
  char *copy = writer_alloc(w, s.n + 1);
  if (copy && s.n != 0)
    memcpy(copy, s.p, s.n);
  return copy;
}

static bool write_message(struct writer *w, const struct bt_map *map, const void *core, ProtobufCMessage *m);

/* Returns whether there was anything to write. */
static bool write_slice(struct writer *w, ProtobufCType type, struct bt_str s, char *to) {
  if (s.n == 0)
    return false;
  if (type == PROTOBUF_C_TYPE_STRING) {
    char *copy = text(w, s);
    if (!copy)
      return false;
    memcpy(to, &copy, sizeof copy);
    return true;
  }
  ProtobufCBinaryData data = {s.n, (uint8_t *)(uintptr_t)s.p}; /* packing only reads it */
  memcpy(to, &data, sizeof data);
  return true;
}

static bool write_scalar(struct writer *w, const struct bt_map_row *row, const ProtobufCFieldDescriptor *field,
                         const void *core, char *to) {
  switch (field->type) {
  case PROTOBUF_C_TYPE_STRING:
  case PROTOBUF_C_TYPE_BYTES:
    return write_slice(w, field->type, bt_map_get_str(core, row->offset), to);
  case PROTOBUF_C_TYPE_BOOL:
    memcpy(to, &(protobuf_c_boolean){bt_map_get_bool(core, row->offset)}, sizeof(protobuf_c_boolean));
    return bt_map_get_bool(core, row->offset);
  default:
    memcpy(to, (const char *)core + row->offset, row->size);
    return row->size == sizeof(uint32_t) ? bt_map_get_u32(core, row->offset) != 0
                                         : bt_map_get_u64(core, row->offset) != 0;
  }
}

/* The struct behind a row, NULL where it is not given. */
static const void *sub_of(const struct bt_map_row *row, const void *core) {
  if (row->flags & BT_MAP_POINTER)
    return bt_map_get_pointer(core, row->offset);
  if ((row->flags & BT_MAP_OPTIONAL) && !bt_map_get_bool(core, row->has))
    return NULL;
  return (const char *)core + row->offset;
}

/* `always`: also when it is empty. */
static bool write_sub(struct writer *w, const struct bt_map_row *row, const void *core, bool always, char *to) {
  const void *from = sub_of(row, core);
  ProtobufCMessage *m = from ? new_message(w, row->sub) : NULL;
  if (!m)
    return false;
  if (!write_message(w, row->sub, from, m) && !always)
    return false;
  memcpy(to, &m, sizeof m);
  return true;
}

static void write_items(struct writer *w, const struct bt_map_row *row, const ProtobufCFieldDescriptor *field,
                        struct bt_map_list list, char *to) {
  for (uint32_t i = 0; i < list.n && !w->error; i++) {
    const char *from = list.v;
    if (row->sub) {
      ProtobufCMessage *m = new_message(w, row->sub);
      if (!m)
        return;
      write_message(w, row->sub, from + i * row->sub->size, m);
      memcpy(to + i * sizeof m, &m, sizeof m);
    } else if (field->type == PROTOBUF_C_TYPE_STRING) {
      char *copy = text(w, bt_map_get_str(from, i * sizeof(struct bt_str)));
      memcpy(to + i * sizeof copy, &copy, sizeof copy);
    } else if (field->type == PROTOBUF_C_TYPE_BYTES) {
      write_slice(w, field->type, bt_map_get_str(from, i * sizeof(struct bt_str)),
                  to + i * sizeof(ProtobufCBinaryData));
    } else {
      memcpy(to + i * sizeof(uint64_t), from + i * sizeof(uint64_t), sizeof(uint64_t));
    }
  }
}

static bool write_list(struct writer *w, const struct bt_map_row *row, const ProtobufCFieldDescriptor *field,
                       const void *core, ProtobufCMessage *m) {
  struct bt_map_list list = bt_map_get_list(core, row->offset);
  if (list.n == 0)
    return false;
  size_t size = field->type == PROTOBUF_C_TYPE_BYTES ? sizeof(ProtobufCBinaryData) : sizeof(uint64_t);
  char *items = writer_alloc(w, list.n * size);
  if (!items)
    return false;
  write_items(w, row, field, list, items);
  bt_map_put(m, field->quantifier_offset, &(size_t){list.n}, sizeof(size_t));
  bt_map_put(m, field->offset, &items, sizeof items);
  return true;
}

static bool write_field(struct writer *w, const struct bt_map_row *row, const ProtobufCFieldDescriptor *field,
                        const void *core, ProtobufCMessage *m) {
  char *to = (char *)m + field->offset;
  if (field->label == PROTOBUF_C_LABEL_REPEATED)
    return write_list(w, row, field, core, m);
  if (!row->sub)
    return write_scalar(w, row, field, core, to);
  bool oneof = field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF;
  /* Which kind it is belongs to the head: a body names it only when it has something to say about it. */
  bool always = (row->flags & (BT_MAP_POINTER | BT_MAP_OPTIONAL)) || (oneof && w->part != BT_MAP_BODY);
  if (!write_sub(w, row, core, always, to))
    return false;
  if (oneof)
    bt_map_put(m, field->quantifier_offset, &field->id, sizeof field->id);
  return true;
}

/* The next row after `i` that is to be written; map->n: no more. Of a oneof only the member that is set. */
static size_t next_row(const struct bt_map *map, size_t i, const void *core, unsigned part) {
  for (; i < map->n && !bt_map_in_oneof(map, i); i++)
    if (bt_map_takes(&map->rows[i], part))
      return i;
  if (i == map->n)
    return i;
  size_t set = bt_map_row_of(map, bt_map_get_u32(core, map->kind));
  bool applies = set >= i && set < map->n && map->rows[set].class != BT_MAP_SKIP && bt_map_takes(&map->rows[set], part);
  return applies ? set : map->n;
}

/* The row after this one; a oneof is a message's last. */
static size_t row_after(const struct bt_map *map, size_t i) {
  return bt_map_in_oneof(map, i) ? map->n : i + 1;
}

static bool write_message(struct writer *w, const struct bt_map *map, const void *core, ProtobufCMessage *m) {
  bool any = false;
  for (size_t i = next_row(map, 0, core, w->part); i < map->n && !w->error;
       i = next_row(map, row_after(map, i), core, w->part))
    any |= write_field(w, &map->rows[i], &map->descriptor->fields[i], core, m);
  return any;
}

int bt_map_write(const struct bt_map *map, const void *core, unsigned part, size_t before, size_t after,
                 struct bt_arena *arena, struct bt_str *ret_bytes) {
  struct writer w = {.arena = arena, .part = part};
  ProtobufCMessage *m = new_message(&w, map);
  if (!m)
    return w.error;
  write_message(&w, map, core, m);
  if (w.error)
    return w.error;
  size_t n = before + protobuf_c_message_get_packed_size(m) + after;
  uint8_t *bytes = bt_arena_alloc(arena, n);
  if (!bytes)
    return -BT_NOMEM;
  protobuf_c_message_pack(m, bytes + before);
  *ret_bytes = (struct bt_str){(const char *)bytes, n};
  return 0;
}

enum { TAG_AND_LENGTH = 3 + 10 }; /* field numbers under 2048; a varint of 64 bits */

static size_t bound_list(const struct bt_map_row *row, const ProtobufCFieldDescriptor *field, const void *core,
                         unsigned part) {
  struct bt_map_list list = bt_map_get_list(core, row->offset);
  bool slices = field->type == PROTOBUF_C_TYPE_STRING || field->type == PROTOBUF_C_TYPE_BYTES;
  size_t n = TAG_AND_LENGTH;
  for (uint32_t i = 0; i < list.n; i++) {
    const char *from = list.v;
    n += TAG_AND_LENGTH;
    if (row->sub)
      n += bt_map_bound(row->sub, from + i * row->sub->size, part);
    else if (slices)
      n += bt_map_get_str(from, i * sizeof(struct bt_str)).n;
  }
  return n;
}

static size_t bound_field(const struct bt_map_row *row, const ProtobufCFieldDescriptor *field, const void *core,
                          unsigned part) {
  if (field->label == PROTOBUF_C_LABEL_REPEATED)
    return bound_list(row, field, core, part);
  if (row->sub) {
    const void *from = sub_of(row, core);
    return from ? bt_map_bound(row->sub, from, part) : 0;
  }
  bool slice = field->type == PROTOBUF_C_TYPE_STRING || field->type == PROTOBUF_C_TYPE_BYTES;
  return TAG_AND_LENGTH + (slice ? bt_map_get_str(core, row->offset).n : 0);
}

size_t bt_map_bound(const struct bt_map *map, const void *core, unsigned part) {
  size_t n = TAG_AND_LENGTH;
  for (size_t i = next_row(map, 0, core, part); i < map->n; i = next_row(map, row_after(map, i), core, part))
    n += bound_field(&map->rows[i], &map->descriptor->fields[i], core, part);
  return n;
}

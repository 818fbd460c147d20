/* The core's structs -> bytes, in the form that the library's own packing gives them: fields by number, the shortest
 * numbers, nothing for a zero.
 *
 * Written from the end to the beginning, so that the length of a message is known when it is to be written, and each
 * struct is walked once. */
#include "codec/map.h"

enum { ROOM = 4096 };
enum wire_type { VARINT = 0, EIGHT_BYTES = 1, LENGTH = 2 };

struct writer {
  struct bt_arena *arena;
  unsigned part;
  int error;              /* sticky */
  char *begin, *at, *end; /* the room; what is written lies from `at` on */
};

static size_t written(const struct writer *w) {
  return (size_t)(w->end - w->at);
}

static bool grow(struct writer *w, size_t more) {
  const size_t n = written(w), size = 2 * ((size_t)(w->end - w->begin) + more);
  char *begin = bt_arena_alloc(w->arena, size);
  if (!begin) {
    w->error = -BT_NOMEM;
    return false;
  }
  memcpy(begin + size - n, w->at, n);
  *w = (struct writer){w->arena, w->part, w->error, begin, begin + size - n, begin + size};
  return true;
}

/* Where the n bytes before what is written go; NULL: no memory. */
static char *before(struct writer *w, size_t n) {
  if ((size_t)(w->at - w->begin) < n && !grow(w, n))
    return NULL;
  return w->at -= n;
}

static void put_number(struct writer *w, uint64_t v) {
  size_t n = 1;
  for (uint64_t rest = v >> 7; rest; rest >>= 7)
    n++;
  char *to = before(w, n);
  if (!to)
    return;
  for (; v >= 0x80; v >>= 7)
    *to++ = (char)(v | 0x80);
  *to = (char)v;
}

static void put_tag(struct writer *w, const ProtobufCFieldDescriptor *field, enum wire_type type) {
  put_number(w, (uint64_t)field->id << 3 | type);
}

/* Of what was written since then. */
static void put_length(struct writer *w, const ProtobufCFieldDescriptor *field, size_t since) {
  put_number(w, written(w) - since);
  put_tag(w, field, LENGTH);
}

/* Readers that end a text at its first NUL would see another one. */
static void put_slice(struct writer *w, const ProtobufCFieldDescriptor *field, struct bt_str s) {
  const size_t since = written(w);
  char *to = before(w, s.n);
  if (s.n != 0 && field->type == PROTOBUF_C_TYPE_STRING && memchr(s.p, 0, s.n))
    w->error = -BT_INVALID;
  if (s.n != 0 && to)
    memcpy(to, s.p, s.n);
  put_length(w, field, since);
}

static void put_eight_bytes(struct writer *w, uint64_t v) {
  char *to = before(w, 8);
  for (int i = 0; to && i < 8; i++)
    to[i] = (char)(v >> 8 * i);
}

static void write_scalar(struct writer *w, const struct bt_map_row *row, const ProtobufCFieldDescriptor *field,
                         const void *core) {
  uint64_t v;
  struct bt_str s;
  switch (field->type) {
  case PROTOBUF_C_TYPE_STRING:
  case PROTOBUF_C_TYPE_BYTES:
    s = bt_map_get_str(core, row->offset);
    if (s.n != 0)
      put_slice(w, field, s);
    return;
  case PROTOBUF_C_TYPE_DOUBLE:
    v = bt_map_get_u64(core, row->offset);
    if (v != 0) {
      put_eight_bytes(w, v);
      put_tag(w, field, EIGHT_BYTES);
    }
    return;
  case PROTOBUF_C_TYPE_BOOL:
    v = bt_map_get_bool(core, row->offset);
    break;
  case PROTOBUF_C_TYPE_ENUM: /* has a sign */
    v = (uint64_t)(int64_t)(int32_t)bt_map_get_u32(core, row->offset);
    break;
  default:
    v = row->size == sizeof(uint32_t) ? bt_map_get_u32(core, row->offset) : bt_map_get_u64(core, row->offset);
  }
  if (v != 0) {
    put_number(w, v);
    put_tag(w, field, VARINT);
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

static void write_message(struct writer *w, const struct bt_map *map, const void *core);

static void write_sub(struct writer *w, const struct bt_map_row *row, const ProtobufCFieldDescriptor *field,
                      const void *core) {
  const void *from = sub_of(row, core);
  const size_t since = written(w);
  if (!from)
    return;
  write_message(w, row->sub, from);
  /* Which kind it is belongs to the head: a body names it only when it has something to say about it. */
  bool kind = (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) && w->part != BT_MAP_BODY;
  if (written(w) > since || kind || (row->flags & (BT_MAP_POINTER | BT_MAP_OPTIONAL)))
    put_length(w, field, since);
}

static void write_item(struct writer *w, const struct bt_map_row *row, const ProtobufCFieldDescriptor *field,
                       const char *items, uint32_t i) {
  const size_t since = written(w);
  if (row->sub) {
    write_message(w, row->sub, items + i * row->sub->size);
    put_length(w, field, since);
  } else if (field->flags & PROTOBUF_C_FIELD_FLAG_PACKED) {
    put_number(w, bt_map_get_u64(items, i * sizeof(uint64_t)));
  } else {
    put_slice(w, field, bt_map_get_str(items, i * sizeof(struct bt_str)));
  }
}

/* Numbers are packed: one length before all of them. */
static void write_list(struct writer *w, const struct bt_map_row *row, const ProtobufCFieldDescriptor *field,
                       const void *core) {
  const struct bt_map_list list = bt_map_get_list(core, row->offset);
  const size_t since = written(w);
  for (uint32_t i = list.n; i-- > 0 && !w->error;)
    write_item(w, row, field, list.v, i);
  if (list.n != 0 && (field->flags & PROTOBUF_C_FIELD_FLAG_PACKED))
    put_length(w, field, since);
}

static void write_field(struct writer *w, const struct bt_map_row *row, const ProtobufCFieldDescriptor *field,
                        const void *core) {
  if (field->label == PROTOBUF_C_LABEL_REPEATED)
    write_list(w, row, field, core);
  else if (row->sub)
    write_sub(w, row, field, core);
  else
    write_scalar(w, row, field, core);
}

/* The rows before those of the oneof: all, where there is none. */
static size_t plain_rows(const struct bt_map *map) {
  size_t n = 0;
  if (map->n == 0 || !bt_map_in_oneof(map, map->n - 1))
    return map->n;
  while (!bt_map_in_oneof(map, n))
    n++;
  return n;
}

/* The row of the oneof that is set and belongs to this part; map->n: none. */
static size_t set_row(const struct bt_map *map, size_t plain, const void *core, unsigned part) {
  if (plain == map->n)
    return map->n;
  size_t set = bt_map_row_of(map, bt_map_get_u32(core, map->kind));
  bool applies =
      set >= plain && set < map->n && map->rows[set].class != BT_MAP_SKIP && bt_map_takes(&map->rows[set], part);
  return applies ? set : map->n;
}

static void write_message(struct writer *w, const struct bt_map *map, const void *core) {
  const size_t plain = plain_rows(map), set = set_row(map, plain, core, w->part);
  if (set < map->n)
    write_field(w, &map->rows[set], &map->descriptor->fields[set], core);
  for (size_t i = plain; i-- > 0 && !w->error;)
    if (bt_map_takes(&map->rows[i], w->part))
      write_field(w, &map->rows[i], &map->descriptor->fields[i], core);
}

int bt_map_write(const struct bt_map *map, const void *core, unsigned part, size_t in_front, size_t behind,
                 struct bt_arena *arena, struct bt_str *ret_bytes) {
  char room[ROOM]; /* enough for most */
  struct writer w = {arena, part, 0, room, room + ROOM, room + ROOM};
  write_message(&w, map, core);
  if (w.error)
    return w.error;
  const size_t n = in_front + written(&w) + behind;
  char *bytes = bt_arena_alloc(arena, n);
  if (!bytes)
    return -BT_NOMEM;
  memcpy(bytes + in_front, w.at, written(&w));
  *ret_bytes = (struct bt_str){bytes, n};
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
  const size_t plain = plain_rows(map), set = set_row(map, plain, core, part);
  size_t n = TAG_AND_LENGTH;
  if (set < map->n)
    n += bound_field(&map->rows[set], &map->descriptor->fields[set], core, part);
  for (size_t i = 0; i < plain; i++)
    if (bt_map_takes(&map->rows[i], part))
      n += bound_field(&map->rows[i], &map->descriptor->fields[i], core, part);
  return n;
}

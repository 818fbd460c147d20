/* An event as a list of names and values, for people: walks the same tables as the codec does. */
#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "codec/event_codec.h"
#include "codec/maps.h"

enum { MOST_FIELDS = 4096 };

struct listing {
  struct bt_arena *arena;
  struct bt_fields *to;
  uint32_t room;
};

static int add(struct listing *l, struct bt_str name, struct bt_str value) {
  struct bt_fields *f = l->to;
  if (f->n == l->room) {
    const uint32_t room = l->room ? l->room * 2 : 32;
    struct bt_field *v = room <= MOST_FIELDS ? BT_NEW_ARRAY(l->arena, struct bt_field, room) : NULL;
    if (!v)
      return -BT_NOMEM;
    if (f->n)
      memcpy(v, f->v, f->n * sizeof *v);
    f->v = v;
    l->room = room;
  }
  f->v[f->n++] = (struct bt_field){name, value};
  return 0;
}

static struct bt_str hex(struct bt_arena *arena, struct bt_str bytes) {
  char *to = bt_arena_alloc(arena, bytes.n * 2 + 1);
  for (size_t i = 0; to && i < bytes.n; i++)
    snprintf(to + 2 * i, 3, "%02x", (unsigned)(uint8_t)bytes.p[i]);
  return (struct bt_str){to, to ? bytes.n * 2 : 0};
}

static struct bt_str enum_name(const ProtobufCFieldDescriptor *field, uint32_t value) {
  const ProtobufCEnumValue *v = protobuf_c_enum_descriptor_get_value(field->descriptor, (int)value);
  return v ? bt_str(v->name) : BT_LIT("?");
}

/* Empty: nothing is set. */
static struct bt_str scalar(struct listing *l, const struct bt_map_row *row, const ProtobufCFieldDescriptor *field,
                            const void *at) {
  struct bt_str none = {NULL, 0};
  uint64_t wide;
  char time[40];
  switch (field->type) {
  case PROTOBUF_C_TYPE_STRING:
    return bt_map_get_str(at, 0);
  case PROTOBUF_C_TYPE_BYTES:
    return hex(l->arena, bt_map_get_str(at, 0));
  case PROTOBUF_C_TYPE_BOOL:
    return bt_map_get_bool(at, 0) ? BT_LIT("true") : none;
  case PROTOBUF_C_TYPE_ENUM:
    return bt_map_get_u32(at, 0) ? enum_name(field, bt_map_get_u32(at, 0)) : none;
  case PROTOBUF_C_TYPE_UINT32:
    wide = bt_map_get_u32(at, 0);
    break;
  default:
    wide = bt_map_get_u64(at, 0);
    break;
  }
  if (!wide)
    return none;
  if (row->class == BT_MAP_TIME || row->class == BT_MAP_SENT)
    return bt_arena_copy(l->arena, bt_str(bt_clock_format((int64_t)wide, time, sizeof time)));
  return bt_arena_printf(l->arena, "%" PRIu64, wide);
}

static int walk(struct listing *l, const struct bt_map *map, const void *core, struct bt_str prefix);

static int value_at(struct listing *l, const struct bt_map_row *row, const ProtobufCFieldDescriptor *field,
                    const void *at, struct bt_str name) {
  if (row->sub)
    return walk(l, row->sub, at, name);
  struct bt_str value = scalar(l, row, field, at);
  return value.n ? add(l, name, value) : 0;
}

static size_t item_size(const struct bt_map_row *row, const ProtobufCFieldDescriptor *field) {
  if (row->sub)
    return row->sub->size;
  switch (field->type) {
  case PROTOBUF_C_TYPE_STRING:
  case PROTOBUF_C_TYPE_BYTES:
    return sizeof(struct bt_str);
  case PROTOBUF_C_TYPE_ENUM:
  case PROTOBUF_C_TYPE_UINT32:
    return sizeof(uint32_t);
  default:
    return sizeof(uint64_t);
  }
}

static int member(struct listing *l, const struct bt_map_row *row, const ProtobufCFieldDescriptor *field,
                  const void *core, struct bt_str name) {
  if (field->label == PROTOBUF_C_LABEL_REPEATED) {
    const struct bt_map_list list = bt_map_get_list(core, row->offset);
    int rc = 0;
    for (uint32_t i = 0; i < list.n && !rc; i++)
      rc = value_at(l, row, field, (const char *)list.v + i * item_size(row, field),
                    bt_arena_printf(l->arena, "%.*s[%" PRIu32 "]", BT_STR_ARG(name), i));
    return rc;
  }
  const void *at = (const char *)core + row->offset;
  if (row->flags & BT_MAP_POINTER)
    at = bt_map_get_pointer(core, row->offset);
  return at ? value_at(l, row, field, at, name) : 0;
}

static int walk(struct listing *l, const struct bt_map *map, const void *core, struct bt_str prefix) {
  int rc = 0;
  for (size_t i = 0; i < map->n && !rc; i++) {
    const struct bt_map_row *row = &map->rows[i];
    const ProtobufCFieldDescriptor *field = &map->descriptor->fields[i];
    if (row->class == BT_MAP_SKIP || (bt_map_in_oneof(map, i) && bt_map_get_u32(core, map->kind) != row->number))
      continue;
    struct bt_str name = bt_arena_printf(l->arena, "%.*s%s%s", BT_STR_ARG(prefix), prefix.n ? "." : "", field->name);
    rc = name.p ? member(l, row, field, core, name) : -BT_NOMEM;
  }
  return rc;
}

int bt_event_fields(const struct bt_event *event, struct bt_arena *arena, struct bt_fields *ret) {
  struct listing l = {.arena = arena, .to = ret};
  *ret = (struct bt_fields){0};
  return walk(&l, &bt_map_event, event, (struct bt_str){0});
}

int bt_card_fields(const struct bt_card *card, struct bt_str prefix, struct bt_arena *arena, struct bt_fields *ret) {
  struct listing l = {.arena = arena, .to = ret};
  *ret = (struct bt_fields){0};
  return walk(&l, &bt_map_card, card, prefix);
}

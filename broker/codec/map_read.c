/* protobuf-c messages -> the core's structs. */
#include "codec/map.h"
#include "codec/map_check.h"

struct reader {
  struct bt_arena *arena;
  unsigned part;
  bool hostile;
  struct bt_map_refusal *refusal; /* NULL when not hostile */
};

/* Where in the message we are; only looked at to name a field that is to blame. */
struct step {
  const struct step *up;
  const char *name;
};

/* Allocates from the arena up to a cap: 1 MiB of tiny sub-messages would become 84 MiB. */
struct cap {
  struct bt_arena *arena;
  size_t left;
  bool reached, starved;
};

static void *cap_alloc(void *data, size_t size) {
  struct cap *cap = data;
  if (size > cap->left) {
    cap->reached = true;
    return NULL;
  }
  cap->left -= size;
  void *p = bt_arena_alloc(cap->arena, size);
  cap->starved |= p == NULL;
  return p;
}

static void cap_free(void *data, void *p) {
  (void)data; /* the arena forgets everything at once */
  (void)p;
}

int bt_map_unpack(const struct bt_map *map, struct bt_str bytes, struct bt_arena *arena, ProtobufCMessage **ret) {
  struct cap cap = {.arena = arena, .left = 16 * bytes.n + 64 * 1024};
  ProtobufCAllocator allocator = {cap_alloc, cap_free, &cap};
  const uint8_t *data = (const uint8_t *)(bytes.n ? bytes.p : "");
  ProtobufCMessage *message = protobuf_c_message_unpack(map->descriptor, &allocator, bytes.n, data);
  if (message) {
    *ret = message;
    return 0;
  }
  return cap.reached ? -BT_LIMIT : cap.starved ? -BT_NOMEM : -BT_INVALID;
}

struct bt_str bt_map_unpack_text(int code) {
  switch (code) {
  case -BT_LIMIT:
    return BT_LIT("would take too much memory for its size");
  case -BT_NOMEM:
    return BT_LIT("no memory to read it");
  default:
    return BT_LIT("does not parse");
  }
}

static struct bt_str dotted(struct bt_arena *arena, const struct step *at) {
  if (!at)
    return (struct bt_str){"", 0};
  if (!at->up)
    return bt_str(at->name);
  struct bt_str up = dotted(arena, at->up);
  return bt_arena_printf(arena, "%.*s.%s", BT_STR_ARG(up), at->name);
}

static int refuse(struct reader *r, const struct step *at, int code, struct bt_str text) {
  r->refusal->field = dotted(r->arena, at);
  r->refusal->text = text;
  return code;
}

static int refuse_unknown(struct reader *r, const struct step *up, uint32_t number) {
  if (!r->hostile)
    return -BT_NEWER;
  struct bt_str name = bt_arena_printf(r->arena, "%u", number);
  if (!name.p)
    return -BT_NOMEM;
  return refuse(r, &(struct step){up, name.p}, -BT_UNKNOWN_FIELD,
                BT_LIT("a field of this number is not part of this protocol version"));
}

static int read_message(struct reader *r, const struct bt_map *map, const ProtobufCMessage *m, void *core,
                        const struct step *up);

static int read_sub(struct reader *r, const struct bt_map_row *row, const ProtobufCMessage *m, void *core,
                    const struct step *at) {
  if (!m)
    return 0;
  void *target = (char *)core + row->offset;
  if (row->flags & BT_MAP_OPTIONAL)
    bt_map_put(core, row->has, &(bool){true}, sizeof(bool));
  if (row->flags & BT_MAP_POINTER) {
    target = bt_arena_alloc(r->arena, row->sub->size);
    if (!target)
      return -BT_NOMEM;
    bt_map_put(core, row->offset, &target, sizeof target);
  }
  return read_message(r, row->sub, m, target, at);
}

/* One value; both sides keep numbers of equal width, but bool is an int over there. */
static void read_scalar(const struct bt_map_row *row, const ProtobufCFieldDescriptor *field, const char *from,
                        void *to) {
  struct bt_str s;
  ProtobufCBinaryData data;
  switch (field->type) {
  case PROTOBUF_C_TYPE_STRING:
    s.p = bt_map_get_pointer(from, 0);
    if (s.p == protobuf_c_empty_string)
      return; /* most texts of a record */
    s.n = strlen(s.p);
    bt_map_put(to, row->offset, &s, sizeof s);
    return;
  case PROTOBUF_C_TYPE_BYTES:
    memcpy(&data, from, sizeof data);
    s = (struct bt_str){(const char *)data.data, data.len};
    bt_map_put(to, row->offset, &s, sizeof s);
    return;
  case PROTOBUF_C_TYPE_BOOL:
    bt_map_put(to, row->offset, &(bool){bt_map_get_u32(from, 0) != 0}, sizeof(bool));
    return;
  default:
    bt_map_put(to, row->offset, from, row->size);
    return;
  }
}

/* Item i of a repeated field, as a value that lies somewhere. */
static const char *item(const ProtobufCFieldDescriptor *field, const char *items, size_t i) {
  switch (field->type) {
  case PROTOBUF_C_TYPE_BYTES:
    return items + i * sizeof(ProtobufCBinaryData);
  case PROTOBUF_C_TYPE_STRING:
  case PROTOBUF_C_TYPE_MESSAGE:
    return items + i * sizeof(void *);
  default:
    return items + i * sizeof(uint64_t);
  }
}

static int read_item(struct reader *r, const struct bt_map_row *row, const ProtobufCFieldDescriptor *field,
                     const char *from, char *to, const struct step *at) {
  if (row->sub)
    return read_message(r, row->sub, bt_map_get_pointer(from, 0), to, at);
  struct bt_map_row one = {.class = row->class, .size = sizeof(uint64_t)};
  read_scalar(&one, field, from, to);
  if (!r->hostile || field->type != PROTOBUF_C_TYPE_STRING)
    return 0;
  struct bt_str wrong;
  int rc = bt_map_check_text(&one, bt_map_get_str(to, 0), 0, r->arena, &wrong);
  return rc ? refuse(r, at, rc, wrong) : 0;
}

static int read_list(struct reader *r, const struct bt_map_row *row, const ProtobufCFieldDescriptor *field,
                     const ProtobufCMessage *m, void *core, const struct step *at) {
  size_t n;
  memcpy(&n, (const char *)m + field->quantifier_offset, sizeof n);
  if (n == 0)
    return 0;
  struct bt_str wrong;
  if (r->hostile && bt_map_check_presence(row, true, &wrong))
    return refuse(r, at, -BT_INVALID, wrong);
  if (r->hostile && row->max != 0 && n > row->max)
    return refuse(r, at, -BT_LIMIT, bt_arena_printf(r->arena, "at most %u items", row->max));
  bool number = !row->sub && field->type != PROTOBUF_C_TYPE_STRING && field->type != PROTOBUF_C_TYPE_BYTES;
  size_t size = row->sub ? row->sub->size : number ? sizeof(uint64_t) : sizeof(struct bt_str);
  char *v = bt_arena_alloc(r->arena, n * size);
  if (!v)
    return -BT_NOMEM;
  const char *items = bt_map_get_pointer(m, field->offset);
  for (size_t i = 0; i < n; i++) {
    int rc = read_item(r, row, field, item(field, items, i), v + i * size, at);
    if (rc)
      return rc;
  }
  bt_map_put(core, row->offset, &(uint32_t){(uint32_t)n}, sizeof(uint32_t));
  bt_map_put(core, row->offset + offsetof(struct bt_map_list, v), &v, sizeof v);
  return 0;
}

static int read_field(struct reader *r, const struct bt_map_row *row, const ProtobufCFieldDescriptor *field,
                      const ProtobufCMessage *m, void *core, const struct step *up) {
  struct step at = {up, field->name};
  const char *value = (const char *)m + field->offset;
  if (field->label == PROTOBUF_C_LABEL_REPEATED)
    return read_list(r, row, field, m, core, &at);
  if (r->hostile) {
    struct bt_str wrong;
    int rc = bt_map_check(row, field, value, r->arena, &wrong);
    if (rc)
      return refuse(r, &at, rc, wrong);
  }
  if (row->sub)
    return read_sub(r, row, bt_map_get_pointer(value, 0), core, &at);
  read_scalar(row, field, value, core);
  return 0;
}

/* The member of a oneof that is set, if any; `first` is the row where the oneof begins. */
static int read_oneof(struct reader *r, const struct bt_map *map, size_t first, const ProtobufCMessage *m, void *core,
                      const struct step *up) {
  uint32_t kind = bt_map_get_u32(m, map->descriptor->fields[first].quantifier_offset);
  size_t i = bt_map_row_of(map, kind);
  if (i == map->n)
    return 0; /* 0: none */
  if (map->rows[i].class == BT_MAP_SKIP)
    return refuse_unknown(r, up, kind);
  bt_map_put(core, map->kind, &kind, sizeof kind);
  if (!bt_map_takes(&map->rows[i], r->part))
    return 0;
  return read_field(r, &map->rows[i], &map->descriptor->fields[i], m, core, up);
}

static int read_message(struct reader *r, const struct bt_map *map, const ProtobufCMessage *m, void *core,
                        const struct step *up) {
  if (m->n_unknown_fields != 0 && (r->hostile || !map->keeps_unknown))
    return refuse_unknown(r, up, m->unknown_fields[0].tag);
  for (size_t i = 0; i < map->n; i++) {
    if (bt_map_in_oneof(map, i))
      return read_oneof(r, map, i, m, core, up);
    if (!bt_map_takes(&map->rows[i], r->part))
      continue;
    const ProtobufCFieldDescriptor *field = &map->descriptor->fields[i];
    const bool plain = !map->rows[i].sub && field->label != PROTOBUF_C_LABEL_REPEATED;
    if (plain && !r->hostile) { /* most of what a record is made of, and nothing can be wrong with it */
      read_scalar(&map->rows[i], field, (const char *)m + field->offset, core);
      continue;
    }
    int rc = read_field(r, &map->rows[i], field, m, core, up);
    if (rc)
      return rc;
  }
  return 0;
}

int bt_map_read_wire(const struct bt_map *map, const ProtobufCMessage *message, size_t wire_size,
                     struct bt_arena *arena, void *core, struct bt_map_refusal *ret_refusal) {
  struct reader r = {.arena = arena, .part = BT_MAP_ALL, .hostile = true, .refusal = ret_refusal};
  int rc = read_message(&r, map, message, core, NULL);
  if (rc)
    return rc;
  /* What the library dropped on its way in, unseen: text behind a NUL, the first of two, zeroes that say nothing. */
  if (protobuf_c_message_get_packed_size(message) != wire_size)
    return refuse(&r, NULL, -BT_INVALID,
                  BT_LIT("holds a NUL in a text, a field twice, or a field in a form that is not the shortest"));
  return 0;
}

int bt_map_read_stored(const struct bt_map *map, const ProtobufCMessage *message, unsigned part, struct bt_arena *arena,
                       void *core) {
  struct reader r = {.arena = arena, .part = part};
  return read_message(&r, map, message, core, NULL);
}

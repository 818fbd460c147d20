/* What the codec's tests share: structs filled in by the tables, compared by the tables, and bytes written by hand. */
#ifndef BT_TESTS_CODEC_FIXTURE_H
#define BT_TESTS_CODEC_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "codec/event_codec.h"
#include "codec/maps.h"

enum { ARENA_LIMIT = 64 << 20 };

static struct bt_arena arena;

static inline int arena_up(void **state) {
  (void)state;
  bt_arena_init(&arena, ARENA_LIMIT);
  return 0;
}

static inline int arena_down(void **state) {
  (void)state;
  bt_arena_fini(&arena);
  return 0;
}

/* --- filling in --------------------------------------------------------------------------------------------------- */

struct filler {
  unsigned skip; /* rows with one of these flags stay zero */
  unsigned next; /* so that no two values are equal */
};

static inline struct bt_str fill_text(struct filler *f, const struct bt_map_row *row, bool body) {
  unsigned n = f->next++;
  if (row->flags & BT_MAP_EXACT)
    return bt_arena_printf(&arena, "%0*u", (int)row->max, n);
  if (row->class == BT_MAP_NAME || row->class == BT_MAP_TOPIC || row->class == BT_MAP_KEY)
    return bt_arena_printf(&arena, "name-%u", n);
  return bt_arena_printf(&arena, "%s-%u", body ? "BODY" : "HEAD", n);
}

static inline void fill(struct filler *f, const struct bt_map *map, void *core, uint32_t kind, bool body);

static inline bool is_slice(const ProtobufCFieldDescriptor *field) {
  return field->type == PROTOBUF_C_TYPE_STRING || field->type == PROTOBUF_C_TYPE_BYTES;
}

static inline void fill_list(struct filler *f, const struct bt_map_row *row, const ProtobufCFieldDescriptor *field,
                             char *to, bool body) {
  struct bt_map_list list = {.n = 2};
  size_t size = row->sub ? row->sub->size : is_slice(field) ? sizeof(struct bt_str) : sizeof(uint64_t);
  list.v = bt_arena_alloc(&arena, 2 * size);
  for (size_t i = 0; i < 2; i++) {
    char *v = (char *)list.v + i * size;
    if (row->sub)
      fill(f, row->sub, v, 0, body);
    else if (is_slice(field))
      *(struct bt_str *)(void *)v = fill_text(f, &(struct bt_map_row){.class = row->class}, body);
    else
      *(uint64_t *)(void *)v = f->next++;
  }
  memcpy(to, &list.n, sizeof list.n);
  memcpy(to + offsetof(struct bt_map_list, v), &list.v, sizeof list.v);
}

static inline void fill_number(struct filler *f, const struct bt_map_row *row, const ProtobufCFieldDescriptor *field,
                               char *to) {
  uint64_t n = f->next++;
  if (row->max && n > row->max)
    n = 1 + n % row->max;
  double d = (double)n + 0.5;
  uint32_t n32 = (uint32_t)n;
  if (field->type == PROTOBUF_C_TYPE_BOOL)
    memcpy(to, &(bool){true}, sizeof(bool));
  else if (field->type == PROTOBUF_C_TYPE_DOUBLE)
    memcpy(to, &d, sizeof d);
  else if (field->type == PROTOBUF_C_TYPE_ENUM) {
    const ProtobufCEnumDescriptor *e = field->descriptor;
    memcpy(to, &e->values[1 + n % (e->n_values - 1)].value, sizeof n32);
  } else if (row->size == sizeof n32)
    memcpy(to, &n32, sizeof n32);
  else
    memcpy(to, &n, sizeof n);
}

/* Every member gets a value that its class allows. kind: which member of a oneof. body: inside a field of the body. */
static inline void fill(struct filler *f, const struct bt_map *map, void *core, uint32_t kind, bool body) {
  for (size_t i = 0; i < map->n; i++) {
    const struct bt_map_row *row = &map->rows[i];
    const ProtobufCFieldDescriptor *field = &map->descriptor->fields[i];
    bool oneof = field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF;
    bool in_body = body || (row->flags & (BT_MAP_HEAD | BT_MAP_BODY)) == BT_MAP_BODY;
    char *to = (char *)core + row->offset;
    if (row->class == BT_MAP_SKIP || (row->flags & f->skip) || (oneof && field->id != kind))
      continue;
    if (oneof)
      memcpy((char *)core + map->kind, &kind, sizeof kind);
    if (row->flags & BT_MAP_OPTIONAL)
      memcpy((char *)core + row->has, &(bool){true}, sizeof(bool));
    if (field->label == PROTOBUF_C_LABEL_REPEATED)
      fill_list(f, row, field, to, in_body);
    else if (row->sub && (row->flags & BT_MAP_POINTER)) {
      void *sub = bt_arena_alloc(&arena, row->sub->size);
      fill(f, row->sub, sub, 0, in_body);
      memcpy(to, &sub, sizeof sub);
    } else if (row->sub)
      fill(f, row->sub, to, 0, in_body);
    else if (is_slice(field))
      *(struct bt_str *)(void *)to = fill_text(f, row, in_body);
    else
      fill_number(f, row, field, to);
  }
}

/* --- comparing ---------------------------------------------------------------------------------------------------- */

static inline void assert_str(struct bt_str a, struct bt_str b, const char *name) {
  if (!bt_str_eq(a, b))
    fail_msg("%s: '%.*s' is not '%.*s'", name, BT_STR_ARG(a), BT_STR_ARG(b));
}

static inline void assert_same(const struct bt_map *map, const void *a, const void *b, unsigned part);

static inline void assert_same_list(const struct bt_map_row *row, const ProtobufCFieldDescriptor *field, const void *a,
                                    const void *b, unsigned part) {
  struct bt_map_list la = bt_map_get_list(a, row->offset), lb = bt_map_get_list(b, row->offset);
  assert_int_equal(la.n, lb.n);
  for (uint32_t i = 0; i < la.n; i++) {
    if (row->sub)
      assert_same(row->sub, (char *)la.v + i * row->sub->size, (char *)lb.v + i * row->sub->size, part);
    else if (is_slice(field))
      assert_str(((struct bt_str *)la.v)[i], ((struct bt_str *)lb.v)[i], field->name);
    else
      assert_int_equal(((uint64_t *)la.v)[i], ((uint64_t *)lb.v)[i]);
  }
}

/* Rows of the part are equal, all others are zero in b. */
static inline void assert_same(const struct bt_map *map, const void *a, const void *b, unsigned part) {
  static const char zero[1024];
  for (size_t i = 0; i < map->n; i++) {
    const struct bt_map_row *row = &map->rows[i];
    const ProtobufCFieldDescriptor *field = &map->descriptor->fields[i];
    const char *va = (const char *)a + row->offset, *vb = (const char *)b + row->offset;
    if (row->class == BT_MAP_SKIP)
      continue;
    if ((field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) && bt_map_get_u32(a, map->kind) != field->id)
      continue;
    if (!bt_map_takes(row, part))
      assert_memory_equal(vb, zero, row->size);
    else if (field->label == PROTOBUF_C_LABEL_REPEATED)
      assert_same_list(row, field, a, b, part);
    else if (row->sub && (row->flags & BT_MAP_POINTER)) {
      assert_int_equal(bt_map_get_pointer(va, 0) == NULL, bt_map_get_pointer(vb, 0) == NULL);
      if (bt_map_get_pointer(va, 0))
        assert_same(row->sub, bt_map_get_pointer(va, 0), bt_map_get_pointer(vb, 0), part);
    } else if (row->sub)
      assert_same(row->sub, va, vb, part);
    else if (is_slice(field))
      assert_str(bt_map_get_str(va, 0), bt_map_get_str(vb, 0), field->name);
    else
      assert_memory_equal(va, vb, row->size);
  }
}

/* --- bytes -------------------------------------------------------------------------------------------------------- */

static inline struct bt_str encode_all(const struct bt_map *map, const void *core) {
  struct bt_str bytes;
  assert_int_equal(bt_map_write(map, core, BT_MAP_ALL, 0, 0, &arena, &bytes), 0);
  return bytes;
}

static inline bool contains(struct bt_str haystack, const char *needle) {
  return haystack.n != 0 && memmem(haystack.p, haystack.n, needle, strlen(needle)) != NULL;
}

static inline struct bt_str join(struct bt_str a, struct bt_str b) {
  char *p = bt_arena_alloc(&arena, a.n + b.n);
  if (a.n)
    memcpy(p, a.p, a.n);
  if (b.n)
    memcpy(p + a.n, b.p, b.n);
  return (struct bt_str){p, a.n + b.n};
}

static inline struct bt_str varint(uint64_t v) {
  char *p = bt_arena_alloc(&arena, 10);
  size_t n = 0;
  for (; v >= 0x80; v >>= 7)
    p[n++] = (char)(v | 0x80);
  p[n++] = (char)v;
  return (struct bt_str){p, n};
}

/* A field of bytes, a text or a sub-message; and one with a number. */
static inline struct bt_str field_of(uint32_t number, struct bt_str content) {
  return join(join(varint(number << 3 | 2), varint(content.n)), content);
}
static inline struct bt_str number_of(uint32_t number, uint64_t value) {
  return join(varint(number << 3), varint(value));
}

/* xorshift64: the same bytes in every run. */
static inline uint64_t next_random(uint64_t *state) {
  *state ^= *state << 13;
  *state ^= *state >> 7;
  return *state ^= *state << 17;
}

/* Cuts, flips and overwrites a little. */
static inline struct bt_str mutate(struct bt_str bytes, uint64_t *random) {
  struct bt_str copy = join(bytes, (struct bt_str){"", 0});
  char *p = (char *)(uintptr_t)copy.p;
  if (copy.n == 0)
    return copy;
  switch (next_random(random) % 4) {
  case 0:
    copy.n = next_random(random) % copy.n;
    break;
  case 1:
    p[next_random(random) % copy.n] = (char)next_random(random);
    break;
  case 2:
    p[next_random(random) % copy.n] = 0;
    /* fall through */
  default:
    p[next_random(random) % copy.n] ^= (char)(1 << next_random(random) % 8);
  }
  return copy;
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, arena_up, arena_down)

#endif

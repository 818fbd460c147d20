/* Every table of the codec against its descriptor, and against what event.proto says in its comments. */
#include "codec_fixture.h"

#include "core/event.h"

static const struct bt_map *const roots[] = {
    &bt_map_event,           &bt_map_frame,        &bt_map_entry,          &bt_map_record_case,
    &bt_map_record_customer, &bt_map_record_seen,  &bt_map_record_inbox,   &bt_map_record_dead,
    &bt_map_record_adapter,  &bt_map_record_stats, &bt_map_record_figures,
};

typedef void visitor(const struct bt_map *map, const struct bt_map_row *row, const ProtobufCFieldDescriptor *field);

static void visit(const struct bt_map *map, visitor *visit_row) {
  /* One row for each field, in the same order: this is what lets row i speak of field i. */
  assert_int_equal(map->n, map->descriptor->n_fields);
  for (size_t i = 0; i < map->n; i++) {
    visit_row(map, &map->rows[i], &map->descriptor->fields[i]);
    if (map->rows[i].sub)
      visit(map->rows[i].sub, visit_row);
  }
}

static void visit_all(visitor *visit_row) {
  for (size_t i = 0; i < sizeof roots / sizeof *roots; i++)
    visit(roots[i], visit_row);
}

static void check_number(const struct bt_map *map, const struct bt_map_row *row,
                         const ProtobufCFieldDescriptor *field) {
  if (row->number != field->id)
    fail_msg("%s.%s is %u, its row says %u", map->descriptor->name, field->name, field->id, row->number);
  /* Only a kind of a oneof may go without a member. */
  if (row->class == BT_MAP_SKIP)
    assert_true(field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF);
  /* One oneof at most, and at the end. */
  bool oneof = field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF, last = field == &map->descriptor->fields[map->n - 1];
  if (oneof && !last) {
    assert_true(field[1].flags & PROTOBUF_C_FIELD_FLAG_ONEOF);
    assert_int_equal(field[1].quantifier_offset, field->quantifier_offset);
  }
}

static void test_rows_follow_fields(void **state) {
  (void)state;
  visit_all(check_number);
}

static size_t size_for(ProtobufCType type) {
  switch (type) {
  case PROTOBUF_C_TYPE_STRING:
  case PROTOBUF_C_TYPE_BYTES:
    return sizeof(struct bt_str);
  case PROTOBUF_C_TYPE_BOOL:
    return sizeof(bool);
  case PROTOBUF_C_TYPE_INT64:
  case PROTOBUF_C_TYPE_UINT64:
  case PROTOBUF_C_TYPE_DOUBLE:
    return sizeof(uint64_t);
  case PROTOBUF_C_TYPE_ENUM:
  case PROTOBUF_C_TYPE_UINT32:
    return sizeof(uint32_t);
  default:
    fail_msg("a type that the mapper does not know: %d", type);
    return 0;
  }
}

static void check_shape(const struct bt_map *map, const struct bt_map_row *row, const ProtobufCFieldDescriptor *field) {
  bool message = field->type == PROTOBUF_C_TYPE_MESSAGE;
  if (row->class == BT_MAP_SKIP)
    return;
  assert_int_equal(row->sub != NULL, message);
  if (message)
    assert_ptr_equal(row->sub->descriptor, field->descriptor);
  if (!(row->flags & BT_MAP_POINTER) && row->offset + row->size > map->size)
    fail_msg("%s.%s lies outside its struct", map->descriptor->name, field->name);
  size_t expected = field->label == PROTOBUF_C_LABEL_REPEATED ? sizeof(struct bt_map_list)
                    : row->flags & BT_MAP_POINTER             ? sizeof(void *)
                    : message                                 ? row->sub->size
                                                              : size_for(field->type);
  if (row->size != expected)
    fail_msg("%s.%s: a member of %u bytes, expected %zu", map->descriptor->name, field->name, row->size, expected);
}

static void test_members_have_the_size_of_their_type(void **state) {
  (void)state;
  visit_all(check_shape);
}

/* Members that are called otherwise than their fields. */
static const char *const renamed[][2] = {
    {"case", "case_id"},   {"operator", "by"}, {"config_adopted", "config_digest"},
    {"case", "case_view"}, {"cases", "rows"},  {"id", "customer"},
};

static bool same_name(const char *field, const char *member) {
  const char *dot = strrchr(member, '.');
  const char *last = dot ? dot + 1 : member;
  if (strcmp(field, last) == 0 || strcmp(last, "body") == 0)
    return true;
  for (size_t i = 0; i < sizeof renamed / sizeof *renamed; i++)
    if (strcmp(field, renamed[i][0]) == 0 && strcmp(last, renamed[i][1]) == 0)
      return true;
  return false;
}

static void check_name(const struct bt_map *map, const struct bt_map_row *row, const ProtobufCFieldDescriptor *field) {
  if (row->called && !same_name(field->name, row->called))
    fail_msg("%s.%s is mapped to %s", map->descriptor->name, field->name, row->called);
}

static void test_members_are_called_like_their_fields(void **state) {
  (void)state;
  visit_all(check_name);
}

static void test_kinds_with_rules_are_mapped(void **state) {
  (void)state;
  int mapped = 0;
  for (size_t i = 0; i < bt_map_event.n; i++) {
    const struct bt_map_row *row = &bt_map_event.rows[i];
    if (row->number < BT_CASE_OPENED)
      continue;
    mapped += row->class != BT_MAP_SKIP;
    assert_int_equal(row->class != BT_MAP_SKIP, bt_kind_has_rules(row->number));
    assert_int_equal(
        bt_kind_parse(
            bt_str(((const ProtobufCMessageDescriptor *)bt_map_event.descriptor->fields[i].descriptor)->short_name)),
        row->number);
  }
  assert_int_equal(mapped, 51);
  assert_int_equal(bt_map_event.rows[bt_map_event.n - 1].number, BT_KIND_LAST);
}

/* --- the marks in event.proto ------------------------------------------------------------------------------------- */

static unsigned marks_of(const char *comment) {
  const char *head = strstr(comment, "[head]"), *body = strstr(comment, "[body]");
  unsigned marks = 0;
  marks |= head ? BT_MAP_HEAD : 0;
  marks |= body ? BT_MAP_BODY : 0;
  marks |= strstr(comment, "[broker]") ? BT_MAP_BROKER : 0;
  marks |= strstr(comment, "wire only") ? BT_MAP_WIRE_ONLY : 0;
  /* "required", with nothing that makes it depend */
  const char *required = strstr(comment, "required");
  bool plain = required && strncmp(required, "required (", 10) != 0 && strncmp(required, "required w", 10) != 0;
  return marks | (plain ? BT_MAP_REQUIRED : 0);
}

static const struct bt_map *map_of(const char *message) {
  if (strcmp(message, "Event") == 0)
    return &bt_map_event;
  for (size_t i = 0; i < bt_map_event.n; i++) {
    const struct bt_map *sub = bt_map_event.rows[i].sub;
    if (sub && bt_map_event.rows[i].number >= BT_CASE_OPENED && strcmp(sub->descriptor->short_name, message) == 0)
      return sub;
  }
  return NULL;
}

static bool check_marks(const struct bt_map *map, const char *name, unsigned number, const char *comment) {
  const unsigned marked = BT_MAP_ALL | BT_MAP_BROKER | BT_MAP_REQUIRED;
  for (size_t i = 0; i < map->n; i++) {
    const struct bt_map_row *row = &map->rows[i];
    unsigned flags = row->flags & marked, marks = marks_of(comment);
    if (row->number != number || (map == &bt_map_event && number >= BT_CASE_OPENED))
      continue;
    if (map->descriptor->fields[i].descriptor == bt_map_identifier.descriptor)
      flags &= ~(unsigned)BT_MAP_REQUIRED, marks &= ~(unsigned)BT_MAP_REQUIRED; /* its own fields are */
    if (flags != marks)
      fail_msg("%s.%s: the table says %x, event.proto %x", map->descriptor->name, name, flags, marks);
    return true;
  }
  return false;
}

static void test_marks_of_the_proto(void **state) {
  (void)state;
  FILE *f = fopen(BT_SOURCE_DIR "/proto/baton/event.proto", "r");
  assert_non_null(f);
  char line[512], message[64] = "", type[64], name[64], comment[400];
  int checked = 0;
  while (fgets(line, sizeof line, f)) {
    unsigned number;
    char *mark = strstr(line, "//");
    snprintf(comment, sizeof comment, "%.399s", mark ? mark : "");
    if (sscanf(line, "message %63s {", name) == 1)
      snprintf(message, sizeof message, "%s", name);
    const struct bt_map *map = map_of(message);
    bool field = sscanf(line, " repeated %63s %63s = %u;", type, name, &number) == 3 ||
                 sscanf(line, " %63s %63s = %u;", type, name, &number) == 3;
    if (map && field)
      checked += check_marks(map, name, number, comment);
  }
  fclose(f);
  assert_int_equal(checked, 239);
}

/* The mapper writes by itself; the library, which read it, must write the same. */
static void assert_written_alike(const struct bt_map *map, uint32_t kind) {
  struct filler f = {.next = 1};
  struct bt_arena scratch;
  bt_arena_init(&scratch, ARENA_LIMIT);
  for (int filled = 0; filled < 2; filled++) {
    void *core = bt_arena_alloc(&arena, map->size);
    if (filled)
      fill(&f, map, core, kind, false);
    struct bt_str bytes = encode_all(map, core);
    ProtobufCMessage *message;
    assert_int_equal(bt_map_unpack(map, bytes, &scratch, &message), 0);
    uint8_t *again = bt_arena_alloc(&scratch, bytes.n + 1);
    assert_int_equal(protobuf_c_message_get_packed_size(message), bytes.n);
    assert_int_equal(protobuf_c_message_pack(message, again), bytes.n);
    assert_memory_equal(again, bytes.p, bytes.n);
  }
  bt_arena_fini(&scratch);
}

static void test_written_as_the_library_would(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof roots / sizeof *roots; i++) {
    if (roots[i] == &bt_map_frame)
      continue; /* its kinds share one pointer; each has a test in test_codec_frames */
    assert_written_alike(roots[i], 0);
  }
  for (uint32_t kind = BT_CASE_OPENED; kind <= BT_KIND_LAST; kind++)
    assert_written_alike(&bt_map_event, kind);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(test_rows_follow_fields),
      TEST(test_members_have_the_size_of_their_type),
      TEST(test_members_are_called_like_their_fields),
      TEST(test_kinds_with_rules_are_mapped),
      TEST(test_marks_of_the_proto),
      TEST(test_written_as_the_library_would),
  };
  return cmocka_run_group_tests_name("codec tables", tests, NULL, NULL);
}

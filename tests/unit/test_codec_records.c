/* Values of the record: what is put in comes out, damage is seen, what a newer broker wrote is kept. */
#include "codec_fixture.h"

typedef int encode_fn(const void *row, struct bt_str *ret);
typedef int decode_fn(struct bt_str bytes, void *ret);

#define WRAP(name, type)                                                                                               \
  static int encode_##name(const void *row, struct bt_str *ret) {                                                      \
    return bt_record_##name##_encode(row, &arena, ret);                                                                \
  }                                                                                                                    \
  static int decode_##name(struct bt_str bytes, void *ret) {                                                           \
    return bt_record_##name##_decode(bytes, &arena, ret);                                                              \
  }
BT_RECORD_TYPES(WRAP)

static const struct {
  const struct bt_map *map;
  encode_fn *encode;
  decode_fn *decode;
} types[] = {
#define ROW(name, type) {&bt_map_record_##name, encode_##name, decode_##name},
    BT_RECORD_TYPES(ROW)};
enum { TYPES = sizeof types / sizeof *types };

static struct bt_str encoded(size_t type, void *row) {
  struct filler f = {.next = 7};
  struct bt_str bytes;
  fill(&f, types[type].map, row, 0, false);
  assert_int_equal(types[type].encode(row, &bytes), 0);
  return bytes;
}

static void test_round_trips(void **state) {
  (void)state;
  for (size_t i = 0; i < TYPES; i++) {
    void *row = bt_arena_alloc(&arena, types[i].map->size), *got = bt_arena_alloc(&arena, types[i].map->size);
    struct bt_str bytes = encoded(i, row), again;
    assert_int_equal(bytes.p[0], 1);
    assert_int_equal(types[i].decode(bytes, got), 0);
    assert_same(types[i].map, row, got, BT_MAP_STORED);
    assert_int_equal(types[i].encode(got, &again), 0);
    assert_str(again, bytes, "encoded again");
  }
}

static void test_empty_rows(void **state) {
  (void)state;
  for (size_t i = 0; i < TYPES; i++) {
    void *row = bt_arena_alloc(&arena, types[i].map->size), *got = bt_arena_alloc(&arena, types[i].map->size);
    struct bt_str bytes;
    assert_int_equal(types[i].encode(row, &bytes), 0);
    assert_int_equal(bytes.n, 9);
    assert_int_equal(types[i].decode(bytes, got), 0);
    assert_same(types[i].map, row, got, BT_MAP_STORED);
  }
}

/* Format 1 as it was first written; a broker that no longer reads it must know so. */
static void test_stored_image(void **state) {
  (void)state;
  static const char image[] = "\x01\x08\x05\x10\x02\x18\x03\x22\x04gone\x28\x06";
  struct bt_inbox_row row = {.case_id = 5, .attempts = 2, .not_before_us = 3, .reason = BT_LIT("gone"), .since_us = 6};
  struct bt_str bytes;
  assert_int_equal(bt_record_inbox_encode(&row, &arena, &bytes), 0);
  assert_int_equal(bytes.n, sizeof image - 1 + 8);
  assert_memory_equal(bytes.p, image, sizeof image - 1);
  static const unsigned char checksum[8] = {0xfb, 0x25, 0x20, 0xf9, 0x75, 0x0d, 0xe0, 0xa8};
  assert_memory_equal(bytes.p + sizeof image - 1, checksum, 8);
}

static void test_every_flipped_bit_is_seen(void **state) {
  (void)state;
  for (size_t i = 0; i < TYPES; i++) {
    void *row = bt_arena_alloc(&arena, types[i].map->size), *got = bt_arena_alloc(&arena, types[i].map->size);
    struct bt_str bytes = encoded(i, row);
    char *p = (char *)(uintptr_t)bytes.p;
    for (size_t bit = 0; bit < bytes.n * 8; bit++) {
      p[bit / 8] ^= (char)(1 << bit % 8);
      assert_int_equal(types[i].decode(bytes, got), -BT_CORRUPT);
      p[bit / 8] ^= (char)(1 << bit % 8);
    }
    for (size_t n = 0; n < bytes.n; n++)
      assert_int_equal(types[i].decode((struct bt_str){bytes.p, n}, got), -BT_CORRUPT);
    assert_int_equal(types[i].decode(bytes, got), 0);
  }
}

/* A value with a good checksum around any message. The checksum is learnt from the codec: a case keeps unknown fields,
 * so that any well-formed message comes out of its encoder as it went in. */
static struct bt_str wrapped(struct bt_str message) {
  struct bt_case c = {.unknown = message};
  struct bt_str bytes;
  assert_int_equal(bt_record_case_encode(&c, &arena, &bytes), 0);
  return bytes;
}

static void test_unknown_fields_are_kept(void **state) {
  (void)state;
  struct bt_str later = join(number_of(100, 300), join(field_of(101, BT_LIT("later")), number_of(2000, 1)));
  struct bt_case c = {0}, got;
  struct bt_customer customer = {.id = 3, .unknown = later}, got_customer;
  struct filler f = {.next = 7};
  struct bt_str bytes, again;
  fill(&f, &bt_map_record_case, &c, 0, false);
  c.unknown = later;
  assert_int_equal(bt_record_case_encode(&c, &arena, &bytes), 0);
  assert_int_equal(bt_record_case_decode(bytes, &arena, &got), 0);
  assert_str(got.unknown, later, "unknown");
  assert_same(&bt_map_record_case, &c, &got, BT_MAP_STORED);
  assert_int_equal(bt_record_case_encode(&got, &arena, &again), 0);
  assert_str(again, bytes, "encoded again");
  assert_int_equal(bt_record_customer_encode(&customer, &arena, &bytes), 0);
  assert_int_equal(bt_record_customer_decode(bytes, &arena, &got_customer), 0);
  assert_str(got_customer.unknown, later, "unknown");
  assert_int_equal(got_customer.id, 3);
}

/* Where an unknown field could not be kept, nothing is read, and nothing can be lost. */
static void test_newer(void **state) {
  (void)state;
  struct bt_case c = {.id = 1};
  struct bt_inbox_row inbox = {.case_id = 1};
  assert_int_equal(bt_record_case_decode(wrapped(field_of(17, number_of(99, 1))), &arena, &c), -BT_NEWER);
  assert_int_equal(bt_record_inbox_decode(wrapped(number_of(99, 1)), &arena, &inbox), -BT_NEWER);
  assert_int_equal(bt_record_case_decode(wrapped(BT_LIT("\xFF\xFF")), &arena, &c), -BT_CORRUPT);
  assert_int_equal(c.id, 1);
  assert_int_equal(inbox.case_id, 1);
}

static void test_newer_format(void **state) {
  (void)state;
  static const unsigned char image[] = {2, 0xc9, 0xf4, 0x2e, 0x6c, 0x9e, 0x93, 0xdf, 0xff};
  struct bt_case c = {.id = 1};
  assert_int_equal(bt_record_case_decode((struct bt_str){(const char *)image, sizeof image}, &arena, &c), -BT_NEWER);
  assert_int_equal(c.id, 1);
}

/* The arena owns what was decoded; the page of the store may go. */
static void test_slices_do_not_borrow(void **state) {
  (void)state;
  struct bt_dead_row row = {.reason = BT_LIT("no such account")}, got;
  struct bt_str bytes;
  assert_int_equal(bt_record_dead_encode(&row, &arena, &bytes), 0);
  assert_int_equal(bt_record_dead_decode(bytes, &arena, &got), 0);
  memset((char *)(uintptr_t)bytes.p, 0, bytes.n);
  assert_str(got.reason, row.reason, "reason");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(test_round_trips),
      TEST(test_empty_rows),
      TEST(test_stored_image),
      TEST(test_every_flipped_bit_is_seen),
      TEST(test_unknown_fields_are_kept),
      TEST(test_newer),
      TEST(test_newer_format),
      TEST(test_slices_do_not_borrow),
  };
  return cmocka_run_group_tests_name("codec records", tests, NULL, NULL);
}

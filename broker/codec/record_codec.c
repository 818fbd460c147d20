#include "codec/record_codec.h"

#include <xxhash.h>

#include "base/bytes.h"
#include "codec/maps.h"

enum { FORMAT = 1, FORMAT_SIZE = 1, CHECKSUM_SIZE = 8, FRAMING = FORMAT_SIZE + CHECKSUM_SIZE };

/* unknown: encoded fields of a newer minor version. Their numbers are higher than all of ours, so they go last. */
static int encode(const struct bt_map *map, const void *row, struct bt_str unknown, struct bt_arena *arena,
                  struct bt_str *ret_bytes) {
  struct bt_str value;
  int rc = bt_map_write(map, row, BT_MAP_STORED, FORMAT_SIZE, unknown.n + CHECKSUM_SIZE, arena, &value);
  if (rc)
    return rc;
  char *bytes = (char *)(uintptr_t)value.p; /* fresh from the arena */
  size_t covered = value.n - CHECKSUM_SIZE;
  bytes[0] = FORMAT;
  if (unknown.n != 0)
    memcpy(bytes + covered - unknown.n, unknown.p, unknown.n);
  bt_put_u64(bytes + covered, XXH3_64bits(bytes, covered));
  *ret_bytes = value;
  return 0;
}

/* The fields we do not know, encoded again as a message of nothing else. */
static int keep_unknown(const ProtobufCMessage *message, struct bt_arena *arena, struct bt_str *ret) {
  if (message->n_unknown_fields == 0)
    return 0;
  ProtobufCMessage *rest = bt_arena_alloc(arena, message->descriptor->sizeof_message);
  if (!rest)
    return -BT_NOMEM;
  message->descriptor->message_init(rest);
  rest->n_unknown_fields = message->n_unknown_fields;
  rest->unknown_fields = message->unknown_fields;
  size_t n = protobuf_c_message_get_packed_size(rest);
  uint8_t *bytes = bt_arena_alloc(arena, n);
  if (!bytes)
    return -BT_NOMEM;
  protobuf_c_message_pack(rest, bytes);
  *ret = (struct bt_str){(const char *)bytes, n};
  return 0;
}

static int check_framing(struct bt_str bytes, struct bt_str *ret_message) {
  if (bytes.n < FRAMING)
    return -BT_CORRUPT;
  size_t covered = bytes.n - CHECKSUM_SIZE;
  if (bt_get_u64(bytes.p + covered) != XXH3_64bits(bytes.p, covered))
    return -BT_CORRUPT;
  uint8_t format = (uint8_t)bytes.p[0];
  if (format != FORMAT)
    return format > FORMAT ? -BT_NEWER : -BT_CORRUPT;
  *ret_message = (struct bt_str){bytes.p + FORMAT_SIZE, covered - FORMAT_SIZE};
  return 0;
}

/* unknown: where the struct keeps what we do not know; NULL where it keeps nothing. */
static int decode(const struct bt_map *map, struct bt_str bytes, struct bt_arena *arena, void *row,
                  struct bt_str *unknown) {
  struct bt_str stored;
  int rc = check_framing(bytes, &stored);
  if (rc)
    return rc;
  ProtobufCMessage *message;
  rc = bt_map_unpack(map, stored, arena, &message);
  if (rc)
    return rc == -BT_NOMEM ? rc : -BT_CORRUPT;
  rc = bt_map_read_stored(map, message, BT_MAP_STORED, arena, row);
  if (rc == 0 && unknown)
    rc = keep_unknown(message, arena, unknown);
  return rc;
}

#define NO_UNKNOWN(row) ((struct bt_str){0})
#define ITS_UNKNOWN(row) ((row)->unknown)
#define TO_NOTHING(row) NULL
#define TO_ITS_UNKNOWN(row) (&(row)->unknown)

/* The pair of functions that record_codec.h declares for a row. */
#define DEFINE(name, type, UNKNOWN, TO_UNKNOWN)                                                                        \
  int bt_record_##name##_encode(const type *row, struct bt_arena *arena, struct bt_str *ret_bytes) {                   \
    return encode(&bt_map_record_##name, row, UNKNOWN(row), arena, ret_bytes);                                         \
  }                                                                                                                    \
  int bt_record_##name##_decode(struct bt_str bytes, struct bt_arena *arena, type *ret) {                              \
    type row = {0};                                                                                                    \
    int rc = decode(&bt_map_record_##name, bytes, arena, &row, TO_UNKNOWN(&row));                                      \
    if (rc == 0)                                                                                                       \
      *ret = row;                                                                                                      \
    return rc;                                                                                                         \
  }

DEFINE(case, struct bt_case, ITS_UNKNOWN, TO_ITS_UNKNOWN)
DEFINE(customer, struct bt_customer, ITS_UNKNOWN, TO_ITS_UNKNOWN)
DEFINE(seen, struct bt_seen_row, NO_UNKNOWN, TO_NOTHING)
DEFINE(inbox, struct bt_inbox_row, NO_UNKNOWN, TO_NOTHING)
DEFINE(dead, struct bt_dead_row, NO_UNKNOWN, TO_NOTHING)
DEFINE(advisory, struct bt_advisory, NO_UNKNOWN, TO_NOTHING)
DEFINE(sweep, struct bt_sweep, NO_UNKNOWN, TO_NOTHING)
DEFINE(adapter, struct bt_adapter_row, NO_UNKNOWN, TO_NOTHING)
DEFINE(stats, struct bt_stats_row, NO_UNKNOWN, TO_NOTHING)
DEFINE(figures, struct bt_figures, NO_UNKNOWN, TO_NOTHING)

/* One entry of the spool as bytes, before it is sealed: an event that waits, or one that the broker refused for good.
 *
 *   version (1 byte), kind (1), put_us (8), size and key (1 and so many), where refused: refused_us (8), code (2), size
 *   and field (1), size and text (2); then the event.
 *
 * Integers are big-endian. Memory: a decoded record points into the bytes it came from. */
#ifndef BATON_SDK_SPOOL_RECORD_H
#define BATON_SDK_SPOOL_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
  BT_SDK_SPOOL_KEY_MAX = 128,
  BT_SDK_SPOOL_FIELD_MAX = 255,
  BT_SDK_SPOOL_TEXT_MAX = 1024,
  BT_SDK_SPOOL_EVENT_MAX = 16 * 1024,
  BT_SDK_SPOOL_RECORD_MAX =
      24 + BT_SDK_SPOOL_KEY_MAX + BT_SDK_SPOOL_FIELD_MAX + BT_SDK_SPOOL_TEXT_MAX + BT_SDK_SPOOL_EVENT_MAX,
};

struct bt_sdk_bytes {
  const void *at;
  size_t n;
};

struct bt_sdk_spool_record {
  int64_t put_us;
  struct bt_sdk_bytes key, event;
  bool refused; /* the rest is about that */
  int64_t refused_us;
  int code;
  struct bt_sdk_bytes field, text;
};

/* Writes it to `to` (BT_SDK_SPOOL_RECORD_MAX bytes); its parts are within the bounds above. Returns the size. */
size_t bt_sdk_spool_encode(const struct bt_sdk_spool_record *r, uint8_t *to);
/* false: no such record. */
bool bt_sdk_spool_decode(const void *bytes, size_t n, struct bt_sdk_spool_record *ret);

#endif

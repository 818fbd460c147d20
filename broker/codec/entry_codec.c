/* Entries of the journal: a clear head, and a body that may be sealed. The same Event message is used twice: in the
 * head with its structural fields, in the body with its texts. */
#include "baton/disk.pb-c.h"
#include "codec/event_codec.h"
#include "codec/maps.h"

static bool has_event(uint32_t kind) {
  return kind < BT_SETTLED;
}

int bt_entry_encode(const struct bt_entry *entry, struct bt_arena *arena, struct bt_str *ret_head,
                    struct bt_str *ret_body) {
  struct bt_str head, body = {"", 0};
  int rc = bt_map_write(&bt_map_entry, entry, BT_MAP_HEAD, 0, 0, arena, &head);
  if (rc == 0 && has_event(entry->kind))
    rc = bt_map_write(&bt_map_event, &entry->event, BT_MAP_BODY, 0, 0, arena, &body);
  if (rc)
    return rc;
  *ret_head = head;
  *ret_body = body;
  return 0;
}

static int unpack(const struct bt_map *map, struct bt_str bytes, struct bt_arena *arena, ProtobufCMessage **ret) {
  int rc = bt_map_unpack(map, bytes, arena, ret);
  return rc == 0 || rc == -BT_NOMEM ? rc : -BT_CORRUPT;
}

static int decode_head(struct bt_str bytes, struct bt_arena *arena, struct bt_entry *entry) {
  ProtobufCMessage *message;
  int rc = unpack(&bt_map_entry, bytes, arena, &message);
  if (rc == 0)
    rc = bt_map_read_stored(&bt_map_entry, message, BT_MAP_HEAD, arena, entry);
  if (rc)
    return rc;
  if (entry->kind > BT_KIND_NEWEST || (entry->kind > BT_KIND_LAST && has_event(entry->kind)))
    return -BT_NEWER;
  uint32_t expected = has_event(entry->kind) ? entry->kind : BT_KIND_NONE;
  return entry->kind != BT_KIND_NONE && entry->event.kind == expected ? 0 : -BT_CORRUPT;
}

static int decode_body(struct bt_str bytes, struct bt_arena *arena, struct bt_event *event) {
  ProtobufCMessage *message;
  int rc = unpack(&bt_map_event, bytes, arena, &message);
  if (rc)
    return rc;
  uint32_t kind = (uint32_t)((const Baton__V1__Event *)message)->kind_case;
  if (kind != BT_KIND_NONE && kind != event->kind)
    return -BT_CORRUPT; /* before its fields land in another kind's members */
  return bt_map_read_stored(&bt_map_event, message, BT_MAP_BODY, arena, event);
}

int bt_entry_decode(struct bt_str head, struct bt_str body, struct bt_arena *arena, struct bt_entry *ret) {
  struct bt_entry entry = {.sequence = ret->sequence};
  int rc = decode_head(head, arena, &entry);
  if (rc == 0 && body.n != 0)
    rc = has_event(entry.kind) ? decode_body(body, arena, &entry.event) : -BT_CORRUPT;
  if (rc == 0)
    *ret = entry;
  return rc;
}

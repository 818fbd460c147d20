/* Events: wire bytes -> the core's struct, and entries <-> journal bytes.
 *
 * Everything a peer sends is hostile until it came through here: unpacking has a memory cap, unknown fields, NUL,
 * broken UTF-8, enums outside their range, over-long texts and bad names are refused with the field's name, and a
 * message whose repacked size differs is refused too. Nothing here blocks. */
#ifndef BT_CODEC_EVENT_CODEC_H
#define BT_CODEC_EVENT_CODEC_H

#include "base/arena.h"
#include "base/code.h"
#include "core/entry.h"

/* An Event as an adapter sent it. On refusal returns the negative code and sets *ret_field to the dotted name of the
 * field to blame ("case_opened.title"; empty where no one field is) and *ret_text to what is wrong with it, both in
 * `arena`. A kind without rules gives -BT_NOT_YET before its fields are looked at; a kind that only the broker makes,
 * and a field that only the broker fills in, -BT_BROKER_ONLY and -BT_INVALID. */
int bt_event_decode(struct bt_str bytes, struct bt_arena *arena, struct bt_event *ret, struct bt_str *ret_field,
                    struct bt_str *ret_text) BT_MUST_CHECK;

/* An entry as it rests: the clear head with the structural fields, the body with the texts. Both in `arena`. The body
 * is empty for entries without texts. */
int bt_entry_encode(const struct bt_entry *entry, struct bt_arena *arena, struct bt_str *ret_head,
                    struct bt_str *ret_body) BT_MUST_CHECK;
/* body may be empty (sealed away): texts are then empty. entry->sequence is the caller's. -BT_CORRUPT, -BT_NEWER. */
int bt_entry_decode(struct bt_str head, struct bt_str body, struct bt_arena *arena, struct bt_entry *ret) BT_MUST_CHECK;

/* Every field that has a value, by its name in event.proto ("handoff_offered.card.facts[0].key"), times as RFC 3339,
 * bytes as hex. For people to look at. In `arena`; -BT_NOMEM. */
struct bt_field {
  struct bt_str name, value;
};
struct bt_fields {
  uint32_t n;
  struct bt_field *v;
};
int bt_event_fields(const struct bt_event *event, struct bt_arena *arena, struct bt_fields *ret) BT_MUST_CHECK;
/* The same of a card, under a prefix. */
int bt_card_fields(const struct bt_card *card, struct bt_str prefix, struct bt_arena *arena,
                   struct bt_fields *ret) BT_MUST_CHECK;

#endif

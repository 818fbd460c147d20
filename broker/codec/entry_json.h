/* Journal entries as lines of JSON, and back to the same bytes: {"sequence":"7","chain":HEX,"head":{...},"body":{...}}.
 *
 * head and body are EntryHead and Event of baton/disk.proto and baton/event.proto in the JSON mapping of proto3: lower
 * camel case, 64-bit numbers as strings, bytes in base64, enums by name, nothing for what has no value, fields by
 * number. Bytes that this would not bring back to themselves (of a newer version, or sealed) stand as they are, in
 * base64, under headBytes and bodyBytes; an empty body is left out. */
#ifndef BT_CODEC_ENTRY_JSON_H
#define BT_CODEC_ENTRY_JSON_H

#include <stdint.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/code.h"

struct bt_json_entry {
  uint64_t sequence;
  uint8_t chain[32];
  struct bt_str head, body;
};

/* With a newline. Uses `arena`. -BT_NOMEM; what cannot be written shows at `to`. */
int bt_entry_write_json(const struct bt_json_entry *e, struct bt_arena *arena, FILE *to) BT_MUST_CHECK;
/* Into `arena`. -BT_INVALID with *ret_text (static) where the line is not what was written. */
int bt_entry_read_json(struct bt_str line, struct bt_arena *arena, struct bt_json_entry *ret,
                       const char **ret_text) BT_MUST_CHECK;

/* The first line of an export. */
struct bt_json_header {
  uint32_t format, journal_format;
  uint64_t from, to;
  uint8_t before[32]; /* chain hash before the first entry */
  bool has_key;
  uint8_t key[32]; /* under which identifiers are filed */
};
void bt_header_write_json(const struct bt_json_header *h, FILE *to);
int bt_header_read_json(struct bt_str line, struct bt_json_header *ret, const char **ret_text) BT_MUST_CHECK;

#endif

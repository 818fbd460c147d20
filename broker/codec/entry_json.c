#include "codec/entry_json.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "codec/json_private.h"
#include "codec/maps.h"

/* ---- writing ---- */

/* It packs to the same bytes again. */
static bool comes_back(const ProtobufCMessage *m, struct bt_str bytes, struct bt_arena *arena) {
  if (protobuf_c_message_get_packed_size(m) != bytes.n)
    return false;
  uint8_t *again = bt_arena_alloc(arena, bytes.n);
  return again && protobuf_c_message_pack(m, again) == bytes.n && memcmp(again, bytes.p, bytes.n) == 0;
}

/* As JSON, or else as it is. */
static int put_part(const char *name, const struct bt_map *map, struct bt_str bytes, struct bt_arena *arena, FILE *to) {
  ProtobufCMessage *m;
  char *text = NULL;
  size_t n = 0;
  FILE *memory = open_memstream(&text, &n);
  if (!memory)
    return -BT_NOMEM;
  bool fine = bt_map_unpack(map, bytes, arena, &m) == 0 && comes_back(m, bytes, arena) && bt_json_write(m, memory);
  fine = fclose(memory) == 0 && fine;
  if (fine) {
    fprintf(to, ",\"%s\":", name);
    fwrite(text, 1, n, to);
  } else {
    fprintf(to, ",\"%sBytes\":", name);
    bt_json_write_base64((const uint8_t *)bytes.p, bytes.n, to);
  }
  free(text);
  return 0;
}

int bt_entry_write_json(const struct bt_json_entry *e, struct bt_arena *arena, FILE *to) {
  char chain[65];
  fprintf(to, "{\"sequence\":\"%" PRIu64 "\",\"chain\":\"%s\"", e->sequence, bt_hex(chain, e->chain, 32));
  int rc = put_part("head", &bt_map_entry, e->head, arena, to);
  if (rc == 0 && e->body.n)
    rc = put_part("body", &bt_map_event, e->body, arena, to);
  fputs("}\n", to);
  return rc;
}

void bt_header_write_json(const struct bt_json_header *h, FILE *to) {
  char hex[65];
  fprintf(to,
          "{\"format\":\"baton-export\",\"version\":%u,\"journalFormat\":%u,\"from\":\"%" PRIu64 "\",\"to\":\"%" PRIu64
          "\",\"before\":\"%s\"",
          h->format, h->journal_format, h->from, h->to, bt_hex(hex, h->before, 32));
  if (h->has_key)
    fprintf(to, ",\"identifiersKey\":\"%s\"", bt_hex(hex, h->key, 32));
  fputs("}\n", to);
}

/* ---- reading ---- */

static int bad(const char *text, const char **ret_text) {
  *ret_text = text;
  return -BT_INVALID;
}

static bool take_hex(const json_t *v, uint8_t to[32]) {
  const char *text = json_string_value(v);
  if (!text || strlen(text) != 64 || strspn(text, "0123456789abcdef") != 64)
    return false;
  for (int i = 0; i < 32; i++) {
    unsigned byte;
    (void)!sscanf(text + 2 * i, "%2x", &byte);
    to[i] = (uint8_t)byte;
  }
  return true;
}

static int take_part(const json_t *line, const char *name, const struct bt_map *map, struct bt_arena *arena,
                     struct bt_str *ret) {
  char raw[16];
  ProtobufCMessage *m;
  uint8_t *bytes;
  size_t n;
  snprintf(raw, sizeof raw, "%sBytes", name);
  const json_t *object = json_object_get(line, name), *as_it_is = json_object_get(line, raw);
  *ret = (struct bt_str){"", 0};
  if (as_it_is) {
    int rc =
        json_is_string(as_it_is) ? bt_json_read_base64(json_string_value(as_it_is), arena, &bytes, &n) : -BT_INVALID;
    if (rc == 0)
      *ret = (struct bt_str){(const char *)bytes, n};
    return rc;
  }
  if (!object)
    return 0;
  int rc = bt_json_read(object, map->descriptor, arena, &m);
  if (rc < 0)
    return rc;
  n = protobuf_c_message_get_packed_size(m);
  bytes = bt_arena_alloc(arena, n);
  if (!bytes)
    return -BT_NOMEM;
  protobuf_c_message_pack(m, bytes);
  *ret = (struct bt_str){(const char *)bytes, n};
  return 0;
}

static int take_entry(const json_t *line, struct bt_arena *arena, struct bt_json_entry *e, const char **ret_text) {
  if (bt_json_read_u64(json_object_get(line, "sequence"), &e->sequence) < 0)
    return bad("it has no sequence", ret_text);
  if (!take_hex(json_object_get(line, "chain"), e->chain))
    return bad("it has no chain hash of 64 hexadecimal digits", ret_text);
  if (!json_object_get(line, "head") && !json_object_get(line, "headBytes"))
    return bad("it has no head", ret_text);
  *ret_text = "its head is not what this version knows";
  int rc = take_part(line, "head", &bt_map_entry, arena, &e->head);
  if (rc == 0) {
    *ret_text = "its body is not what this version knows";
    rc = take_part(line, "body", &bt_map_event, arena, &e->body);
  }
  return rc;
}

int bt_entry_read_json(struct bt_str line, struct bt_arena *arena, struct bt_json_entry *ret, const char **ret_text) {
  struct bt_json_entry e;
  json_t *root = json_loadb(line.p, line.n, JSON_REJECT_DUPLICATES, NULL);
  if (!json_is_object(root)) {
    json_decref(root);
    return bad("it is no JSON object", ret_text);
  }
  int rc = take_entry(root, arena, &e, ret_text);
  json_decref(root);
  if (rc == 0)
    *ret = e;
  return rc;
}

static int take_header(const json_t *line, struct bt_json_header *h, const char **ret_text) {
  const char *format = json_string_value(json_object_get(line, "format"));
  uint64_t version = 0, journal = 0;
  if (!format || strcmp(format, "baton-export") != 0)
    return bad("this is no export of Baton's", ret_text);
  if (bt_json_read_u64(json_object_get(line, "version"), &version) < 0 ||
      bt_json_read_u64(json_object_get(line, "journalFormat"), &journal) < 0)
    return bad("it does not say its version", ret_text);
  if (bt_json_read_u64(json_object_get(line, "from"), &h->from) < 0 ||
      bt_json_read_u64(json_object_get(line, "to"), &h->to) < 0 || !h->from || h->to + 1 < h->from)
    return bad("it does not say which entries follow", ret_text);
  if (!take_hex(json_object_get(line, "before"), h->before))
    return bad("it has no chain hash to begin with", ret_text);
  h->format = (uint32_t)version;
  h->journal_format = (uint32_t)journal;
  const json_t *key = json_object_get(line, "identifiersKey");
  h->has_key = key != NULL;
  return key && !take_hex(key, h->key) ? bad("its identifier key is not one", ret_text) : 0;
}

int bt_header_read_json(struct bt_str line, struct bt_json_header *ret, const char **ret_text) {
  struct bt_json_header h = {0};
  json_t *root = json_loadb(line.p, line.n, JSON_REJECT_DUPLICATES, NULL);
  int rc = json_is_object(root) ? take_header(root, &h, ret_text)
                                : bad("this is no export: the first line is no JSON object", ret_text);
  json_decref(root);
  if (rc == 0)
    *ret = h;
  return rc;
}

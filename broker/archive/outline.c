/* What stands around the frames of a segment: header, index, footer. */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "archive/format.h"
#include "base/bytes.h"

void bt_chain_next(const uint8_t before[BT_CHAIN_SIZE], uint64_t sequence, struct bt_str head, struct bt_str body,
                   uint8_t ret[BT_CHAIN_SIZE]) {
  crypto_generichash_state state;
  uint8_t fixed[12];
  bt_put_u64(fixed, sequence);
  bt_put_u32(fixed + 8, (uint32_t)head.n);
  crypto_generichash_init(&state, NULL, 0, BT_CHAIN_SIZE);
  crypto_generichash_update(&state, before, BT_CHAIN_SIZE);
  crypto_generichash_update(&state, fixed, sizeof(fixed));
  crypto_generichash_update(&state, (const uint8_t *)head.p, head.n);
  crypto_generichash_update(&state, (const uint8_t *)body.p, body.n);
  crypto_generichash_final(&state, ret, BT_CHAIN_SIZE);
}

uint64_t bt_segment_check_of(const void *bytes, size_t n) {
  return XXH3_64bits(bytes, n);
}

void bt_segment_put_header(uint8_t to[HEADER_SIZE], const struct bt_segment *s) {
  memset(to, 0, HEADER_SIZE);
  memcpy(to, SEGMENT_MAGIC, MAGIC_SIZE);
  bt_put_u32(to + 8, BT_SEGMENT_FORMAT);
  bt_put_u64(to + 16, s->first);
  bt_put_u64(to + 24, s->last);
  memcpy(to + 32, s->before, BT_CHAIN_SIZE);
  memcpy(to + 32 + BT_CHAIN_SIZE, s->after, BT_CHAIN_SIZE);
}

void bt_segment_put_row(uint8_t to[ROW_SIZE], const struct frame_row *row) {
  bt_put_u64(to, row->at);
  bt_put_u64(to + 8, row->first);
  bt_put_u32(to + 16, row->size);
  bt_put_u32(to + 20, row->raw);
  bt_put_u64(to + 24, row->check);
  memcpy(to + 32, row->before, BT_CHAIN_SIZE);
}

uint64_t bt_segment_outline_check(const uint8_t header[HEADER_SIZE], const uint8_t *rows, size_t n) {
  XXH3_state_t *state = XXH3_createState();
  if (!state)
    return 0;
  XXH3_64bits_reset(state);
  XXH3_64bits_update(state, header, HEADER_SIZE);
  XXH3_64bits_update(state, rows, n);
  uint64_t check = XXH3_64bits_digest(state);
  XXH3_freeState(state);
  return check;
}

static int bad(int code, const char *text, const char **ret_text) {
  *ret_text = text;
  return code;
}

static int read_header(const uint8_t bytes[HEADER_SIZE], struct bt_segment *ret, const char **ret_text) {
  if (memcmp(bytes, SEGMENT_MAGIC, MAGIC_SIZE) != 0)
    return bad(-BT_CORRUPT, "the file does not begin as an archive segment does", ret_text);
  if (bt_get_u32(bytes + 8) > BT_SEGMENT_FORMAT)
    return bad(-BT_NEWER, "the segment was written by a newer version", ret_text);
  ret->first = bt_get_u64(bytes + 16);
  ret->last = bt_get_u64(bytes + 24);
  memcpy(ret->before, bytes + 32, BT_CHAIN_SIZE);
  memcpy(ret->after, bytes + 32 + BT_CHAIN_SIZE, BT_CHAIN_SIZE);
  return ret->first && ret->first <= ret->last ? 0
                                               : bad(-BT_CORRUPT, "the segment's header names no entries", ret_text);
}

/* Rows lie one behind the other and leave nothing out. */
static bool rows_fit(const struct outline *o, uint64_t index_at) {
  uint64_t at = HEADER_SIZE, first = o->segment.first;
  for (uint32_t i = 0; i < o->n; i++) {
    const struct frame_row *r = &o->rows[i];
    bool begins = i == 0 ? r->first == first : r->first > first;
    if (!begins || r->at != at || r->raw == 0 || r->raw > FRAME_RAW_MAX || r->size > index_at - at)
      return false;
    at += r->size;
    first = r->first;
  }
  return at == index_at && first <= o->segment.last && memcmp(o->rows[0].before, o->segment.before, BT_CHAIN_SIZE) == 0;
}

static int read_rows(int fd, const uint8_t header[HEADER_SIZE], uint64_t index_at, uint64_t check, struct outline *o,
                     const char **ret_text) {
  size_t size = (size_t)o->n * ROW_SIZE;
  uint8_t *stored = malloc(size);
  o->rows = malloc(o->n * sizeof *o->rows);
  int rc = stored && o->rows ? 0 : -BT_NOMEM;
  if (rc == 0 && pread(fd, stored, size, (off_t)index_at) != (ssize_t)size)
    rc = bad(-BT_CORRUPT, "the segment's index cannot be read", ret_text);
  if (rc == 0 && bt_segment_outline_check(header, stored, size) != check)
    rc = bad(-BT_CORRUPT, "the segment's header or index fails its checksum", ret_text);
  for (uint32_t i = 0; rc == 0 && i < o->n; i++) {
    const uint8_t *p = stored + (size_t)i * ROW_SIZE;
    struct frame_row *r = &o->rows[i];
    *r = (struct frame_row){bt_get_u64(p),      bt_get_u64(p + 8),  bt_get_u32(p + 16),
                            bt_get_u32(p + 20), bt_get_u64(p + 24), {0}};
    memcpy(r->before, p + 32, BT_CHAIN_SIZE);
  }
  free(stored);
  if (rc == 0 && !rows_fit(o, index_at))
    rc = bad(-BT_CORRUPT, "the segment's index does not fit its frames", ret_text);
  return rc;
}

int bt_segment_read_outline(int fd, struct outline *ret, const char **ret_text) {
  uint8_t header[HEADER_SIZE], footer[FOOTER_SIZE];
  struct outline o = {.n = 0};
  struct stat st;
  if (fstat(fd, &st) != 0)
    return bad(-BT_IO, "the segment's file cannot be looked at", ret_text);
  if (st.st_size < HEADER_SIZE + FOOTER_SIZE || pread(fd, header, sizeof header, 0) != sizeof header ||
      pread(fd, footer, sizeof footer, st.st_size - FOOTER_SIZE) != sizeof footer)
    return bad(-BT_CORRUPT, "the segment's file is too short", ret_text);
  int rc = read_header(header, &o.segment, ret_text);
  if (rc < 0)
    return rc;
  if (memcmp(footer + FOOTER_SIZE - MAGIC_SIZE, SEGMENT_MAGIC, MAGIC_SIZE) != 0)
    return bad(-BT_CORRUPT, "the segment's file is truncated, or goes on behind its end", ret_text);
  uint64_t index_at = bt_get_u64(footer), check = bt_get_u64(footer + 16);
  o.n = bt_get_u32(footer + 8);
  o.segment.bytes = (uint64_t)st.st_size;
  if (o.n == 0 || o.n > MAX_ROWS || bt_get_u32(footer + 12) != 0 || index_at < HEADER_SIZE ||
      index_at + (uint64_t)o.n * ROW_SIZE + FOOTER_SIZE != o.segment.bytes)
    return bad(-BT_CORRUPT, "the segment's footer does not fit its size", ret_text);
  rc = read_rows(fd, header, index_at, check, &o, ret_text);
  if (rc < 0)
    free(o.rows);
  else
    *ret = o;
  return rc;
}

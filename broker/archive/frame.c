/* One frame: read, checked, decompressed, and the chain followed through it. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#include "archive/format.h"
#include "base/bytes.h"

void bt_frame_clear(struct frame *f) {
  free(f->at);
  free(f->chains);
  free(f->bytes);
  *f = (struct frame){0};
}

static int bad(const char *text, const char **ret_text) {
  *ret_text = text;
  return -BT_CORRUPT;
}

static int decompress(int fd, const struct frame_row *row, struct frame *f, const char **ret_text) {
  uint8_t *stored = malloc(row->size ? row->size : 1);
  f->bytes = malloc(row->raw);
  f->size = row->raw;
  int rc = stored && f->bytes ? 0 : -BT_NOMEM;
  if (rc == 0 && pread(fd, stored, row->size, (off_t)row->at) != (ssize_t)row->size)
    rc = bad("a frame of the segment cannot be read", ret_text);
  if (rc == 0 && bt_segment_check_of(stored, row->size) != row->check)
    rc = bad("a frame of the segment fails its checksum", ret_text);
  if (rc == 0 && ZSTD_decompress(f->bytes, f->size, stored, row->size) != f->size)
    rc = bad("a frame of the segment does not decompress", ret_text);
  free(stored);
  return rc;
}

static bool entry_at(const struct frame *f, size_t at, struct bt_str *head, struct bt_str *body) {
  if (f->size - at < 8)
    return false;
  size_t h = bt_get_u32(f->bytes + at), b = bt_get_u32(f->bytes + at + 4), left = f->size - at - 8;
  if (h > left || b > left - h)
    return false;
  const char *p = (const char *)f->bytes + at + 8;
  *head = (struct bt_str){p, h};
  *body = (struct bt_str){p + h, b};
  return true;
}

/* The bytes are entries, one behind the other, as many as there should be, and the chain comes out right. */
static int follow(struct frame *f, const uint8_t before[BT_CHAIN_SIZE], const uint8_t after[BT_CHAIN_SIZE],
                  const char **ret_text) {
  size_t at = 0;
  memcpy(f->chains[0], before, BT_CHAIN_SIZE);
  for (uint32_t i = 0; i < f->n; i++) {
    struct bt_str head, body;
    if (!entry_at(f, at, &head, &body))
      return bad("a frame of the segment holds other entries than its index says", ret_text);
    f->at[i] = (uint32_t)at;
    bt_chain_next(f->chains[i], f->first + i, head, body, f->chains[i + 1]);
    at += 8 + head.n + body.n;
  }
  if (at != f->size || memcmp(f->chains[f->n], after, BT_CHAIN_SIZE) != 0)
    return bad("an entry of the segment fails its chain hash", ret_text);
  return 0;
}

int bt_frame_read(int fd, const struct frame_row *row, uint64_t upto, const uint8_t after[BT_CHAIN_SIZE],
                  struct frame *ret, const char **ret_text) {
  struct frame f = {.first = row->first};
  /* An entry takes 8 bytes at least. */
  if (upto <= row->first || upto - row->first > row->raw / 8)
    return bad("a frame of the segment holds other entries than its index says", ret_text);
  f.n = (uint32_t)(upto - row->first);
  f.at = malloc(f.n * sizeof *f.at);
  f.chains = malloc(((size_t)f.n + 1) * BT_CHAIN_SIZE);
  int rc = f.at && f.chains ? decompress(fd, row, &f, ret_text) : -BT_NOMEM;
  if (rc == 0)
    rc = follow(&f, row->before, after, ret_text);
  if (rc < 0)
    bt_frame_clear(&f);
  else
    *ret = f;
  return rc;
}

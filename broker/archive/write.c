/* Writing a segment. */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#include "archive/format.h"
#include "base/bytes.h"
#include "base/dir.h"
#include "base/io.h"

enum { LEVEL = 6 };

struct bt_segment_writer {
  char dir[BT_PATH_SIZE], path[BT_PATH_SIZE]; /* path: under which it is written */
  int fd;
  struct bt_segment segment; /* last: first - 1 until there is one */
  uint64_t at, raw;
  uint8_t *bytes; /* of the frame in the making */
  size_t size;
  uint8_t *packed;
  size_t packed_size;
  struct frame_row frame;
  uint8_t *rows; /* as stored */
  uint32_t n, room;
};

int bt_segment_begin(const char *dir, uint64_t first, const uint8_t before[BT_CHAIN_SIZE],
                     struct bt_segment_writer **ret) {
  char name[BT_SEGMENT_NAME_SIZE];
  struct bt_segment_writer *w = calloc(1, sizeof *w);
  if (!w)
    return -BT_NOMEM;
  w->fd = -1;
  w->packed_size = ZSTD_compressBound(FRAME_RAW_MAX);
  w->bytes = malloc(FRAME_RAW_MAX);
  w->packed = malloc(w->packed_size);
  snprintf(w->dir, sizeof w->dir, "%s", dir);
  snprintf(name, sizeof name, "%020" PRIu64 ".new", first);
  int rc = w->bytes && w->packed ? bt_dir_make(dir) : -BT_NOMEM;
  if (rc == 0)
    rc = bt_path_join(w->path, dir, name);
  if (rc == 0 && (w->fd = open(w->path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)) < 0)
    rc = bt_io_code();
  if (rc < 0) {
    bt_segment_drop(w);
    return rc;
  }
  w->segment = (struct bt_segment){.first = first, .last = first - 1};
  memcpy(w->segment.before, before, BT_CHAIN_SIZE);
  memcpy(w->segment.after, before, BT_CHAIN_SIZE);
  w->at = HEADER_SIZE;
  *ret = w;
  return 0;
}

static int add_row(struct bt_segment_writer *w) {
  if (w->n == MAX_ROWS)
    return -BT_LIMIT;
  if (w->n == w->room) {
    uint32_t room = w->room ? w->room * 2 : 64;
    uint8_t *rows = realloc(w->rows, (size_t)room * ROW_SIZE);
    if (!rows)
      return -BT_NOMEM;
    w->rows = rows;
    w->room = room;
  }
  bt_segment_put_row(w->rows + (size_t)w->n++ * ROW_SIZE, &w->frame);
  return 0;
}

static int close_frame(struct bt_segment_writer *w) {
  if (!w->size)
    return 0;
  size_t n = ZSTD_compress(w->packed, w->packed_size, w->bytes, w->size, LEVEL);
  if (ZSTD_isError(n))
    return -BT_NOMEM;
  if (!bt_io_write_at(w->fd, w->packed, n, w->at))
    return bt_io_code();
  w->frame.at = w->at;
  w->frame.size = (uint32_t)n;
  w->frame.raw = (uint32_t)w->size;
  w->frame.check = bt_segment_check_of(w->packed, n);
  w->at += n;
  w->size = 0;
  return add_row(w);
}

int bt_segment_add(struct bt_segment_writer *w, struct bt_str head, struct bt_str body) {
  if (head.n > BT_ENTRY_PART_MAX || body.n > BT_ENTRY_PART_MAX)
    return -BT_LIMIT;
  if (!w->size) {
    w->frame = (struct frame_row){.first = w->segment.last + 1};
    memcpy(w->frame.before, w->segment.after, BT_CHAIN_SIZE);
  }
  uint8_t *to = w->bytes + w->size;
  bt_put_u32(to, (uint32_t)head.n);
  bt_put_u32(to + 4, (uint32_t)body.n);
  if (head.n)
    memcpy(to + 8, head.p, head.n);
  if (body.n)
    memcpy(to + 8 + head.n, body.p, body.n);
  w->size += 8 + head.n + body.n;
  w->raw += 8 + head.n + body.n;
  w->segment.last++;
  bt_chain_next(w->segment.after, w->segment.last, head, body, w->segment.after);
  return w->size >= FRAME_RAW ? close_frame(w) : 0;
}

uint64_t bt_segment_raw_bytes(const struct bt_segment_writer *w) {
  return w->raw;
}

static int put_outline(struct bt_segment_writer *w) {
  uint8_t header[HEADER_SIZE], footer[FOOTER_SIZE] = {0};
  const size_t rows = (size_t)w->n * ROW_SIZE;
  bt_segment_put_header(header, &w->segment);
  bt_put_u64(footer, w->at);
  bt_put_u32(footer + 8, w->n);
  bt_put_u64(footer + 16, bt_segment_outline_check(header, w->rows, rows));
  memcpy(footer + FOOTER_SIZE - MAGIC_SIZE, SEGMENT_MAGIC, MAGIC_SIZE);
  if (!bt_io_write_at(w->fd, header, sizeof header, 0) || !bt_io_write_at(w->fd, w->rows, rows, w->at) ||
      !bt_io_write_at(w->fd, footer, sizeof footer, w->at + rows))
    return bt_io_code();
  return fsync(w->fd) == 0 ? 0 : bt_io_code();
}

/* Only what can be read again may be cut from the journal. It gets its name first, and loses it where it cannot. */
static int publish(struct bt_segment_writer *w, struct bt_segment *ret) {
  char name[BT_SEGMENT_NAME_SIZE + 8], path[BT_PATH_SIZE];
  bt_segment_name(w->segment.first, w->segment.last, name);
  int rc = bt_path_join(path, w->dir, name);
  if (rc == 0 && rename(w->path, path) != 0)
    rc = bt_io_code();
  if (rc == 0)
    rc = bt_dir_sync(w->dir);
  struct bt_archive *a = rc == 0 ? bt_archive_new(w->dir) : NULL;
  if (rc == 0)
    rc = a ? bt_archive_check(a, w->segment.first, w->segment.last, true, ret, NULL, NULL) : -BT_NOMEM;
  bt_archive_free(a);
  if (rc == -BT_CORRUPT)
    unlink(path);
  return rc;
}

int bt_segment_end(struct bt_segment_writer *w, struct bt_segment *ret) {
  int rc = close_frame(w);
  if (rc == 0 && w->n == 0)
    rc = -BT_USAGE;
  if (rc == 0)
    rc = put_outline(w);
  if (rc == 0)
    rc = publish(w, ret);
  bt_segment_drop(w);
  return rc;
}

void bt_segment_drop(struct bt_segment_writer *w) {
  if (!w)
    return;
  if (w->fd >= 0) {
    close(w->fd);
    unlink(w->path); /* gone already where it got its name */
  }
  free(w->bytes);
  free(w->packed);
  free(w->rows);
  free(w);
}

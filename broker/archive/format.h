/* The bytes of a segment. Private to this room. Integers are big-endian. */
#ifndef BT_ARCHIVE_FORMAT_H
#define BT_ARCHIVE_FORMAT_H

#include "archive/archive.h"

enum {
  MAGIC_SIZE = 8,
  HEADER_SIZE =
      MAGIC_SIZE + 4 + 4 + 8 + 8 + 2 * BT_CHAIN_SIZE, /* magic, format, reserved, first, last, before, after */
  ROW_SIZE = 8 + 8 + 4 + 4 + 8 + BT_CHAIN_SIZE,       /* at, first, size, raw size, check, chain before */
  FOOTER_SIZE = 8 + 4 + 4 + 8 + MAGIC_SIZE,           /* index at, rows, reserved, check, magic */
  FRAME_RAW = 256 * 1024,                             /* a frame is closed when it has so much */
  FRAME_RAW_MAX = FRAME_RAW + 2 * BT_ENTRY_PART_MAX + 8,
  MAX_ROWS = 1 << 20,
};
#define SEGMENT_MAGIC "BATONSEG"

struct frame_row {
  uint64_t at, first;
  uint32_t size, raw;
  uint64_t check;
  uint8_t before[BT_CHAIN_SIZE];
};

/* What stands around the frames. */
struct outline {
  struct bt_segment segment;
  uint32_t n;
  struct frame_row *rows;
};

uint64_t bt_segment_check_of(const void *bytes, size_t n);
void bt_segment_put_header(uint8_t to[HEADER_SIZE], const struct bt_segment *s);
void bt_segment_put_row(uint8_t to[ROW_SIZE], const struct frame_row *row);
/* Of the header and the rows as they are stored. */
uint64_t bt_segment_outline_check(const uint8_t header[HEADER_SIZE], const uint8_t *rows, size_t n);

/* outline.c. Reads all but the frames from an open file; free(rows). *ret_text says what is wrong. */
int bt_segment_read_outline(int fd, struct outline *ret, const char **ret_text) BT_MUST_CHECK;

/* One frame, decompressed and found to be whole. */
struct frame {
  uint64_t segment_first, first; /* segment_first 0: empty slot */
  uint32_t n;
  uint32_t *at;                     /* of each entry in bytes */
  uint8_t (*chains)[BT_CHAIN_SIZE]; /* n + 1: before the first, then each entry's own */
  uint8_t *bytes;
  size_t size;
  uint64_t used; /* when it was last read from: the oldest makes room */
};
void bt_frame_clear(struct frame *f);
/* after: what the chain must have come to at its end, and upto the sequence behind its last entry. */
int bt_frame_read(int fd, const struct frame_row *row, uint64_t upto, const uint8_t after[BT_CHAIN_SIZE],
                  struct frame *ret, const char **ret_text) BT_MUST_CHECK;

#endif

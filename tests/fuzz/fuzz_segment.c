/* Any bytes as a segment of the archive: as they are, and with checksums that fit, so that what lies behind those is
 * reached, too. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "archive/format.h"
#include "base/bytes.h"
#include "base/dir.h"
#include "driver.h"

enum { BIGGEST = 1 << 20 };

/* What is there of an entry lies in the frame, and its chain hash is that of its bytes. */
static void check_frame(const struct frame *f) {
  uint8_t chain[BT_CHAIN_SIZE];
  fuzz_check(f->n > 0, "a frame without entries");
  memcpy(chain, f->chains[0], sizeof chain);
  for (uint32_t i = 0; i < f->n; i++) {
    const size_t at = f->at[i];
    fuzz_check(at + 8 <= f->size, "an entry lies outside its frame");
    const size_t head = bt_get_u32(f->bytes + at), body = bt_get_u32(f->bytes + at + 4);
    fuzz_check(at + 8 + head + body <= f->size, "an entry goes on behind its frame");
    const char *p = (const char *)f->bytes + at + 8;
    bt_chain_next(chain, f->first + i, (struct bt_str){p, head}, (struct bt_str){p + head, body}, chain);
    fuzz_check(memcmp(chain, f->chains[i + 1], sizeof chain) == 0, "an entry has another one's hash");
  }
}

static void read_all(int fd) {
  struct outline o = {.n = 0};
  const char *text = NULL;
  uint64_t next = 0;
  int rc = bt_segment_read_outline(fd, &o, &text);
  fuzz_check(rc == 0 || (text && *text), "a refusal without words");
  for (uint32_t i = 0; rc == 0 && i < o.n; i++) {
    const bool last = i + 1 == o.n;
    struct frame f;
    rc = bt_frame_read(fd, &o.rows[i], last ? o.segment.last + 1 : o.rows[i + 1].first,
                       last ? o.segment.after : o.rows[i + 1].before, &f, &text);
    fuzz_check(rc == 0 || (text && *text), "a refusal without words");
    if (rc < 0)
      break;
    fuzz_check(f.first == (i ? next : o.segment.first), "entries are left out");
    check_frame(&f);
    next = f.first + f.n;
    bt_frame_clear(&f);
  }
  if (rc == 0)
    fuzz_check(next == o.segment.last + 1, "it ends before the segment does");
  free(o.rows);
}

static void try_bytes(const uint8_t *bytes, size_t n) {
  int fd = memfd_create("segment", MFD_CLOEXEC);
  fuzz_check(fd >= 0 && write(fd, bytes, n) == (ssize_t)n, "no memory");
  read_all(fd);
  close(fd);
}

/* Sums of the frames and of what stands around them, wherever the footer's numbers lead to something that is there. */
static void mend(uint8_t *bytes, size_t n) {
  if (n < HEADER_SIZE + FOOTER_SIZE)
    return;
  uint8_t *footer = bytes + n - FOOTER_SIZE;
  const uint64_t at = bt_get_u64(footer);
  const uint32_t rows = bt_get_u32(footer + 8);
  if (at > n - FOOTER_SIZE || rows > (n - FOOTER_SIZE - at) / ROW_SIZE)
    return;
  for (uint32_t i = 0; i < rows; i++) {
    uint8_t *row = bytes + at + (size_t)i * ROW_SIZE;
    const uint64_t from = bt_get_u64(row);
    const uint32_t size = bt_get_u32(row + 16);
    if (from <= n && size <= n - from)
      bt_put_u64(row + 24, bt_segment_check_of(bytes + from, size));
  }
  bt_put_u64(footer + 16, bt_segment_outline_check(bytes, bytes + at, (size_t)rows * ROW_SIZE));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  uint8_t *copy = malloc(size ? size : 1);
  fuzz_check(copy != NULL, "no memory");
  if (size)
    memcpy(copy, data, size);
  try_bytes(copy, size);
  mend(copy, size);
  try_bytes(copy, size);
  free(copy);
  return 0;
}

#ifdef FUZZ_MAIN

/* A segment of so many entries, as the broker writes it. */
static struct fuzz_seed make(const char *dir, uint64_t first, uint32_t n) {
  static uint8_t bytes[BIGGEST];
  static size_t used;
  const uint8_t before[BT_CHAIN_SIZE] = {7};
  char name[BT_SEGMENT_NAME_SIZE + 8], path[BT_PATH_SIZE], body[64];
  struct bt_segment_writer *w;
  struct bt_segment made;
  int rc = bt_segment_begin(dir, first, before, &w);
  for (uint32_t i = 0; rc == 0 && i < n; i++) {
    snprintf(body, sizeof body, "%*u", (int)(i % 40), i);
    rc = bt_segment_add(w, BT_LIT("head"), bt_str(body));
  }
  fuzz_check(rc == 0 && bt_segment_end(w, &made) == 0, "no segment can be written");
  bt_segment_name(made.first, made.last, name);
  FILE *f = bt_path_join(path, dir, name) == 0 ? fopen(path, "rb") : NULL;
  fuzz_check(f != NULL, "the segment is not there");
  struct fuzz_seed seed = {bytes + used, fread(bytes + used, 1, sizeof bytes - used, f)};
  fclose(f);
  used += seed.n;
  return seed;
}

int main(int argc, char **argv) {
  struct fuzz_seed seeds[3];
  char dir[] = "/tmp/bt-fuzz-XXXXXX";
  fuzz_check(mkdtemp(dir) != NULL, "no folder");
  seeds[0] = make(dir, 1, 1);
  seeds[1] = make(dir, 100, 40);
  seeds[2] = make(dir, UINT64_MAX - 4, 3);
  fuzz_check(bt_dir_remove(dir) == 0, "the folder stays");
  const struct fuzz fuzz = {FUZZ_SEEDS(seeds), .marks = FUZZ_TEXT("\0\0\xff\x01\x7f\x80"), .runs = 50000};
  return fuzz_main(argc, argv, &fuzz);
}

#endif

/* Pages of LMDB 0.9 as they lie in the file: header (page number 8, pad 2, flags 2, lower 2, upper 2), then for a leaf
 * an offset (2) for each node; a node is the size of its value (2 + 2, low first), flags (2), size of its key (2), key,
 * value. A large value lies on pages of its own, behind one header; the node has their number. Numbers are of the
 * machine's byte order, as the engine writes them. */
#include "backup/salvage.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/file.h"

enum {
  HEADER = 16,
  NODE = 8,
  LEAF = 0x02,
  KINDS = 0x0f,
  BIG = 0x01,
  MAGIC_AT = HEADER,
  PAGE_SIZE_AT = HEADER + 24,
  OVERHEAD = 1 + 4 + 32,
  VALUE_MAX = 4 << 20,
  TELL_EVERY = 4096,
  SEGMENT_KEY = 16,
  SEGMENT_ROW = 48,
};
static const uint32_t magic = 0xBEEFC0DE;

struct copy {
  uint64_t sequence, at;
  uint32_t size;
};

struct bt_salvage {
  int fd;
  uint64_t bytes, epoch;
  size_t page_size;
  struct copy *v;
  size_t n, room;
  struct bt_journal_segment *segments;
  size_t n_segments, segments_room;
  char *value;
};

static uint16_t u16(const uint8_t *p) {
  uint16_t v;
  memcpy(&v, p, sizeof v);
  return v;
}

static uint64_t u64(const uint8_t *p) {
  uint64_t v;
  memcpy(&v, p, sizeof v);
  return v;
}

static bool more(void **v, size_t *room, size_t n, size_t size) {
  if (n < *room)
    return true;
  size_t wanted = *room ? 2 * *room : 1024;
  void *grown = realloc(*v, wanted * size);
  if (!grown)
    return false;
  *v = grown;
  *room = wanted;
  return true;
}

/* ---- what a node is ---- */

static int add_copy(struct bt_salvage *s, uint64_t sequence, uint64_t at, uint32_t size) {
  void *v = s->v;
  if (!sequence || size < OVERHEAD || size > VALUE_MAX || at + size > s->bytes)
    return 0;
  if (!more(&v, &s->room, s->n, sizeof *s->v))
    return -BT_NOMEM;
  s->v = v;
  s->v[s->n++] = (struct copy){sequence, at, size};
  return 0;
}

static int add_segment(struct bt_salvage *s, const uint8_t *key, const uint8_t *row) {
  struct bt_journal_segment found = {
      .first = bt_get_u64(key + 8), .last = bt_get_u64(row), .bytes = bt_get_u64(row + 40)};
  void *v = s->segments;
  memcpy(found.after, row + 8, 32);
  if (!found.first || found.last < found.first)
    return 0;
  if (!more(&v, &s->segments_room, s->n_segments, sizeof *s->segments))
    return -BT_NOMEM;
  s->segments = v;
  s->segments[s->n_segments++] = found;
  return 0;
}

static int take_node(struct bt_salvage *s, const uint8_t *page, uint64_t page_at, size_t at) {
  if (at < HEADER || at + NODE > s->page_size)
    return 0;
  const uint8_t *node = page + at;
  const uint32_t size = u16(node) | (uint32_t)u16(node + 2) << 16;
  const uint16_t flags = u16(node + 4), key_n = u16(node + 6);
  const size_t value_at = at + NODE + key_n, here = (flags & BIG) ? 8 : size;
  if (value_at + here > s->page_size)
    return 0;
  const uint8_t *key = node + NODE, *value = page + value_at;
  if (key_n == 8 && (flags & BIG))
    return u64(value) < s->bytes / s->page_size ? add_copy(s, bt_get_u64(key), u64(value) * s->page_size + HEADER, size)
                                                : 0;
  if (key_n == 8 && !flags)
    return add_copy(s, bt_get_u64(key), page_at + value_at, size);
  if (key_n == SEGMENT_KEY && size == SEGMENT_ROW && !flags && memcmp(key, "segment", 8) == 0)
    return add_segment(s, key, value);
  if (key_n == 5 && size == 8 && !flags && memcmp(key, "epoch", 5) == 0 && bt_get_u64(value) > s->epoch)
    s->epoch = bt_get_u64(value);
  return 0;
}

static int take_page(struct bt_salvage *s, const uint8_t *page, uint64_t number) {
  const uint16_t lower = u16(page + 12);
  int rc = 0;
  if (u64(page) != number || (u16(page + 10) & KINDS) != LEAF || lower < HEADER || lower > s->page_size)
    return 0;
  for (size_t i = HEADER; rc == 0 && i + 2 <= lower; i += 2)
    rc = take_node(s, page, number * s->page_size, u16(page + i));
  return rc;
}

/* ---- the file ---- */

static size_t page_size_of(int fd) {
  uint8_t page[64];
  uint32_t size, m;
  const size_t fallback = (size_t)sysconf(_SC_PAGESIZE);
  if (pread(fd, page, sizeof page, 0) != sizeof page)
    return fallback;
  memcpy(&m, page + MAGIC_AT, sizeof m);
  memcpy(&size, page + PAGE_SIZE_AT, sizeof size);
  return m == magic && size >= 512 && size <= 65536 && (size & (size - 1)) == 0 ? size : fallback;
}

static int by_sequence(const void *left, const void *right) {
  const struct copy *a = left, *b = right;
  if (a->sequence != b->sequence)
    return a->sequence < b->sequence ? -1 : 1;
  return (a->at > b->at) - (a->at < b->at);
}

static int scan(struct bt_task *w, struct bt_salvage *s) {
  uint8_t *page = malloc(s->page_size);
  const uint64_t pages = s->bytes / s->page_size;
  int rc = page ? 0 : -BT_NOMEM;
  for (uint64_t i = 0; rc == 0 && i < pages; i++) {
    if (pread(s->fd, page, s->page_size, (off_t)(i * s->page_size)) == (ssize_t)s->page_size)
      rc = take_page(s, page, i);
    if (i % TELL_EVERY == 0)
      bt_task_tell(w, "pages", i, pages);
  }
  free(page);
  if (s->n)
    qsort(s->v, s->n, sizeof *s->v, by_sequence);
  return rc;
}

int bt_salvage_open(struct bt_task *w, const char *path, struct bt_salvage **ret) {
  struct bt_salvage *s = calloc(1, sizeof *s);
  if (!s)
    return -BT_NOMEM;
  s->fd = -1;
  s->value = malloc(VALUE_MAX);
  int rc = s->value ? bt_file_open(path, &s->fd, &s->bytes) : -BT_NOMEM;
  if (rc == 0) {
    s->page_size = page_size_of(s->fd);
    rc = scan(w, s);
  }
  if (rc == -BT_INVALID)
    rc = bt_task_fail(w, -BT_CORRUPT, "%s: %s", path, bt_file_text(rc));
  if (rc < 0)
    bt_salvage_close(s);
  else
    *ret = s;
  return rc;
}

void bt_salvage_close(struct bt_salvage *s) {
  if (!s)
    return;
  if (s->fd >= 0)
    close(s->fd);
  free(s->v);
  free(s->segments);
  free(s->value);
  free(s);
}

/* ---- asking ---- */

uint64_t bt_salvage_highest(const struct bt_salvage *s) {
  /* Rows of other sorts may have keys of 8 bytes, too: only what begins as an entry does counts. */
  for (size_t i = s->n; i-- > 0;) {
    uint8_t format;
    if (pread(s->fd, &format, 1, (off_t)s->v[i].at) == 1 && format == 1)
      return s->v[i].sequence;
  }
  return 0;
}

uint64_t bt_salvage_epoch(const struct bt_salvage *s) {
  return s->epoch;
}

bool bt_salvage_segment(const struct bt_salvage *s, uint64_t first, struct bt_journal_segment *ret) {
  for (size_t i = 0; i < s->n_segments; i++)
    if (s->segments[i].first == first) {
      *ret = s->segments[i];
      return true;
    }
  return false;
}

static size_t first_copy(const struct bt_salvage *s, uint64_t sequence) {
  size_t low = 0, high = s->n;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (s->v[middle].sequence < sequence)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

int bt_salvage_get(struct bt_salvage *s, uint64_t sequence, uint32_t n, struct bt_salvaged *ret) {
  const size_t i = first_copy(s, sequence) + n;
  if (i >= s->n || s->v[i].sequence != sequence)
    return -BT_ABSENT;
  const uint32_t size = s->v[i].size;
  if (pread(s->fd, s->value, size, (off_t)s->v[i].at) != (ssize_t)size || s->value[0] != 1)
    return -BT_CORRUPT;
  const size_t head = bt_get_u32(s->value + 1), texts = size - OVERHEAD;
  if (head > texts)
    return -BT_CORRUPT;
  *ret =
      (struct bt_salvaged){{s->value + 5, head}, {s->value + 5 + head, texts - head}, (uint8_t *)s->value + size - 32};
  return 0;
}

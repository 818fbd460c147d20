/* Entries of segments, by way of a few frames that are kept. */
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive/format.h"
#include "base/bytes.h"
#include "base/dir.h"
#include "base/file.h"

enum { KEPT = 16, KEPT_BYTES = 16 << 20 };

struct bt_archive {
  char dir[BT_PATH_SIZE];
  struct frame frames[KEPT];
  uint64_t uses;
};

void bt_segment_name(uint64_t first, uint64_t last, char ret[BT_SEGMENT_NAME_SIZE + 8]) {
  snprintf(ret, BT_SEGMENT_NAME_SIZE + 8, "%020" PRIu64 "-%020" PRIu64 ".segment", first, last);
}

struct bt_archive *bt_archive_new(const char *dir) {
  struct bt_archive *a = calloc(1, sizeof *a);
  if (a && (size_t)snprintf(a->dir, sizeof a->dir, "%s", dir) >= sizeof a->dir) {
    free(a);
    return NULL;
  }
  return a;
}

void bt_archive_free(struct bt_archive *a) {
  if (!a)
    return;
  for (int i = 0; i < KEPT; i++)
    bt_frame_clear(&a->frames[i]);
  free(a);
}

static int open_segment(const struct bt_archive *a, uint64_t first, uint64_t last, struct outline *ret, int *ret_fd,
                        const char **ret_text) {
  char name[BT_SEGMENT_NAME_SIZE + 8], path[BT_PATH_SIZE];
  bt_segment_name(first, last, name);
  int rc = bt_path_join(path, a->dir, name);
  if (rc < 0)
    return rc;
  int fd;
  rc = bt_file_open(path, &fd, NULL);
  if (rc < 0) {
    *ret_text = rc == -BT_ABSENT    ? "the segment is not here"
                : rc == -BT_INVALID ? "what stands in the segment's place is no plain file"
                                    : "the segment's file does not open";
    return rc == -BT_ABSENT ? -BT_AWAY : rc == -BT_INVALID ? -BT_CORRUPT : rc;
  }
  rc = bt_segment_read_outline(fd, ret, ret_text);
  if (rc == 0 && (ret->segment.first != first || ret->segment.last != last)) {
    *ret_text = "the segment holds other entries than its name says";
    free(ret->rows);
    rc = -BT_CORRUPT;
  }
  if (rc < 0)
    close(fd);
  else
    *ret_fd = fd;
  return rc;
}

static int read_frame(const struct outline *o, int fd, uint32_t i, struct frame *ret, const char **ret_text) {
  bool last = i + 1 == o->n;
  uint64_t upto = last ? o->segment.last + 1 : o->rows[i + 1].first;
  const uint8_t *after = last ? o->segment.after : o->rows[i + 1].before;
  int rc = bt_frame_read(fd, &o->rows[i], upto, after, ret, ret_text);
  if (rc == 0)
    ret->segment_first = o->segment.first;
  return rc;
}

/* ---- the frames that are kept ---- */

static struct frame *kept(struct bt_archive *a, uint64_t segment_first, uint64_t sequence) {
  for (int i = 0; i < KEPT; i++) {
    struct frame *f = &a->frames[i];
    if (f->segment_first == segment_first && sequence >= f->first && sequence - f->first < f->n)
      return f;
  }
  return NULL;
}

static struct frame *oldest(struct bt_archive *a, size_t *ret_bytes) {
  struct frame *oldest_used = NULL;
  *ret_bytes = 0;
  for (int i = 0; i < KEPT; i++) {
    struct frame *f = &a->frames[i];
    *ret_bytes += f->size;
    if (f->segment_first && (!oldest_used || f->used < oldest_used->used))
      oldest_used = f;
  }
  return oldest_used;
}

static struct frame *make_slot(struct bt_archive *a, size_t size) {
  size_t bytes;
  struct frame *f;
  while ((f = oldest(a, &bytes)) && bytes + size > KEPT_BYTES)
    bt_frame_clear(f);
  for (int i = 0; i < KEPT; i++)
    if (!a->frames[i].segment_first)
      return &a->frames[i];
  bt_frame_clear(f);
  return f;
}

static int fetch(struct bt_archive *a, uint64_t first, uint64_t last, const uint8_t after[BT_CHAIN_SIZE],
                 uint64_t sequence, struct frame **ret) {
  struct outline o;
  struct frame f;
  const char *text;
  int fd;
  int rc = open_segment(a, first, last, &o, &fd, &text);
  if (rc < 0)
    return rc;
  uint32_t i = o.n - 1;
  while (i > 0 && o.rows[i].first > sequence)
    i--;
  rc = memcmp(o.segment.after, after, BT_CHAIN_SIZE) == 0 ? read_frame(&o, fd, i, &f, &text) : -BT_CORRUPT;
  close(fd);
  free(o.rows);
  if (rc < 0)
    return rc;
  *ret = make_slot(a, f.size);
  **ret = f;
  return 0;
}

int bt_archive_read(struct bt_archive *a, uint64_t first, uint64_t last, const uint8_t after[BT_CHAIN_SIZE],
                    uint64_t sequence, struct bt_archived *ret) {
  if (sequence < first || sequence > last)
    return -BT_USAGE;
  struct frame *f = kept(a, first, sequence);
  int rc = f ? 0 : fetch(a, first, last, after, sequence, &f);
  if (rc < 0)
    return rc;
  f->used = ++a->uses;
  uint64_t i = sequence - f->first;
  const uint8_t *p = f->bytes + f->at[i];
  size_t head = bt_get_u32(p), body = bt_get_u32(p + 4);
  *ret = (struct bt_archived){
      {(const char *)p + 8, head}, {(const char *)p + 8 + head, body}, f->chains[i], f->chains[i + 1]};
  return 0;
}

/* ---- whole segments ---- */

int bt_archive_check(struct bt_archive *a, uint64_t first, uint64_t last, bool whole, struct bt_segment *ret,
                     const char **ret_text, uint64_t *ret_sequence) {
  struct outline o;
  const char *ignored;
  const char **text = ret_text ? ret_text : &ignored;
  uint64_t at = first;
  int fd;
  int rc = open_segment(a, first, last, &o, &fd, text);
  if (rc < 0) {
    if (ret_sequence)
      *ret_sequence = first;
    return rc;
  }
  for (uint32_t i = 0; rc == 0 && whole && i < o.n; i++) {
    struct frame f;
    at = o.rows[i].first;
    rc = read_frame(&o, fd, i, &f, text);
    if (rc == 0)
      bt_frame_clear(&f);
  }
  if (rc < 0 && ret_sequence)
    *ret_sequence = at;
  if (rc == 0)
    *ret = o.segment;
  close(fd);
  free(o.rows);
  return rc;
}

/* ---- the folder ---- */

uint64_t bt_archive_find(const char *dir, uint64_t first) {
  uint64_t last = 0;
  DIR *d = opendir(dir);
  if (!d)
    return 0;
  for (struct dirent *e; (e = readdir(d));) {
    uint64_t from, to;
    char name[BT_SEGMENT_NAME_SIZE + 8];
    if (sscanf(e->d_name, "%20" SCNu64 "-%20" SCNu64 ".segment", &from, &to) != 2 || from != first)
      continue;
    bt_segment_name(from, to, name);
    if (strcmp(name, e->d_name) == 0 && to > last)
      last = to;
  }
  closedir(d);
  return last;
}

void bt_archive_sweep(const char *dir) {
  static const char suffix[] = ".new";
  char path[BT_PATH_SIZE];
  DIR *d = opendir(dir);
  if (!d)
    return;
  for (struct dirent *e; (e = readdir(d));) {
    size_t n = strlen(e->d_name);
    if (n > strlen(suffix) && strcmp(e->d_name + n - strlen(suffix), suffix) == 0 &&
        bt_path_join(path, dir, e->d_name) == 0)
      unlink(path);
  }
  closedir(d);
}

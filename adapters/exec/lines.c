#include "lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int lines_init(struct lines *l, size_t max) {
  *l = (struct lines){.max = max, .buffer = malloc(4 * max), .number = 1};
  return l->buffer ? 0 : -1;
}

void lines_fini(struct lines *l) {
  free(l->buffer);
  l->buffer = NULL;
}

void lines_reset(struct lines *l) {
  *l = (struct lines){.max = l->max, .buffer = l->buffer, .number = 1};
}

bool lines_fill(struct lines *l, int fd) {
  if (l->eof || fd < 0)
    return false;
  if (l->begin > 0) {
    memmove(l->buffer, l->buffer + l->begin, l->end - l->begin);
    l->end -= l->begin;
    l->begin = 0;
  }
  if (l->end == 4 * l->max)
    return false;
  ssize_t n = read(fd, l->buffer + l->end, 4 * l->max - l->end);
  if (n > 0)
    l->end += (size_t)n;
  l->eof = n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR);
  return n > 0 || (l->eof && l->end > l->begin); /* a last line without an end */
}

/* The rest of a line that was too long. */
static bool lines_skip(struct lines *l) {
  char *end = memchr(l->buffer + l->begin, '\n', l->end - l->begin);
  l->begin = end ? (size_t)(end + 1 - l->buffer) : l->end;
  l->skipping = !end;
  l->number += end != NULL;
  return end;
}

int lines_next(struct lines *l, const char **ret, size_t *ret_n) {
  if (l->skipping && !lines_skip(l))
    return 0;
  char *from = l->buffer + l->begin;
  size_t n = l->end - l->begin;
  char *end = memchr(from + l->seen, '\n', n - l->seen);
  size_t size = end ? (size_t)(end - from) : n;
  l->seen = size;
  *ret = from;
  *ret_n = size <= l->max ? size : 0;
  if (size > l->max)
    return -1;
  return end || (l->eof && n > 0);
}

void lines_done(struct lines *l) {
  size_t size = l->seen;
  l->seen = 0;
  if (size > l->max) {
    l->skipping = true;
    return;
  }
  l->begin += size + (l->begin + size < l->end); /* the last line may have no end */
  l->number++;
}

void outbox_fini(struct outbox *o) {
  free(o->data);
  *o = (struct outbox){0};
}

void outbox_clear(struct outbox *o) {
  o->begin = o->end = 0;
}

size_t outbox_size(const struct outbox *o) {
  return o->end - o->begin;
}

static int outbox_reserve(struct outbox *o, size_t n) {
  if (o->begin > 0) {
    memmove(o->data, o->data + o->begin, o->end - o->begin);
    o->end -= o->begin;
    o->begin = 0;
  }
  size_t room = o->room ? o->room : 4096;
  while (room < o->end + n)
    room *= 2;
  char *grown = room == o->room ? o->data : realloc(o->data, room);
  if (!grown)
    return -1;
  o->data = grown;
  o->room = room;
  return 0;
}

int outbox_line(struct outbox *o, const char *const *piece, const size_t *n) {
  size_t total = 1;
  for (size_t i = 0; piece[i]; i++)
    total += n[i];
  if (o->end + total > o->room && outbox_reserve(o, total) < 0)
    return -1;
  for (size_t i = 0; piece[i]; i++) {
    memcpy(o->data + o->end, piece[i], n[i]);
    o->end += n[i];
  }
  o->data[o->end++] = '\n';
  return 0;
}

bool outbox_write(struct outbox *o, int fd) {
  while (o->begin < o->end) {
    ssize_t n = write(fd, o->data + o->begin, o->end - o->begin);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return errno == EAGAIN;
    o->begin += (size_t)n;
  }
  outbox_clear(o);
  return true;
}

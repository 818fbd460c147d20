/* Lines from a descriptor that does not block, and bytes to one.
 *
 * A line is at most `max` bytes; a longer one is reported once and skipped to its end. A line stays where it is until
 * lines_done, so that it can be tried again later. */
#ifndef BATON_EXEC_LINES_H
#define BATON_EXEC_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LINE_MAX_BYTES (64 * 1024)

struct lines {
  char *buffer;
  size_t max, begin, end;
  size_t seen;   /* bytes after begin that hold no line end */
  bool skipping; /* inside a line that was too long */
  bool eof;
  uint64_t number; /* of the current line, from 1 */
};

int lines_init(struct lines *l, size_t max);
void lines_fini(struct lines *l);
void lines_reset(struct lines *l); /* for a new descriptor */
/* Reads what there is room for. true: look for lines again; false: nothing to read now, or the end (eof). */
bool lines_fill(struct lines *l, int fd);
/* 1: a line, without its end; -1: one that is too long (*ret_n 0); 0: none is complete. */
int lines_next(struct lines *l, const char **ret, size_t *ret_n);
void lines_done(struct lines *l);

/* What waits to be written. Grows as needed; its users bound it. */
struct outbox {
  char *data;
  size_t begin, end, room;
};

void outbox_fini(struct outbox *o);
void outbox_clear(struct outbox *o);
size_t outbox_size(const struct outbox *o);
/* One line of pieces, up to NULL; all or nothing. 0, or -1 without memory. */
int outbox_line(struct outbox *o, const char *const *piece, const size_t *n);
/* false: the reader is gone. */
bool outbox_write(struct outbox *o, int fd);

#endif

/* The rows of one file that were not taken, for a person to mend and drop again, and the reasons.
 *
 *   NAME.rejects   the header line of a CSV file, and then the rows, byte for byte as they stood: mended, and under a
 * name that is played, it can be dropped as it is NAME.reasons   CSV: row, line (both in NAME), code, reason, upto: how
 * many bytes NAME.rejects has with this row
 *
 * Both have mode 0600: they hold what customers said. A row is written before its reason, and its reason makes it
 * count: reopening after a crash cuts both back to the last row that is whole in both, knows which rows are there
 * already, and writes none twice. */
#ifndef BATON_FILE_REJECTS_H
#define BATON_FILE_REJECTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rejects {
  char *path, *reasons_path;
  const char *header;       /* borrowed */
  int fd, reasons_fd;       /* -1: nothing written yet */
  int64_t end, reasons_end; /* the bytes that count */
  uint64_t *known;
  size_t n_known;
};

struct reject {
  uint64_t row, line;
  const char *code; /* "BAD_ROW", or the broker's: "UNKNOWN_CASE" */
  const char *reason;
  const char *original; /* NULL: could not be read again */
  size_t size;
};

/* path: of NAME. header: the CSV file's own, NULL for JSON lines; borrowed. 0, or -1 with errno. */
int rejects_open(struct rejects *r, const char *path, const char *header);
bool rejects_has(const struct rejects *r, uint64_t row);
/* 0, or -1 with errno: the files then count as they were before. */
int rejects_add(struct rejects *r, const struct reject *reject);
/* Puts what was written on the disk. 0, or -1 with errno. */
int rejects_sync(const struct rejects *r);
void rejects_close(struct rejects *r);

#endif

/* The rows of one file that were not taken, with the reason, for a person to mend and drop again.
 *
 * For NAME.csv it is CSV: row, line, code, reason, then the columns of the row as they stood (or, where the row itself
 * is broken CSV, its text as one column), under a header. For JSON lines each line is an object with the same members
 * and `original`. Mode 0600: it holds what customers said.
 *
 * Reopening after a crash reads which rows are there already, cuts off a half-written last one, and writes none twice.
 */
#ifndef BATON_FILE_REJECTS_H
#define BATON_FILE_REJECTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rejects {
  const char *path; /* borrowed */
  const char *header;
  char delimiter;
  bool csv;
  int fd; /* -1: nothing written yet */
  uint64_t *known;
  size_t n_known;
};

struct reject {
  uint64_t row, line;
  const char *code; /* "BAD_ROW", or the broker's: "UNKNOWN_CASE" */
  const char *reason;
  const char *original; /* NULL: could not be read again */
  bool whole;           /* original is a well-formed row */
};

/* header: the CSV file's own, NULL for JSON lines; borrowed like path. 0, or -1 with errno. */
int rejects_open(struct rejects *r, const char *path, const char *header, char delimiter);
bool rejects_has(const struct rejects *r, uint64_t row);
/* 0, or -1 with errno: the file is then as it was before. */
int rejects_add(struct rejects *r, const struct reject *reject);
/* Puts what was written on the disk. 0, or -1 with errno. */
int rejects_sync(const struct rejects *r);
void rejects_close(struct rejects *r);

#endif

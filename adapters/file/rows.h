/* The rows of one dropped file, whatever its format: NAME.csv, or JSON lines (NAME.jsonl, NAME.ndjson).
 *
 * The columns that a mapping asks for are numbered when the file is opened; each row brings their values as text, ""
 * where there is nothing. In JSON lines a column is a member of the line's object ("phone", or "customer.phone" inside
 * one); where whole_events says so, a line with a member "event" brings a whole event instead.
 *
 * A row that cannot be read has `problem` set, and reading goes on at the next. Everything in a row is valid until the
 * next call of rows_next. Offsets and sizes are bytes in the file, so that a row's own text can be fetched again
 * (rows_text). */
#ifndef BATON_FILE_ROWS_H
#define BATON_FILE_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rows;

struct row {
  uint64_t number; /* of the data rows, from 1 */
  uint64_t line;   /* where it begins */
  int64_t at;
  size_t size;
  const char *problem;      /* NULL: a good row */
  const char *const *value; /* one for each column asked for; all set unless there is a problem */
  const char *event, *key;  /* JSON lines only, or NULL: a whole event and its key */
};

/* columns is borrowed for as long as the rows live. NULL: error (at least 256 bytes) says why; nothing of the file can
 * be used; errno is the system's reason, 0 where the file itself is at fault. */
struct rows *rows_open(const char *path, char delimiter, bool whole_events, const char *const *columns, size_t n,
                       char *error);
void rows_close(struct rows *r);
/* 1: a row; 0: the end; -1: reading failed, errno says why. */
int rows_next(struct rows *r, struct row *ret_row);
bool rows_are_csv(const struct rows *r);
int64_t rows_size(const struct rows *r);
/* XXH3 over the name and every byte of the file: the same file dropped again has it, any other does not. */
uint64_t rows_digest(const struct rows *r);
/* The file's own text of a row into a new string (free it); NULL without memory or when it cannot be read. */
char *rows_text(const struct rows *r, int64_t at, size_t size);
/* The header line of a CSV file, as it stands; NULL for JSON lines. */
char *rows_header(const struct rows *r);

#endif

/* Reads CSV as RFC 4180 has it, a row at a time: quoted fields, doubled quotes, line breaks inside quotes, LF or CRLF,
 * an optional byte order mark, any one-byte delimiter.
 *
 * A row that breaks the rules is handed out with `problem` set and its text left in the file; reading goes on at the
 * next physical line, so that one stray quote costs one line and not the rest of the file. Empty lines are passed over.
 *
 * Memory: the reader holds one row, at most CSV_ROW_MAX bytes; fields are valid until the next call. It does not judge
 * the bytes of a field: encoding is the caller's business. */
#ifndef BATON_FILE_CSV_H
#define BATON_FILE_CSV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define CSV_ROW_MAX (64 * 1024)
#define CSV_FIELDS_MAX 512

struct csv {
  FILE *in; /* borrowed */
  char delimiter;
  size_t row_max;
  uint64_t line;   /* lines read so far */
  int64_t at;      /* bytes read so far */
  size_t end_size; /* of the line end read last */
  char *buffer;    /* the fields of the row, each ended by NUL */
  size_t used;
};

struct csv_row {
  const char *problem; /* NULL: a good row; else a sentence, and no fields */
  uint64_t line;       /* of its first byte, from 1 */
  int64_t at;          /* where it stands in the file, and how many bytes, line end left out */
  size_t size;
  size_t n;
  const char *field[CSV_FIELDS_MAX];
};

/* row_max in bytes, 0: CSV_ROW_MAX. 0, or -1 without memory. */
int csv_init(struct csv *c, FILE *in, char delimiter, size_t row_max);
void csv_fini(struct csv *c);
/* 1: a row; 0: the end; -1: reading failed, errno says why. */
int csv_next(struct csv *c, struct csv_row *ret_row);

#endif

/* What a delivery looks like as a row: of a CSV file, or as a line of JSON.
 *
 * It is the list `export.columns` of the configuration file: groups with a `name`, a `path` (as baton_delivery_get
 * takes it; "kind" is the kind of the event, "." the whole delivery as JSON) and perhaps `as = "time"`, which makes RFC
 * 3339 of microseconds. The first column is always the sequence, which names the delivery and is never used twice.
 *
 * Customers' words end up in a spreadsheet: a cell that one would take for a formula gets a ' in front. What a sign may
 * begin (a number, a telephone number) is left alone. */
#ifndef BATON_FILE_EXPORT_ROW_H
#define BATON_FILE_EXPORT_ROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "baton.h"
#include "table.h"

struct export_column {
  const char *name, *path;
  bool is_time;
};

struct export_shape {
  bool is_csv;
  char delimiter;
  bool keeps_formulas;
  bool whole; /* JSON lines without columns: the delivery as it is */
  struct export_column *column;
  size_t n_columns;
};

/* Reads export.columns; its strings stay the table's. 0, or -1: error (256 bytes) says where and what. */
int export_shape_read(struct export_shape *s, const baton_table *t, const char *file, char *error);
void export_shape_fini(struct export_shape *s);
/* The first line of a file in a new string; "" where it has none. NULL: no memory. */
char *export_shape_header(const struct export_shape *s);
/* A row with its line end in a new string, *ret_size bytes. NULL: no memory. */
char *export_shape_row(const struct export_shape *s, const baton_delivery *d, size_t *ret_size);

/* One cell as RFC 4180 has it. */
void export_cell(FILE *out, const char *text, char delimiter, bool keeps_formulas);

#endif

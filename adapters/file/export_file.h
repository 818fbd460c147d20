/* The file that is being written, in the folder for exports.
 *
 *   deliveries-SEQUENCE.csv.part   being written; SEQUENCE is that of its first row
 *   deliveries-SEQUENCE.csv        finished: it appears under this name at once and whole, and is the reader's from
 * then on, who may move or delete it .exported                      see ledger.h
 *
 * A row counts once it and its line of the ledger are on the disk; only then is its delivery acknowledged. What a crash
 * left is cut back to the rows that count and finished at the next start. So a row is neither lost nor there twice. */
#ifndef BATON_FILE_EXPORT_FILE_H
#define BATON_FILE_EXPORT_FILE_H

#include "ledger.h"

struct export_file {
  const char *folder, *end, *header; /* borrowed; end: "csv" or "jsonl" */
  struct ledger ledger;
  int lock; /* the folder has one writer */
  int fd;   /* -1: none is being written */
  char name[LEDGER_NAME_MAX];
  int64_t size; /* the bytes that count */
  uint64_t rows;
  bool has_appeared; /* under its final name; that is not yet known to be durable */
};

struct export_row {
  struct export_row *next;
  uint64_t sequence;
  char *text;
  size_t size;
};

/* Makes the folder where it is missing, finishes what a crash left. 0, or -1: why (256 bytes) has the sentence. */
int export_file_open(struct export_file *f, char *why);
/* Puts the first of these rows on the disk, as many as fit into this file of at most rows_max. How many, or -1 with
 * errno: none of them counts, the same again later. */
int export_file_write(struct export_file *f, const struct export_row *first, uint64_t rows_max);
/* Finishes the file; without one, nothing. 0, or -1 with errno: again later. */
int export_file_finish(struct export_file *f);
void export_file_close(struct export_file *f);

#endif

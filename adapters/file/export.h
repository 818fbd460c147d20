/* Deliveries on their way into files: what is taken, when it is written, when a file is finished.
 *
 * A delivery waits in memory until it is on the disk, for one step at most, and longer only where the disk does not
 * take it: it stays open then, so that no try is spent on a full disk, and credit bounds how many do. */
#ifndef BATON_FILE_EXPORT_H
#define BATON_FILE_EXPORT_H

#include "export_file.h"
#include "export_row.h"

struct export {
  /* options */
  const char *folder, *format, *delimiter, *formulas;
  int64_t rows, seconds;

  baton_table *table; /* of the configuration file; holds the columns and kinds */
  struct export_shape shape;
  size_t n_kinds; /* 0: all */
  char *header;
  struct export_file file;
  struct export_row *first, **last; /* not on the disk yet */
  baton *b;                         /* from the first step on */
  int64_t begun_ms;                 /* the first row of the file */
  int64_t again_ms, tell_ms;        /* when the disk is tried again, and the broker told that it takes longer */
  unsigned failures;                /* in a row */
  char why[256];                    /* "" where all is well */
};

/* 0, or -1: error (256 bytes) says what is wrong with the configuration. */
int export_read(struct export *e, const char *config_file, char *error);
/* 0, or -1: error (256 bytes). */
int export_open(struct export *e, char *error);
baton_verdict export_take(struct export *e, const baton_delivery *d);
/* Milliseconds until it wants to be called again, or -1. */
int export_step(struct export *e, baton *b);
/* Writes what is there and finishes the file. */
void export_stop(struct export *e);
void export_fini(struct export *e);

#endif

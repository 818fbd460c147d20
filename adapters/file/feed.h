/* The way in: files that departments drop become events, one file after the other. */
#ifndef BATON_FILE_FEED_H
#define BATON_FILE_FEED_H

#include "baton.h"
#include "drop.h"
#include "map.h"
#include "play.h"

struct feed {
  /* options */
  const char *folder, *delimiter;
  bool whole_events;
  bool once;

  struct map *map; /* NULL: nothing is played */
  struct drop drop;
  struct play *play;
  char *position; /* the stored cursor, until the first file is open; NULL: not asked yet */
  bool asked;
  bool folder_trouble, cursor_trouble, file_trouble; /* said once */
  char down[256];    /* why the folder, or the next file in it, cannot be read; "": they can */
  char refused[512]; /* the last whole file that was not taken, and why; "": the last one was */
};

/* 0, or -1: error (256 bytes) says what is wrong with the configuration. */
int feed_read(struct feed *f, const char *config_file, char *error);
/* 0, or -1 with errno. */
int feed_open(struct feed *f);
void feed_receipt(const struct feed *f, const baton_receipt *receipt);
/* As of baton_program. */
int feed_step(struct feed *f, baton *b);
void feed_fini(struct feed *f);

#endif

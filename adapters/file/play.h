/* Plays one taken file into Baton, row by row.
 *
 * Every row is an event with a source key that is the same each time (the mapping's, or DIGEST:ROW), sent together with
 * the source's cursor: "DIGEST ROW LOW", where ROW was the last row read and LOW the first one without a receipt. After
 * a crash the rows before LOW are passed over; those from LOW to ROW are sent again under their keys, which the broker
 * knows, so that a refusal whose receipt got lost still reaches the rejects; the rest goes on as if nothing had been.
 * When all is receipted the cursor becomes "DIGEST done", so that the same bytes dropped again, perhaps under a mended
 * mapping, are played from the first row: what was taken comes back as a duplicate, what was refused is tried anew.
 *
 * Memory: a small record for each event in flight, no text of a row; a refused row is read from the file again. */
#ifndef BATON_FILE_PLAY_H
#define BATON_FILE_PLAY_H

#include "baton.h"
#include "map.h"
#include "rejects.h"
#include "rows.h"

#define PLAY_SOURCE "drop"

struct play_pending {
  struct play_pending *previous, *next;
  uint64_t row, line;
  int64_t at;
  size_t size;
};

struct play {
  const struct map *map;
  char *name; /* the file's */
  char *header;
  struct rows *rows;
  struct rejects rejects;
  bool reject_trouble; /* the rejects file cannot be written; said once */

  uint64_t low, sent;   /* of an earlier run: rows before low are done, those up to sent were sent */
  struct row row;       /* the last one read */
  struct mapped mapped; /* its event, when the broker had no room for it */
  bool has_event;
  bool at_end, said_done;
  char failed[256];                  /* why reading ended early; "": it did not */
  uint64_t cursor;                   /* the last row whose cursor was sent */
  struct play_pending *first, *last; /* in flight, in order */

  uint64_t accepted, duplicates, rejected, skipped;
  uint64_t synced;    /* so many of the rejected are on the disk */
  uint64_t unwritten; /* rejected, and the rejects file could not be written: known by the log alone */
  int64_t began_ms, shown_ms;
};

enum play_state { PLAY_FAILED = -1, PLAY_WAIT = 0, PLAY_MORE = 1, PLAY_END = 2 };

/* path: of the taken file. position: the stored cursor, text, "" for none. NULL: error (at least 256 bytes) says why;
 * errno is the system's reason, 0 where the file itself is at fault. */
struct play *play_open(const char *path, const struct map *map, char delimiter, bool whole_events, const char *position,
                       char *error);
void play_free(struct play *p); /* NULL is fine */
uint64_t play_digest(const struct play *p);
/* Sends rows: PLAY_WAIT until receipts come, PLAY_MORE to be called again soon, PLAY_END when all is receipted,
 * PLAY_FAILED when the file or the connection failed (error, at least 256 bytes). */
enum play_state play_step(struct play *p, baton *b, char *error);
/* For on_receipt of events whose `user` is not NULL. */
void play_receipt(struct play *p, const baton_receipt *r);
/* One line on a terminal, at most four times a second; last: the final one, with its line end. */
void play_show(struct play *p, bool last);
/* The log line at the end. */
void play_report(const struct play *p);

#endif

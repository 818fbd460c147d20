/* A configuration tried on what has happened: the last recorded requests are decided again, each on the record as it
 * was before it, once under the rules that run and once under the new ones; what comes out differently is told.
 *
 * Works on the data folder alone, with the broker stopped or beside it: the record is built again up to the first of
 * these requests, from the newest snapshot before it and the journal, else from the journal and the archive alone, in a
 * temporary folder in the data folder (or $TMPDIR), which is removed at the end; that takes as long as the replay and
 * as much room as the record. Where archive segments are not here, requests before the oldest snapshot behind them are
 * out of reach, and fewer are decided than were asked for. Each request is then followed by what was recorded, so one
 * that would have gone differently changes nothing for those behind it. Blocks for as long as it takes.
 *
 * What is recorded of a request is not all that was sent: how it named its case, and which deadlines it named, is found
 * by trying what comes to the recorded result under the rules that run. Where nothing does, it is counted as not
 * covered. Refused requests are not recorded; what fell due by itself is not decided again. */
#ifndef BT_LOOP_TRY_H
#define BT_LOOP_TRY_H

#include <stdint.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/code.h"

enum bt_try_what {
  BT_TRY_REFUSED,   /* it would not be taken any more */
  BT_TRY_EVENTS,    /* other events would follow from it */
  BT_TRY_ROUTED,    /* another department would hold, own, be offered, be asked, be told */
  BT_TRY_TIMED,     /* other deadlines */
  BT_TRY_ADDRESSED, /* other adapters would get it */
  BT_TRY_SHOWN,     /* those who get it would see more or less of it */
  BT_TRY_WHATS
};
extern const char *const bt_try_names[BT_TRY_WHATS];

struct bt_try_row {
  uint64_t sequence, case_id; /* of the request's own event; 0: of no case */
  uint32_t kind;
  uint32_t what; /* enum bt_try_what */
  struct bt_str was, would;
};

struct bt_try_options {
  const char *data_dir;
  const char *before, *after; /* files: the configuration that runs, and the one to try */
  uint32_t last;              /* requests */
  uint32_t rows;              /* kept at most */
  FILE *progress;             /* a terminal; NULL: none */
  FILE *errors;               /* what is wrong with the configurations, by file and line */
};

struct bt_try_report {
  uint64_t from, to; /* sequences that were gone through; 0: there is no request */
  uint64_t reach;    /* of what is before this one no record can be made; 1: all is in reach */
  uint64_t snapshot; /* the position at which the record was begun; 0: it was made from the beginning */
  uint64_t requests, same, differ, not_covered;
  uint64_t
      otherwise; /* of those covered: already the rules that run come to other events or recipients than recorded */
  uint64_t counts[BT_TRY_WHATS]; /* requests */
  uint32_t n;
  struct bt_try_row *v; /* the first so many, in the arena */
  uint64_t more;        /* rows that were not kept */
  const char *text;     /* what to say where it could not run; static */
};

/* 0, or why it could not run: -BT_USAGE with the problems in `errors`; -BT_AWAY: segments are not here, and no
 * snapshot serves behind them; -BT_CORRUPT: verify; -BT_IO. */
int bt_try(const struct bt_try_options *options, struct bt_arena *arena, struct bt_try_report *ret) BT_MUST_CHECK;

#endif

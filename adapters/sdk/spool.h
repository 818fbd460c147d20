/* The spool of one baton: what was put in and not yet committed, what is on its way to the broker, and what came back.
 *
 *   spool.c          putting in: staged in memory, committed in one change
 *   spool_drain.c    handing on, in order, as the window has room; verdicts, and taking out what has one
 *   spool_watch.c    what operators see: lines of the log on edges, figures for the report
 *   spool_rejects.c  the commands of baton_main about rejects
 *   spool_store.c, spool_open.c, spool_room.c, spool_verify.c, spool_seal.c, spool_folder.c   the disk
 *
 * An entry leaves the disk only after its receipt. Taking out is put off and done for many at once: what is sent again
 * after a crash is a duplicate, and the broker says so. */
#ifndef BATON_SDK_SPOOL_H
#define BATON_SDK_SPOOL_H

#include "sdk.h"
#include "spool_store.h"

enum {
  BT_SDK_SPOOL_STAGED_MAX = 4096, /* events put in between two commits */
  BT_SDK_SPOOL_LATER_MAX = 64,    /* events that the broker failed on; more, and nothing new goes out */
};

struct bt_sdk_spool_staged {
  uint64_t hash; /* of the key, to compare first */
  int64_t put_us;
  char *key;
  uint8_t *event;
  size_t event_n;
};

/* What the broker said to the event at a position. code 0: it has it. */
struct bt_sdk_spool_verdict {
  uint64_t position;
  int64_t at_us;
  int code;
  char *field, *text; /* NULL with code 0 */
};

/* The broker failed on this one (INTERNAL): again when it is due. */
struct bt_sdk_spool_later {
  uint64_t position;
  int64_t put_us, due_ms;
  unsigned attempt;
  bool out; /* on its way again */
};

struct bt_sdk_spool {
  struct bt_sdk_spool_store store;
  uint64_t limit;

  struct bt_sdk_spool_staged *staged;
  size_t n_staged;
  uint64_t staged_cost;
  bool staged_again; /* one has the key of an event that has its receipt and is on disk still */

  struct bt_sdk_spool_verdict *verdicts;
  size_t n_verdicts, verdicts_room;
  int64_t verdicts_since_ms, change_due_ms; /* of the oldest; not before (after a failure) */
  size_t batch;                             /* verdicts in one change */
  struct bt_sdk_spool_later *later;
  size_t n_later, later_room;

  uint64_t fed;     /* the last position handed on */
  size_t under_way; /* handed on, without a receipt */
  bool stopping;    /* nothing more is handed on */

  int64_t readers_ms;
  struct {
    bool full, disk_full, high;
    char full_why[160];
    bool holding;  /* the broker is, or was, away */
    bool draining; /* there is more than passes through: from then, or from the start */
    int64_t since_ms;
    uint64_t taken; /* receipted since */
  } seen;
};

/* NULL: error (BT_SDK_SPOOL_ERROR bytes) has the sentence and the way forward. */
struct bt_sdk_spool *bt_sdk_spool_open(const struct bt_sdk_spool_options *o, char *error);

/* In the spool and not yet receipted. */
uint64_t bt_sdk_spool_waiting(const struct bt_sdk_spool *s);
/* Has the event at this position a verdict that is not on disk yet? */
bool bt_sdk_spool_judged(const struct bt_sdk_spool *s, uint64_t position);
/* Puts the first verdicts into the change that was begun; returns how many. */
size_t bt_sdk_spool_take_verdicts(struct bt_sdk_spool *s, size_t most);
void bt_sdk_spool_forget_verdicts(struct bt_sdk_spool *s, size_t n);

/* ---- spool_watch.c ---- */
void bt_sdk_spool_watch(baton *b, int64_t now_ms);
void bt_sdk_spool_watch_full(struct bt_sdk_spool *s, const char *why);
void bt_sdk_spool_watch_reject(struct bt_sdk_spool *s, const char *key, int code, const char *field);

#endif

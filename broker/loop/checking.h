/* Inside a verification: what its files share. */
#ifndef BT_LOOP_CHECKING_H
#define BT_LOOP_CHECKING_H

#include "base/progress.h"
#include "journal/journal.h"
#include "loop/verify.h"

enum { BT_CHECK_LINE = 1 << 16 }; /* entries from one line of progress to the next */

struct bt_check {
  const char *data_dir, *temporary;
  struct bt_progress progress;
  struct bt_verify_report *report;
  struct bt_journal *journal;
  struct bt_store *stored, *rebuilt; /* both private: a copy of the record's checkpoint, and the one made anew */
  struct bt_arena arena;             /* of one row or entry */
  uint64_t visited;
};

int bt_check_fail(struct bt_check *c, int code, const char *text); /* into the report; returns code */
void bt_check_say(struct bt_check *c, const char *what, uint64_t done, uint64_t of);

/* verify_journal.c: the log by itself, archive and all. */
int bt_check_journal(struct bt_check *c);
/* verify_timers.c: the stored record's timers are those that its cases wait for. */
int bt_check_timers(struct bt_check *c);

#endif

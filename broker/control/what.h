/* Events in words: what the what_*.c files share. Private to them and to who shows the same things as tables.
 *
 * A file has a table of the kinds it knows; what.c has the tables. Everything lives in the arena. */
#ifndef BT_CONTROL_WHAT_H
#define BT_CONTROL_WHAT_H

#include "base/arena.h"
#include "core/entry.h"

struct bt_what_row {
  uint32_t kind; /* 0 ends the table */
  struct bt_str (*words)(struct bt_arena *a, const struct bt_event *e);
};
extern const struct bt_what_row bt_what_told[], bt_what_handoff[], bt_what_owed[], bt_what_case[], bt_what_answer[],
    bt_what_customer[];

/* "2026-11-24 13:00Z"; nothing for 0. */
struct bt_str bt_words_time(struct bt_arena *a, int64_t us);
/* "a, b" */
struct bt_str bt_words_list(struct bt_arena *a, const struct bt_strs *names);
/* The text with something before and after it, or nothing. */
struct bt_str bt_words_around(struct bt_arena *a, const char *before, struct bt_str text, const char *after);
/* Why, as a clause: "it was closed and has opened". Nothing where somebody just asked for it. */
struct bt_str bt_words_cause(struct bt_arena *a, uint32_t cause);
/* What is raised: "promise #20 broken (due 2026-11-24 13:00Z)". */
struct bt_str bt_words_concern(struct bt_arena *a, uint32_t cause, uint64_t object, int64_t due_us);
/* Which clocks stop, which run again, until when. */
struct bt_str bt_words_clocks(struct bt_arena *a, const struct bt_clocks *clocks);
/* A conflict over two pieces of work; without an action it says their number alone. */
struct bt_str bt_words_conflict(struct bt_arena *a, const struct bt_conflict_found *c, struct bt_str action,
                                struct bt_str other_action);
/* Any entry of the journal, also those that only the broker writes; who had it made and why is not in it there. */
struct bt_str bt_words_entry(struct bt_arena *a, const struct bt_entry *e);
const char *bt_words_promise(uint32_t type); /* "a callback" */
const char *bt_words_channel(uint32_t channel);
const char *bt_words_outcome(uint32_t outcome);

/* For printf, in a function whose arena is `a`. */
#define S(s) BT_STR_ARG(s)
#define TAIL(text) S(bt_words_around(a, ": ", (text), ""))
#define QUOTED(text) S(bt_words_around(a, ": “", (text), "”"))
#define AT(before, us) S(bt_words_around(a, (before), bt_words_time(a, (us)), ""))
#define WHY(cause) S(bt_words_around(a, " (", bt_words_cause(a, (cause)), ")"))

#endif

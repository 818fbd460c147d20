/* One question while it is being answered. Private to this room.
 *
 * A handler fills *ret and returns 0, or refuses by returning the negative code and leaves the rest to bt_query_answer:
 * so a refusal reads the same whether the thing is not there or may not be seen. A handler may set ret->text first, but
 * only to what follows from the question alone (a field that is no valid value). */
#ifndef BT_QUERY_ASK_H
#define BT_QUERY_ASK_H

#include "query/query.h"

struct bt_ask {
  const struct bt_query_context *context;
  const struct bt_asker *asker;
  const struct bt_query *query;
  struct bt_arena *arena;   /* what the answer is made of */
  struct bt_arena *scratch; /* rows that were looked at and passed over; reset by whoever scans */
  uint32_t limit;           /* rows: 1 to BT_MAX_ROWS */
  int64_t until_us;         /* monotonic: a scan stops here */
};

typedef int bt_ask_fn(const struct bt_ask *ask, struct bt_answer *ret);
bt_ask_fn bt_ask_case, bt_ask_find, bt_ask_history, bt_ask_card, bt_ask_cases, bt_ask_who_handles, bt_ask_journeys,
    bt_ask_cursor, bt_ask_journey, bt_ask_scorecard;

/* Bytes that an answer's rows may take: what a frame holds less its own fields. */
enum { BT_ASK_ROOM = BT_MAX_FRAME - 2048 };

/* The asker may know of the case. */
bool bt_ask_sees(const struct bt_ask *ask, const struct bt_case *c);
/* And all of it, whatever its labels: an operator, or who has broken the glass and asks to see what that shows. */
bool bt_ask_sees_whole(const struct bt_ask *ask, const struct bt_case *c);
/* A case by its id, as of now, where the asker may read it; -BT_ABSENT both where it is not and where it may not. */
int bt_ask_case_by_id(const struct bt_ask *ask, uint64_t id, struct bt_arena *arena, struct bt_case *ret) BT_MUST_CHECK;
/* The case that the question's locator names. -BT_UNKNOWN_CASE; -BT_INVALID, -BT_UNKNOWN_DOMAIN and -BT_NOT_GRANTED
 * (a glass that is not broken) with ret->text. */
int bt_ask_located(const struct bt_ask *ask, struct bt_answer *ret, struct bt_case *ret_case) BT_MUST_CHECK;
/* The customer of an identifier, whoever asks. -BT_ABSENT, -BT_UNKNOWN_DOMAIN, -BT_INVALID. */
int bt_ask_customer(const struct bt_ask *ask, const struct bt_identifier *identifier,
                    uint64_t *ret_customer) BT_MUST_CHECK;
/* Ids of a customer's newest cases, newest first, whoever may see them; at most BT_MAX_CASES_SEEN, in the ask's arena.
 */
int bt_ask_cases_of(const struct bt_ask *ask, uint64_t customer, struct bt_u64s *ret) BT_MUST_CHECK;
/* The same of him and of all customers that were merged with him. */
int bt_ask_cases_of_person(const struct bt_ask *ask, uint64_t customer, struct bt_u64s *ret) BT_MUST_CHECK;

/* Entries of the case from sequence `from` down to the one after version `since_version`, each cut by policy: at most
 * `max`, and what fits into `room` bytes and into the time. *ret_page is set where there are more. */
struct bt_ask_walk {
  const struct bt_ask *ask;
  struct bt_case c;
  struct bt_str ref;
  uint64_t since_version; /* 0: down to the first */
  size_t room;
  uint32_t max;
  struct bt_recordeds rows; /* the result */
  uint64_t away;            /* the entry that the way down ended at, because it is not here; 0: none */
  uint64_t oldest_version;  /* the last version that was looked at */
};
/* The sentence for it: so many older events of the case (0: unknown), of which this entry is the newest. */
struct bt_str bt_ask_away(const struct bt_ask *ask, uint64_t sequence, uint64_t n);
int bt_ask_walk(struct bt_ask_walk *w, uint64_t from, struct bt_str *ret_page) BT_MUST_CHECK;

/* A row of a list, copied into the ask's arena; *room goes down by what it takes. -BT_LIMIT: it does not fit. */
int bt_ask_row(const struct bt_ask *ask, const struct bt_case *c, size_t *room, struct bt_case_row *ret) BT_MUST_CHECK;
/* A page token: `place` in the list that `scope` names. A token of another list is -BT_BAD_PAGE; without one *ret_place
 * is as it was. */
int bt_ask_page_put(const struct bt_ask *ask, uint64_t scope, uint64_t place, struct bt_str *ret_token) BT_MUST_CHECK;
int bt_ask_page_get(const struct bt_ask *ask, uint64_t scope, uint64_t *ret_place) BT_MUST_CHECK;

/* Every case of the last checkpoint from id `from` on that the asker may see, in order of ids. Gives old pages back at
 * least every 100 ms. `each` returns 0 to go on, 1 to stop before this case, or an error. */
typedef int bt_ask_each_fn(void *context, const struct bt_case *c);
struct bt_ask_scan {
  uint64_t next; /* where to go on; 0: that was all */
  bool moved;    /* a checkpoint came in between: not all rows are of one instant */
};
int bt_ask_scan_cases(const struct bt_ask *ask, uint64_t from, bt_ask_each_fn *each, void *each_context,
                      struct bt_ask_scan *ret) BT_MUST_CHECK;

#endif

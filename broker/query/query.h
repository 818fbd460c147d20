/* Answers from the record: case, find customer, history, handoff card, lists, who handles a topic, journey figures,
 * cursors.
 *
 * Point queries read BT_NOW and so see everything that was receipted; scans (lists, journeys) read the last checkpoint,
 * say as_of, and stop within their time budget with a page token. Everything passes the core's policy: what the asker
 * may not see is answered as if it were not there. */
#ifndef BT_QUERY_QUERY_H
#define BT_QUERY_QUERY_H

#include "base/arena.h"
#include "base/code.h"
#include "codec/frame_codec.h"
#include "core/rules.h"
#include "journal/journal.h"
#include "store/store.h"

struct bt_query_context {
  const struct bt_rules *rules;
  struct bt_store *store;
  struct bt_journal *journal;
  struct bt_strs connected; /* adapters with a session, sorted */
  struct bt_loads loads;    /* how many cases each department holds */
  int64_t now_us;           /* recorded time: who is open, whose glass is broken */
  int64_t budget_us;        /* for scans */
  int64_t (*mono_us)(void); /* the clock for the budget */
};

/* Who asks. An operator (control socket, 0700) is `all`: sees everything. */
struct bt_asker {
  const struct bt_adapter *adapter; /* NULL: an operator */
  struct bt_str department;         /* who the adapter speaks for; home where the query named none */
  bool all;
};

/* Fills *ret; a refusal is an answer with a code. All in `arena`. The answer encodes to at most BT_MAX_FRAME.
 * 0, also for a refusal. A negative code says what is wrong with the broker (-BT_CORRUPT, -BT_IO, -BT_NOMEM), for the
 * log: *ret is then an INTERNAL answer, ready to be sent all the same. */
int bt_query_answer(const struct bt_query_context *context, const struct bt_asker *asker, const struct bt_query *query,
                    struct bt_arena *arena, struct bt_answer *ret) BT_MUST_CHECK;

/* Completes a STALE receipt: the newest events since the version that the request was decided on, newest first, as the
 * asker's department may see them, and a page of a history query (by case id) that goes on before them; the case's
 * version of now. Without a budget left: the page alone, from the newest on. All in `arena`; with what r holds already
 * it fits a frame. A negative code says what is wrong with the broker; *r is then as it was, but for its version. */
int bt_query_missed(const struct bt_query_context *context, const struct bt_asker *asker, uint64_t case_id,
                    uint64_t since_version, struct bt_arena *arena, struct bt_receipt *r) BT_MUST_CHECK;

/* The page of a list of cases that begins at a case id, and the id at which a page begins (0: it is none): for
 * operators, who type it. To everybody else a page is opaque. */
int bt_query_cases_from(struct bt_arena *arena, uint64_t id, struct bt_str *ret_page) BT_MUST_CHECK;
uint64_t bt_query_cases_next(struct bt_str page);

#endif

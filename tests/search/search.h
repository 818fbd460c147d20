/* Inside the search: moves that a state allows, and what two states have in common. */
#ifndef BT_SEARCH_H
#define BT_SEARCH_H

#include "trace/trace.h"

enum { SEARCH_MAX_MOVES = 256, SEARCH_MAX_PATCHES = 3 };

#define SEARCH_MINUTE_US (INT64_C(60) * 1000000)

/* ---- moves.c ---- */

/* What only the state knows. */
enum search_object { OFFER, DIGEST, PROMISE, QUESTION, WORK, HELD_BY_OFFER, LATER };
struct search_patch {
  enum search_object object;
  size_t offset;   /* in struct bt_event */
  int64_t span_us; /* LATER: from now */
};
/* One thing that a department could say in any state; event.kind 0: the next timer fires. */
struct search_move {
  const char *text;
  struct bt_event event;
  uint32_t n;
  struct search_patch patches[SEARCH_MAX_PATCHES];
};
struct search_moves {
  uint32_t n;
  struct search_move v[SEARCH_MAX_MOVES];
};
/* For each two departments; and the timer. Returns NULL, or the move that cannot be read. */
const char *search_compile(const struct bt_rules *rules, struct bt_arena *arena, struct search_moves *ret);
/* The move as an event about the case; false: the state lacks what it is about, or has enough of it. */
bool search_event(const struct search_move *move, const struct bt_case *c, int64_t now_us, struct bt_event *ret);

/* ---- state.c ---- */

struct search_key {
  uint64_t h[2];
};
/* Equal for states from which the same can happen: times count from now, numbers are places in their list. */
struct search_key search_key_of(const struct bt_case *c, int64_t now_us);

/* ---- company.c ---- */

struct search_company {
  const char *name;
  uint32_t n;
  const struct bt_department *departments;
  int64_t idle_us;
};
extern const struct search_company search_companies[];
extern const size_t search_n_companies;
/* Its configuration: each department has an adapter of its name. */
void search_rules(const struct search_company *company, struct bt_arena *arena, struct bt_rules *ret);

#endif

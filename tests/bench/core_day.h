/* What bench_core measures: a company of 50 departments, a case, and what a day brings to it. Inside the benchmark. */
#ifndef BENCH_CORE_DAY_H
#define BENCH_CORE_DAY_H

#include "core/decide.h"

enum { DAY_DEPARTMENTS = 50 };

struct day {
  struct bt_rules rules;
  struct bt_adapter adapters[DAY_DEPARTMENTS];
  struct bt_department departments[DAY_DEPARTMENTS];
  struct bt_load loads[DAY_DEPARTMENTS];
  struct bt_str names[DAY_DEPARTMENTS];
  int64_t now_us;
  struct bt_arena arena; /* of the company and of the cases that measuring begins with */
};

/* One thing that happens to a case. */
struct day_step {
  const char *name;
  /* The i-th of its kind, as the state allows it; whoever does it is the event's department. */
  void (*fill)(struct day *day, const struct bt_case *c, uint32_t i, struct bt_event *e);
  const char *needs; /* the step that must have come right before; NULL: none */
};
/* In the order of a case's life; the first opens it. */
extern const struct day_step day_steps[];
extern const uint32_t day_n_steps;

void day_init(struct day *day);
/* What everything begins with: opened, and one contact. `much`: forty facts, and nearly as many promises, questions,
 * work, failed routes, handoffs and participants as a case may have. */
void day_open(struct day *day, bool much, struct bt_case *ret);
/* The request for the i-th event of a kind. */
void day_request(struct day *day, const struct day_step *step, const struct bt_case *c, uint32_t i,
                 struct bt_request *ret);
/* What the core does for one event: decides it, evolves *c by each entry, and lists its timers before and after, as the
 * record does. Ends the program where the event is refused: nothing here should be. */
void day_play(const struct day *day, const struct bt_request *request, struct bt_arena *arena, struct bt_case *c);
void day_digest(const void *bytes, size_t n, uint8_t ret_digest[16]);

#endif
